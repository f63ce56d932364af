import type { ReactNode } from "react";

/** Drawings on a grid of 16; `--knock` is what shows through. From the visual identity. */
const shapes = {
  available: <circle cx="8" cy="8" r="5.2" fill="none" stroke="currentColor" strokeWidth="1.6" />,
  card: <path d="M1.8 3.8h12.4v8.4H1.8zM1.8 6.6h12.4" fill="none" stroke="currentColor" strokeWidth="1.4" />,
  charging: <circle cx="8" cy="8" r="6" fill="currentColor" />,
  clock: (
    <>
      <circle cx="8" cy="8" r="5.8" fill="none" stroke="currentColor" strokeWidth="1.4" />
      <path d="M8 4.6V8l2.4 1.6" fill="none" stroke="currentColor" strokeWidth="1.4" />
    </>
  ),
  copy: (
    <>
      <path d="M5.5 5.5h8v8h-8z" fill="none" stroke="currentColor" strokeWidth="1.4" />
      <path d="M10.5 5.5v-3h-8v8h3" fill="none" stroke="currentColor" strokeWidth="1.4" />
    </>
  ),
  "d-busy": <circle cx="8" cy="8" r="6" fill="currentColor" />,
  "d-free": <circle cx="8" cy="8" r="5.6" fill="none" stroke="currentColor" strokeWidth="2.4" />,
  down: <path d="M4 6l4 4 4-4" fill="none" stroke="currentColor" strokeWidth="1.5" />,
  faulted: (
    <>
      <path d="M8 1 15.4 14.4H.6z" fill="currentColor" />
      <path d="M8 5.6v4.2" stroke="var(--knock,var(--cw-plate))" strokeWidth="1.7" />
      <rect x="7.15" y="11" width="1.7" height="1.7" fill="var(--knock,var(--cw-plate))" />
    </>
  ),
  finishing: (
    <>
      <circle cx="8" cy="8" r="5.2" fill="none" stroke="currentColor" strokeWidth="1.6" />
      <path d="M5.4 8.2l1.9 1.9 3.4-4" fill="none" stroke="currentColor" strokeWidth="1.6" />
    </>
  ),
  here: <path d="M14.3 1.7 1.6 6.6l5.6 2.2 2.2 5.6z" fill="currentColor" />,
  left: <path d="M10 3.5 5.5 8l4.5 4.5" fill="none" stroke="currentColor" strokeWidth="1.5" />,
  list: (
    <>
      <path d="M6 4h8M6 8h8M6 12h8" stroke="currentColor" strokeWidth="1.5" />
      <path d="M2 3.2h1.8V5H2zM2 7.1h1.8v1.8H2zM2 11h1.8v1.8H2z" fill="currentColor" />
    </>
  ),
  map: (
    <path
      d="M2 3.6 6 2l4 1.6L14 2v10.4L10 14l-4-1.6L2 14zM6 2v10.4M10 3.6V14"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.4"
    />
  ),
  menu: <path d="M2 4h12M2 8h12M2 12h12" stroke="currentColor" strokeWidth="1.5" />,
  more: <path d="M3 6.9h2.2v2.2H3zM6.9 6.9h2.2v2.2H6.9zM10.8 6.9H13v2.2h-2.2z" fill="currentColor" />,
  no: <path d="M3.6 3.6l8.8 8.8M12.4 3.6l-8.8 8.8" stroke="currentColor" strokeWidth="2" />,
  offline: (
    <>
      <circle cx="8" cy="8" r="5.4" fill="none" stroke="currentColor" strokeWidth="1.6" strokeDasharray="2.4 1.84" />
      <path d="M3 13 13 3" stroke="currentColor" strokeWidth="1.4" />
    </>
  ),
  ok: <path d="M3 8.4l3.3 3.3L13 4.6" fill="none" stroke="currentColor" strokeWidth="2" />,
  p1: (
    <>
      <path d="M8 1 15.4 14.4H.6z" fill="currentColor" />
      <path d="M8 5.6v4.2" stroke="var(--knock,var(--cw-plate))" strokeWidth="1.7" />
      <rect x="7.15" y="11" width="1.7" height="1.7" fill="var(--knock,var(--cw-plate))" />
    </>
  ),
  p2: (
    <>
      <rect x="2" y="2" width="12" height="12" fill="currentColor" />
      <path d="M8 4.4v4.4" stroke="var(--knock,var(--cw-plate))" strokeWidth="1.7" />
      <rect x="7.15" y="10.1" width="1.7" height="1.7" fill="var(--knock,var(--cw-plate))" />
    </>
  ),
  p3: <path d="M2.5 5.5h11M2.5 10.5h11" stroke="currentColor" strokeWidth="1.8" />,
  person: (
    <>
      <circle cx="8" cy="5" r="2.8" fill="none" stroke="currentColor" strokeWidth="1.5" />
      <path d="M2.5 14c.4-3.2 2.6-4.8 5.5-4.8s5.1 1.6 5.5 4.8" fill="none" stroke="currentColor" strokeWidth="1.5" />
    </>
  ),
  phone: (
    <path
      d="M4.6 1.8 6.4 5 5 6.7c.8 1.8 2.5 3.5 4.3 4.3L11 9.6l3.2 1.8c-.1 1.7-1.3 2.8-2.8 2.8C6.3 14.2 1.8 9.7 1.8 4.6c0-1.5 1.1-2.7 2.8-2.8z"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.4"
    />
  ),
  plug: (
    <path
      d="M5.5 1.5v4M10.5 1.5v4M3.5 5.5h9V8a4.5 4.5 0 0 1-9 0zM8 12.5V15"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.5"
    />
  ),
  plus: <path d="M8 3v10M3 8h10" stroke="currentColor" strokeWidth="1.5" />,
  preparing: (
    <>
      <circle cx="8" cy="8" r="5.2" fill="none" stroke="currentColor" strokeWidth="1.6" />
      <path d="M8 2.8a5.2 5.2 0 0 0 0 10.4z" fill="currentColor" />
    </>
  ),
  qr: (
    <>
      <path d="M2 6V2h4M10 2h4v4M14 10v4h-4M6 14H2v-4" fill="none" stroke="currentColor" strokeWidth="1.6" />
      <path d="M5 5h2.4v2.4H5zM8.6 8.6H11V11H8.6zM8.6 5H11v2.4H8.6zM5 8.6h2.4V11H5z" fill="currentColor" />
    </>
  ),
  receipt: (
    <path
      d="M3.5 1.8h9v12.4l-1.5-1.1-1.5 1.1L8 13.1l-1.5 1.1L5 13.1l-1.5 1.1zM5.8 5.2h4.4M5.8 8.2h4.4"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.4"
    />
  ),
  reserved: <path d="M8 1.2 14.8 8 8 14.8 1.2 8z" fill="currentColor" />,
  right: <path d="M6 3.5 10.5 8 6 12.5" fill="none" stroke="currentColor" strokeWidth="1.5" />,
  search: (
    <>
      <circle cx="7" cy="7" r="4.3" fill="none" stroke="currentColor" strokeWidth="1.5" />
      <path d="M10.3 10.3 14 14" stroke="currentColor" strokeWidth="1.5" />
    </>
  ),
  star: (
    <path
      d="M8 1.8l1.9 4 4.4.5-3.3 3 .9 4.3L8 11.4l-3.9 2.2.9-4.3-3.3-3 4.4-.5z"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.4"
    />
  ),
  "star-on": (
    <path
      d="M8 1.8l1.9 4 4.4.5-3.3 3 .9 4.3L8 11.4l-3.9 2.2.9-4.3-3.3-3 4.4-.5z"
      fill="currentColor"
      stroke="currentColor"
      strokeWidth="1.4"
    />
  ),
  stop: <path d="M3 3h10v10H3z" fill="currentColor" />,
  "suspended-ev": (
    <>
      <circle cx="8" cy="8" r="5.8" fill="none" stroke="currentColor" strokeWidth="1.4" />
      <path d="M6.3 5.2v5.6M9.7 5.2v5.6" stroke="currentColor" strokeWidth="1.8" />
    </>
  ),
  "suspended-evse": (
    <>
      <rect x="2" y="2" width="12" height="12" rx="1" fill="currentColor" />
      <path d="M6.2 5v6M9.8 5v6" stroke="var(--knock,var(--cw-plate))" strokeWidth="1.8" />
    </>
  ),
  unavailable: (
    <>
      <rect x="2.7" y="2.7" width="10.6" height="10.6" fill="none" stroke="currentColor" strokeWidth="1.5" />
      <path d="M5.4 8h5.2" stroke="currentColor" strokeWidth="1.6" />
    </>
  ),
  unknown: (
    <>
      <circle cx="8" cy="8" r="5.6" fill="none" stroke="currentColor" strokeWidth="1.4" strokeDasharray="1.2 1.7" />
      <path d="M6.4 6.6c0-2 3.3-2 3.3 0 0 1.3-1.7 1.3-1.7 2.6" fill="none" stroke="currentColor" strokeWidth="1.3" />
      <rect x="7.3" y="10.3" width="1.4" height="1.4" fill="currentColor" />
    </>
  ),
  up: <path d="M4 10l4-4 4 4" fill="none" stroke="currentColor" strokeWidth="1.5" />,
  updating: (
    <>
      <rect x="2.7" y="2.7" width="10.6" height="10.6" fill="none" stroke="currentColor" strokeWidth="1.5" />
      <path d="M8 4.8v5M5.8 7.9 8 10.2l2.2-2.3" fill="none" stroke="currentColor" strokeWidth="1.5" />
    </>
  ),
  x: <path d="M4 4l8 8M12 4l-8 8" stroke="currentColor" strokeWidth="1.5" />,
} satisfies Record<string, ReactNode>;

export type IconName = keyof typeof shapes;

/** A symbol without words. Give `label` only where nothing beside it says the same. */
export function Icon({
  name,
  size = 16,
  className = "",
  label,
}: {
  name: IconName;
  size?: number;
  className?: string;
  label?: string;
}) {
  return (
    <svg
      className={`i ${className}`}
      width={size}
      height={size}
      viewBox="0 0 16 16"
      role={label ? "img" : undefined}
      aria-label={label}
      aria-hidden={label ? undefined : true}
    >
      {shapes[name]}
    </svg>
  );
}

/** The product's mark. */
export function Mark({ size = 22 }: { size?: number }) {
  return (
    <svg viewBox="0 0 24 24" width={size} height={size} aria-hidden="true" className="i">
      <path d="M2.5 3h18v3.6H6.2v2.6h2.5v1.2H6.2v1h4.2v1.2H6.2v1h2.5v1.2H6.2v2.6h14.3V21h-18z" fill="currentColor" />
      <path d="M21.4 8.6v6.8L14 12z" fill="var(--cw-energy-fill)" />
    </svg>
  );
}
