/** A field of a command's form; `name` is also the key of its words. */
export interface FieldSpec {
  name: string;
  type: "evse" | "connector" | "check" | "text" | "number" | "select" | "time" | "area" | "transaction";
  required?: boolean;
  options?: readonly string[];
  /** The value before anything was entered. */
  initial?: string | number | boolean | null;
  unit?: string;
  /** "1.6" or "2": only for stations of that family. */
  only?: "1.6" | "2";
  /** evse: 0 may be chosen, for the station as a whole or any. */
  whole?: boolean;
  mono?: boolean;
}

export type Values = Record<string, string | number | boolean | null>;

export interface FormSpec {
  fields: readonly FieldSpec[];
  /** The command of what was entered; absent: the fields as they are named. */
  body?: (v: Values) => Record<string, unknown>;
  danger?: boolean | ((v: Values) => boolean);
}

const evse: FieldSpec = { name: "evse", type: "evse", required: true };
const evseOrAll: FieldSpec = { name: "evse", type: "evse", whole: true, initial: 0 };
const connector: FieldSpec = { name: "connector", type: "connector", initial: 1 };
const tokenTypes = ["ISO14443", "ISO15693", "Central", "eMAID", "KeyCode", "Local", "MacAddress", "NoAuthorization"];
const iso = (v: Values[string]) => (v ? new Date(String(v)).toISOString() : undefined);
const int = (v: Values[string]) => (typeof v === "number" ? Math.round(v) : undefined);
const some = (v: Values[string]) => (v === "" || v === null || v === undefined ? undefined : v);

/** Forms of the common kinds; every other kind is written as JSON. */
export const forms: Record<string, FormSpec> = {
  remote_start: {
    fields: [
      { ...evse, whole: true },
      { name: "uid", type: "text", required: true, mono: true },
      { name: "type", type: "select", options: tokenTypes, initial: "ISO14443", only: "2" },
    ],
    body: (v) => ({ evse: v.evse || undefined, token: { uid: String(v.uid).trim(), type: some(v.type) } }),
  },
  remote_stop: {
    fields: [{ name: "transaction", type: "transaction", required: true }],
    danger: true,
  },
  reset: {
    fields: [
      { ...evseOrAll, only: "2" },
      { name: "hard", type: "check", initial: false },
    ],
    body: (v) => ({ hard: v.hard === true, evse: v.evse || undefined }),
    danger: true,
  },
  unlock: { fields: [evse, connector], danger: true },
  set_availability: {
    fields: [evseOrAll, { name: "operative", type: "select", options: ["false", "true"], initial: "false" }],
    body: (v) => ({ evse: v.evse || undefined, operative: v.operative === "true" }),
    danger: (v) => v.operative !== "true",
  },
  trigger: {
    fields: [
      {
        name: "what",
        type: "select",
        options: [
          "status",
          "meter_values",
          "boot",
          "heartbeat",
          "transaction",
          "firmware_status",
          "log_status",
          "diagnostics_status",
          "sign_station_certificate",
        ],
        initial: "status",
      },
      evseOrAll,
    ],
    body: (v) => ({ what: v.what, evse: v.evse || undefined }),
  },
  set_charging_profile: {
    fields: [
      evse,
      { name: "limit_kw", type: "number", required: true, unit: "kW" },
      { name: "minutes", type: "number", unit: "min" },
    ],
    body: limitProfile,
  },
  clear_charging_profiles: {
    fields: [
      evseOrAll,
      {
        name: "purpose",
        type: "select",
        options: ["", "tx", "tx_default", "station_max"],
        initial: "",
      },
    ],
    body: (v) => ({ evse: v.evse || undefined, purpose: some(v.purpose) }),
  },
  composite_schedule: {
    fields: [evseOrAll, { name: "duration_s", type: "number", initial: 86400, unit: "s", required: true }],
    body: (v) => ({ evse: v.evse || undefined, duration_s: int(v.duration_s), unit: "W" }),
  },
  reserve: {
    fields: [
      { ...evse, whole: true },
      { name: "uid", type: "text", required: true, mono: true },
      { name: "type", type: "select", options: tokenTypes, initial: "ISO14443", only: "2" },
      { name: "until", type: "time", required: true },
    ],
    body: (v) => ({
      id: 1 + Math.floor(Math.random() * 2_000_000_000),
      evse: v.evse || undefined,
      token: { uid: String(v.uid).trim(), type: some(v.type) },
      until: iso(v.until),
    }),
  },
  cancel_reservation: { fields: [{ name: "id", type: "number", required: true }], body: (v) => ({ id: int(v.id) }) },
  report_settings: {
    fields: [
      { name: "base", type: "select", options: ["full", "configuration", "summary"], initial: "full", only: "2" },
    ],
    body: (v) => ({ base: some(v.base) }),
  },
  update_firmware: {
    fields: [
      { name: "location", type: "text", required: true, mono: true },
      { name: "load_at", type: "time" },
      { name: "install_at", type: "time" },
      { name: "certificate", type: "area", mono: true },
      { name: "signature", type: "area", mono: true },
      { name: "retries", type: "number" },
    ],
    body: (v) => ({
      location: v.location,
      load_at: iso(v.load_at),
      install_at: iso(v.install_at),
      certificate: some(v.certificate),
      signature: some(v.signature),
      retries: int(v.retries),
    }),
    danger: true,
  },
  get_log: {
    fields: [
      {
        name: "log",
        type: "select",
        options: ["diagnostics", "security", "data_collector"],
        initial: "diagnostics",
      },
      { name: "location", type: "text", required: true, mono: true },
      { name: "from", type: "time" },
      { name: "to", type: "time" },
    ],
    body: (v) => ({ log: v.log, location: v.location, from: iso(v.from), to: iso(v.to) }),
  },
  install_certificate: {
    fields: [
      {
        name: "use",
        type: "select",
        options: ["csms_root", "manufacturer_root", "v2g_root", "mo_root", "oem_root"],
        initial: "csms_root",
      },
      { name: "pem", type: "area", required: true, mono: true },
    ],
  },
  list_certificates: { fields: [] },
  clear_cache: { fields: [] },
  list_version: { fields: [] },
  get_messages: { fields: [] },
  list_streams: { fields: [] },
  transaction_status: { fields: [{ name: "transaction", type: "transaction" }] },
  transfer: {
    fields: [
      { name: "vendor", type: "text", required: true },
      { name: "message", type: "text" },
      { name: "data", type: "area", mono: true },
    ],
  },
  show_message: {
    fields: [
      {
        name: "priority",
        type: "select",
        options: ["NormalCycle", "InFront", "AlwaysFront"],
        initial: "NormalCycle",
      },
      { name: "content", type: "area", required: true },
      { name: "from", type: "time" },
      { name: "to", type: "time" },
    ],
    body: (v) => ({
      id: 1 + Math.floor(Math.random() * 2_000_000_000),
      priority: v.priority,
      from: iso(v.from),
      to: iso(v.to),
      texts: [{ format: "UTF8", content: v.content }],
    }),
  },
  set_monitoring_level: {
    fields: [{ name: "severity", type: "number", initial: 5, required: true }],
    body: (v) => ({ severity: int(v.severity) }),
  },
};

/** A limit for an EVSE: a profile of its running transaction's default, in tenths of W. */
function limitProfile(v: Values): Record<string, unknown> {
  const evse = Number(v.evse) || 0;
  const minutes = int(v.minutes);
  return {
    evse: evse || undefined,
    profile: {
      id: limitId(evse),
      stack_level: 5,
      purpose: "tx_default",
      kind: "absolute",
      start: new Date(Math.floor(Date.now() / 1000) * 1000).toISOString(),
      duration_s: minutes ? minutes * 60 : undefined,
      unit: "W",
      periods: [{ start_s: 0, limit: { value: Math.round(Number(v.limit_kw) * 10_000) } }],
    },
  };
}

/** The id of the limit set by hand: stable for an EVSE, so that a new one replaces the old. */
export const limitId = (evse: number) => 7_100_000 + evse;

/** What begins a JSON command of a kind without a form. */
export const examples: Record<string, unknown> = {
  adjust_stream: { id: 1, interval_s: 60 },
  allow_energy_transfer: { transaction: "", modes: ["DC"] },
  change_transaction_tariff: { transaction: "", tariff: { id: "", currency: "EUR" } },
  clear_der_controls: {},
  clear_message: { id: 1 },
  clear_monitors: { ids: [1] },
  clear_tariffs: {},
  cost_updated: { transaction: "", total: { amount_minor: 100, currency: "EUR" } },
  customer_information: { report: true, token: { uid: "" } },
  delete_certificate: { hash: { algorithm: "SHA256", issuer_name: "", issuer_key: "", serial: "" } },
  get_charging_profiles: {},
  get_der_controls: {},
  get_settings: { settings: [{ component: "OCPPCommCtrlr", variable: "HeartbeatInterval" }] },
  get_tariffs: {},
  priority_charging: { transaction: "", activate: true },
  publish_firmware: { location: "https://", checksum: "" },
  report_monitors: {},
  send_tokens: { version: 1, full: true, tokens: [{ uid: "", status: "Accepted" }] },
  show_price: { slot: 0, now: { texts: [{ format: "UTF8", language: "en", content: "" }] } },
  set_default_tariff: { tariff: { id: "", currency: "EUR" } },
  set_monitoring_base: { base: "All" },
  set_monitors: {
    monitors: [
      {
        on: { component: "EVSE", evse: 1, variable: "Power" },
        type: "UpperThreshold",
        value: 100000000,
        severity: 5,
      },
    ],
  },
  set_network_profile: {
    slot: 1,
    version: "2.0.1",
    url: "wss://",
    interface: "Wired0",
    timeout_s: 30,
    security_profile: 2,
  },
  set_settings: { values: [{ component: "OCPPCommCtrlr", variable: "HeartbeatInterval", value: "300" }] },
  signed_certificate: { chain: "" },
  unpublish_firmware: { checksum: "" },
  update_schedule: { profile: 1, limit: { value: 100000 } },
  web_payment_started: { evse: 1, timeout_s: 120 },
};

/** Kinds that many stations can be told at once; the others name a thing of one station. */
export const bulkKinds = [
  "reset",
  "set_availability",
  "trigger",
  "report_settings",
  "set_settings",
  "update_firmware",
  "get_log",
  "clear_cache",
  "clear_charging_profiles",
  "install_certificate",
  "show_message",
  "list_version",
] as const;

export const initialOf = (spec: FormSpec): Values =>
  Object.fromEntries(spec.fields.map((f) => [f.name, f.initial ?? (f.type === "number" ? null : "")]));

/** Whether a field applies to a protocol; all do where it is not known. */
export const applies = (f: FieldSpec, protocol: string) =>
  !f.only || protocol === "" || (f.only === "1.6") === (protocol === "1.6");

/** The command as it is sent; what is empty is left out. */
export function bodyOf(spec: FormSpec, v: Values): Record<string, unknown> {
  const raw = spec.body
    ? spec.body(v)
    : Object.fromEntries(
        spec.fields.map((f) => [f.name, f.type === "evse" ? Number(v[f.name]) : some(v[f.name] ?? null)]),
      );
  return JSON.parse(JSON.stringify(raw)) as Record<string, unknown>;
}

/** The names of required fields that are empty. */
export const missing = (spec: FormSpec, v: Values, protocol: string): string[] =>
  spec.fields
    .filter((f) => f.required && applies(f, protocol))
    .filter((f) => {
      const x = v[f.name];
      return f.type === "evse" && f.whole ? false : x === null || x === "" || x === undefined || Number.isNaN(x);
    })
    .map((f) => f.name);

export const dangerous = (spec: FormSpec | undefined, v: Values): boolean =>
  typeof spec?.danger === "function" ? spec.danger(v) : (spec?.danger ?? false);
