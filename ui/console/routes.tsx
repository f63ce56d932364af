import { createRootRoute, createRoute, createRouter, lazyRouteComponent, Outlet } from "@tanstack/react-router";
import { plainSearch } from "../shared/nav";
import { Broken } from "../shared/parts/broken";
import { NotFound } from "./frame";
import { Shell } from "./shell";

const root = createRootRoute({ component: Outlet, notFoundComponent: NotFound });
const shell = createRoute({ getParentRoute: () => root, id: "shell", component: Shell });

const page = (path: string, load: () => Promise<{ default: () => React.ReactNode }>) =>
  createRoute({ getParentRoute: () => shell, path, component: lazyRouteComponent(load) });
/** Pages before signing in stand without the shell. */
const open = (path: string, load: () => Promise<{ default: () => React.ReactNode }>) =>
  createRoute({ getParentRoute: () => root, path, component: lazyRouteComponent(load) });

const tree = root.addChildren([
  shell.addChildren([
    page("/", () => import("./pages/overview")),
    page("/map", () => import("./pages/map")),
    page("/stations", () => import("./pages/stations")),
    page("/stations/$id", () => import("./pages/station")),
    page("/onboarding", () => import("./pages/onboarding")),
    page("/sessions", () => import("./pages/sessions")),
    page("/sessions/$id", () => import("./pages/session")),
    page("/log", () => import("./pages/log")),
    page("/support", () => import("./pages/support")),
    page("/support/$id", () => import("./pages/support-case")),
    page("/review", () => import("./pages/review")),
    page("/documents", () => import("./pages/documents")),
    page("/documents/$id", () => import("./pages/document")),
    page("/sites", () => import("./pages/sites")),
    page("/sites/$id", () => import("./pages/site")),
    page("/labels", () => import("./pages/labels")),
    page("/terminals", () => import("./pages/terminals")),
    page("/tariffs", () => import("./pages/tariffs")),
    page("/tariffs/$id", () => import("./pages/tariff")),
    page("/spot-prices", () => import("./pages/spot-prices")),
    page("/taxes", () => import("./pages/taxes")),
    page("/payments", () => import("./pages/payments")),
    page("/payments/$id", () => import("./pages/payment")),
    page("/claims", () => import("./pages/claims")),
    page("/blocks", () => import("./pages/blocks")),
    page("/disputes", () => import("./pages/disputes")),
    page("/reconciliation", () => import("./pages/reconciliation")),
    page("/money-rules", () => import("./pages/money-rules")),
    page("/seller", () => import("./pages/seller")),
    page("/tariffs/$id/edit", () => import("./pages/tariff-edit")),
    page("/new-tariff", () => import("./pages/tariff-new")),
    page("/tariff-check", () => import("./pages/tariff-check")),
    page("/drivers", () => import("./pages/drivers")),
    page("/drivers/$id", () => import("./pages/driver")),
    page("/tokens", () => import("./pages/tokens")),
    page("/groups", () => import("./pages/groups")),
    page("/jobs", () => import("./pages/jobs")),
    page("/jobs/$id", () => import("./pages/job")),
    page("/reports", () => import("./pages/reports")),
    page("/admin/users", () => import("./pages/admin-users")),
    page("/admin/keys", () => import("./pages/admin-keys")),
    page("/admin/webhooks", () => import("./pages/admin-webhooks")),
    page("/admin/audit", () => import("./pages/admin-audit")),
    page("/admin/branding", () => import("./pages/admin-branding")),
    page("/admin/mail", () => import("./pages/admin-mail")),
    page("/account", () => import("./pages/account")),
    ...(import.meta.env.DEV ? [page("/gallery", () => import("./pages/gallery"))] : []),
  ]),
  open("/sign-in", () => import("./pages/sign-in")),
  open("/setup", () => import("./pages/setup")),
  open("/invitation", () => import("./pages/invitation")),
  open("/reset", () => import("./pages/reset")),
]);

export const router = createRouter({
  routeTree: tree,
  ...plainSearch,
  defaultErrorComponent: Broken,
  defaultPreload: "intent",
  scrollRestoration: true,
  defaultPendingMs: 300,
});
