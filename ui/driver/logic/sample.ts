import type { EvseCard, MySession, SiteCard } from "./types";

/** Whole values for tests; what a test is about is given. */
export function site(part: Partial<SiteCard> = {}): SiteCard {
  return {
    id: "sit_1",
    name: "Bahnhof P1",
    address: "Am Markt 3",
    postal_code: "12345",
    city: "Erlental",
    country: "DEU",
    latitude: 47.2,
    longitude: 11.4,
    time_zone: "Europe/Berlin",
    evses_total: 4,
    evses_free: 3,
    evses_broken: 0,
    max_power_w: 150_000,
    connectors: ["IEC_62196_T2_COMBO"],
    price: { sentence: "€0.59 per kWh", currency: "EUR", per_kwh: "0.59" },
    updated_at: "2026-11-21T10:00:00Z",
    ...part,
  };
}

export function evse(part: Partial<EvseCard> = {}): EvseCard {
  return {
    id: "CP1/1",
    number: "123456",
    contract_id: "DE*KRN*E014201",
    station_id: "CP1",
    evse_id: 1,
    state: "available",
    since: null,
    max_power_w: 150_000,
    connectors: [],
    price: null,
    ...part,
  };
}

export function session(part: Partial<MySession> = {}): MySession {
  return {
    id: "ses_1",
    state: "charging",
    charging_state: "Charging",
    site: { id: "sit_1", name: "Bahnhof P1", time_zone: "Europe/Berlin" },
    evse: { contract_id: "DE*KRN*E014201", number: "123456", station_id: "CP1", evse_id: 1 },
    started_at: "2026-11-21T10:00:00Z",
    stopped_at: null,
    energy_wh: 0,
    power_w: null,
    soc: null,
    at: null,
    cost: null,
    cost_final: false,
    price_sentence: "",
    receipt_id: null,
    idle: null,
    ...part,
  };
}
