import { useQueryClient } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { del, put, seg } from "#shared/api/client";
import { useMe } from "#shared/api/me";
import { kwh, moment } from "#shared/format";
import { useT } from "#shared/i18n";
import { A, useFilters } from "#shared/nav";
import {
  Button,
  ButtonLink,
  type Column,
  ConfirmByConsequence,
  Dialog,
  Empty,
  ProblemBox,
  SelectChip,
  Shown,
  SidePanel,
  Table,
  TextField,
  usePages,
} from "#shared/parts";
import { useDeed } from "./admin/form";
import { Export } from "./export";
import { TokenForm } from "./people/token-form";
import { putOf, type Token } from "./people/types";

export default function Tokens() {
  const t = useT();
  const me = useMe();
  const f = useFilters(["q", "status", "driver", "group", "token"]);
  const { q, status, driver, group } = f.value;
  const query = useMemo(() => ({ q, status, driver, group, limit: 100 }), [q, status, driver, group]);
  const rows = usePages<Token>("/tokens", query);
  const [adding, setAdding] = useState(false);
  const token = rows.rows.find((x) => x.uid === f.value.token);
  const columns = useMemo<Column<Token>[]>(
    () => [
      {
        id: "uid",
        head: t("tokens.uid"),
        cell: (x) => <span className="mono text-sm">{x.uid}</span>,
        width: "minmax(160px, 1.2fr)",
      },
      { id: "type", head: t("tokens.type"), cell: (x) => x.type, width: "110px" },
      { id: "status", head: t("tokens.status"), cell: (x) => <Status of={x} />, width: "130px" },
      {
        id: "driver",
        head: t("tokens.driver"),
        cell: (x) =>
          x.driver_id ? (
            <A className="lk" href={`/drivers/${seg(x.driver_id)}`}>
              {t("tokens.openDriver")}
            </A>
          ) : (
            "–"
          ),
        width: "120px",
      },
      { id: "group", head: t("tokens.group"), cell: (x) => x.group_id || "–", width: "minmax(100px, 1fr)" },
      {
        id: "energy",
        head: "kWh",
        cell: (x) => (x.max_energy_wh === null ? "–" : kwh(x.max_energy_wh)),
        number: true,
        width: "90px",
      },
      {
        id: "parallel",
        head: t("tokens.parallel"),
        cell: (x) => x.max_parallel_sessions ?? "–",
        number: true,
        width: "110px",
      },
      { id: "changed", head: t("tokens.changed"), cell: (x) => moment(x.updated_at), width: "140px" },
    ],
    [t],
  );
  return (
    <div className={`listpage${token ? " open" : ""}`}>
      <div className="list">
        <div className="filters">
          <h1>{t("page.tokens")}</h1>
          <TextField
            hideLabel
            label={t("tokens.search")}
            placeholder={t("tokens.search")}
            value={q}
            onChange={(v) => f.set({ q: v })}
          />
          <SelectChip
            label={t("tokens.status")}
            value={status}
            onChange={(v) => f.set({ status: v })}
            options={(["accepted", "blocked"] as const).map((s) => ({ value: s, label: t(`tokens.states.${s}`) }))}
          />
          {group && (
            <Button small icon="x" onClick={() => f.set({ group: "" })}>
              {t("tokens.inGroup", { group })}
            </Button>
          )}
          {driver && (
            <Button small icon="x" onClick={() => f.set({ driver: "" })}>
              {t("tokens.ofDriver")}
            </Button>
          )}
          <span className="sp" />
          <Export list="exports/tokens" query={{ ...query, limit: undefined }} />
          {me.may("drivers") && (
            <Button kind="primary" onClick={() => setAdding(true)}>
              {t("tokens.add")}
            </Button>
          )}
        </div>
        <Table
          label={t("page.tokens")}
          columns={columns}
          rows={rows}
          rowKey={(x) => x.uid}
          current={f.value.token}
          onOpen={(x) => f.set({ token: x.uid })}
          empty={
            <Empty why={f.any ? t("tokens.nothing") : t("tokens.none")}>
              {f.any && <Button onClick={f.clear}>{t("tokens.clear")}</Button>}
            </Empty>
          }
        />
        <div className="foot">
          <Shown rows={rows} />
        </div>
      </div>
      {token && <Panel key={token.uid + token.updated_at} token={token} onClose={() => f.set({ token: "" })} />}
      {adding && <Add onClose={() => setAdding(false)} />}
    </div>
  );
}

function Status({ of }: { of: Token }) {
  const t = useT();
  if (of.status === "blocked") return <span className="tw">{t("tokens.states.blocked")}</span>;
  if (of.expires_at && new Date(of.expires_at).getTime() < Date.now())
    return <span className="t3">{t("tokens.expired")}</span>;
  return <>{t("tokens.states.accepted")}</>;
}

function Panel({ token, onClose }: { token: Token; onClose: () => void }) {
  const t = useT();
  const me = useMe();
  const cache = useQueryClient();
  const deed = useDeed();
  const [removing, setRemoving] = useState(false);
  const renew = () => cache.invalidateQueries({ queryKey: ["/tokens"] });
  const next = token.status === "blocked" ? "accepted" : "blocked";
  return (
    <SidePanel title={token.uid} onClose={onClose}>
      <div className="grid gap-3 p-4">
        <p className="flex flex-wrap gap-3">
          <ButtonLink href={`/sessions?q=${encodeURIComponent(token.uid)}`}>{t("tokens.sessions")}</ButtonLink>
          {me.may("drivers") && (
            <>
              <Button
                busy={deed.busy}
                onClick={() =>
                  deed.run(() => put(`/tokens/${seg(token.uid)}`, { ...putOf(token), status: next })).then(renew)
                }
              >
                {t(`tokens.turn.${next}`)}
              </Button>
              <Button kind="danger" onClick={() => setRemoving(true)}>
                {t("tokens.remove")}
              </Button>
            </>
          )}
        </p>
        {deed.failed !== null && <ProblemBox error={deed.failed} />}
        {me.may("drivers") ? <TokenForm token={token} onDone={renew} /> : <p className="t3">{t("tokens.readOnly")}</p>}
      </div>
      <ConfirmByConsequence
        title={t("tokens.removeTitle", { uid: token.uid })}
        open={removing}
        onClose={() => setRemoving(false)}
        consequence={t("tokens.removeThen")}
        deed={t("tokens.remove")}
        act={async () => {
          await del(`/tokens/${seg(token.uid)}`);
          await renew();
          onClose();
        }}
      />
    </SidePanel>
  );
}

function Add({ onClose }: { onClose: () => void }) {
  const t = useT();
  const cache = useQueryClient();
  return (
    <Dialog title={t("tokens.add")} open onClose={onClose}>
      <TokenForm
        onDone={() => {
          void cache.invalidateQueries({ queryKey: ["/tokens"] });
          onClose();
        }}
      />
    </Dialog>
  );
}
