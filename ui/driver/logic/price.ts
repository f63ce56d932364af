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
 * A sentence in parts: "from €0.39 per kWh, from €1.00 per session; see
 * details" → energy "from €0.39 per kWh", fees "From €1.00 per session.", more.
 * Where something has several prices, semicolons part the things and commas the
 * prices: "€0.59 per kWh from 6:00 to 22:00, €0.39 otherwise; €1.00 per session".
 */
export function parts(sentence: string): Said {
  const details = /; (see details|siehe Details)$/.exec(sentence);
  const s = (details ? sentence.slice(0, details.index) : sentence).trim();
  const several = s.includes("; ");
  let cut = s.indexOf(several ? "; " : ", ");
  if (!several && /(, (then|danach|sonst) .*| otherwise)$/.test(s)) cut = -1;
  const head = cut < 0 ? s : s.slice(0, cut);
  const energy = /kWh/.test(head);
  const fees = energy ? (cut < 0 ? "" : s.slice(cut + 2)) : s;
  return { energy: energy ? head : "", fees: asSentence(fees), more: details !== null };
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
