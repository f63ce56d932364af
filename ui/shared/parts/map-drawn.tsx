import * as maplibregl from "maplibre-gl";
import "maplibre-gl/dist/maplibre-gl.css";
import workerUrl from "maplibre-gl/dist/maplibre-gl-worker.mjs?url";
import { useEffect, useRef, useState } from "react";
import { feature } from "topojson-client";
import worldUrl from "world-atlas/countries-50m.json?url";
import { num } from "../format";
import { useT } from "../i18n";
import { color, moves, useTheme } from "../theme";
import type { MapMarker, MapProps } from "./map-types";

maplibregl.setWorkerUrl(workerUrl);

let world: Promise<GeoJSON.FeatureCollection> | null = null;
/** The countries of the world; read once. */
function countries(): Promise<GeoJSON.FeatureCollection> {
  world ??= fetch(worldUrl)
    .then((r) => r.json())
    .then((topology) => feature(topology, topology.objects.countries) as unknown as GeoJSON.FeatureCollection)
    .catch((e) => {
      world = null;
      throw e;
    });
  return world;
}

function ground(): maplibregl.StyleSpecification {
  return {
    version: 8,
    sources: { world: { type: "geojson", data: { type: "FeatureCollection", features: [] } } },
    layers: [
      { id: "water", type: "background", paint: { "background-color": color("map-water") } },
      { id: "land", type: "fill", source: "world", paint: { "fill-color": color("map-land"), "fill-antialias": true } },
      { id: "border", type: "line", source: "world", paint: { "line-color": color("map-case"), "line-width": 1 } },
    ],
  };
}

/** Streets from an operator's own Protomaps file, in the map's own tokens. */
async function streets(map: maplibregl.Map, url: string) {
  const { Protocol } = await import("pmtiles");
  maplibregl.addProtocol("pmtiles", new Protocol().tile);
  map.addSource("streets", { type: "vector", url: `pmtiles://${new URL(url, location.origin).href}` });
  const fill = (id: string, layer: string, token: string, kinds?: string[]) =>
    map.addLayer({
      id,
      type: "fill",
      source: "streets",
      "source-layer": layer,
      paint: { "fill-color": color(token) },
      ...(kinds ? { filter: ["in", ["get", "kind"], ["literal", kinds]] } : {}),
    } as maplibregl.LayerSpecification);
  fill("s-earth", "earth", "map-land");
  fill("s-built", "landuse", "map-built", ["residential", "industrial", "commercial", "urban_area"]);
  fill("s-green", "landuse", "map-green", ["park", "forest", "wood", "nature_reserve", "grass"]);
  fill("s-water", "water", "map-water");
  for (const [id, token, extra] of [
    ["s-case", "map-case", 1.6],
    ["s-road", "map-road", 0],
  ] as const) {
    map.addLayer({
      id,
      type: "line",
      source: "streets",
      "source-layer": "roads",
      paint: {
        "line-color": color(token),
        "line-width": ["interpolate", ["exponential", 1.5], ["zoom"], 6, 0.4 + extra, 12, 1.6 + extra, 16, 8 + extra],
      },
    });
  }
  map.addLayer({
    id: "s-place",
    type: "symbol",
    source: "streets",
    "source-layer": "places",
    layout: { "text-field": ["get", "name"], "text-size": 12, "text-font": ["sans"] },
    paint: { "text-color": color("ink-2"), "text-halo-color": color("map-land"), "text-halo-width": 1.2 },
  });
}

/** The sign of a site where nothing works. */
function triangle(): SVGSVGElement {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  for (const [k, v] of Object.entries({
    viewBox: "0 0 16 16",
    width: "22",
    height: "22",
    class: "m-auto block",
    "aria-hidden": "true",
  }))
    svg.setAttribute(k, v);
  for (const [d, fill, stroke] of [
    ["M8 1 15.4 14.4H.6z", "currentColor", "none"],
    ["M8 5.6v4.2M8 11v1.7", "none", "var(--cw-plate)"],
  ] as const) {
    const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
    for (const [k, v] of Object.entries({ d, fill, stroke, "stroke-width": "1.7" })) path.setAttribute(k, v);
    svg.append(path);
  }
  return svg;
}

function makeMark(m: MapMarker, look: MapProps["look"], chosen: boolean, choose?: (id: string) => void): HTMLElement {
  const b = document.createElement("button");
  b.type = "button";
  b.className =
    look === "flag"
      ? `flag ${m.level === "fault" ? "broken" : (m.free ?? "few")} ${chosen ? "chosen" : ""}`
      : `pin ${m.level} ${m.count ? "many" : ""} ${chosen ? "chosen" : ""}`;
  b.setAttribute("aria-label", m.text ? `${m.name}, ${m.text}` : m.name);
  b.title = m.name;
  if (look === "disc" && m.count) b.textContent = num(m.count);
  if (look === "disc" && m.named) b.dataset.name = m.name;
  if (look === "flag") {
    if (m.level === "fault") b.append(triangle());
    else b.textContent = m.text ?? "";
  }
  b.addEventListener("click", (e) => {
    e.stopPropagation();
    choose?.(m.id);
  });
  return b;
}

export default function Drawn({
  label,
  markers,
  look,
  chosen,
  onChoose,
  onMove,
  onPick,
  here,
  focus,
  bounds,
  pmtiles,
}: MapProps) {
  const t = useT();
  const box = useRef<HTMLDivElement>(null);
  const map = useRef<maplibregl.Map | null>(null);
  const marks = useRef(new Map<string, { mark: maplibregl.Marker; as: string }>());
  const own = useRef<maplibregl.Marker | null>(null);
  const begun = useRef(false);
  const led = useRef(false); // somebody chose what to see
  const [broken, setBroken] = useState(false);
  const [drawn, setDrawn] = useState(false);
  const { dark } = useTheme();
  const call = useRef({ onChoose, onMove, onPick });
  call.current = { onChoose, onMove, onPick };

  // biome-ignore lint/correctness/useExhaustiveDependencies: one map for the life of the part; theme and streets make a new one
  useEffect(() => {
    const el = box.current;
    if (!el) return;
    setDrawn(false);
    let m: maplibregl.Map;
    const was = map.current?.getCenter();
    try {
      m = new maplibregl.Map({
        container: el,
        style: ground(),
        center: was ?? [10, 50],
        zoom: 4,
        maxZoom: pmtiles ? 18 : 12,
        attributionControl: pmtiles ? { compact: true, customAttribution: "© OpenStreetMap" } : false,
        dragRotate: false,
        pitchWithRotate: false,
        fadeDuration: moves() ? 150 : 0,
        locale: { "Map.Title": label },
      });
    } catch {
      setBroken(true);
      return;
    }
    m.touchZoomRotate.disableRotation();
    map.current = m;
    if (import.meta.env.DEV) (window as unknown as { cwMap?: maplibregl.Map }).cwMap = m;
    void countries().catch(() => {});
    m.on("style.load", async () => {
      const land = await countries().catch(() => null);
      if (map.current !== m) return;
      if (land) (m.getSource("world") as maplibregl.GeoJSONSource | undefined)?.setData(land);
      if (pmtiles) await streets(m, pmtiles).catch(() => {});
      m.once("idle", () => map.current === m && setDrawn(true));
      m.triggerRepaint();
    });
    if (look === "disc") {
      m.addControl(new maplibregl.NavigationControl({ showCompass: false }), "top-right");
      m.addControl(new maplibregl.ScaleControl({ maxWidth: 96 }), "bottom-left");
    }
    m.on("click", (e) => call.current.onPick?.(e.lngLat.lng, e.lngLat.lat));
    m.on("moveend", () => {
      const b = m.getBounds();
      call.current.onMove?.([b.getWest(), b.getSouth(), b.getEast(), b.getNorth()], m.getZoom());
    });
    return () => {
      for (const { mark } of marks.current.values()) mark.remove();
      marks.current.clear();
      own.current = null;
      begun.current = false;
      m.remove();
      map.current = null;
    };
  }, [dark, pmtiles]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: also after the map was made anew
  useEffect(() => {
    const m = map.current;
    if (!m) return;
    const seen = new Set<string>();
    for (const x of markers) {
      seen.add(x.id);
      const as = `${x.lon},${x.lat},${x.level},${x.text},${x.count},${x.named},${x.free},${x.id === chosen},${x.name}`;
      const old = marks.current.get(x.id);
      if (old?.as === as) continue;
      old?.mark.remove();
      const el = makeMark(x, look, x.id === chosen, (id) => call.current.onChoose?.(id));
      const mark = new maplibregl.Marker({ element: el, anchor: look === "flag" ? "bottom" : "center" })
        .setLngLat([x.lon, x.lat])
        .addTo(m);
      marks.current.set(x.id, { mark, as });
    }
    for (const [id, { mark }] of marks.current) {
      if (seen.has(id)) continue;
      mark.remove();
      marks.current.delete(id);
    }
    if (!begun.current && (markers.length > 0 || bounds)) {
      begun.current = true;
      const b = new maplibregl.LngLatBounds();
      for (const x of markers) b.extend([x.lon, x.lat]);
      const all = markers.length > 0 && !(look === "disc" && bounds) ? b : (bounds as [number, number, number, number]);
      // Flags stand above their place, and a phone's map has its buttons at the foot.
      const most = (px: number) => Math.min(px, m.getContainer().clientHeight * 0.28);
      const padding = () => (look === "flag" ? { top: most(88), bottom: most(84), left: 44, right: 44 } : 48);
      const showAll = () => {
        if (!led.current) m.fitBounds(all, { padding: padding(), maxZoom: 11, animate: false });
      };
      showAll();
      // Until the reader moves the map, it shows everything, whatever its size becomes.
      m.on("resize", showAll);
      m.once("movestart", function still(e: { originalEvent?: unknown }) {
        if (e.originalEvent) m.off("resize", showAll);
        else m.once("movestart", still);
      });
    }
  }, [markers, chosen, look, bounds, dark, pmtiles]);

  useEffect(() => {
    const m = map.current;
    if (!m || !focus) return;
    led.current = true;
    const to = { center: [focus.lon, focus.lat] as [number, number], zoom: Math.max(m.getZoom(), focus.zoom ?? 9) };
    if (moves()) m.easeTo({ ...to, duration: 240 });
    else m.jumpTo(to);
  }, [focus]);

  useEffect(() => {
    const m = map.current;
    if (!m) return;
    own.current?.remove();
    own.current = null;
    if (!here) return;
    const el = document.createElement("div");
    el.className = "here";
    own.current = new maplibregl.Marker({ element: el }).setLngLat([here.lon, here.lat]).addTo(m);
  }, [here]);

  return (
    <div className="map" aria-busy={!drawn && !broken}>
      <div ref={box} style={{ position: "absolute", inset: 0 }} />
      {broken && <p className="over inset-x-4 top-4 note">{t("parts.noMap")}</p>}
    </div>
  );
}
