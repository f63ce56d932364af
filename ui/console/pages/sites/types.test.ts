import { expect, test } from "vitest";
import { newId, oneLine, tariffAt } from "./types";

test("ids hold what the server takes, whatever the name", () => {
  const r = new Uint8Array([1, 2, 254, 255]);
  expect(newId("Einkaufspark Mühlau", r)).toBe("site_einkaufspark-muhlau_0102feff");
  expect(newId("Großer Platz 3", r)).toBe("site_grosser-platz-3_0102feff");
  for (const name of ["停车场", "../../etc", "", "  ", "a".repeat(300), "<b>"]) {
    expect(newId(name, r)).toMatch(/^[A-Za-z0-9_.-]{1,100}$/);
  }
  expect(newId("same")).not.toBe(newId("same"));
});

test("the most specific assignment wins", () => {
  const all = [
    { kind: "site", place: "s1", tariff_id: "a" },
    { kind: "station", place: "s2", tariff_id: "x" },
    { kind: "tenant", place: "t", tariff_id: "b" },
  ] as const;
  expect(tariffAt(all, "s1")).toEqual({ id: "a", own: true });
  expect(tariffAt(all, "s2")).toEqual({ id: "b", own: false });
  expect(tariffAt([], "s2")).toBeNull();
});

test("an address leaves out what is not known", () => {
  expect(oneLine({ address: "Am Kai 7", postal_code: "", city: "Erlental", country: "DE" })).toBe(
    "Am Kai 7, Erlental, DE",
  );
});
