/** An exchange of the log, as GET /messages gives it. */
export interface Message {
  station_id: string;
  at: string;
  from_us: boolean;
  message_id: string;
  action: string;
  request: unknown;
  response?: unknown;
  error?: unknown;
  failure?: string;
  latency_us: number;
  findings?: unknown;
}

/** A message's own name: a station may use an id twice. */
export const keyOf = (m: Message) => `${m.station_id} ${m.from_us ? ">" : "<"} ${m.at} ${m.message_id}`;

/** How an exchange went. */
export type Outcome = "ok" | "error" | "silent";
export const outcomeOf = (m: Message): Outcome => (m.error ? "error" : m.failure ? "silent" : "ok");

/** "NotSupported: no such thing" of a CALLERROR; "" where there is none. */
export function errorText(m: Message): string {
  const e = m.error as { code?: unknown; description?: unknown } | undefined;
  if (!e) return m.failure ?? "";
  return [e.code, e.description].filter((x) => typeof x === "string" && x !== "").join(": ");
}

/** What was repaired in a message, as texts. */
export function findingsOf(m: Message): string[] {
  if (!Array.isArray(m.findings)) return [];
  return m.findings.map((f) => (typeof f === "string" ? f : JSON.stringify(f)));
}

/** The word that says most about an answer: its status, or that of the token. */
export function answerWord(m: Message): string {
  const r = m.response as Record<string, unknown> | undefined;
  if (!r || typeof r !== "object") return "";
  const info = (r.idTagInfo ?? r.idTokenInfo) as { status?: unknown } | undefined;
  const s = r.status ?? info?.status;
  return typeof s === "string" ? s : "";
}

/** The words that say most about a request: what changed, where. */
export function requestWords(m: Message): string {
  const r = m.request as Record<string, unknown> | undefined;
  if (!r || typeof r !== "object") return "";
  const info = r.transactionInfo as Record<string, unknown> | undefined;
  const evse = r.evse as Record<string, unknown> | undefined;
  const pick = [
    r.connectorStatus ?? r.status ?? r.eventType ?? r.type ?? r.requestedMessage ?? r.reason,
    info?.chargingState ?? r.triggerReason,
    r.errorCode !== "NoError" ? r.errorCode : undefined,
    evse?.id !== undefined
      ? `EVSE ${evse.id}`
      : r.evseId !== undefined
        ? `EVSE ${r.evseId}`
        : r.connectorId !== undefined
          ? `#${r.connectorId}`
          : undefined,
    r.idTag,
  ];
  return pick
    .filter((x) => typeof x === "string" || typeof x === "number")
    .join(", ")
    .slice(0, 120);
}

/** New messages before old ones, each once, at most `most`. Both newest first. */
export function merge(fresh: readonly Message[], old: readonly Message[], most = 1_000): Message[] {
  const seen = new Set<string>();
  const out: Message[] = [];
  for (const m of [...fresh, ...old]) {
    const k = keyOf(m);
    if (seen.has(k)) continue;
    seen.add(k);
    out.push(m);
  }
  out.sort((a, b) => (a.at < b.at ? 1 : a.at > b.at ? -1 : 0));
  return out.slice(0, most);
}

/** A text in single quotes of a shell. */
const quoted = (s: string) => `'${s.replaceAll("'", "'\\''")}'`;

/** A call to a station as a command line; the key stays a variable. */
export function curlOf(m: Message, origin: string): string {
  const url = `${origin}/api/v1/stations/${encodeURIComponent(m.station_id)}/ocpp/${encodeURIComponent(m.action)}`;
  return `curl -X POST -H "Authorization: Bearer $CHARGEWRIGHT_KEY" -H 'Content-Type: application/json' --data-raw ${quoted(JSON.stringify(m.request ?? {}))} ${quoted(url)}`;
}

/** The frames of an exchange as OCPP-J sends them. */
export function frames(m: Message): string {
  const call = JSON.stringify([2, m.message_id, m.action, m.request ?? {}]);
  if (m.error) {
    const e = m.error as { code?: string; description?: string; details?: unknown };
    return `${call}\n${JSON.stringify([4, m.message_id, e.code ?? "", e.description ?? "", e.details ?? {}])}`;
  }
  return m.response === undefined ? call : `${call}\n${JSON.stringify([3, m.message_id, m.response])}`;
}
