import { get, type Page, seg } from "#shared/api/client";
import { t } from "#shared/i18n";
import type { PaletteEntry } from "#shared/parts";

/** What the palette finds on the server: stations, sites, sessions, drivers. What may not be read is left out. */
export async function search(q: string, signal: AbortSignal): Promise<PaletteEntry[]> {
  const list = async <T>(path: string, make: (x: T) => PaletteEntry): Promise<PaletteEntry[]> => {
    try {
      const { items } = await get<Page<T>>(path, { q, limit: 6 }, signal);
      return items.slice(0, 6).map(make);
    } catch {
      return []; // not allowed, or not there: the others still answer
    }
  };
  const found = await Promise.all([
    list<{ id: string; name: string }>("/stations", (s) => ({
      id: `st-${s.id}`,
      group: t("shell.stations"),
      label: s.id,
      note: s.name,
      href: `/stations/${seg(s.id)}`,
    })),
    list<{ id: string; name: string }>("/sites", (s) => ({
      id: `si-${s.id}`,
      group: t("shell.sites"),
      label: s.name,
      href: `/sites/${seg(s.id)}`,
    })),
    list<{ id: string; station_id: string; transaction_id: string }>("/sessions", (s) => ({
      id: `se-${s.id}`,
      group: t("shell.sessions"),
      label: s.station_id,
      note: s.transaction_id,
      href: `/sessions/${seg(s.id)}`,
    })),
    list<{ id: string; name: string; email: string }>("/drivers", (d) => ({
      id: `dr-${d.id}`,
      group: t("shell.drivers"),
      label: d.name,
      note: d.email,
      href: `/drivers/${seg(d.id)}`,
    })),
  ]);
  return found.flat();
}
