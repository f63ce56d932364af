import { expect, test } from "vitest";
import type { Assignment } from "../tariffs/logic";
import { newId, oneLine, othersAt, standingAt, tariffAt } from "./types";

const offer = (part: Partial<Assignment>): Assignment => ({
  ...{ id: "off_1", kind: "tenant", place: "tn", audience: "all", group_id: "", tariff_id: "T" },
  ...{ from: null, until: null, in_force: true },
  ...part,
});

test("ids hold what the server takes, whatever the name", () => {
  const r = new Uint8Array([1, 2, 254, 255]);
  expect(newId("Einkaufspark Mühlau", r)).toBe("site_einkaufspark-muhlau_0102feff");
  expect(newId("Großer Platz 3", r)).toBe("site_grosser-platz-3_0102feff");
  for (const name of ["停车场", "../../etc", "", "  ", "a".repeat(300), "<b>"]) {
    expect(newId(name, r)).toMatch(/^[A-Za-z0-9_.-]{1,100}$/);
  }
  expect(newId("same")).not.toBe(newId("same"));
});

test("what holds for all at a site now is its own, then the network's", () => {
  const all = [
    offer({ kind: "site", place: "s1", tariff_id: "a" }),
    offer({ kind: "site", place: "s3", tariff_id: "c", audience: "members" }),
    offer({ kind: "site", place: "s3", tariff_id: "d", from: "2099-01-01T00:00:00Z", in_force: false }),
    offer({ kind: "station", place: "s2", tariff_id: "x" }),
    offer({ tariff_id: "b" }),
  ];
  expect(tariffAt(all, "s1")).toEqual({ id: "a", own: true });
  expect(tariffAt(all, "s2")).toEqual({ id: "b", own: false });
  expect(tariffAt(all, "s3")).toEqual({ id: "b", own: false });
  expect(tariffAt([], "s2")).toBeNull();
});

test("of offers at one place the one for a limited time holds, then the later one", () => {
  const at = (id: string, from: string | null, until: string | null) =>
    offer({ id, kind: "site", place: "s", tariff_id: id, from, until });
  const [ever, later, late, week] = [
    at("1", null, null),
    at("2", "2026-05-01T00:00:00Z", null),
    at("3", "2026-05-01T00:00:00.000Z", null),
    at("4", "2026-04-01T00:00:00Z", "2026-12-01T00:00:00Z"),
  ];
  for (const all of [
    [ever, later, late, week],
    [week, late, later, ever],
  ]) {
    expect(tariffAt(all, "s")?.id).toBe("4");
    expect(
      tariffAt(
        all.filter((x) => x !== week),
        "s",
      )?.id,
    ).toBe("3");
    expect(
      tariffAt(
        all.filter((x) => x === ever || x === later),
        "s",
      )?.id,
    ).toBe("2");
  }
  expect(standingAt([week, ever], "s")?.id).toBe("1");
  expect(standingAt([week], "s")).toBeUndefined();
});

test("the others at a site are offers to some, to come, and at a part of it", () => {
  const all = [
    offer({ id: "1" }),
    offer({ id: "2", audience: "guests" }),
    offer({ id: "3", kind: "site", place: "s" }),
    offer({ id: "4", kind: "site", place: "s", in_force: false, from: "2099-01-01T00:00:00Z" }),
    offer({ id: "5", kind: "site", place: "other", audience: "guests" }),
    offer({ id: "6", kind: "station", place: "CP-1" }),
    offer({ id: "7", kind: "connector", place: "CP-1/1/1" }),
    offer({ id: "8", kind: "evse", place: "CP-2/1" }),
  ];
  expect(othersAt(all, "s", ["CP-1"]).map((a) => a.id)).toEqual(["7", "6", "4", "2"]);
});

test("an address leaves out what is not known", () => {
  expect(oneLine({ address: "Am Kai 7", postal_code: "", city: "Erlental", country: "DE" })).toBe(
    "Am Kai 7, Erlental, DE",
  );
});
