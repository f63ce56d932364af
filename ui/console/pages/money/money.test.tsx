import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { createMemoryHistory, createRootRoute, createRouter, RouterProvider } from "@tanstack/react-router";
import { cleanup, fireEvent, render, screen, waitFor } from "@testing-library/react";
import type { ReactNode } from "react";
import { afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { meQuery, nobody } from "#shared/api/me";
import { t, use } from "#shared/i18n";
import parts from "../../../shared/locales/en/parts.json";
import en from "../../locales/en/money.json";
import { DisputePanel } from "./dispute";
import { StepTrail } from "./payment";
import type { Dispute, FullPayment } from "./types";
import { Payer, Where, whomText } from "./whom";

const eur = (n: number) => ({ amount_minor: n, currency: "EUR" });
const calls: { url: string; body: unknown }[] = [];

beforeAll(() => {
  use("en", { money: en, parts });
  // The test's page has no modal dialogs.
  HTMLDialogElement.prototype.showModal ??= function (this: HTMLDialogElement) {
    this.open = true;
  };
});
beforeEach(() => {
  calls.length = 0;
  vi.stubGlobal("fetch", async (r: Request) => {
    const url = new URL(r.url).pathname;
    if (r.method === "POST") calls.push({ url, body: await r.json().catch(() => null) });
    return Response.json(url === "/api/v1/payments/pay_1" ? payment : {});
  });
});
afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

async function shown(children: ReactNode, areas: readonly string[]) {
  const cache = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  cache.setQueryData(meQuery.queryKey, { ...nobody, kind: "staff", areas: areas as never });
  const router = createRouter({
    routeTree: createRootRoute({ component: () => children }),
    history: createMemoryHistory(),
  });
  await router.load();
  render(
    <QueryClientProvider client={cache}>
      <RouterProvider router={router as never} />
    </QueryClientProvider>,
  );
}

const step = (verb: string, state: string, more: object = {}) => ({
  ...{ id: `pay_1/${verb}`, verb, amount: eur(2180), state, outcome: "", answer: "", reason: "", attempts: 1 },
  ...{ next_at: null, created_at: "2026-11-20T10:00:00Z", ended_at: null },
  ...more,
});
const payment = {
  ...{ id: "pay_1", status: "held", provider: "simpay", trouble: "unknown", purpose: "session" },
  ...{ method: { kind: "card", brand: "visa", last4: "0011", wallet: "" }, captured: eur(4210), session_id: null },
  steps: [
    step("authorize", "done"),
    step("increment", "refused", { outcome: "declined", answer: "not enough funds" }),
    step("capture", "unknown", { attempts: 24 }),
  ],
} as unknown as FullPayment;

test("a step whose outcome is unknown is given up only with a reason", async () => {
  await shown(<StepTrail of={payment} />, ["books", "money"]);
  const steps = screen.getAllByRole("listitem");
  expect(steps.map((x) => x.className)).toEqual(["effect", "refused", "unknown"]);
  expect(steps[1]?.textContent).toContain("Raise the hold to €21.80: the bank said no");
  expect(steps[1]?.textContent).toContain("“not enough funds”");
  expect(steps[2]?.textContent).toContain("tried 24 times");
  fireEvent.click(screen.getByRole("button", { name: "It did not happen…" }));
  const deed = screen.getByRole("button", { name: "Say that it did not happen", hidden: true }) as HTMLButtonElement;
  expect(deed.disabled).toBe(true);
  fireEvent.change(screen.getByLabelText(/^Reason/), { target: { value: " seen at the provider " } });
  expect(deed.disabled).toBe(false);
  fireEvent.submit(deed.closest("form") as HTMLFormElement);
  await waitFor(() =>
    expect(calls).toEqual([
      { url: "/api/v1/payments/pay_1/give-up", body: { step: "pay_1/capture", reason: "seen at the provider" } },
    ]),
  );
});

test("who may only read sees the steps and no deeds", async () => {
  await shown(<StepTrail of={payment} />, ["books"]);
  expect(screen.getAllByRole("listitem")).toHaveLength(3);
  expect(screen.queryAllByRole("button")).toHaveLength(0);
});

const dispute: Dispute = {
  ...{ payer: "driver", driver_name: "Ada Berger", token: "", session_id: "ses_1" },
  ...{ station_id: "ST-1", evse_id: 2, site_id: "sit_1", site_name: "Harbour" },
  ...{ id: "dis_1", payment_id: "pay_1", provider: "simpay", provider_reference: "simdp_1", reason: "fraudulent" },
  ...{ amount: eur(4210), state: "open", due_at: "2999-01-01T00:00:00Z" },
  ...{ created_at: "2026-11-20T10:00:00Z", updated_at: "2026-11-20T10:00:00Z" },
};

test("evidence is handed in after its consequence is said", async () => {
  await shown(<DisputePanel of={dispute} onClose={() => {}} />, ["books", "money"]);
  fireEvent.change(screen.getByLabelText(/^What happened/), { target: { value: "The vehicle charged 21 kWh." } });
  fireEvent.submit(screen.getByRole("button", { name: "Hand in…" }).closest("form") as HTMLFormElement);
  expect(calls).toEqual([]);
  expect(screen.getByText(/It can be done once/)).toBeTruthy();
  await waitFor(() => expect(screen.getByText("Visa …0011")).toBeTruthy());
  fireEvent.click(screen.getByRole("button", { name: "Hand it in", hidden: true }));
  await waitFor(() =>
    expect(calls).toEqual([{ url: "/api/v1/disputes/dis_1/evidence", body: { text: "The vehicle charged 21 kWh." } }]),
  );
});

test("a dispute that is decided takes no evidence", async () => {
  await shown(<DisputePanel of={{ ...dispute, state: "lost" }} onClose={() => {}} />, ["books", "money"]);
  expect(screen.queryByLabelText(/^What happened/)).toBeNull();
});

test("who pays is said by name to those who may see people, and leads to them", async () => {
  await shown(<Payer of={{ ...dispute, driver_id: "drv_1" }} />, ["books", "people"]);
  expect(screen.getByRole("link", { name: "Ada Berger" }).getAttribute("href")).toBe("/drivers/drv_1");
});

test("where it was charged is the site, and leads to the session", async () => {
  await shown(<Where of={dispute} />, ["books"]);
  expect(screen.getByRole("link", { name: "Harbour" }).getAttribute("href")).toBe("/sessions/ses_1");
});

test.each([
  [{ payer: "driver", driver_name: null }, "Driver"],
  [{ payer: "guest", driver_name: null }, "Guest"],
  [{ payer: "nobody", driver_name: null, token: "04AABBCCDD" }, "Nobody known, …CCDD"],
  [{ payer: "nobody", driver_name: null, token: "" }, "Nobody known"],
] as const)("%j is called %j", (x, want) => {
  expect(whomText(t, { ...dispute, ...x })).toBe(want);
});
