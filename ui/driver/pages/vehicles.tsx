import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { ApiProblem, del, post, put, seg } from "#shared/api/client";
import { connectorWord, connectorWords } from "#shared/format/connector";
import { useT } from "#shared/i18n";
import { useGo } from "#shared/nav";
import { Button, Chip, ConfirmByConsequence, Empty, Loaded, NumberField, ProblemBox, TextField } from "#shared/parts";
import { useDriver, type Vehicle, vehiclesQuery } from "../data";
import { Page } from "../frame";
import { toggled } from "../logic/filters";
import { commonStandards } from "../logic/plugs";
import { NeedSignIn } from "../parts/need";
import { whole } from "../parts/price";

const fresh: Vehicle = {
  id: "",
  name: "",
  make: "",
  model: "",
  battery_wh: 0,
  max_ac_w: 0,
  max_dc_w: 0,
  connectors: [],
};

export default function VehiclesPage() {
  const t = useT();
  const go = useGo();
  const { known, driver } = useDriver();
  const q = useQuery({ ...vehiclesQuery, enabled: driver || !known });
  const [editing, setEditing] = useState<Vehicle | null>(null);
  if (known && !driver) {
    return (
      <Page title={t("page.vehicles")} back={() => go("/account")}>
        <NeedSignIn why={t("vehicle.signIn")} />
      </Page>
    );
  }
  if (editing) return <Edit key={editing.id} v={editing} done={() => setEditing(null)} />;
  return (
    <Page
      title={t("page.vehicles")}
      back={() => go("/account")}
      dock={
        <Button go icon="plus" onClick={() => setEditing(fresh)}>
          {t("vehicle.add")}
        </Button>
      }
    >
      <Loaded of={q}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty why={t("vehicle.none")} />
          ) : (
            <ul>
              {items.map((v) => (
                <li key={v.id}>
                  <button type="button" className="row2 w-full text-left" onClick={() => setEditing(v)}>
                    <span className="min-w-0 flex-1">
                      <b className="block cut">{v.name || [v.make, v.model].join(" ")}</b>
                      <span className="t2 block text-sm">{facts(t, v)}</span>
                    </span>
                    <span className="t2 text-sm underline">{t("vehicle.change")}</span>
                  </button>
                </li>
              ))}
            </ul>
          )
        }
      </Loaded>
    </Page>
  );
}

function facts(t: ReturnType<typeof useT>, v: Vehicle): string {
  return [
    [v.make, v.model].filter(Boolean).join(" "),
    v.battery_wh > 0 && t("vehicle.batteryOf", { kwh: v.battery_wh / 1000 }),
    v.max_ac_w > 0 && `AC ${whole(v.max_ac_w)}`,
    v.max_dc_w > 0 && `DC ${whole(v.max_dc_w)}`,
    connectorWords(v.connectors ?? []).join(", "),
  ]
    .filter(Boolean)
    .join(", ");
}

const kilo = (n: number) => (n > 0 ? n / 1000 : null);
const units = (n: number | null) => (n === null ? 0 : Math.round(n * 1000));

function Edit({ v, done }: { v: Vehicle; done: () => void }) {
  const t = useT();
  const cache = useQueryClient();
  const [x, setX] = useState<Vehicle>({ ...v, connectors: v.connectors ?? [] });
  const [dropping, setDropping] = useState(false);
  const set = (part: Partial<Vehicle>) => setX({ ...x, ...part });
  const renew = () => cache.invalidateQueries({ queryKey: vehiclesQuery.queryKey });
  const save = useMutation({
    mutationFn: () => {
      const { id, ...body } = { ...x, name: x.name.trim() };
      return id ? put(`/me/vehicles/${seg(id)}`, body) : post("/me/vehicles", body);
    },
    onSuccess: async () => {
      await renew();
      done();
    },
  });
  const problem = save.error instanceof ApiProblem ? save.error : null;
  const submit = (e: FormEvent) => {
    e.preventDefault();
    save.mutate();
  };
  const field = (name: "battery_wh" | "max_ac_w" | "max_dc_w", unit: string) => (
    <NumberField
      label={t(`vehicle.${name}`)}
      unit={unit}
      value={kilo(x[name])}
      onChange={(n) => set({ [name]: units(n) })}
      error={problem?.at(name)}
    />
  );
  return (
    <form onSubmit={submit} className="contents">
      <Page
        title={v.id ? t("vehicle.edit") : t("vehicle.add")}
        back={done}
        dock={
          <>
            {v.id && (
              <Button kind="danger" onClick={() => setDropping(true)}>
                {t("vehicle.drop")}
              </Button>
            )}
            <Button go type="submit" busy={save.isPending} disabled={!x.name.trim()}>
              {t("vehicle.save")}
            </Button>
          </>
        }
      >
        <section className="grid gap-4">
          {save.error && <ProblemBox error={save.error} />}
          <TextField
            label={t("vehicle.name")}
            help={t("vehicle.nameHelp")}
            required
            maxLength={100}
            value={x.name}
            onChange={(name) => set({ name })}
            error={problem?.at("name")}
          />
          <div className="twos">
            <TextField label={t("vehicle.make")} maxLength={100} value={x.make} onChange={(make) => set({ make })} />
            <TextField
              label={t("vehicle.model")}
              maxLength={100}
              value={x.model}
              onChange={(model) => set({ model })}
            />
          </div>
          {field("battery_wh", "kWh")}
          <div className="twos">
            {field("max_ac_w", "kW")}
            {field("max_dc_w", "kW")}
          </div>
          <fieldset className="field">
            <legend className="label mb-1">{t("find.connector")}</legend>
            <div className="chips">
              {commonStandards.map((s) => (
                <Chip
                  key={s}
                  on={x.connectors.includes(s)}
                  onClick={() => set({ connectors: toggled(x.connectors, s) })}
                >
                  {connectorWord(s)}
                </Chip>
              ))}
            </div>
          </fieldset>
        </section>
      </Page>
      <ConfirmByConsequence
        title={t("vehicle.drop")}
        open={dropping}
        onClose={() => setDropping(false)}
        consequence={t("vehicle.dropWhat", { name: v.name })}
        deed={t("vehicle.drop")}
        act={async () => {
          await del(`/me/vehicles/${seg(v.id)}`);
          await renew();
          done();
        }}
      />
    </form>
  );
}
