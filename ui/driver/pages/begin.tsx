import { type FormEvent, lazy, Suspense, useState } from "react";
import { seg } from "#shared/api/client";
import { useT } from "#shared/i18n";
import { useGo } from "#shared/nav";
import { Button, TextField } from "#shared/parts";
import { Page } from "../frame";
import { readCode } from "../logic/code";

const Scanner = lazy(() => import("../parts/scanner"));

/** Where one says at which plug one stands: by its number or its code. */
export default function BeginPage() {
  const t = useT();
  const go = useGo();
  const [typed, setTyped] = useState("");
  const [scanning, setScanning] = useState(false);
  const [wrong, setWrong] = useState("");
  const take = (text: string): boolean => {
    const r = readCode(text, location.host);
    if (r && "code" in r) {
      setWrong("");
      setScanning(false);
      go(`/e/${seg(r.code)}`);
      return true;
    }
    setWrong(r ? t("begin.foreign", { host: r.foreign }) : t("begin.unreadable"));
    return false;
  };
  const submit = (e: FormEvent) => {
    e.preventDefault();
    take(typed);
  };
  return (
    <Page
      title={t("page.start")}
      back={() => go("/")}
      dock={
        <>
          <form onSubmit={submit} className="grid gap-2.5">
            <TextField
              label={t("begin.number")}
              inputMode="numeric"
              autoComplete="off"
              enterKeyHint="go"
              mono
              placeholder="123 456"
              value={typed}
              error={!scanning ? wrong : undefined}
              onChange={(v) => {
                setTyped(v);
                setWrong("");
              }}
            />
            <Button type="submit" className="tall" disabled={typed.trim() === ""}>
              {t("begin.go")}
            </Button>
          </form>
          <Button go icon={scanning ? "x" : "qr"} onClick={() => setScanning(!scanning)}>
            {scanning ? t("begin.stopScan") : t("begin.scan")}
          </Button>
        </>
      }
    >
      {scanning ? (
        <Suspense fallback={<p className="empty">{t("begin.camera")}</p>}>
          <Scanner onCode={take} />
          {wrong && (
            <p className="px-4 py-2 tf" role="alert">
              {wrong}
            </p>
          )}
        </Suspense>
      ) : (
        <section className="grid gap-2">
          <h2>{t("begin.where")}</h2>
          <ol className="grid list-decimal gap-1 pl-5">
            <li>{t("begin.step1")}</li>
            <li>{t("begin.step2")}</li>
            <li>{t("begin.step3")}</li>
          </ol>
          <p className="t2 text-sm">{t("begin.card")}</p>
        </section>
      )}
    </Page>
  );
}
