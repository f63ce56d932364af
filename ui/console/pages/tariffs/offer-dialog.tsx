import { useState } from "react";
import { post } from "#shared/api/client";
import { ownZone } from "#shared/format";
import { useT } from "#shared/i18n";
import { Button, Dialog, Note, ProblemBox, Radios, Select, TextField, ZoneNote } from "#shared/parts";
import { momentOf, useDeed } from "../admin/form";
import { useSites } from "../sessions/data";
import { type Audience, audiences, type PlaceKind, placeKinds } from "./logic";
import { ConnectorPick, EvsePick, GroupField, StationField } from "./pick";

interface Spot {
  kind: PlaceKind;
  site: string;
  station: string;
  evse: string;
  connector: string;
}

/** The id of a place as the API takes it; "" while it is not chosen. */
function idOf(p: Spot): string {
  const parts = {
    tenant: ["default"],
    site: [p.site],
    station: [p.station.trim()],
    evse: [p.station.trim(), p.evse],
    connector: [p.station.trim(), p.evse, p.connector],
  }[p.kind];
  return parts.includes("") ? "" : parts.join("/");
}

/** Offers a tariff at a place, to an audience, for a time. */
export function OfferDialog({ id, onClose, onDone }: { id: string; onClose: () => void; onDone: () => Promise<void> }) {
  const t = useT();
  const deed = useDeed();
  const [place, setPlace] = useState<Spot>({ kind: "site", site: "", station: "", evse: "", connector: "" });
  const [audience, setAudience] = useState<Audience>("all");
  const [group, setGroup] = useState("");
  const [from, setFrom] = useState("");
  const [until, setUntil] = useState("");
  const at = idOf(place);
  const save = async () => {
    const body = {
      ...{ kind: place.kind, place: at, audience, tariff_id: id },
      ...(audience === "group" ? { group_id: group.trim() } : {}),
      ...{ from: momentOf(from), until: momentOf(until) },
    };
    if (await deed.run(() => post("/tariff-assignments", body))) await onDone();
  };
  const atField = ["place", "group_id", "from", "until"].some((f) => deed.at(f) !== "");
  return (
    <Dialog
      title={t("offers.offerTitle", { id })}
      open
      onClose={onClose}
      footer={
        <>
          <Button onClick={onClose}>{t("parts.cancel")}</Button>
          <Button
            kind="primary"
            busy={deed.busy}
            disabled={at === "" || (audience === "group" && group.trim() === "")}
            onClick={save}
          >
            {t("offers.deed")}
          </Button>
        </>
      }
    >
      <Where of={place} onChange={setPlace} error={deed.at("place")} />
      <Radios
        label={t("offers.toWhom")}
        value={audience}
        onChange={(v) => setAudience(v as Audience)}
        options={audiences.map((a) => ({ value: a, label: t(`offers.to.${a}`) }))}
      />
      {audience === "group" && <GroupField value={group} onChange={setGroup} error={deed.at("group_id")} />}
      <div className="grid gap-3 sm:grid-cols-2">
        <TextField
          label={t("offers.fromWhen")}
          help={t("offers.fromHelp")}
          type="datetime-local"
          value={from}
          onChange={setFrom}
          error={deed.at("from")}
        />
        <TextField
          label={t("offers.untilWhen")}
          help={t("offers.untilHelp")}
          type="datetime-local"
          value={until}
          onChange={setUntil}
          error={deed.at("until")}
        />
      </div>
      <p className="t3 text-sm">
        <ZoneNote zone={ownZone()} />
      </p>
      {deed.failed !== null && !atField && <ProblemBox error={deed.failed} />}
      <Note>{t("offers.offerThen")}</Note>
    </Dialog>
  );
}

function Where({ of: p, onChange, error }: { of: Spot; onChange: (p: Spot) => void; error: string }) {
  const t = useT();
  const sites = useSites();
  const station = p.station.trim();
  return (
    <>
      <Radios
        label={t("tariffs.whereTo")}
        value={p.kind}
        onChange={(v) => onChange({ ...p, kind: v as PlaceKind })}
        options={placeKinds.toReversed().map((k) => ({ value: k, label: t(`tariffs.to.${k}`) }))}
      />
      {p.kind === "site" && (
        <Select
          label={t("tariffs.kind.site")}
          value={p.site}
          onChange={(site) => onChange({ ...p, site })}
          error={error}
          options={[{ value: "", label: t("tariffs.choose") }, ...sites.map((s) => ({ value: s.id, label: s.name }))]}
        />
      )}
      {p.kind !== "site" && p.kind !== "tenant" && (
        <StationField
          value={p.station}
          onChange={(x) => onChange({ ...p, station: x, evse: "", connector: "" })}
          error={error}
        />
      )}
      {(p.kind === "evse" || p.kind === "connector") && (
        <EvsePick
          station={station}
          value={p.evse}
          onChange={(evse) => onChange({ ...p, evse, connector: "" })}
          none={t("offers.chooseEvse")}
        />
      )}
      {p.kind === "connector" && (
        <ConnectorPick
          station={station}
          evse={p.evse}
          value={p.connector}
          onChange={(connector) => onChange({ ...p, connector })}
          none={t("offers.chooseConnector")}
        />
      )}
    </>
  );
}
