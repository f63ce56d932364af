import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { get, type Page, post, put, seg } from "#shared/api/client";
import { useMe } from "#shared/api/me";
import { moment } from "#shared/format";
import { connectorWord, standards } from "#shared/format/connector";
import { t, useT } from "#shared/i18n";
import { live } from "#shared/live";
import {
  Button,
  Check,
  ConfirmByConsequence,
  Empty,
  Loaded,
  NumberField,
  Pair,
  Pairs,
  Plate,
  ProblemBox,
  Select,
  TextField,
  ZoneNote,
} from "#shared/parts";
import { useDeed } from "../admin/form";
import { Secret } from "../admin/secret";
import { useSites } from "../sessions/data";
import { randomPassword } from "../setup/random";
import type { TabProps } from "../station";
import type { Device, Evse, Station } from "./types";

/** The place and the devices that stood at it: names and EVSEs, what stands there now, its replacement. */
export default function DeviceTab(p: TabProps) {
  const t = useT();
  const me = useMe();
  const q = useQuery(
    live([`station:${p.station.id}`], {
      queryKey: ["/stations", p.station.id, "devices"],
      queryFn: ({ signal }: { signal: AbortSignal }) =>
        get<Page<Device>>(`/stations/${seg(p.station.id)}/devices`, { limit: 100 }, signal),
    }),
  );
  return (
    <>
      {me.may("stations") && <Place key={p.station.updated_at} station={p.station} />}
      <Plate
        title={t("station.devices")}
        note={<ZoneNote zone={p.zone} />}
        actions={me.may("stations") && <Replace {...p} />}
      >
        <Loaded of={q}>
          {(d) =>
            d.items.length === 0 ? (
              <Empty why={t("station.noDevices")} />
            ) : (
              <ol className="grid md:grid-cols-2 gap-x-8 gap-y-2">
                {d.items.map((x) => (
                  <li key={x.id} className="border-t border-line py-2">
                    <h3>
                      {[x.vendor, x.model].filter(Boolean).join(" ") || t("station.notBooted")}
                      {!x.removed_at && <span className="te"> {t("station.present")}</span>}
                    </h3>
                    <Facts of={x} zone={p.zone} />
                  </li>
                ))}
              </ol>
            )
          }
        </Loaded>
      </Plate>
    </>
  );
}

function Facts({ of: d, zone }: { of: Device; zone: string }) {
  const t = useT();
  const rows = [
    ["serial", d.serial],
    ["firmware", d.firmware],
    ["meter", [d.meter_type, d.meter_serial].filter(Boolean).join(" ")],
    ["sim", [d.iccid, d.imsi].filter(Boolean).join(" ")],
    ["installedAt", moment(d.installed_at, zone)],
    ["removedAt", d.removed_at ? moment(d.removed_at, zone) : ""],
  ] as const;
  return (
    <Pairs>
      {rows
        .filter(([, v]) => v !== "")
        .map(([k, v]) => (
          <Pair key={k} name={t(`station.dev.${k}`)}>
            <span className="break-all">{v}</span>
          </Pair>
        ))}
    </Pairs>
  );
}

/** Another device at the same place: the history stays with the old one. */
function Replace({ station, open }: TabProps) {
  const t = useT();
  const cache = useQueryClient();
  const [asking, setAsking] = useState(false);
  const [fresh, setFresh] = useState(true);
  const [made, setMade] = useState("");
  return (
    <>
      {made && <Secret text={made} note={t("onboard.once")} />}
      <Button kind="danger" onClick={() => setAsking(true)}>
        {t("station.replace")}
      </Button>
      <ConfirmByConsequence
        title={t("station.replaceTitle", { id: station.id })}
        open={asking}
        onClose={() => setAsking(false)}
        type={station.id}
        deed={t("station.replace")}
        consequence={
          <div className="grid gap-2">
            <p>{t("station.replaceThen")}</p>
            <p>{open.length > 0 ? t("station.replaceOpen", { count: open.length }) : t("command.thenNone")}</p>
            <Check label={t("station.replacePassword")} checked={fresh} onChange={setFresh} />
          </div>
        }
        act={async () => {
          const password = fresh ? randomPassword() : undefined;
          await post(`/stations/${seg(station.id)}/replace-device`, password ? { password } : {});
          setMade(password ?? "");
          await cache.invalidateQueries({ queryKey: ["/stations"] });
        }}
      />
    </>
  );
}

/** The laws under which an EVSE can bill. */
const laws = ["", "afir", "eichrecht", "nevi"] as const;

/** What stations do not say of themselves: name and site, and of each EVSE its id, its most power, its law and its plugs. */
function Place({ station }: { station: Station }) {
  const t = useT();
  const me = useMe();
  const cache = useQueryClient();
  const deed = useDeed();
  const [name, setName] = useState(station.name);
  const sites = useSites();
  const [site, setSite] = useState(station.site_id);
  const [evses, setEvses] = useState<Evse[]>(station.evses);
  const change = (i: number, part: Partial<Evse>) => setEvses(evses.map((e, n) => (n === i ? { ...e, ...part } : e)));
  const was = (e: Evse) => station.evses.find((x) => x.evse_id === e.evse_id)?.legal_profile;
  const save = () =>
    deed.run(async () => {
      await put(`/stations/${seg(station.id)}`, {
        name,
        site_id: site,
        evses: evses.map((e) => ({
          ...{ evse_id: e.evse_id, contract_id: e.contract_id, max_power_w: e.max_power_w },
          ...(e.legal_profile !== was(e) ? { legal_profile: e.legal_profile } : {}),
          connectors: e.connectors.map((c) => ({ connector_id: c.connector_id, standard: c.standard })),
        })),
      });
      await cache.invalidateQueries({ queryKey: ["/stations"] });
    });
  const places = sites.map((x) => ({ value: x.id, label: x.name || x.id }));
  if (!places.some((x) => x.value === station.site_id))
    places.unshift({ value: station.site_id, label: station.site_name || station.site_id });
  return (
    <Plate title={t("station.place")} note={t("station.placeNote")}>
      <form
        className="grid gap-3 max-w-[640px]"
        onSubmit={(e) => {
          e.preventDefault();
          void save();
        }}
      >
        <TextField label={t("stations.name")} maxLength={200} value={name} onChange={setName} error={deed.at("name")} />
        <Select
          label={t("station.site")}
          help={t("station.siteThen")}
          value={site}
          onChange={setSite}
          options={places}
          error={deed.at("site_id")}
        />
        {evses.map((e, i) => (
          <div key={e.evse_id} className="grid gap-3 sm:grid-cols-[1fr_180px]">
            <TextField
              label={t("station.contractId", { evse: e.evse_id })}
              mono
              maxLength={48}
              value={e.contract_id}
              onChange={(contract_id) => change(i, { contract_id })}
              error={deed.at(`evses.${i}.contract_id`)}
            />
            <NumberField
              label={t("station.maxPower")}
              unit="kW"
              value={e.max_power_w === 0 ? null : e.max_power_w / 1000}
              onChange={(kw) => change(i, { max_power_w: kw === null ? 0 : Math.round(kw * 1000) })}
              error={deed.at(`evses.${i}.max_power_w`)}
            />
            <div className="sm:col-span-full">
              <Select
                label={t("station.law", { evse: e.evse_id })}
                help={`${t(`station.lawThen.${e.legal_profile || "none"}`)}${me.may("money") ? "" : ` ${t("station.lawRight")}`}`}
                value={e.legal_profile}
                onChange={(v) => change(i, { legal_profile: v as Evse["legal_profile"] })}
                disabled={!me.may("money")}
                options={laws.map((x) => ({ value: x, label: t(`station.laws.${x || "none"}`) }))}
                error={e.legal_profile !== was(e) ? deed.at("legal_profile") : ""}
              />
            </div>
            {e.connectors.map((c, n) => (
              <Select
                key={c.connector_id}
                label={t("station.plug", { evse: e.evse_id, n: c.connector_id })}
                value={c.standard}
                onChange={(standard) =>
                  change(i, { connectors: e.connectors.map((x, m) => (m === n ? { ...x, standard } : x)) })
                }
                options={plugs(c.standard)}
                error={deed.at(`evses.${i}.connectors.${n}.standard`)}
              />
            ))}
          </div>
        ))}
        {deed.failed !== null && <ProblemBox error={deed.failed} />}
        <p>
          <Button type="submit" busy={deed.busy}>
            {t("station.save")}
          </Button>
        </p>
      </form>
    </Plate>
  );
}

/** What a connector may be, with what it is now though nobody knows it. */
function plugs(now: string): { value: string; label: string }[] {
  const known = [...standards].map(([value, label]) => ({ value, label }));
  const all = [{ value: "", label: t("station.plugUnknown") }, ...known];
  return all.some((x) => x.value === now) ? all : [...all, { value: now, label: connectorWord(now) }];
}
