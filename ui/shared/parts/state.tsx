import { useT } from "../i18n";
import { Icon, type IconName } from "./icon";

export type State =
  | "available"
  | "preparing"
  | "charging"
  | "suspended_ev"
  | "suspended_evse"
  | "finishing"
  | "reserved"
  | "faulted"
  | "offline"
  | "unavailable"
  | "updating"
  | "unknown";

const looks: Record<State, [IconName, string]> = {
  available: ["available", "t3"],
  preparing: ["preparing", "t1"],
  charging: ["charging", "te"],
  suspended_ev: ["suspended-ev", "t2"],
  suspended_evse: ["suspended-evse", "tp"],
  finishing: ["finishing", "t2"],
  reserved: ["reserved", "tp"],
  faulted: ["faulted", "tf"],
  offline: ["offline", "tw"],
  unavailable: ["unavailable", "t3"],
  updating: ["updating", "t2"],
  unknown: ["unknown", "t3"],
};

/** All states, the worst first. */
export const states: readonly State[] = [
  "faulted",
  "offline",
  "unavailable",
  "unknown",
  "suspended_evse",
  "finishing",
  "suspended_ev",
  "charging",
  "preparing",
  "reserved",
  "updating",
  "available",
];

const spellings = new Map<string, State>([
  ["suspendedev", "suspended_ev"],
  ["suspendedevse", "suspended_evse"],
  ["occupied", "preparing"],
  ["inoperative", "unavailable"],
]);

/** The state that a text of the API or a station names: "SuspendedEV", "suspended_ev". */
export function stateOf(s: string | null | undefined): State {
  const k = (s ?? "").toLowerCase();
  return Object.hasOwn(looks, k) ? (k as State) : (spellings.get(k.replace(/[_\s-]/g, "")) ?? "unknown");
}

/** The tone class of a state: "te", "tf" … */
export const toneOf = (s: string) => looks[stateOf(s)][1];

/**
 * A state by shape, colour and word, always all three. `pip` leaves the word to
 * the title for boards of many; `blocking` turns a finished vehicle amber.
 */
export function StateMark({
  state,
  size = 16,
  pip,
  word,
  blocking,
}: {
  state: string;
  size?: number;
  pip?: boolean;
  word?: string;
  blocking?: boolean;
}) {
  const t = useT();
  const s = stateOf(state);
  const [icon, tone] = looks[s];
  const driver = document.documentElement.dataset.face === "driver";
  const free = driver && s === "available";
  const color = free ? "te" : blocking && s === "finishing" ? "tw" : tone;
  const text = word ?? t(free ? "state.free" : `state.${s}`);
  if (pip) {
    return (
      <span title={text}>
        <Icon name={icon} size={size} className={color} label={text} />
      </span>
    );
  }
  return (
    <span className={`st ${color}`}>
      <Icon name={icon} size={size} />
      <span>{text}</span>
    </span>
  );
}
