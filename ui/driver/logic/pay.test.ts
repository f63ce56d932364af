import { expect, it } from "vitest";
import {
  activity,
  type Claim,
  minorOf,
  outcome,
  type Payment,
  payer,
  type SavedMethod,
  steps,
  total,
  unpaid,
  type Wallet,
  waitsForPayer,
  whyDeclined,
} from "./pay";

const eur = (amount_minor: number) => ({ amount_minor, currency: "EUR" });
const card = { kind: "card", brand: "visa", wallet: "", last4: "4242", expires_on: "2031-12" };
const payment = (part: Partial<Payment>): Payment => ({
  ...{ id: "p", purpose: "topup", status: "open", amount: eur(2000), captured: eur(0), refunded: eur(0), method: card },
  ...{ decline: "", decline_code: "", confirm: false, url: null, created_at: "2026-11-20T10:00:00Z" },
  ...part,
});
const claim = (part: Partial<Claim>): Claim => ({
  ...{ id: "c", session_id: "s", state: "paid", due: eur(500), paid: eur(500), left: eur(0) },
  ...{ next_at: null, payment_id: null, created_at: "2026-11-21T10:00:00Z" },
  ...part,
});
const wallet = (free: number): Wallet => ({
  ...{ balance: eur(2000), free: eur(free), auto_below: eur(0), auto_amount: eur(0), topping_payment_id: null },
  ...{ most: eur(1_000_000), offered: true },
});
const saved = (id: string, preferred = false): SavedMethod => ({
  ...{ ...card, id, default: preferred, created_at: "2026-11-01T10:00:00Z" },
});

it.each([
  ["topup", "planned", "waiting"],
  ["topup", "open", "waiting"],
  ["topup", "held", "waiting"],
  ["topup", "taken", "taken"],
  ["topup", "refused", "declined"],
  ["topup", "expired", "expired"],
  ["topup", "released", "released"],
  ["session", "taken", "taken"],
  ["method", "open", "waiting"],
  ["method", "released", "saved"],
  ["method", "taken", "saved"],
  ["method", "refused", "declined"],
] as const)("a %s that is %s: %s", (purpose, status, want) => {
  expect(outcome(payment({ purpose, status }))).toBe(want);
});

it("says no as the payer can act on it", () => {
  expect(whyDeclined({ decline_code: "insufficient_funds", confirm: false })).toBe("funds");
  expect(whyDeclined({ decline_code: "anything", confirm: true })).toBe("confirm");
  expect(whyDeclined({ decline_code: "99", confirm: false })).toBe("other");
});

it("asks for what is not paid, and not for what is on its way or looked at", () => {
  const at = (state: Claim["state"], left = 100) => unpaid(claim({ state, left: eur(left) }));
  expect([at("open"), at("dunning"), at("written_off")]).toEqual([true, true, true]);
  expect([at("asked"), at("stuck"), at("paid", 0), at("open", 0)]).toEqual([false, false, false, false]);
});

it("knows a payment that waits for its payer", () => {
  expect(waitsForPayer(payment({ status: "open", url: "https://pay.example/1" }))).toBe(true);
  expect(waitsForPayer(payment({ status: "open" }))).toBe(false);
  expect(waitsForPayer(payment({ status: "taken", url: "https://pay.example/1" }))).toBe(false);
  expect(waitsForPayer(undefined)).toBe(false);
});

it("adds by currency", () => {
  expect(total([eur(1), { amount_minor: 5, currency: "CHF" }, eur(2)])).toEqual([
    eur(3),
    { amount_minor: 5, currency: "CHF" },
  ]);
});

it("has the wallet pay first, then the default method", () => {
  expect(payer(wallet(0), []).how).toBe("nothing");
  expect(payer(wallet(100), []).how).toBe("wallet");
  expect(payer(wallet(0), [saved("a")])).toMatchObject({ how: "method", method: { id: "a" } });
  expect(payer(wallet(100), [saved("a"), saved("b", true)])).toMatchObject({ how: "both", method: { id: "b" } });
});

it.each([
  [20, "EUR", 2000],
  [19.99, "EUR", 1999],
  [1.005, "EUR", null],
  [0, "EUR", null],
  [-5, "EUR", null],
  [null, "EUR", null],
  [500, "JPY", 500],
  [500.5, "JPY", null],
  [1.005, "KWD", 1005],
])("%s %s is %s in minor units", (typed, currency, want) => expect(minorOf(typed, currency)).toBe(want));

it("offers round amounts up to the most", () => {
  expect(steps(eur(1_000_000))).toEqual([1000, 2500, 5000, 10_000]);
  expect(steps(eur(3000))).toEqual([1000, 2500]);
  expect(steps({ amount_minor: 10_000, currency: "JPY" })).toEqual([10, 25, 50, 100]);
});

it("lists claims and what was paid ahead, the newest first, each once", () => {
  const list = activity(
    [claim({ id: "c1" }), claim({ id: "c2", created_at: "2026-11-19T10:00:00Z" })],
    [
      payment({ id: "p1" }),
      payment({ id: "p2", purpose: "session" }),
      payment({ id: "p3", purpose: "method", status: "released" }),
      payment({ id: "p4", purpose: "method", status: "refused", created_at: "2026-11-22T10:00:00Z" }),
    ],
  );
  expect(list.map((x) => ("claim" in x ? x.claim.id : x.payment.id))).toEqual(["p4", "c1", "p1", "c2"]);
});
