// Prices as drivers read them. The server says a tariff in one sentence of the
// caller's language; here it is only cut and set beside numbers.

export interface Said {
  /** The price of energy, as the sentence begins: "from €0.45 per kWh"; "" when it begins otherwise. */
  energy: string;
  /** What else it costs, with a capital and a full stop; "" when that is all. */
  fees: string;
  /** The sentence points to details, which are left out here. */
  more: boolean;
}

/**
 * A sentence in parts: "€0.59 per kWh, €0.10 per minute after charging ends; see
 * details" → energy "€0.59 per kWh", fees "€0.10 per minute after charging
 * ends.", more.
 */
export function parts(sentence: string): Said {
  const semi = sentence.indexOf("; ");
  const more = semi >= 0;
  const s = (more ? sentence.slice(0, semi) : sentence).trim();
  const comma = s.indexOf(", ");
  const head = comma < 0 ? s : s.slice(0, comma);
  const energy = /kWh/.test(head);
  const fees = energy ? (comma < 0 ? "" : s.slice(comma + 2)) : s;
  return { energy: energy ? head : "", fees: asSentence(fees), more };
}

/** A sentence with a capital first and a full stop last. */
export function asSentence(s: string): string {
  const t = s.trim();
  return t === "" ? "" : stop(capital(t));
}

function capital(s: string): string {
  return s.slice(0, 1).toLocaleUpperCase() + s.slice(1);
}

function stop(s: string): string {
  return /[.!?]$/.test(s) ? s : `${s}.`;
}
