export interface MapMarker {
  id: string;
  name: string;
  lon: number;
  lat: number;
  /** Console: disc well, square asks (amber), triangle calls (red). Driver: a flag with `text`. */
  level: "well" | "warn" | "fault";
  /** Driver's flag: "3/4". */
  text?: string;
  /** Console: stands for so many at one place; drawn in the mark. */
  count?: number;
  /** Console: its name stands beside it. */
  named?: boolean;
  /** Driver's flag: green from a half free, outlined below, grey at none. */
  free?: "many" | "few" | "none";
}

export interface MapProps {
  /** Read aloud. */
  label: string;
  markers: readonly MapMarker[];
  /** disc: console's marks. flag: driver's flags. */
  look: "disc" | "flag";
  chosen?: string;
  onChoose?: (id: string) => void;
  /** A click beside the marks. */
  onPick?: (lon: number, lat: number) => void;
  /** After every move: west, south, east, north. */
  onMove?: (bounds: [number, number, number, number], zoom: number) => void;
  /** The reader's own position. */
  here?: { lon: number; lat: number; accuracy?: number } | null;
  /** Moves there when it changes. */
  focus?: { lon: number; lat: number; zoom?: number } | null;
  /** Where to begin without markers, and with them where marks stand for many: west, south, east, north. */
  bounds?: [number, number, number, number] | null;
  /** An operator's own .pmtiles file for streets. */
  pmtiles?: string | null;
}
