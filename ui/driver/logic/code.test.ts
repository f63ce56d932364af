import { describe, expect, it } from "vitest";
import { cardNumber, grouped, readCode } from "./code";

const host = "charge.example.com";

describe("what stands on a post", () => {
  it.each([
    ["123456", { code: "123456" }],
    [" 123 456 ", { code: "123456" }],
    ["DE*KRN*E014201", { code: "DE*KRN*E014201" }],
    ["cp-1:2", { code: "cp-1:2" }],
    ["https://charge.example.com/app/e/123456", { code: "123456" }],
    ["HTTPS://CHARGE.EXAMPLE.COM/e/DE%2AKRN%2AE1/", { code: "DE*KRN*E1" }],
    ["https://charge.example.com/app/e/a?x=1#y", null],
    ["https://charge.example.com/app/e/ab?x=1#y", { code: "ab" }],
    ["https://other.example.com/e/123456", { foreign: "other.example.com" }],
    ["https://charge.example.com/login", { foreign: "charge.example.com" }],
    ["https://charge.example.com/e/%ff", null],
    ["https://charge.example.com/e/..%2F..%2Fapi", null],
    ["https://", null],
    ["", null],
    ["x", null],
    ["<script>", null],
    ["1".repeat(70), null],
  ])("%s", (input, want) => expect(readCode(input, host)).toEqual(want));
  it("groups six figures", () => {
    expect(grouped("123456")).toBe("123 456");
    expect(grouped("DE1")).toBe("DE1");
  });
});

it("reads a card's number however it is printed", () => {
  expect(cardNumber("04:a2-b3 c4")).toBe("04A2B3C4");
  expect(cardNumber("DE-KRN-C12345678-X")).toBe("DEKRNC12345678X");
  for (const bad of ["", "12", "ä1234", "1".repeat(40), "<b>1234"]) expect(cardNumber(bad)).toBeNull();
});
