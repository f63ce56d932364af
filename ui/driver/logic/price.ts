import { connectorWord } from "#shared/format/connector";
import type { EvseCard, PlugPrice } from "./types";

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

/** A price at an EVSE, and the connectors it is for. */
export interface Offer {
  price: PlugPrice | null;
  /** What the connectors are called, "CCS, Type 2"; "" where all have this price. */
  plugs: string;
}

/**
 * The prices at an EVSE, each once, in the order of its connectors: one where all
 * are the same, else a driver chooses. `name` calls the n-th connector, from 1,
 * where its standard does not tell it from others.
 */
export function offers(
  evse: Pick<EvseCard, "connectors" | "price">,
  name: (n: number, standard: string) => string,
): Offer[] {
  const by = new Map<string, { price: PlugPrice | null; plugs: { n: number; standard: string }[] }>();
  evse.connectors.forEach(({ standard, price: own }, i) => {
    const price = own ?? evse.price;
    const o = by.get(price?.tariff_version ?? "") ?? { price, plugs: [] };
    o.plugs.push({ n: i + 1, standard: connectorWord(standard) });
    by.set(price?.tariff_version ?? "", o);
  });
  const all = [...by.values()];
  if (all.length < 2) return [{ price: all[0] ? all[0].price : evse.price, plugs: "" }];
  const shared = (s: string) => s === "" || all.filter((o) => o.plugs.some((p) => p.standard === s)).length > 1;
  return all.map((o) => ({
    price: o.price,
    plugs: [...new Set(o.plugs.map((p) => (shared(p.standard) ? name(p.n, p.standard) : p.standard)))].join(", "),
  }));
}
