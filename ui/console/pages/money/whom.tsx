import { seg } from "#shared/api/client";
import { useMe } from "#shared/api/me";
import { moment } from "#shared/format";
import { useT } from "#shared/i18n";
import { A } from "#shared/nav";
import { type Column, Pair } from "#shared/parts";
import { tokenHint } from "../sessions/logic";
import type { Whom } from "./types";

type Of = Whom & { driver_id?: string | null; session_id?: string | null };

/** Who pays: the driver by name, a guest, or the end of a token that nobody known holds. */
export function whomText(t: ReturnType<typeof useT>, x: Of): string {
  if (x.payer === "driver") return x.driver_name ?? t("money.driver");
  if (x.payer === "guest") return t("money.guest");
  return x.token ? t("money.nobodyWith", { token: tokenHint(x.token) }) : t("money.nobody");
}

/** Who pays, with the way to them for those who may see people. */
export function Payer({ of: x, className }: { of: Of; className?: string }) {
  const t = useT();
  const me = useMe();
  if (!x.driver_id || !me.may("people"))
    return <span className={x.payer === "driver" ? "" : "t2"}>{whomText(t, x)}</span>;
  return (
    <A className={className} href={`/drivers/${seg(x.driver_id)}`}>
      {whomText(t, x)}
    </A>
  );
}

/** Where it was charged, as the way to the session. */
export function Where({ of: x, className }: { of: Of; className?: string }) {
  const t = useT();
  if (!x.session_id) return <span className="t3">–</span>;
  const evse = x.station_id ? `${x.station_id} EVSE ${x.evse_id}` : t("money.session");
  return (
    <A className={className} href={`/sessions/${seg(x.session_id)}`} title={evse}>
      {x.site_name || evse}
    </A>
  );
}

/** The columns by which a person knows a row about money again: since when, who pays, where it was charged. */
export const whomColumns = (t: ReturnType<typeof useT>, since: string) => ({
  at: <T extends { created_at: string }>(): Column<T> => ({
    id: "at",
    head: since,
    cell: (x) => moment(x.created_at),
    width: "104px",
  }),
  payer: <T extends Of>(): Column<T> => ({
    id: "payer",
    head: t("money.payer"),
    cell: (x) => <Payer of={x} />,
    width: "minmax(132px, 1.2fr)",
  }),
  where: <T extends Of>(): Column<T> => ({
    id: "where",
    head: t("money.where"),
    cell: (x) => <Where of={x} />,
    width: "minmax(120px, 1fr)",
  }),
});

/** Who pays and where it was charged, among the facts of a panel. */
export function WhomPairs({ of: x }: { of: Of }) {
  const t = useT();
  return (
    <>
      <Pair name={t("money.payer")}>
        <Payer of={x} className="lk" />
      </Pair>
      {x.session_id && (
        <Pair name={t("money.where")}>
          <span>
            <Where of={x} className="lk" />
            {x.site_name && x.station_id && (
              <span className="t2 block text-sm">{`${x.station_id} EVSE ${x.evse_id}`}</span>
            )}
          </span>
        </Pair>
      )}
    </>
  );
}
