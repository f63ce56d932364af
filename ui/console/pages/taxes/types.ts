import { language, type useT } from "#shared/i18n";

export interface Entity {
  id: string;
  name: string;
  country: string;
  currency: string;
}

export interface Registration {
  id: string;
  country: string;
  region?: string;
  kind: string;
  vat_id?: string;
  dealers_owe?: boolean;
  valid_from: string;
  valid_until?: string;
}

export interface Rate {
  id: string;
  country: string;
  region?: string;
  postal?: string[] | null;
  name: string;
  kind?: string;
  percent?: string;
  per_kwh?: string;
  currency?: string;
  on_taxes?: boolean;
  category?: string;
  source?: string;
  valid_from: string;
  valid_until?: string;
  entered_by: string;
}

export interface Applied {
  name: string;
  percent: string;
  per_kwh: string;
  on_taxes: boolean;
  category: string;
  jurisdiction: string;
}

export interface Explanation {
  day: string;
  entity: Entity;
  typed: boolean;
  jurisdiction: string;
  seller_vat_id: string;
  owed: boolean;
  instead: Applied | null;
  note: string;
  reasons: string[];
  lines: { kind: string; known: boolean; taxes: Applied[] }[];
}

/** Today in UTC, as the server counts what may still be changed. */
export const today = () => new Date().toISOString().slice(0, 10);

/** "Germany (DE)"; a code that is none stays as it is. */
export function countryName(code: string): string {
  try {
    const name = new Intl.DisplayNames([language()], { type: "region" }).of(code);
    return name && name !== code ? `${name} (${code})` : code;
  } catch {
    return code;
  }
}

interface Term {
  valid_from: string;
  valid_until?: string;
}

/** A term in words. */
export const termText = (t: ReturnType<typeof useT>, x: Term) =>
  x.valid_until
    ? t("taxes.fromUntil", { from: x.valid_from, until: x.valid_until })
    : t("taxes.from", { from: x.valid_from });

/** Whether a term may still be ended. */
export const mayEnd = (x: Term) => !x.valid_until || x.valid_until > today();

/** Whether a term has a day; until is exclusive. */
export const holds = (x: Term, day: string) => x.valid_from <= day && (!x.valid_until || day < x.valid_until);
