import { useQueryClient } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { post, put, seg } from "#shared/api/client";
import { useMe } from "#shared/api/me";
import { clock, moment, num, ownZone, price } from "#shared/format";
import { useT } from "#shared/i18n";
import {
  Ago,
  Button,
  Chart,
  Dialog,
  Empty,
  Facts,
  type Line,
  Note,
  Plate,
  ProblemBox,
  Select,
  TextArea,
  TextField,
  useNow,
  ZoneNote,
} from "#shared/parts";
import { useDeed } from "../admin/form";
import { extremes, type Index, lacks, nextDay, slotAt, stepsOf } from "./logic";

/** An index: today and tomorrow, what is missing, how the last fetch went. */
export function IndexPlate({ x }: { x: Index }) {
  const t = useT();
  const me = useMe();
  const now = useNow(60_000);
  const [uploading, setUploading] = useState(false);
  const unit = `${x.currency}/MWh`;
  const lines = useMemo<Line[]>(
    () => [{ kind: "line", label: x.id, points: stepsOf(x.slots), stepped: true }],
    [x.id, x.slots],
  );
  const tomorrow = nextDay(x.slots, now, x.time_zone);
  const marks = useMemo(
    () => (tomorrow ? [{ at: tomorrow, text: t("prices.tomorrow"), tone: "ink" as const }] : []),
    [tomorrow, t],
  );
  const current = slotAt(x.slots, now);
  const ends = extremes(x.slots);
  const at = (s: string) => clock(s, x.time_zone, false);
  const from = Math.min(now, ...x.slots.slice(0, 1).map((s) => Date.parse(s.start)));
  const bad = lacks(x, now);
  return (
    <Plate
      title={x.id}
      note={t("prices.how", { currency: x.currency, minutes: num(x.slot_minutes) })}
      tone={bad || x.failure ? "warned" : undefined}
      actions={me.may("money") && <Button onClick={() => setUploading(true)}>{t("prices.upload")}</Button>}
    >
      {x.missing.length > 0 && (
        <Note>
          {t("prices.missing")}{" "}
          {x.missing
            .slice(0, 3)
            .map((m) => `${moment(m.start, x.time_zone)} – ${moment(m.end, x.time_zone)}`)
            .join("; ")}
          {x.missing.length > 3 && ` ${t("prices.more", { n: num(x.missing.length - 3) })}`}. {t("prices.then")}
        </Note>
      )}
      {x.failure && <Note>{t("prices.failed", { at: moment(x.failed_at), why: x.failure })}</Note>}
      {x.slots.length === 0 ? (
        <Empty why={t("prices.empty")} />
      ) : (
        <Chart
          label={t("prices.chart", { id: x.id })}
          unit={unit}
          height={200}
          lines={lines}
          zone={x.time_zone}
          from={from}
          now={now}
          marks={marks}
          decimals={2}
          signed
        />
      )}
      <Facts
        items={[
          [t("prices.now"), current ? `${price(current.price, x.currency)} / kWh` : t("prices.unknown")],
          ends && [t("prices.lowest"), `${price(ends[0].price, x.currency)} · ${at(ends[0].start)}`],
          ends && [t("prices.highest"), `${price(ends[1].price, x.currency)} · ${at(ends[1].start)}`],
          [
            t("prices.source"),
            !x.fetched ? t("prices.byHand") : x.fetched_at ? <Ago key="ago" at={x.fetched_at} /> : t("prices.never"),
          ],
          x.fetched && [t("prices.due"), t("prices.dueAt", { due: x.due, alarm: x.alarm })],
        ]}
      />
      <ZoneNote zone={x.time_zone} />
      {uploading && <Upload x={x} onClose={() => setUploading(false)} />}
    </Plate>
  );
}

interface Publication {
  new: number;
  changed: number;
  same: number;
  begun: number;
}

function Upload({ x, onClose }: { x: Index; onClose: () => void }) {
  const t = useT();
  const cache = useQueryClient();
  const deed = useDeed();
  const [csv, setCSV] = useState("");
  const [per, setPer] = useState("MWh");
  const [done, setDone] = useState<Publication | null>(null);
  const send = () =>
    deed.run(async () => {
      setDone(await post<Publication>(`/spot-indexes/${seg(x.id)}/slots`, { csv, per }));
      await cache.invalidateQueries({ queryKey: ["/spot-indexes"] });
    });
  return (
    <Dialog
      title={t("prices.uploadTo", { id: x.id })}
      open
      onClose={onClose}
      footer={
        done ? (
          <Button kind="primary" onClick={onClose}>
            {t("parts.close")}
          </Button>
        ) : (
          <>
            <Button onClick={onClose}>{t("parts.cancel")}</Button>
            <Button kind="primary" busy={deed.busy} disabled={csv.trim() === ""} onClick={send}>
              {t("prices.publish")}
            </Button>
          </>
        )
      }
    >
      {done ? (
        <p role="status">
          {t("prices.published", { fresh: num(done.new), changed: num(done.changed), same: num(done.same) })}
          {done.begun > 0 && ` ${t("prices.begun", { n: num(done.begun) })}`}
        </p>
      ) : (
        <div className="grid gap-3">
          <p className="t2">{t("prices.form", { minutes: num(x.slot_minutes), zone: x.time_zone })}</p>
          <label className="btn justify-self-start">
            {t("prices.file")}
            <input
              type="file"
              accept=".csv,text/csv"
              className="vh"
              onChange={(e) => void e.target.files?.[0]?.text().then(setCSV)}
            />
          </label>
          <TextArea label="CSV" mono rows={8} value={csv} onChange={setCSV} placeholder="start;price" />
          <Select
            label={t("prices.per")}
            value={per}
            onChange={setPer}
            options={["MWh", "kWh"].map((v) => ({ value: v, label: `${x.currency}/${v}` }))}
          />
          {deed.failed !== null && <ProblemBox error={deed.failed} />}
        </div>
      )}
    </Dialog>
  );
}

/** Makes an index whose prices are put in by hand. */
export function AddIndex({ onClose }: { onClose: () => void }) {
  const t = useT();
  const cache = useQueryClient();
  const deed = useDeed();
  const [v, set] = useState({ id: "", currency: "EUR", time_zone: ownZone(), slot_minutes: "15" });
  const zones = useMemo(
    () => [...new Set([ownZone(), ...Intl.supportedValuesOf("timeZone")])].map((value) => ({ value, label: value })),
    [],
  );
  const save = async () => {
    const { id, ...rest } = v;
    const body = { ...rest, currency: rest.currency.trim().toUpperCase(), slot_minutes: Number(rest.slot_minutes) };
    if (!(await deed.run(() => put(`/spot-indexes/${seg(id.trim())}`, body, {}, { "If-None-Match": "*" })))) return;
    await cache.invalidateQueries({ queryKey: ["/spot-indexes"] });
    onClose();
  };
  return (
    <Dialog
      title={t("prices.add")}
      open
      onClose={onClose}
      footer={
        <>
          <Button onClick={onClose}>{t("parts.cancel")}</Button>
          <Button kind="primary" busy={deed.busy} disabled={v.id.trim() === ""} onClick={save}>
            {t("prices.make")}
          </Button>
        </>
      }
    >
      <div className="grid gap-3">
        <p className="t2">{t("prices.addHelp")}</p>
        <TextField
          label={t("prices.id")}
          help={t("prices.idHelp")}
          mono
          maxLength={64}
          value={v.id}
          onChange={(id) => set({ ...v, id })}
          error={deed.at("id")}
        />
        <div className="grid grid-cols-2 gap-3">
          <TextField
            label={t("prices.currency")}
            help={t("prices.currencyHelp")}
            maxLength={3}
            value={v.currency}
            onChange={(currency) => set({ ...v, currency })}
            error={deed.at("currency")}
          />
          <Select
            label={t("prices.slot")}
            value={v.slot_minutes}
            onChange={(slot_minutes) => set({ ...v, slot_minutes })}
            options={["15", "30", "60"].map((value) => ({ value, label: t("prices.minutes", { n: value }) }))}
          />
        </div>
        <Select
          label={t("prices.zone")}
          help={t("prices.zoneHelp")}
          value={v.time_zone}
          onChange={(time_zone) => set({ ...v, time_zone })}
          options={zones}
          error={deed.at("time_zone")}
        />
        {deed.failed !== null && <ProblemBox error={deed.failed} />}
      </div>
    </Dialog>
  );
}
