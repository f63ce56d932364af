export interface Spot {
  id: string;
  name: string;
  lon: number;
  lat: number;
  level: "well" | "warn" | "fault";
}
/** Some sites that one mark stands for; the id of a single one is the site's. */
export interface Cluster extends Spot {
  count: number;
  /** West, south, east, north of its sites. */
  box: [number, number, number, number];
}

const rank = { well: 0, warn: 1, fault: 2 };

/** Mercator place in pixels of the whole world at a zoom, tiles of 512 px. */
function pixel(lon: number, lat: number, zoom: number): [number, number] {
  const size = 512 * 2 ** zoom;
  const s = Math.sin((Math.min(Math.max(lat, -85), 85) * Math.PI) / 180);
  return [((lon + 180) / 360) * size, (0.5 - Math.log((1 + s) / (1 - s)) / (4 * Math.PI)) * size];
}

/**
 * Puts sites together that would stand within about `cell` pixels at a zoom, as
 * bad as the worst of them, at the middle of their places. Only what is within
 * `view` (west, south, east, north), with a margin of half its size, is given.
 */
export function cluster(
  spots: readonly Spot[],
  zoom: number,
  view: readonly [number, number, number, number] | null,
  cell = 40,
): Cluster[] {
  const cells = new Map<string, Spot[]>();
  const [w, s, e, n] = view ?? [-180, -90, 180, 90];
  const [mx, my] = view ? [(e - w) / 2, (n - s) / 2] : [0, 0];
  for (const x of spots) {
    if (view && (x.lon < w - mx || x.lon > e + mx || x.lat < s - my || x.lat > n + my)) continue;
    const [px, py] = pixel(x.lon, x.lat, zoom);
    const key = `${Math.floor(px / cell)} ${Math.floor(py / cell)}`;
    const there = cells.get(key);
    if (there) there.push(x);
    else cells.set(key, [x]);
  }
  return [...cells].map(([key, list]) => {
    const first = list[0] as Spot;
    const lons = list.map((x) => x.lon);
    const lats = list.map((x) => x.lat);
    const mean = (v: number[]) => v.reduce((a, b) => a + b, 0) / v.length;
    return {
      id: list.length === 1 ? first.id : `cluster ${zoom.toFixed(1)} ${key}`,
      name: first.name,
      lon: list.length === 1 ? first.lon : mean(lons),
      lat: list.length === 1 ? first.lat : mean(lats),
      level: list.reduce((a, x) => (rank[x.level] > rank[a] ? x.level : a), "well" as Spot["level"]),
      count: list.length,
      box: [Math.min(...lons), Math.min(...lats), Math.max(...lons), Math.max(...lats)],
    };
  });
}

/** West, south, east, north of places; null of none. */
export function extent(spots: readonly { lon: number; lat: number }[]): [number, number, number, number] | null {
  if (spots.length === 0) return null;
  const box: [number, number, number, number] = [180, 90, -180, -90];
  for (const x of spots) {
    box[0] = Math.min(box[0], x.lon);
    box[1] = Math.min(box[1], x.lat);
    box[2] = Math.max(box[2], x.lon);
    box[3] = Math.max(box[3], x.lat);
  }
  return box;
}
