import { useEffect, useId, useMemo, useRef, useState } from "react";
import { useT } from "../i18n";
import { useGo } from "../nav";
import { Icon } from "./icon";
import { type Entry, useEntries } from "./palette-entries";

/** Finds any page, thing or command. Opened by Ctrl K or "/". `search` asks the server. */
export default function Palette({
  open,
  onClose,
  search,
}: {
  open: boolean;
  onClose: () => void;
  search?: (q: string, signal: AbortSignal) => Promise<Entry[]>;
}) {
  const t = useT();
  const go = useGo();
  const id = useId();
  const box = useRef<HTMLDialogElement>(null);
  const known = useEntries();
  const [q, setQ] = useState("");
  const [at, setAt] = useState(0);
  const [found, setFound] = useState<Entry[]>([]);
  useEffect(() => {
    const d = box.current;
    if (open && d && !d.open) {
      setQ("");
      setFound([]);
      setAt(0);
      d.showModal();
    } else if (!open && d?.open) d.close();
  }, [open]);
  useEffect(() => {
    if (!search || q.trim().length < 2) {
      setFound([]);
      return;
    }
    const stop = new AbortController();
    const id = setTimeout(() => search(q.trim(), stop.signal).then(setFound, () => {}), 150);
    return () => {
      clearTimeout(id);
      stop.abort();
    };
  }, [q, search]);
  const shown = useMemo(() => {
    const words = q.toLowerCase().split(/\s+/).filter(Boolean);
    const fits = known.filter((e) =>
      words.every((w) => `${e.label} ${e.note ?? ""} ${e.group}`.toLowerCase().includes(w)),
    );
    return [...fits.slice(0, 20), ...found];
  }, [known, found, q]);
  const run = (e: Entry | undefined) => {
    if (!e) return;
    onClose();
    if (e.href) go(e.href);
    e.act?.();
  };
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: Escape closes a dialog by itself
    <dialog
      ref={box}
      className="dlg pal"
      aria-label={t("parts.find")}
      onClose={onClose}
      onClick={(e) => e.target === box.current && onClose()}
    >
      <div className="box">
        <Icon name="search" size={14} />
        <input
          role="combobox"
          aria-expanded="true"
          aria-controls={id}
          aria-activedescendant={shown[at] ? `${id}-${at}` : undefined}
          aria-label={t("parts.find")}
          placeholder={t("parts.find")}
          value={q}
          autoComplete="off"
          spellCheck={false}
          onChange={(e) => {
            setQ(e.target.value);
            setAt(0);
          }}
          onKeyDown={(e) => {
            if (e.key === "ArrowDown" || e.key === "ArrowUp") {
              e.preventDefault();
              const n = (at + (e.key === "ArrowDown" ? 1 : -1) + shown.length) % Math.max(shown.length, 1);
              setAt(n);
              document.getElementById(`${id}-${n}`)?.scrollIntoView({ block: "nearest" });
            } else if (e.key === "Enter") run(shown[at]);
          }}
        />
      </div>
      <div className="res" id={id} role="listbox" aria-label={t("parts.find")}>
        {shown.map((e, i) => (
          <div key={e.id}>
            {e.group !== shown[i - 1]?.group && <div className="grp">{e.group}</div>}
            {/* biome-ignore lint/a11y/useKeyWithClickEvents: the field handles the keys */}
            <div
              id={`${id}-${i}`}
              role="option"
              tabIndex={-1}
              aria-selected={i === at}
              onClick={() => run(e)}
              onPointerMove={() => setAt(i)}
            >
              <span>{e.label}</span>
              {e.note && <span className="t3 text-sm cut">{e.note}</span>}
            </div>
          </div>
        ))}
        {shown.length === 0 && <p className="grp">{t("parts.nothing", { q })}</p>}
      </div>
    </dialog>
  );
}
