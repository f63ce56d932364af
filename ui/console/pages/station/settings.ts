import type { Setting } from "./types";

/** What names a setting at its station. */
export const keyOf = (s: Setting): string =>
  [s.component, s.component_instance, s.evse_id, s.connector_id, s.variable, s.instance, s.attribute].join("\u0001");

/** "OCPPCommCtrlr.HeartbeatInterval[x] (MinSet)". */
export function nameOf(s: Setting): string {
  const v = s.variable + (s.instance ? `[${s.instance}]` : "");
  const a = s.attribute && s.attribute !== "Actual" ? ` (${s.attribute})` : "";
  return v + a;
}

/** The component that a setting belongs to: "Connector, EVSE 1, connector 2". */
export const placeOf = (s: Setting): string =>
  [
    s.component + (s.component_instance ? `[${s.component_instance}]` : ""),
    s.evse_id ? `EVSE ${s.evse_id}${s.connector_id ? `.${s.connector_id}` : ""}` : "",
  ]
    .filter(Boolean)
    .join(", ");

/** Settings by component, in the order of the server. One group named "" for 1.6. */
export function grouped(all: readonly Setting[], q: string): [string, Setting[]][] {
  const want = q.trim().toLowerCase();
  const out = new Map<string, Setting[]>();
  for (const s of all) {
    const place = placeOf(s);
    if (want && !`${place}.${nameOf(s)} ${s.value}`.toLowerCase().includes(want)) continue;
    const list = out.get(place);
    if (list) list.push(s);
    else out.set(place, [s]);
  }
  return [...out];
}

/** The command that writes these values. */
export const writeOf = (changes: readonly (readonly [Setting, string])[]) => ({
  values: changes.map(([s, value]) =>
    JSON.parse(
      JSON.stringify({
        component: s.component || undefined,
        component_instance: s.component_instance || undefined,
        evse: s.evse_id || undefined,
        connector: s.connector_id || undefined,
        variable: s.variable,
        instance: s.instance || undefined,
        attribute: s.attribute && s.attribute !== "Actual" ? s.attribute : undefined,
        value,
      }),
    ),
  ),
});

/** A value that was masked by the server: it cannot be shown, only replaced. */
export const secret = (s: Setting) => s.value.includes("•••");
