import type { ReactNode } from "react";
import { useT } from "#shared/i18n";

const most = 500; // members shown of one value

/** A JSON value as a tree whose branches fold; `open` levels stand open. Everything is text. */
export function JsonTree({ value, open = 3 }: { value: unknown; open?: number }) {
  return (
    <div className="mono text-xs">
      <Branch value={value} open={open} />
    </div>
  );
}

function Branch({ value, open, name }: { value: unknown; open: number; name?: string }) {
  const t = useT();
  const lead = name === undefined ? null : <span className="tp">{name}: </span>;
  if (value === null || typeof value !== "object") {
    return (
      <div className="break-all pl-4">
        {lead}
        <Leaf of={value} />
      </div>
    );
  }
  const list = Array.isArray(value);
  const all: [string, unknown][] = Object.entries(value);
  const ends = list ? "[]" : "{}";
  if (all.length === 0) {
    return (
      <div className="pl-4">
        {lead}
        {ends}
      </div>
    );
  }
  return (
    <details open={open > 0} className="pl-1">
      <summary className="leading-6">
        {lead}
        <span className="t3">
          {ends[0]}
          {t("log.members", { count: all.length, n: all.length })}
          {ends[1]}
        </span>
      </summary>
      <div className="pl-3 border-l border-line ml-1">
        {all.slice(0, most).map(
          ([k, v]): ReactNode => (
            <Branch key={k} name={k} value={v} open={open - 1} />
          ),
        )}
        {all.length > most && <p className="t3 pl-4">{t("log.moreMembers", { n: all.length - most })}</p>}
      </div>
    </details>
  );
}

function Leaf({ of }: { of: unknown }) {
  if (typeof of === "string") return <span className="te whitespace-pre-wrap">{JSON.stringify(of)}</span>;
  if (typeof of === "number") return <span>{String(of)}</span>;
  return <span className="t2">{String(of)}</span>;
}
