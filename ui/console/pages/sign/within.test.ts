import { describe, expect, it } from "vitest";
import { within } from "./within";

describe("the address after signing in", () => {
  it.each(["/", "/stations?status=faulted,offline", "/stations/CP%2F1?tab=log"])("keeps %s", (to) =>
    expect(within(to)).toBe(to),
  );
  it.each([
    "",
    "https://evil.example/",
    "//evil.example/a",
    "/\\evil.example",
    "javascript:alert(1)",
    "/sign-in?to=/sign-in",
    "stations",
  ])("refuses %s", (to) => expect(within(to)).toBe("/"));
});
