import { useQueryClient } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { post, seg } from "#shared/api/client";
import { useMe } from "#shared/api/me";
import { day, num } from "#shared/format";
import { useT } from "#shared/i18n";
import { useFilters, useGo } from "#shared/nav";
import { Ago, Button, type Column, Dialog, Empty, Shown, Table, TextField, usePages } from "#shared/parts";
import { Export } from "./export";
import { DriverForm } from "./people/driver-form";
import type { Driver } from "./people/types";

export default function Drivers() {
  const t = useT();
  const me = useMe();
  const go = useGo();
  const cache = useQueryClient();
  const f = useFilters(["q"]);
  const { q } = f.value;
  const query = useMemo(() => ({ q, limit: 100 }), [q]);
  const rows = usePages<Driver>("/drivers", query);
  const [adding, setAdding] = useState(false);
  const columns = useMemo<Column<Driver>[]>(
    () => [
      { id: "name", head: t("drivers.name"), cell: (d) => d.name || "–", width: "minmax(160px, 1fr)" },
      { id: "email", head: t("drivers.email"), cell: (d) => d.email || "–", width: "minmax(180px, 1.2fr)" },
      { id: "tokens", head: t("drivers.tokens"), cell: (d) => num(d.tokens), number: true, width: "90px" },
      { id: "sessions", head: t("drivers.sessions"), cell: (d) => num(d.sessions), number: true, width: "100px" },
      {
        id: "last",
        head: t("drivers.last"),
        cell: (d) => (d.last_session_at ? <Ago at={d.last_session_at} /> : "–"),
        width: "130px",
      },
      { id: "since", head: t("drivers.since"), cell: (d) => day(d.created_at), width: "120px" },
    ],
    [t],
  );
  return (
    <div className="listpage">
      <div className="list">
        <div className="filters">
          <h1>{t("page.drivers")}</h1>
          <TextField
            hideLabel
            label={t("drivers.search")}
            placeholder={t("drivers.search")}
            value={q}
            onChange={(v) => f.set({ q: v })}
          />
          <span className="sp" />
          <Export list="exports/drivers" query={{ q }} />
          {me.may("drivers") && (
            <Button kind="primary" onClick={() => setAdding(true)}>
              {t("drivers.add")}
            </Button>
          )}
        </div>
        <Table
          label={t("page.drivers")}
          columns={columns}
          rows={rows}
          rowKey={(d) => d.id}
          onOpen={(d) => go(`/drivers/${seg(d.id)}`)}
          empty={<Empty why={q ? t("drivers.nothing", { q }) : t("drivers.none")} />}
        />
        <div className="foot">
          <Shown rows={rows} />
        </div>
      </div>
      {adding && (
        <Dialog title={t("drivers.add")} open onClose={() => setAdding(false)}>
          <DriverForm
            deed={t("drivers.add")}
            save={async (v) => {
              const d = await post<Driver>("/drivers", v);
              await cache.invalidateQueries({ queryKey: ["/drivers"] });
              go(`/drivers/${seg(d.id)}`);
            }}
          />
        </Dialog>
      )}
    </div>
  );
}
