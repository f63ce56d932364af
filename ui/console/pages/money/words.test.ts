import { beforeAll, describe, expect, test } from "vitest";
import { t, use } from "#shared/i18n";
import de from "../../locales/de/money.json";
import en from "../../locales/en/money.json";
import type { Method } from "./types";
import { claimReason, declineText, disputeReason, methodText } from "./words";

beforeAll(() => use("en", { money: en }));

const method = (x: Partial<Method>): Method => ({
  ...{ kind: "card", brand: "", wallet: "", last4: "", expires_on: "", country: "" },
  ...x,
});

test("a method is named by its brand, its last digits and its wallet", () => {
  expect(methodText(t, method({ brand: "visa", last4: "0011" }))).toBe("Visa …0011");
  expect(methodText(t, method({ brand: "visa", last4: "0002", wallet: "apple_pay" }))).toBe("Visa …0002, Apple Pay");
  expect(methodText(t, method({ kind: "sepa_debit", last4: "2051" }))).toBe("SEPA direct debit …2051");
  expect(methodText(t, method({ kind: "a_new_one" }))).toBe("a new one");
  expect(methodText(t, method({ kind: "" }))).toBe("–");
});

test("a decline that is known is said in words, another as the provider says it", () => {
  expect(declineText(t, { code: "insufficient_funds", text: "x", final: false })).toBe(
    "there is not enough money on the account",
  );
  expect(declineText(t, { code: "new_code", text: "a new reason", final: false })).toBe("a new reason");
  expect(declineText(t, { code: "new_code", text: "", final: false })).toBe("new code");
  expect(disputeReason(t, "fraudulent")).toBe("The payer says it was not them");
});

describe("why a claim is not paid", () => {
  test.each([
    ["no payment method is saved", "No payment method is saved. The driver can pay in the app or by bank transfer."],
    [
      "the payment was refused: there are not enough funds (insufficient_funds)",
      "The bank said no: there is not enough money on the account.",
    ],
    ["the payment was refused", "The payment was declined."],
    ["the payment was refused: odd (never_heard)", "the payment was refused: odd (never_heard)"],
    ["the payment is strange: there is a second charge", "The payment is strange: a person has to look at it."],
    ["the charger failed half way", "the charger failed half way"],
    ["", ""],
  ])("%j", (reason, want) => {
    expect(claimReason(t, reason)).toBe(want);
  });

  test("is said in German too", () => {
    use("de", { money: de });
    expect(claimReason(t, "the payment was refused: x (expired_card)")).toBe(
      "Die Bank hat abgelehnt: Die Karte ist abgelaufen.",
    );
    use("en", { money: en });
  });
});
