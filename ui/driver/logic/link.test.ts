import { expect, it } from "vitest";
import { telLink, webLink } from "./link";

it("links only to the web", () => {
  expect(webLink("https://kranich.example/datenschutz")).toBe("https://kranich.example/datenschutz");
  for (const bad of [
    "javascript:alert(1)",
    "data:text/html,x",
    "kranich.example",
    "//x",
    "",
    null,
    undefined,
    "JaVaScRiPt:1",
  ])
    expect(webLink(bad)).toBeNull();
});

it("calls a number as people write it", () => {
  expect(telLink("0800 000 0000")).toBe("tel:08000000000");
  expect(telLink("+49 (0) 800 123-45")).toBe("tel:+4980012345");
  expect(telLink("12+3")).toBe("tel:123");
  for (const none of ["", "none", "+", null, undefined]) expect(telLink(none)).toBeNull();
});
