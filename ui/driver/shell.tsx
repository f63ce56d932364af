import { Outlet } from "@tanstack/react-router";
import { Suspense } from "react";
import { useSignedOut } from "#shared/api/me";
import { useT } from "#shared/i18n";
import { useStream } from "#shared/live";
import { A, useLocation } from "#shared/nav";
import { Icon, type IconName, Toasts } from "#shared/parts";
import { useDriver } from "./data";
import { SessionBar } from "./parts/session-bar";

const tabs: readonly { href: string; words: string; icon: IconName; under: readonly string[] }[] = [
  { href: "/", words: "shell.find", icon: "map", under: ["/site", "/e", "/start"] },
  { href: "/sessions", words: "shell.history", icon: "receipt", under: ["/receipts", "/session"] },
  { href: "/favourites", words: "shell.favourites", icon: "star", under: [] },
  {
    href: "/account",
    words: "shell.account",
    icon: "person",
    under: ["/wallet", "/methods", "/payments", "/vehicles", "/tokens", "/privacy", "/report", "/sign-in"],
  },
];

/** The driver's app around every page: content above, tabs with words below. */
export function Shell() {
  const t = useT();
  useSignedOut();
  const { driver } = useDriver();
  useStream(driver ? "/me/events" : "/public/events", true);
  const { pathname } = useLocation();
  const at = pathname.replace(/^\/app(?=\/|$)/, "") || "/";
  const current = (x: (typeof tabs)[number]) =>
    x.href === at ? true : x.under.some((u) => at === u || at.startsWith(u.endsWith("/") ? u : `${u}/`));
  return (
    <div className="dapp">
      <a href="#main" className="skip">
        {t("shell.skip")}
      </a>
      <main id="main" tabIndex={-1}>
        <Suspense>
          <Outlet />
        </Suspense>
      </main>
      <SessionBar />
      <nav className="tabbar" aria-label={t("shell.nav")}>
        {tabs.map((x) => (
          <A key={x.href} href={x.href} aria-current={current(x) ? "page" : undefined}>
            <Icon name={x.icon} size={22} />
            {t(x.words)}
          </A>
        ))}
      </nav>
      <Toasts />
    </div>
  );
}
