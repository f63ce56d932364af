import { useMemo } from "react";
import { address } from "#shared/api/client";
import { moment, money, ownZone } from "#shared/format";
import { useT } from "#shared/i18n";
import { useFilters } from "#shared/nav";
import { Button, ButtonLink, Chip, type Column, Empty, Shown, Table, usePages, ZoneNote } from "#shared/parts";
import { ClaimPanel } from "./money/claim";
import { follow } from "./money/data";
import { ClaimMark } from "./money/marks";
import { SumRow } from "./money/sum";
import type { Claim } from "./money/types";
import { whomColumns } from "./money/whom";
import { claimReason } from "./money/words";
import { period } from "./sessions/logic";
import { PeriodFilter } from "./sessions/period";

const states: readonly Claim["state"][] = ["stuck", "dunning", "open", "asked", "written_off", "paid"];

/** What drivers and guests owe for sessions, and how its collection stands. */
export default function Claims() {
  const t = useT();
  const f = useFilters(["state", "driver", "from", "to", "claim"]);
  const state = states.find((s) => s === f.value.state) ?? "";
  const { claim, driver, from, to } = f.value;
  const zone = ownZone();
  const query = useMemo(
    () => ({ state, driver_id: driver, ...period(from, to, zone) }),
    [state, driver, from, to, zone],
  );
  const filtered = !!(driver || from || to);
  const rows = usePages<Claim>(
    "/claims",
    useMemo(() => ({ ...query, limit: 100 }), [query]),
    follow,
  );
  const columns = useColumns();
  return (
    <div className={`listpage${claim ? " open" : ""}`}>
      <div className="list">
        <div className="filters">
          <h1>{t("page.claims")}</h1>
          <div className="chips">
            <PeriodFilter of={f} zone={zone} />
            {states.map((s) => (
              <Chip key={s} on={state === s} onClick={() => f.set({ state: state === s ? "" : s })}>
                {t(`money.claim.${s}`)}
              </Chip>
            ))}
            {driver && (
              <Chip on onClick={() => f.set({ driver: "" })}>
                {t("money.ofDriver")}
              </Chip>
            )}
          </div>
          <span className="sp" />
          <ButtonLink small href={address("/api/v1/exports/claims.csv", query)} download>
            {t("sessions.csv")}
          </ButtonLink>
        </div>
        <SumRow
          path="/claims"
          query={query}
          count={(n) => t("money.claimsWord", { count: n })}
          amounts={[
            { of: "left", word: t("money.sum.left") },
            { of: "due", word: t("money.sum.due") },
            { of: "paid", word: t("money.sum.paid") },
          ]}
        />
        <Table
          label={t("page.claims")}
          columns={columns}
          rows={rows}
          rowKey={(c) => c.id}
          current={claim}
          onOpen={(c) => f.set({ claim: c.id })}
          tone={(c) => (c.state === "stuck" ? "f" : c.state === "dunning" ? "w" : undefined)}
          empty={
            <Empty
              why={
                filtered
                  ? t("money.noneFits")
                  : state
                    ? t("money.noClaimsIn", { state: t(`money.claim.${state}`).toLowerCase() })
                    : t("money.noClaims")
              }
            >
              {(state || filtered) && (
                <Button onClick={() => f.set({ state: "", driver: "", from: "", to: "" })}>{t("money.showAll")}</Button>
              )}
            </Empty>
          }
        />
        <div className="foot">
          <Shown rows={rows} />
          <span>{t("money.newestFirst")}</span>
          <span className="sp" />
          <ZoneNote zone={zone} />
        </div>
      </div>
      {claim && <ClaimPanel key={claim} id={claim} onClose={() => f.set({ claim: "" })} />}
    </div>
  );
}

function useColumns(): Column<Claim>[] {
  const t = useT();
  return useMemo<Column<Claim>[]>(() => {
    const whom = whomColumns(t, t("money.since"));
    return [
      whom.at(),
      { id: "state", head: t("money.state"), cell: (c) => <ClaimMark of={c} />, width: "minmax(132px, 0.8fr)" },
      whom.payer(),
      {
        id: "left",
        head: t("money.left"),
        cell: (c) =>
          c.left.amount_minor === 0 ? <span className="t3">–</span> : <b className="font-semi">{money(c.left)}</b>,
        number: true,
        width: "84px",
      },
      { id: "due", head: t("money.due"), cell: (c) => money(c.due), number: true, width: "84px" },
      whom.where(),
      {
        id: "attempts",
        head: t("money.attempts"),
        cell: (c) => (c.attempts === 0 ? <span className="t3">–</span> : c.attempts),
        number: true,
        width: "64px",
      },
      {
        id: "next",
        head: t("money.nextAt"),
        cell: (c) => (c.next_at ? moment(c.next_at) : <span className="t3">–</span>),
        number: true,
        width: "104px",
      },
      {
        id: "why",
        head: t("money.reason"),
        cell: (c) => (
          <span className="t2" title={c.reason}>
            {claimReason(t, c.reason)}
          </span>
        ),
        width: "minmax(180px, 2.4fr)",
      },
    ];
  }, [t]);
}
