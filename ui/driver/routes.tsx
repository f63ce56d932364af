import { createRootRoute, createRoute, createRouter, lazyRouteComponent } from "@tanstack/react-router";
import { plainSearch } from "../shared/nav";
import { Broken } from "../shared/parts/broken";
import { NotFound } from "./frame";
import { Shell } from "./shell";

const root = createRootRoute({ component: Shell, notFoundComponent: NotFound });
const page = (path: string, load: () => Promise<{ default: () => React.ReactNode }>) =>
  createRoute({ getParentRoute: () => root, path, component: lazyRouteComponent(load) });

const tree = root.addChildren([
  page("/", () => import("./pages/map")),
  page("/site/$id", () => import("./pages/site")),
  page("/e/$code", () => import("./pages/evse")),
  page("/start", () => import("./pages/begin")),
  page("/start/$id", () => import("./pages/start")),
  page("/session/$id", () => import("./pages/session")),
  page("/sessions", () => import("./pages/sessions")),
  page("/receipts", () => import("./pages/receipts")),
  page("/receipts/$id", () => import("./pages/receipt")),
  page("/favourites", () => import("./pages/favourites")),
  page("/vehicles", () => import("./pages/vehicles")),
  page("/tokens", () => import("./pages/tokens")),
  page("/wallet", () => import("./pages/wallet")),
  page("/methods", () => import("./pages/methods")),
  page("/payments", () => import("./pages/payments")),
  page("/account", () => import("./pages/account")),
  page("/report", () => import("./pages/report")),
  page("/sign-in", () => import("./pages/sign-in")),
  page("/privacy", () => import("./pages/privacy")),
]);

export const router = createRouter({
  routeTree: tree,
  basepath: "/app",
  ...plainSearch,
  defaultErrorComponent: Broken,
  defaultPreload: "intent",
  scrollRestoration: true,
  defaultPendingMs: 300,
});
