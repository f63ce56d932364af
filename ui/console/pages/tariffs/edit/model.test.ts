import { describe, expect, it } from "vitest";
import {
  condition,
  conditionsOf,
  type Doc,
  elementsOf,
  type Finding,
  insert,
  like,
  limit,
  mend,
  move,
  nearest,
  pricesOf,
  read,
  remove,
  set,
  tally,
  templates,
  tidy,
  weekOf,
} from "./model";

const doc: Doc = {
  id: "T",
  currency: "EUR",
  x_ours: { deep: [1, { two: 2 }] },
  elements: [
    {
      price_components: [{ type: "ENERGY", price: "0.59", vat: 19, x_note: "kept" } as never],
      restrictions: { start_time: "06:00", end_time: "22:00", holiday: "NOT" } as never,
    },
    { price_components: [{ type: "FLAT", price: 1 }] },
  ],
};

describe("a change leaves the rest alone", () => {
  it("keeps members it does not know, and the old document", () => {
    const before = JSON.stringify(doc);
    const next = set(doc, ["elements", 0, "price_components", 0, "price"], 0.49);
    expect(JSON.stringify(doc)).toBe(before);
    expect(next.x_ours).toEqual({ deep: [1, { two: 2 }] });
    expect(elementsOf(next)[0]?.price_components?.[0]).toEqual({
      type: "ENERGY",
      price: 0.49,
      vat: 19,
      x_note: "kept",
    });
    expect(elementsOf(next)[1]).toBe(elementsOf(doc)[1]);
  });
  it("makes what is missing and takes away what is undefined", () => {
    expect(set({}, ["max_price", "after_taxes"], 30)).toEqual({ max_price: { after_taxes: 30 } });
    expect(set({ id: "T", currency: "EUR" }, ["currency"], undefined)).toEqual({ id: "T" });
  });
  it("reads a text, or says why not", () => {
    expect(read(JSON.stringify(doc)).doc).toEqual(doc);
    expect(read("[1]").doc).toBeUndefined();
    expect(read("{").why).toBeTruthy();
  });
});

describe("elements", () => {
  it("are moved, removed and added in order", () => {
    const types = (d: Doc) => elementsOf(d).map((e) => e.price_components?.[0]?.type);
    expect(types(move(doc, 1, -1))).toEqual(["FLAT", "ENERGY"]);
    expect(move(doc, 0, -1)).toBe(doc);
    expect(move(doc, 1, 1)).toBe(doc);
    expect(types(remove(doc, 0))).toEqual(["FLAT"]);
    expect(types(insert(doc, { price_components: [{ type: "TIME", price: 1 }] }, 1))).toEqual([
      "ENERGY",
      "TIME",
      "FLAT",
    ]);
    expect(like(doc, "TIME")).toEqual({ type: "TIME", price: 0, vat: 19, step_size: 1 });
    expect(elementsOf({ elements: "no" } as never)).toEqual([]);
  });
  it("have conditions that come and go, foreign ones kept", () => {
    expect(conditionsOf(elementsOf(doc)[0]?.restrictions)).toEqual(["time"]);
    const with2 = condition(doc, 0, "days", true);
    expect(conditionsOf(elementsOf(with2)[0]?.restrictions)).toEqual(["time", "days"]);
    const without = condition(condition(with2, 0, "time", false), 0, "days", false);
    expect(elementsOf(without)[0]?.restrictions).toEqual({ holiday: "NOT" });
    expect(elementsOf(condition(doc, 1, "dates", true, "2026-06-01"))[1]?.restrictions).toEqual({
      start_date: "2026-06-01",
    });
    expect(elementsOf(condition(condition(doc, 1, "kwh", true), 1, "kwh", false))[1]).not.toHaveProperty(
      "restrictions",
    );
    expect(tidy(doc, 0)).toBe(doc);
  });
});

describe("findings", () => {
  const gap: Finding = {
    code: "gap",
    severity: "warning",
    path: "elements",
    message: "",
    when: { start_time: "22:00", end_time: "06:00" },
    args: { dimension: "ENERGY" },
  };
  it("of a gap are mended by an element for it", () => {
    expect(elementsOf(mend(doc, gap))[2]).toEqual({
      price_components: [{ type: "ENERGY", price: "0.59", vat: 19, step_size: 1 }],
      restrictions: { start_time: "22:00", end_time: "06:00" },
    });
  });
  it("lead to the field, or to what it lies in", () => {
    const paths = ["elements", "elements[1]", "elements[1].price_components[0]", "elements[10]", "max_price"];
    expect(nearest(paths, "elements[1].price_components[0].vat")).toBe("elements[1].price_components[0]");
    expect(nearest(paths, "elements[1].restrictions.end_date")).toBe("elements[1]");
    expect(nearest(paths, "elements[7]")).toBe("elements");
    expect(nearest(paths, "end_date_time")).toBeUndefined();
  });
  it("are counted", () => expect(tally([gap, gap])).toEqual({ error: 0, warning: 2, advice: 0 }));
});

describe("limits", () => {
  it("use the members of the document's version, and go when empty", () => {
    const two = limit({ id: "T", tax_included: "YES" }, "max_price", "with", 30);
    expect(two.max_price).toEqual({ after_taxes: 30 });
    expect(limit({ id: "T" }, "max_price", "before", 30).max_price).toEqual({ excl_vat: 30 });
    expect(limit({ tax_included: "YES", max_price: { incl_vat: 9 } }, "max_price", "with", 8).max_price).toEqual({
      incl_vat: 8,
    });
    expect(limit(two, "max_price", "with", null)).not.toHaveProperty("max_price");
  });
});

describe("a week", () => {
  const start = (h: number, per_kwh: string | null) => ({
    at: new Date(Date.UTC(2026, 9, 24, h)).toISOString(),
    per_kwh,
    total: { amount_minor: 1, currency: "EUR" },
  });
  it("has seven days of hours, of 24 or not", () => {
    const starts = Array.from({ length: 168 }, (_, h) => start(h, h % 2 ? "0.40" : null));
    const days = weekOf(starts, (at) => {
      const t = new Date(Date.parse(at) + 3_600_000).toISOString();
      return { day: t.slice(0, 10), hour: Number(t.slice(11, 13)) };
    });
    expect(days).toHaveLength(7);
    expect(days[0]?.cells).toHaveLength(23);
    expect(pricesOf(starts)).toEqual([null, "0.40"]);
  });
});

it("every template is a tariff of its own", () => {
  const ids = Object.values(templates).map((d) => d.id);
  expect(new Set(ids).size).toBe(ids.length);
  for (const d of Object.values(templates)) expect(elementsOf(d).length).toBeGreaterThan(0);
});
