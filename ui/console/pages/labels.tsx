import { useQuery } from "@tanstack/react-query";
import { address, get, type Page, seg } from "#shared/api/client";
import { useT } from "#shared/i18n";
import { A, useFilters } from "#shared/nav";
import { Button, Empty, Loaded, Plate } from "#shared/parts";
import "./sites/labels.css";

interface Station {
  id: string;
  name: string;
  evses: { evse_id: number; number: string; contract_id: string }[];
}

/** A site has 100 stations of a page, and 10 pages at most. */
const most = 10;

async function stationsOf(site: string, signal: AbortSignal): Promise<Station[]> {
  const all: Station[] = [];
  let cursor = "";
  for (let n = 0; n < most; n++) {
    const p = await get<Page<Station>>("/stations", { site, sort: "id", limit: 100, cursor }, signal);
    all.push(...p.items);
    if (!p.next) break;
    cursor = p.next;
  }
  return all;
}

/** The labels of a site, or of one of its stations, on sheets to print: A4 or Letter, eight on each. */
export default function Labels() {
  const t = useT();
  const f = useFilters(["site", "station"]);
  const { site, station } = f.value;
  const q = useQuery({
    queryKey: ["/labels", site, station],
    enabled: site !== "",
    queryFn: async ({ signal }) => {
      const [place, brand, all] = await Promise.all([
        get<{ name: string }>(`/sites/${seg(site)}`, {}, signal),
        get<{ name: string; guests_url: string | null }>("/branding", {}, signal),
        station ? get<Station>(`/stations/${seg(station)}`, {}, signal).then((s) => [s]) : stationsOf(site, signal),
      ]);
      return { place, brand, stations: all.filter((s) => s.evses.length > 0) };
    },
  });
  if (site === "")
    return (
      <Plate title={t("sites.labels.title")}>
        <Empty why={t("sites.labels.noSite")} />
      </Plate>
    );
  return (
    <Loaded of={q}>
      {(d) => (
        <Plate
          className="sheet"
          title={t("sites.labels.title")}
          note={t("sites.labels.note")}
          actions={
            d.stations.length > 0 && (
              <Button kind="primary" onClick={() => print()}>
                {t("sites.labels.print")}
              </Button>
            )
          }
        >
          <h1>{d.place.name}</h1>
          <p className="noprint mb-3">
            <A className="lk" href={station ? `/stations/${seg(station)}?tab=label` : `/sites/${seg(site)}`}>
              {t("sites.labels.back")}
            </A>
          </p>
          {d.stations.length === 0 ? (
            <Empty why={t("sites.labels.none")} />
          ) : (
            <ul>
              {d.stations.flatMap((s) =>
                s.evses.map((e) => (
                  <li key={`${s.id}/${e.evse_id}`}>
                    <img
                      src={address(`/stations/${seg(s.id)}/label.svg`, { evse: e.evse_id })}
                      alt={t("sites.labels.of", { station: s.name || s.id, evse: e.evse_id, number: e.number || "–" })}
                    />
                    <p>
                      <b>{d.place.name}</b> · {s.name || s.id} · EVSE {e.evse_id}
                    </p>
                    {d.brand.guests_url && e.number && (
                      <p>{t("sites.labels.guest", { address: bare(d.brand.guests_url), number: e.number })}</p>
                    )}
                  </li>
                )),
              )}
            </ul>
          )}
        </Plate>
      )}
    </Loaded>
  );
}

/** An address as one types it. */
const bare = (url: string) => url.replace(/^https?:\/\//, "");
