/** Countries by ISO 3166-1 and the currency they pay in, ISO 4217: where charging networks run. */
const pays: Record<string, string> = {
  AD: "EUR",
  AE: "AED",
  AL: "ALL",
  AM: "AMD",
  AR: "ARS",
  AT: "EUR",
  AU: "AUD",
  AZ: "AZN",
  BA: "BAM",
  BE: "EUR",
  BG: "EUR",
  BH: "BHD",
  BR: "BRL",
  CA: "CAD",
  CH: "CHF",
  CL: "CLP",
  CN: "CNY",
  CO: "COP",
  CR: "CRC",
  CY: "EUR",
  CZ: "CZK",
  DE: "EUR",
  DK: "DKK",
  EE: "EUR",
  EG: "EGP",
  ES: "EUR",
  FI: "EUR",
  FO: "DKK",
  FR: "EUR",
  GB: "GBP",
  GE: "GEL",
  GI: "GIP",
  GL: "DKK",
  GR: "EUR",
  HK: "HKD",
  HR: "EUR",
  HU: "HUF",
  ID: "IDR",
  IE: "EUR",
  IL: "ILS",
  IN: "INR",
  IS: "ISK",
  IT: "EUR",
  JO: "JOD",
  JP: "JPY",
  KE: "KES",
  KR: "KRW",
  KW: "KWD",
  KZ: "KZT",
  LI: "CHF",
  LT: "EUR",
  LU: "EUR",
  LV: "EUR",
  MA: "MAD",
  MC: "EUR",
  MD: "MDL",
  ME: "EUR",
  MK: "MKD",
  MT: "EUR",
  MX: "MXN",
  MY: "MYR",
  NL: "EUR",
  NO: "NOK",
  NZ: "NZD",
  OM: "OMR",
  PA: "USD",
  PE: "PEN",
  PH: "PHP",
  PL: "PLN",
  PR: "USD",
  PT: "EUR",
  QA: "QAR",
  RO: "RON",
  RS: "RSD",
  RW: "RWF",
  SA: "SAR",
  SE: "SEK",
  SG: "SGD",
  SI: "EUR",
  SK: "EUR",
  SM: "EUR",
  TH: "THB",
  TN: "TND",
  TR: "TRY",
  TW: "TWD",
  UA: "UAH",
  US: "USD",
  UY: "UYU",
  VA: "EUR",
  VN: "VND",
  XK: "EUR",
  ZA: "ZAR",
};

/** Options of a choice of countries, by their names in a language. */
export function countries(lang: string): { value: string; label: string }[] {
  const names = new Intl.DisplayNames([lang], { type: "region" });
  return Object.keys(pays)
    .map((c) => ({ value: c, label: names.of(c) ?? c }))
    .sort((a, b) => a.label.localeCompare(b.label, lang));
}

/** The currency of a country; euro where it is not listed. */
export const currencyOf = (country: string) => pays[country] ?? "EUR";

/** The country that a browser's languages speak of first: "de-AT" is Austria; "de" alone the likeliest. */
export function likelyCountry(languages: readonly string[]): string {
  for (const l of languages) {
    const region = new Intl.Locale(l).maximize().region;
    if (region && region in pays) return region;
  }
  return "DE";
}
