import { expect, it } from "vitest";
import { left } from "./clock";

const at = Date.parse("2026-11-21T10:00:00Z");

it("reaches zero at the moment and not before", () => {
  expect(left("2026-11-21T10:00:00Z", at - 1)).toBe(1000);
  expect(left("2026-11-21T10:00:00Z", at - 1000)).toBe(1000);
  expect(left("2026-11-21T10:00:00Z", at)).toBe(0);
  expect(left(at, at + 5000)).toBe(0);
  expect(left("nonsense", at)).toBe(0);
});
