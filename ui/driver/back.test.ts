import { beforeEach, expect, it, vi } from "vitest";
import { keepWay, takeWay, within } from "./back";

beforeEach(() => localStorage.clear());

it("returns once to where it was", () => {
  keepWay("/e/123456?x=1");
  expect(takeWay()).toBe("/e/123456?x=1");
  expect(takeWay()).toBe("/");
});

it("forgets after an hour", () => {
  vi.useFakeTimers({ now: 0 });
  keepWay("/e/123456");
  vi.setSystemTime(60 * 60_000);
  expect(takeWay()).toBe("/");
  vi.useRealTimers();
});

it("leads nowhere else", () => {
  for (const bad of [
    "//evil.example",
    "/\\evil.example",
    "https://evil.example",
    "javascript:alert(1)",
    "",
    "/sign-in#token=x",
  ])
    expect(within(bad)).toBe("/");
  localStorage.setItem("cw-back", "{not json");
  expect(takeWay()).toBe("/");
  localStorage.setItem("cw-back", JSON.stringify({ path: "//evil.example", at: Date.now() }));
  expect(takeWay()).toBe("/");
});
