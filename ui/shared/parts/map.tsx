import { lazy, Suspense } from "react";
import type { MapProps } from "./map-types";

export type { MapMarker, MapProps } from "./map-types";

const Drawn = lazy(() => import("./map-drawn"));

/**
 * A map without tiles from elsewhere. Loads its drawing code when first shown. Without
 * WebGL it says so: a page always offers the list of the same things.
 */
export function SiteMap(p: MapProps) {
  return (
    <Suspense fallback={<div className="map" />}>
      <Drawn {...p} />
    </Suspense>
  );
}
