import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useId } from "react";
import { get, type Page } from "#shared/api/client";
import { useMe } from "#shared/api/me";
import { connectorWord } from "#shared/format/connector";
import { useT } from "#shared/i18n";
import { Select, TextField } from "#shared/parts";
import type { Station } from "../station/types";

/** The station of an id, once it is one; null when there is none, undefined until known. */
export function useStationOf(id: string): Station | null | undefined {
  const { data } = useQuery({
    queryKey: ["/stations", "one", id],
    queryFn: ({ signal }) => get<Page<Station>>("/stations", { ids: id, limit: 1 }, signal),
    enabled: id !== "",
    staleTime: 60_000,
  });
  return data && (data.items[0] ?? null);
}

interface Picked {
  value: string;
  onChange: (to: string) => void;
}

/** The id of a station; those that fit what is typed are suggested. */
export function StationField({ value, onChange, error }: Picked & { error?: string }) {
  const t = useT();
  const list = useId();
  const q = value.trim();
  const { data } = useQuery({
    queryKey: ["/stations", "pick", q],
    queryFn: ({ signal }) => get<Page<Station>>("/stations", { q, limit: 20 }, signal),
    placeholderData: keepPreviousData,
    staleTime: 60_000,
  });
  const known = useStationOf(q);
  return (
    <>
      <TextField
        label={t("tariffs.stationId")}
        help={known ? [known.name !== known.id && known.name, known.site_name].filter(Boolean).join(", ") : undefined}
        error={error || (known === null ? t("offers.noStation", { id: q }) : "")}
        value={value}
        onChange={onChange}
        list={list}
        autoComplete="off"
        maxLength={48}
        mono
      />
      <datalist id={list}>
        {data?.items.map((s) => (
          <option key={s.id} value={s.id}>
            {[s.name, s.site_name].filter(Boolean).join(", ")}
          </option>
        ))}
      </datalist>
    </>
  );
}

/** An EVSE of a station; "" is none, called as `none` says. */
export function EvsePick({ station, value, onChange, none }: Picked & { station: string; none: string }) {
  const known = useStationOf(station);
  return (
    <Select
      label="EVSE"
      value={value}
      onChange={onChange}
      disabled={!known}
      options={[
        { value: "", label: none },
        ...(known?.evses ?? []).map((e) => ({
          value: String(e.evse_id),
          label: [`EVSE ${e.evse_id}`, e.contract_id].filter(Boolean).join(", "),
        })),
      ]}
    />
  );
}

/** A connector of an EVSE; "" is none, called as `none` says. */
export function ConnectorPick({
  station,
  evse,
  value,
  onChange,
  none,
}: Picked & { station: string; evse: string; none: string }) {
  const t = useT();
  const known = useStationOf(station)?.evses.find((e) => String(e.evse_id) === evse);
  return (
    <Select
      label={t("offers.connector")}
      value={value}
      onChange={onChange}
      disabled={!known}
      options={[
        { value: "", label: none },
        ...(known?.connectors ?? []).map((c) => ({
          value: String(c.connector_id),
          label: [`${t("offers.connector")} ${c.connector_id}`, c.standard && connectorWord(c.standard)]
            .filter(Boolean)
            .join(", "),
        })),
      ]}
    />
  );
}

/** A group of tokens; those there are are suggested to who may see them. */
export function GroupField({ value, onChange, error }: Picked & { error?: string }) {
  const t = useT();
  const me = useMe();
  const list = useId();
  const { data } = useQuery({
    queryKey: ["/groups"],
    queryFn: ({ signal }) => get<Page<{ id: string; tokens: number }>>("/groups", { limit: 200 }, signal),
    enabled: me.may("people"),
  });
  const group = data?.items.find((g) => g.id === value);
  return (
    <>
      <TextField
        label={t("offers.group")}
        help={
          group ? t("groups.tokens", { count: group.tokens, n: group.tokens }) : value && data && t("offers.groupEmpty")
        }
        error={error}
        value={value}
        onChange={onChange}
        list={list}
        autoComplete="off"
        maxLength={255}
      />
      <datalist id={list}>
        {data?.items.map((g) => (
          <option key={g.id} value={g.id} />
        ))}
      </datalist>
    </>
  );
}
