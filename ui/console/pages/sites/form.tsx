import { type FormEvent, useMemo, useState } from "react";
import { ownZone } from "#shared/format";
import { language, useT } from "#shared/i18n";
import { Button, NumberField, ProblemBox, Select, SiteMap, TextField } from "#shared/parts";
import { useDeed } from "../admin/form";
import { useTiles } from "../map/tiles";
import type { Site } from "./types";

export type Draft = Pick<
  Site,
  "name" | "address" | "postal_code" | "city" | "country" | "region" | "time_zone" | "latitude" | "longitude"
>;

/** What is known of a site. The position is clicked on the map or typed. */
export function SiteForm({
  site,
  near,
  deed: word,
  save,
}: {
  site?: Site;
  /** Where the map begins for a site without position: west, south, east, north. */
  near?: [number, number, number, number] | null;
  deed: string;
  save: (v: Draft) => Promise<unknown>;
}) {
  const t = useT();
  const deed = useDeed();
  const tiles = useTiles();
  const [v, set] = useState<Draft>({
    name: site?.name ?? "",
    address: site?.address ?? "",
    postal_code: site?.postal_code ?? "",
    city: site?.city ?? "",
    country: site?.country ?? "",
    region: site?.region ?? "",
    time_zone: site?.time_zone ?? ownZone(),
    latitude: site?.latitude ?? null,
    longitude: site?.longitude ?? null,
  });
  const half = (v.latitude === null) !== (v.longitude === null);
  const send = (e: FormEvent) => {
    e.preventDefault();
    if (!half)
      void deed.run(() =>
        save({ ...v, country: v.country.trim().toUpperCase(), region: v.region.trim().toUpperCase() }),
      );
  };
  const zones = useMemo(() => {
    const all = Intl.supportedValuesOf("timeZone");
    return [...new Set([v.time_zone, ...all])].map((z) => ({ value: z, label: z }));
  }, [v.time_zone]);
  const markers = useMemo(
    () =>
      v.latitude !== null && v.longitude !== null
        ? [{ id: "here", name: t("sites.position"), lon: v.longitude, lat: v.latitude, level: "well" as const }]
        : [],
    [v.latitude, v.longitude, t],
  );
  const country = useMemo(() => {
    try {
      return /^[A-Za-z]{2}$/.test(v.country.trim())
        ? new Intl.DisplayNames([language()], { type: "region" }).of(v.country.trim().toUpperCase())
        : undefined;
    } catch {
      return undefined;
    }
  }, [v.country]);
  const six = (n: number) => Math.round(n * 1e6) / 1e6;
  return (
    <form className="grid gap-3" onSubmit={send}>
      <TextField
        label={t("sites.name")}
        help={t("sites.nameHelp")}
        required
        maxLength={200}
        value={v.name}
        onChange={(name) => set({ ...v, name })}
        error={deed.at("name")}
      />
      <TextField
        label={t("sites.address")}
        maxLength={200}
        value={v.address}
        onChange={(address) => set({ ...v, address })}
        error={deed.at("address")}
      />
      <div className="grid grid-cols-[110px_minmax(0,1fr)] gap-3">
        <TextField
          label={t("sites.postal")}
          maxLength={20}
          value={v.postal_code}
          onChange={(postal_code) => set({ ...v, postal_code })}
          error={deed.at("postal_code")}
        />
        <TextField
          label={t("sites.city")}
          maxLength={100}
          value={v.city}
          onChange={(city) => set({ ...v, city })}
          error={deed.at("city")}
        />
      </div>
      <div className="grid grid-cols-[110px_minmax(0,1fr)] gap-3">
        <TextField
          label={t("sites.country")}
          help={country ?? t("sites.countryHelp")}
          required
          maxLength={2}
          pattern="[A-Za-z]{2}"
          value={v.country}
          onChange={(c) => set({ ...v, country: c })}
          error={deed.at("country")}
        />
        <Select
          label={t("sites.zone")}
          help={t("sites.zoneHelp")}
          value={v.time_zone}
          onChange={(time_zone) => set({ ...v, time_zone })}
          options={zones}
          error={deed.at("time_zone")}
        />
      </div>
      <TextField
        label={t("sites.region")}
        help={t("sites.regionHelp")}
        maxLength={6}
        pattern="[A-Za-z]{2}-[A-Za-z0-9]{1,3}"
        value={v.region}
        onChange={(region) => set({ ...v, region })}
        error={deed.at("region")}
      />
      <fieldset className="grid gap-2">
        <legend className="label">{t("sites.position")}</legend>
        <div className="h-[220px] border border-edge">
          <SiteMap
            look="disc"
            label={t("sites.pick")}
            markers={markers}
            pmtiles={tiles}
            bounds={markers.length > 0 ? null : near}
            onPick={(lon, lat) => set((x) => ({ ...x, longitude: six(lon), latitude: six(lat) }))}
          />
        </div>
        <p className="t2 text-sm">{t("sites.pickHelp")}</p>
        <div className="grid grid-cols-2 gap-3">
          <NumberField
            label={t("sites.latitude")}
            unit="°"
            value={v.latitude}
            onChange={(latitude) => set({ ...v, latitude })}
            error={half && v.latitude === null ? t("sites.both") : deed.at("latitude")}
          />
          <NumberField
            label={t("sites.longitude")}
            unit="°"
            value={v.longitude}
            onChange={(longitude) => set({ ...v, longitude })}
            error={half && v.longitude === null ? t("sites.both") : deed.at("longitude")}
          />
        </div>
        {(v.latitude !== null || v.longitude !== null) && (
          <p>
            <Button small onClick={() => set({ ...v, latitude: null, longitude: null })}>
              {t("sites.noPosition")}
            </Button>
          </p>
        )}
      </fieldset>
      {deed.failed !== null && <ProblemBox error={deed.failed} />}
      <p>
        <Button kind="primary" type="submit" busy={deed.busy} disabled={half}>
          {word}
        </Button>
      </p>
    </form>
  );
}

/** The body of PUT /sites/{id}: a position that is not known is left out. */
export function bodyOf({ latitude, longitude, ...rest }: Draft) {
  return latitude === null || longitude === null ? rest : { ...rest, latitude, longitude };
}
