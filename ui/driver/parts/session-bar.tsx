import { seg } from "#shared/api/client";
import { energy, money, num, text } from "#shared/format";
import { useT } from "#shared/i18n";
import { A, useLocation } from "#shared/nav";
import { Icon, StateMark } from "#shared/parts";
import { useOpenSession } from "../data";
import { phase } from "../logic/charging";

const marks = {
  starting: "preparing",
  charging: "charging",
  paused_by_car: "suspended_ev",
  held: "suspended_evse",
  finished: "finishing",
  ended: "finishing",
} as const;

/** The session that runs, on every page but its own. */
export function SessionBar() {
  const t = useT();
  const s = useOpenSession();
  const { pathname } = useLocation();
  if (!s || pathname.endsWith(`/session/${seg(s.id)}`)) return null;
  const p = phase(s);
  return (
    <aside aria-label={t("session.bar")}>
      <A href={`/session/${seg(s.id)}`} className="sessionbar">
        <StateMark state={marks[p]} word={p === "starting" ? t("session.starting") : undefined} />
        <span className="cut flex-1">
          <b>{s.soc !== null ? `${num(Math.round(s.soc))} %` : text(energy(s.energy_wh))}</b>
          {s.cost && `, ${money(s.cost)}`}, {s.site.name}
        </span>
        <Icon name="right" />
      </A>
    </aside>
  );
}
