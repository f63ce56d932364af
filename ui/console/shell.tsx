import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Outlet } from "@tanstack/react-router";
import { lazy, Suspense, useEffect, useMemo, useRef, useState } from "react";
import { get, type Page, post } from "#shared/api/client";
import { meQuery, useMe, useSignedOut } from "#shared/api/me";
import { num, ownZone } from "#shared/format";
import { has, language, languageName, languages, speak, useT } from "#shared/i18n";
import { useStream } from "#shared/live";
import { A, useFilters, useGo, useLocation } from "#shared/nav";
import {
  Alarms,
  type AlarmWindow,
  Clock,
  Icon,
  IconButton,
  LiveAge,
  Mark,
  Menu,
  type PaletteEntry,
  ProblemBox,
  Toasts,
  usePaletteEntries,
} from "#shared/parts";
import { setTheme, useTheme } from "#shared/theme";
import { sections } from "./nav";
import { type Overview, useOverview } from "./overview-data";

const Palette = lazy(() => import("#shared/parts/palette"));
const search = async (q: string, signal: AbortSignal) => (await import("./search")).search(q, signal);

/** The console around every page: top bar, alarm windows, navigation. */
export function Shell() {
  const t = useT();
  const me = useMe();
  const { error, refetch } = useQuery(meQuery);
  const { pathname, searchStr } = useLocation();
  const go = useGo();
  useSignedOut();
  useStream("/events", me.may("read"));
  useEffect(() => {
    // The address changes before this shell makes room for the page there.
    if (!me.known || pathname === "/sign-in" || pathname === "/setup") return;
    if (me.setup_needed) go("/setup", true);
    else if (me.kind === "nobody") go(`/sign-in?to=${encodeURIComponent(pathname + searchStr)}`, true);
    else if (me.kind === "driver") location.assign("/app");
  }, [me.known, me.setup_needed, me.kind, pathname, searchStr, go]);
  const [drawer, setDrawer] = useState(false);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the drawer closes when the page changes
  useEffect(() => setDrawer(false), [pathname]);
  if (error && !me.known) {
    return (
      <main className="p-4">
        <ProblemBox error={error} retry={() => void refetch()} />
      </main>
    );
  }
  if (!me.known || me.kind === "nobody" || me.kind === "driver") return null;
  return (
    <div className="app">
      <a href="#main" className="skip">
        {t("shell.skip")}
      </a>
      <Bar onMenu={() => setDrawer(true)} />
      <Windows />
      <Nav open={drawer} onClose={() => setDrawer(false)} />
      <main id="main" tabIndex={-1}>
        <Suspense>
          <Outlet />
        </Suspense>
      </main>
      <Toasts />
    </div>
  );
}

function Bar({ onMenu }: { onMenu: () => void }) {
  const t = useT();
  const me = useMe();
  const [find, setFind] = useState(false);
  const opened = useRef(false);
  if (find) opened.current = true;
  useEffect(() => {
    const key = (e: KeyboardEvent) => {
      const typing = (e.target as HTMLElement).closest?.("input, textarea, select, [contenteditable]");
      if ((e.key === "k" && (e.ctrlKey || e.metaKey)) || (e.key === "/" && !typing)) {
        e.preventDefault();
        setFind(true);
      }
    };
    addEventListener("keydown", key);
    return () => removeEventListener("keydown", key);
  }, []);
  const entries = useMemo<PaletteEntry[]>(
    () =>
      sections
        .flat()
        .flatMap((s) =>
          me.areas.includes(s.area) ? [{ id: s.href, group: t("shell.pages"), label: t(s.words), href: s.href }] : [],
        ),
    [me.areas, t],
  );
  usePaletteEntries("shell", entries);
  return (
    <header className="bar">
      <span className="burger">
        <IconButton icon="menu" label={t("shell.menu")} onClick={onMenu} />
      </span>
      <A className="brand" href="/" aria-label="Chargewright">
        <Mark />
        <span>Chargewright</span>
      </A>
      <SiteFilter />
      <button
        type="button"
        className="find"
        onClick={() => setFind(true)}
        aria-label={t("parts.find")}
        aria-keyshortcuts="Control+K"
      >
        <Icon name="search" size={14} />
        <span className="cut">{t("parts.find")}</span>
        <kbd>Ctrl K</kbd>
      </button>
      <span className="sp" />
      <span className="age">
        <LiveAge />
      </span>
      <span className="dv wide" />
      <span className="wide">
        <Clock zone={ownZone()} />
      </span>
      <span className="dv wide" />
      <UserMenu />
      {opened.current && (
        <Suspense>
          <Palette open={find} onClose={() => setFind(false)} search={search} />
        </Suspense>
      )}
    </header>
  );
}

interface SiteRow {
  id: string;
  name: string;
}

function SiteFilter() {
  const t = useT();
  const me = useMe();
  const f = useFilters(["site"]);
  const { data } = useQuery({
    queryKey: ["/sites", "names"],
    queryFn: ({ signal }) => get<Page<SiteRow>>("/sites", { limit: 200 }, signal),
    enabled: me.may("read"),
    staleTime: 60_000,
  });
  const name = data?.items.find((s) => s.id === f.value.site)?.name ?? f.value.site;
  return (
    <span className={`scope ${f.value.site ? "on" : ""}`}>
      <span className="cut">{f.value.site ? name : t("shell.allSites", { tenant: me.tenant_name })}</span>
      <Icon name="down" size={12} />
      <select
        aria-label={t("shell.site")}
        value={f.value.site}
        onChange={(e) => f.set({ site: e.target.value })}
        className="absolute inset-0 w-full opacity-0 cursor-pointer"
      >
        <option value="">{t("shell.allSites", { tenant: me.tenant_name })}</option>
        {data?.items.map((s) => (
          <option key={s.id} value={s.id}>
            {s.name}
          </option>
        ))}
      </select>
    </span>
  );
}

function UserMenu() {
  const t = useT();
  const me = useMe();
  const { theme } = useTheme();
  const cache = useQueryClient();
  const out = async () => {
    await cache.cancelQueries(); // what is on its way would come back refused
    await post("/auth/sign-out");
    cache.clear();
    location.assign("/sign-in");
  };
  return (
    <Menu
      plain
      label={t("page.account")}
      items={[
        { id: "account", label: t("page.account"), href: "/account" },
        "line",
        ...(["system", "light", "dark"] as const).map((x) => ({
          id: x,
          label: t(`shell.${x}`),
          checked: theme === x,
          act: () => setTheme(x),
        })),
        "line",
        ...languages().map((l) => ({
          id: l,
          label: t("shell.language", { name: languageName(l) }),
          checked: language() === l,
          act: () => void speak(l),
        })),
        "line",
        { id: "out", label: t("shell.signOut"), act: () => void out() },
      ]}
    >
      <span className="who">
        <span className="wide">
          {t("shell.you", { name: me.name || me.email, role: has(`role.${me.role}`) ? t(`role.${me.role}`) : me.role })}
        </span>
        <span className="narrow">
          <Icon name="person" />
        </span>
      </span>
    </Menu>
  );
}

function windowsOf(o: Overview | undefined, t: ReturnType<typeof useT>): AlarmWindow[] {
  const evse = (s: string) => o?.evses.by_state[s] ?? 0;
  const off = o ? o.stations.total - o.stations.connected : 0;
  const count = (n: number, key: string) => t(key, { count: n, n: num(n) });
  const starts = o?.starts_24h ?? { worked: 0, failed: 0 };
  return [
    {
      id: "faulted",
      label: t("alarm.faulted"),
      href: "/stations?status=faulted",
      level: evse("faulted") > 0 ? "fault" : "clear",
      text: count(evse("faulted"), "alarm.evse"),
    },
    {
      id: "offline",
      label: t("alarm.offline"),
      href: "/stations?status=offline",
      level: off > 0 ? "warn" : "clear",
      text: count(off, "alarm.station"),
    },
    {
      id: "unavailable",
      label: t("alarm.unavailable"),
      href: "/stations?status=unavailable",
      level: evse("unavailable") > 0 ? "warn" : "clear",
      text: count(evse("unavailable"), "alarm.evse"),
    },
    {
      id: "starts",
      label: t("alarm.starts"),
      href: "/sessions?state=failed",
      level: starts.failed > 0 ? "warn" : "clear",
      text: t("alarm.failed", { n: num(starts.failed), all: num(starts.failed + starts.worked) }),
    },
    {
      id: "held",
      label: t("alarm.held"),
      href: "/sessions?state=held",
      level: (o?.sessions_held ?? 0) > 0 ? "warn" : "clear",
      text: count(o?.sessions_held ?? 0, "alarm.session"),
    },
    {
      id: "onboarding",
      label: t("alarm.onboarding"),
      href: "/onboarding",
      level: (o?.onboarding ?? 0) > 0 ? "warn" : "clear",
      text: t("alarm.waiting", { n: num(o?.onboarding) }),
    },
    ...(o && o.reports_open === null
      ? []
      : [
          {
            id: "reports",
            label: t("alarm.reports"),
            href: "/reports",
            level: (o?.reports_open ?? 0) > 0 ? ("warn" as const) : ("clear" as const),
            text: t("alarm.open", { n: num(o?.reports_open) }),
          },
        ]),
  ];
}

function Windows() {
  const t = useT();
  const { data } = useOverview();
  return <Alarms label={t("shell.alarms")} windows={windowsOf(data, t)} />;
}

function Nav({ open, onClose }: { open: boolean; onClose: () => void }) {
  const t = useT();
  const me = useMe();
  const { pathname } = useLocation();
  const { data } = useOverview();
  const counts = {
    stations: data?.stations.total,
    sessions: data?.sessions_open,
    onboarding: data?.onboarding || undefined,
    reports: data?.reports_open || undefined,
  };
  const current = (href: string) =>
    href === "/" ? pathname === "/" : pathname === href || pathname.startsWith(`${href}/`);
  const groups = sections.map((g) => g.filter((s) => !s.quiet && me.may(s.area))).filter((g) => g.length > 0);
  return (
    <>
      {open && <button type="button" className="shade" aria-label={t("parts.close")} onClick={onClose} />}
      <nav
        className={`nav ${open ? "open" : ""}`}
        aria-label={t("shell.nav")}
        onKeyDown={(e) => e.key === "Escape" && onClose()}
      >
        {groups.map((g, i) => (
          <div key={g[0]?.href}>
            {i > 0 && <hr />}
            {g.map((s) => (
              <A key={s.href} href={s.href} aria-current={current(s.href) ? "page" : undefined}>
                {t(s.words)}
                <span>{s.count && counts[s.count] !== undefined ? num(counts[s.count]) : ""}</span>
              </A>
            ))}
          </div>
        ))}
      </nav>
    </>
  );
}
