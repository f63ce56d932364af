import type { Area } from "#shared/api/me";

/** One entry of the left navigation. `words` is the key of its name. */
export interface Section {
  href: string;
  words: string;
  area: Area;
  /** Which number of the shell stands beside it. */
  count?: "stations" | "sessions" | "onboarding" | "reports";
  /** Only the palette has it; the pages it serves lead there. */
  quiet?: true;
}

/** Groups with a line between; a role sees only what its areas open. */
export const sections: readonly (readonly Section[])[] = [
  [
    { href: "/", words: "page.overview", area: "read" },
    { href: "/map", words: "page.map", area: "read" },
    { href: "/stations", words: "page.stations", area: "read", count: "stations" },
    { href: "/sessions", words: "page.sessions", area: "read", count: "sessions" },
    { href: "/log", words: "page.log", area: "read" },
    { href: "/support", words: "page.support", area: "people" },
    { href: "/review", words: "page.review", area: "books" },
    { href: "/documents", words: "page.documents", area: "books" },
  ],
  [
    { href: "/sites", words: "page.sites", area: "read" },
    { href: "/onboarding", words: "page.onboarding", area: "read", count: "onboarding" },
    { href: "/terminals", words: "page.terminals", area: "read" },
    { href: "/jobs", words: "page.jobs", area: "stations" },
  ],
  [
    { href: "/tariffs", words: "page.tariffs", area: "read" },
    { href: "/spot-prices", words: "page.prices", area: "read" },
    { href: "/taxes", words: "page.taxes", area: "books" },
    { href: "/tariff-check", words: "page.tariffCheck", area: "read", quiet: true },
    { href: "/payments", words: "page.payments", area: "books" },
    { href: "/claims", words: "page.claims", area: "books" },
    { href: "/disputes", words: "page.disputes", area: "books" },
    { href: "/reconciliation", words: "page.reconciliation", area: "books" },
    { href: "/money-rules", words: "page.moneyRules", area: "books" },
    { href: "/seller", words: "page.seller", area: "books" },
  ],
  [
    { href: "/drivers", words: "page.drivers", area: "people" },
    { href: "/tokens", words: "page.tokens", area: "people" },
    { href: "/groups", words: "page.groups", area: "people" },
    { href: "/blocks", words: "page.blocks", area: "people" },
    { href: "/reports", words: "page.reports", area: "people", count: "reports" },
  ],
  [
    { href: "/admin/users", words: "page.users", area: "admin" },
    { href: "/admin/keys", words: "page.keys", area: "admin" },
    { href: "/admin/webhooks", words: "page.webhooks", area: "admin" },
    { href: "/admin/audit", words: "page.audit", area: "admin" },
    { href: "/admin/branding", words: "page.branding", area: "admin" },
    { href: "/admin/mail", words: "page.mail", area: "admin" },
  ],
];
