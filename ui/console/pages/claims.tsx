import { useMemo } from "react";
import { seg } from "#shared/api/client";
import { moment, money, ownZone } from "#shared/format";
import { useT } from "#shared/i18n";
import { A, useFilters } from "#shared/nav";
import { Button, Chip, type Column, Empty, Shown, Table, usePages, ZoneNote } from "#shared/parts";
import { ClaimPanel } from "./money/claim";
import { follow } from "./money/data";
import { ClaimMark } from "./money/marks";
import type { Claim } from "./money/types";
import { claimReason } from "./money/words";

const states: readonly Claim["state"][] = ["stuck", "dunning", "open", "asked", "written_off", "paid"];

/** What drivers and guests owe for sessions, and how its collection stands. */
export default function Claims() {
  const t = useT();
  const f = useFilters(["state", "claim"]);
  const state = states.find((s) => s === f.value.state) ?? "";
  const { claim } = f.value;
  const rows = usePages<Claim>(
    "/claims",
    useMemo(() => ({ state, limit: 100 }), [state]),
    follow,
    5_000,
  );
  const columns = useColumns();
  return (
    <div className={`listpage${claim ? " open" : ""}`}>
      <div className="list">
        <div className="filters">
          <h1>{t("page.claims")}</h1>
          <div className="chips">
            {states.map((s) => (
              <Chip key={s} on={state === s} onClick={() => f.set({ state: state === s ? "" : s })}>
                {t(`money.claim.${s}`)}
              </Chip>
            ))}
          </div>
        </div>
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
                state ? t("money.noClaimsIn", { state: t(`money.claim.${state}`).toLowerCase() }) : t("money.noClaims")
              }
            >
              {state && <Button onClick={() => f.set({ state: "" })}>{t("money.showAll")}</Button>}
            </Empty>
          }
        />
        <div className="foot">
          <Shown rows={rows} />
          <span>{t("money.newestFirst")}</span>
          <span className="sp" />
          <ZoneNote zone={ownZone()} />
        </div>
      </div>
      {claim && <ClaimPanel key={claim} id={claim} onClose={() => f.set({ claim: "" })} />}
    </div>
  );
}

function useColumns(): Column<Claim>[] {
  const t = useT();
  return useMemo<Column<Claim>[]>(
    () => [
      { id: "at", head: t("money.since"), cell: (c) => moment(c.created_at), width: "104px" },
      { id: "state", head: t("money.state"), cell: (c) => <ClaimMark of={c} />, width: "minmax(132px, 0.8fr)" },
      {
        id: "left",
        head: t("money.left"),
        cell: (c) =>
          c.left.amount_minor === 0 ? <span className="t3">–</span> : <b className="font-semi">{money(c.left)}</b>,
        number: true,
        width: "84px",
      },
      { id: "due", head: t("money.due"), cell: (c) => money(c.due), number: true, width: "84px" },
      {
        id: "who",
        head: t("money.payer"),
        cell: (c) =>
          c.driver_id ? (
            <A href={`/drivers/${seg(c.driver_id)}`}>{t("money.driver")}</A>
          ) : (
            t(c.guest ? "money.guest" : "money.nobody")
          ),
        width: "84px",
      },
      {
        id: "session",
        head: t("money.for"),
        cell: (c) => <A href={`/sessions/${seg(c.session_id)}`}>{t("money.session")}</A>,
        width: "84px",
      },
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
    ],
    [t],
  );
}
