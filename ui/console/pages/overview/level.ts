import { stateOf } from "#shared/parts/state";

/** How a site stands on a map: red with a fault, amber when a part of it cannot be used or is silent. */
export function levelOf(worst: string): "well" | "warn" | "fault" {
  const s = stateOf(worst);
  return s === "faulted" ? "fault" : s === "offline" || s === "unavailable" ? "warn" : "well";
}
