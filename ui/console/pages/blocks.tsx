import { useQueryClient } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { post, seg } from "#shared/api/client";
import { useMe } from "#shared/api/me";
import type { components } from "#shared/api/schema";
import { duration, moment, ownZone } from "#shared/format";
import { useT } from "#shared/i18n";
import { A, useFilters } from "#shared/nav";
import {
  Button,
  type Column,
  Empty,
  Pair,
  Pairs,
  Shown,
  SidePanel,
  Table,
  TextArea,
  useNow,
  usePages,
  ZoneNote,
} from "#shared/parts";
import { DeedDialog } from "./money/deed";

type Block = components["schemas"]["BlockRow"];

/** Who was kept from charging because it looked like fraud, why, and until when. */
export default function Blocks() {
  const t = useT();
  const f = useFilters(["block"]);
  const pages = usePages<Block>(
    "/brakes",
    useMemo(() => ({ limit: 100 }), []),
    ["session"],
    5_000,
  );
  const columns = useColumns();
  const chosen = pages.rows.find((b) => b.id === f.value.block);
  return (
    <div className={`listpage${chosen ? " open" : ""}`}>
      <div className="list">
        <div className="filters">
          <h1>{t("page.blocks")}</h1>
          <span className="sp" />
          <A className="lk" href="/money-rules">
            {t("block.limit.link")}
          </A>
        </div>
        <Table
          label={t("page.blocks")}
          columns={columns}
          rows={pages}
          rowKey={(b) => b.id}
          current={f.value.block}
          onOpen={(b) => f.set({ block: b.id })}
          tone={(b) => (b.standing ? "w" : undefined)}
          empty={<Empty why={t("block.none")} />}
        />
        <div className="foot">
          <Shown rows={pages} />
          <span className="sp" />
          <ZoneNote zone={ownZone()} />
        </div>
      </div>
      {chosen && <Panel key={chosen.id} of={chosen} onClose={() => f.set({ block: "" })} />}
    </div>
  );
}

function useColumns(): Column<Block>[] {
  const t = useT();
  return useMemo<Column<Block>[]>(
    () => [
      { id: "at", head: t("block.began"), cell: (b) => moment(b.began_at), width: "120px" },
      { id: "kind", head: t("block.what"), cell: (b) => t(`block.kind.${b.kind}`), width: "minmax(110px, 0.7fr)" },
      {
        id: "subject",
        head: t("block.which"),
        cell: (b) => <span className="mono">{b.subject}</span>,
        width: "minmax(140px, 1.2fr)",
      },
      { id: "why", head: t("block.why"), cell: (b) => t(`block.reason.${b.reason}`), width: "minmax(160px, 1.2fr)" },
      { id: "until", head: t("block.until"), cell: (b) => <Until of={b} />, width: "minmax(160px, 1fr)" },
    ],
    [t],
  );
}

function Until({ of: b }: { of: Block }) {
  const t = useT();
  const now = useNow(60_000);
  if (b.standing) return <b>{t("block.standing", { time: duration(Date.parse(b.until) - now) })}</b>;
  return <span className="t2">{t(b.lifted_by ? "block.lifted" : "block.over", { at: moment(b.until) })}</span>;
}

function Panel({ of: b, onClose }: { of: Block; onClose: () => void }) {
  const t = useT();
  const me = useMe();
  const cache = useQueryClient();
  const [asking, setAsking] = useState(false);
  const [reason, setReason] = useState("");
  const e = b.evidence;
  return (
    <SidePanel
      title={t(`block.reason.${b.reason}`)}
      onClose={onClose}
      footer={b.standing && me.may("drivers") && <Button onClick={() => setAsking(true)}>{t("block.lift")}</Button>}
    >
      <p>
        <Until of={b} />
      </p>
      <p className="t2 my-2">{b.words}</p>
      <h3>{t("block.evidence")}</h3>
      <Pairs>
        <Pair name={t(`block.kind.${b.kind}`)}>
          <span className="mono break-all">{b.subject}</span>
        </Pair>
        {b.driver_id && (
          <Pair name={t("block.driver")}>
            <A className="lk" href={`/drivers/${seg(b.driver_id)}`}>
              {t("block.person")}
            </A>
          </Pair>
        )}
        {b.station_id && (
          <Pair name={t("block.where")}>
            <A className="lk" href={`/stations/${seg(b.station_id)}`}>
              {b.station_id}
            </A>
          </Pair>
        )}
        {e.from_station_id ? (
          <>
            <Pair name={t("block.before")}>
              <A className="lk" href={`/stations/${seg(e.from_station_id)}`}>
                {e.from_station_id}
              </A>
            </Pair>
            <Pair name={t("block.journey")}>{`${e.distance_km} km, ${duration(e.seconds * 1000)}`}</Pair>
            <Pair name={t("block.most")}>{`${e.limit} km/h`}</Pair>
          </>
        ) : (
          <>
            <Pair name={t("block.count")}>{e.count}</Pair>
            <Pair name={t("block.most")}>{e.limit}</Pair>
          </>
        )}
        <Pair name={t("block.began")}>{moment(b.began_at)}</Pair>
        {b.lifted_by && <Pair name={t("block.liftedFor")}>{b.lifted_for}</Pair>}
      </Pairs>
      {asking && (
        <DeedDialog
          title={t("block.liftTitle")}
          then={t("block.liftThen")}
          deed={t("block.lift")}
          ready={reason.trim() !== ""}
          act={() =>
            post(`/brakes/${seg(b.id)}/lift`, { reason }).then(() => cache.invalidateQueries({ queryKey: ["/brakes"] }))
          }
          onClose={() => setAsking(false)}
        >
          {(at) => <TextArea label={t("block.liftedFor")} value={reason} onChange={setReason} error={at("reason")} />}
        </DeedDialog>
      )}
    </SidePanel>
  );
}
