import { BarcodeDetector, prepareZXingModule } from "barcode-detector/ponyfill";
import { useEffect, useRef, useState } from "react";
import zxing from "zxing-wasm/reader/zxing_reader.wasm?url";
import { useT } from "#shared/i18n";

prepareZXingModule({
  overrides: { locateFile: (path: string, prefix: string) => (path.endsWith(".wasm") ? zxing : prefix + path) },
});

interface Detector {
  detect(source: CanvasImageSource): Promise<{ rawValue: string }[]>;
}

/** How often a picture is looked at, in ms. */
const every = 200;

/** The browser's own reader of codes where it reads QR, else ours. */
async function detector(): Promise<Detector> {
  const own = (
    globalThis as { BarcodeDetector?: { new (o: object): Detector; getSupportedFormats(): Promise<string[]> } }
  ).BarcodeDetector;
  if (own && (await own.getSupportedFormats().catch(() => [] as string[])).includes("qr_code"))
    return new own({ formats: ["qr_code"] });
  return new BarcodeDetector({ formats: ["qr_code"] });
}

/** The camera's picture; `onCode` gets what is read and says whether that was all. Nothing leaves the phone. */
export default function Scanner({ onCode }: { onCode: (text: string) => boolean }) {
  const t = useT();
  const video = useRef<HTMLVideoElement>(null);
  const [state, setState] = useState<"asking" | "seeing" | "refused" | "none">("asking");
  const hand = useRef(onCode);
  hand.current = onCode;
  useEffect(() => {
    let over = false;
    let stream: MediaStream | null = null;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let last = "";
    const look = async (d: Detector) => {
      if (over || !video.current) return;
      try {
        if (video.current.readyState >= 2) {
          const text = (await d.detect(video.current))[0]?.rawValue ?? "";
          if (over) return;
          if (text && text !== last && hand.current(text)) return;
          last = text;
        }
      } catch {
        // A picture that cannot be read: the next one may be.
      }
      timer = setTimeout(() => void look(d), every);
    };
    void (async () => {
      try {
        stream = await navigator.mediaDevices.getUserMedia({
          video: { facingMode: { ideal: "environment" } },
          audio: false,
        });
        const d = await detector();
        if (over || !video.current) return stop();
        video.current.srcObject = stream;
        await video.current.play();
        setState("seeing");
        void look(d);
      } catch (e) {
        stop();
        if (!over) setState(e instanceof DOMException && e.name === "NotAllowedError" ? "refused" : "none");
      }
    })();
    function stop() {
      for (const track of stream?.getTracks() ?? []) track.stop();
    }
    return () => {
      over = true;
      clearTimeout(timer);
      stop();
    };
  }, []);
  if (state === "refused" || state === "none") {
    return (
      <p className="empty" role="alert">
        {t(state === "refused" ? "begin.noCamera" : "begin.cameraFailed")}
      </p>
    );
  }
  return (
    <div className="scan">
      <video ref={video} playsInline muted aria-label={t("begin.picture")} />
      <p className="t2 p-4 text-sm" aria-live="polite">
        {t(state === "asking" ? "begin.camera" : "begin.hold")}
      </p>
    </div>
  );
}
