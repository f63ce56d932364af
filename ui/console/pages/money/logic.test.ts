import { describe, expect, test } from "vitest";
import {
  byProvider,
  calendar,
  dueFirst,
  lookOf,
  mayAsk,
  mayRetry,
  mayWriteOff,
  minorOf,
  pressing,
  typed,
} from "./logic";
import type { Claim, Dispute, Payment, Step } from "./types";

const eur = (n: number) => ({ amount_minor: n, currency: "EUR" });
const day = 86_400_000;

describe("an amount as it is typed", () => {
  test.each([
    ["12", "EUR", 1200],
    ["12,5", "EUR", 1250],
    [" 12.50 ", "EUR", 1250],
    ["0.29", "EUR", 29],
    ["1.100", "EUR", 110],
    ["4.35", "EUR", 435],
    ["1.005", "EUR", null],
    ["1.005", "KWD", 1005],
    ["500", "JPY", 500],
    ["500.5", "JPY", null],
    ["", "EUR", null],
    ["-1", "EUR", null],
    ["1e3", "EUR", null],
    ["1,234.50", "EUR", null],
  ])("%j in %s is %j", (text, currency, want) => {
    expect(minorOf(text, currency)).toBe(want);
  });

  test("reads back to the same minor units", () => {
    for (const currency of ["EUR", "JPY", "KWD"]) {
      for (const n of [0, 1, 9, 10, 99, 100, 101, 12_345, 9_007_199_254]) {
        expect(minorOf(typed({ amount_minor: n, currency }), currency)).toBe(n);
      }
    }
  });
});

const payment = (x: object) =>
  ({ status: "taken", trouble: null, captured: eur(1000), refunded: eur(0), ...x }) as unknown as Payment;

test("trouble comes before the state of a payment, and what went back is said", () => {
  expect(lookOf(payment({}))).toBe("taken");
  expect(lookOf(payment({ refunded: eur(1) }))).toBe("part_returned");
  expect(lookOf(payment({ refunded: eur(1000) }))).toBe("returned");
  expect(lookOf(payment({ trouble: "strange", refunded: eur(1000) }))).toBe("strange");
  expect(lookOf(payment({ status: "held", trouble: "unknown" }))).toBe("unknown");
  expect(lookOf(payment({ status: "released", captured: eur(0) }))).toBe("released");
});

test("a step is made again when its outcome is unknown, or the hold still stands", () => {
  const step = (verb: string, state: string) => ({ verb, state }) as Step;
  expect(mayRetry(step("refund", "unknown"), payment({}))).toBe(true);
  expect(mayRetry(step("capture", "refused"), payment({ status: "held" }))).toBe(true);
  expect(mayRetry(step("capture", "refused"), payment({ status: "released" }))).toBe(false);
  expect(mayRetry(step("void", "refused"), payment({ status: "held" }))).toBe(true);
  expect(mayRetry(step("void", "refused"), payment({ status: "taken" }))).toBe(false);
  expect(mayRetry(step("authorize", "refused"), payment({ status: "refused" }))).toBe(false);
  expect(mayRetry(step("capture", "done"), payment({ status: "held" }))).toBe(false);
});

const claim = (x: object) =>
  ({
    state: "dunning",
    driver_id: "drv_1",
    due: eur(1000),
    paid: eur(0),
    left: eur(1000),
    wallet: eur(0),
    hand: eur(0),
    attempts: 1,
    failed_at: "2026-11-01T10:00:00Z",
    next_at: "2026-11-02T10:00:00Z",
    ...x,
  }) as unknown as Claim;

test("what was paid by a provider is what neither the wallet nor a transfer paid", () => {
  expect(byProvider(claim({ paid: eur(700), wallet: eur(200), hand: eur(50) }))).toEqual(eur(450));
});

test("deeds of a claim follow its state", () => {
  expect(mayAsk(claim({}))).toBe(true);
  expect(mayAsk(claim({ driver_id: null }))).toBe(false);
  expect(mayAsk(claim({ state: "asked" }))).toBe(false);
  expect(mayAsk(claim({ state: "written_off" }))).toBe(true);
  expect(mayWriteOff(claim({ state: "written_off" }))).toBe(false);
  expect(mayWriteOff(claim({ state: "paid", left: eur(0) }))).toBe(false);
});

test("the calendar has the turns that failed, the next, and 3, 7 and 14 days after the first failure", () => {
  expect(calendar(claim({})).map((x) => [x.n, x.state, x.at?.slice(0, 10)])).toEqual([
    [1, "failed", "2026-11-01"],
    [2, "next", "2026-11-02"],
    [3, "later", "2026-11-04"],
    [4, "later", "2026-11-08"],
    [5, "later", "2026-11-15"],
  ]);
  expect(calendar(claim({ state: "asked", attempts: 2 })).map((x) => x.state)).toEqual(["failed", "asked"]);
  expect(calendar(claim({ state: "written_off", attempts: 5 })).map((x) => x.state)).toEqual(Array(5).fill("failed"));
  expect(calendar(claim({ state: "open", attempts: 0, failed_at: null, next_at: null }))).toEqual([]);
});

test("what can be answered stands first, the earliest due on top; the others newest first", () => {
  const d = (id: string, state: string, due: string | null, created: string) =>
    ({ id, state, due_at: due, created_at: created }) as Dispute;
  const list = [
    d("lost", "lost", "2026-11-01T00:00:00Z", "2026-10-01T00:00:00Z"),
    d("late", "open", "2026-12-09T00:00:00Z", "2026-11-20T00:00:00Z"),
    d("none", "open", null, "2026-11-21T00:00:00Z"),
    d("soon", "open", "2026-11-23T00:00:00Z", "2026-11-02T00:00:00Z"),
    d("heard", "heard", "2026-11-02T00:00:00Z", "2026-11-19T00:00:00Z"),
  ];
  expect(dueFirst(list).map((x) => x.id)).toEqual(["soon", "late", "none", "heard", "lost"]);
});

test("an answer presses within three days, and is past its day after", () => {
  const now = Date.parse("2026-11-20T12:00:00Z");
  const due = (ms: number, state = "open") => ({ state, due_at: new Date(now + ms).toISOString() }) as Dispute;
  expect(pressing(due(4 * day), now)).toBe("");
  expect(pressing(due(2 * day), now)).toBe("soon");
  expect(pressing(due(-1), now)).toBe("past");
  expect(pressing(due(-1, "heard"), now)).toBe("");
});
