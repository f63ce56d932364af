import { useT } from "#shared/i18n";
import { Icon } from "#shared/parts";
import { freeWords, marks, type Use } from "../logic/plugs";
import type { SiteCard } from "../logic/types";

const look: Record<Use, ["d-free" | "d-busy" | "no", string]> = {
  free: ["d-free", "te"],
  busy: ["d-busy", "t3"],
  broken: ["no", "t3"],
};

/** More plugs than these are said in words only. */
const most = 12;

/** How many plugs of a site are free: a mark for each, and the words. */
export function FreeLine({ site, big }: { site: SiteCard; big?: boolean }) {
  const t = useT();
  const w = freeWords(site);
  const all = marks(site);
  return (
    <p className={`flex flex-wrap items-center gap-x-2.5 ${big ? "text-head" : ""} ${w.good ? "te" : "t2"}`}>
      {all.length <= most && (
        <span className="flex gap-1" aria-hidden="true">
          {all.map((m, i) => (
            <Icon key={i} name={look[m][0]} size={big ? 18 : 14} className={look[m][1]} />
          ))}
        </span>
      )}
      <b>{t(w.key, { free: w.free, total: w.total })}</b>
    </p>
  );
}

/** The same in a row of a list: words alone. */
export function FreeWords({ site }: { site: SiteCard }) {
  const t = useT();
  const w = freeWords(site);
  return <b className={w.good ? "te" : "t2"}>{t(w.key, { free: w.free, total: w.total })}</b>;
}
