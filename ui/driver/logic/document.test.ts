import { expect, it } from "vitest";
import { type DocumentRow, givenBack, replacedBy } from "./document";

const doc = (id: string, part: Partial<DocumentRow> = {}): DocumentRow => ({
  ...{ id, kind: "receipt", number: id, session_id: "s", revision: 1, corrects_id: null },
  ...{ gross: { amount_minor: 1000, currency: "EUR" }, issued_at: "2026-11-20T10:00:00Z" },
  ...part,
});
const note = (of: string, amount_minor: number) =>
  doc(`n-${of}-${amount_minor}`, { kind: "credit_note", corrects_id: of, gross: { amount_minor, currency: "EUR" } });

it("knows the receipt in force", () => {
  const [first, second, third] = [doc("1"), doc("2", { revision: 2 }), doc("3", { revision: 3 })];
  expect(replacedBy(first, [third, second, note("1", 1000)])?.id).toBe("3");
  expect(replacedBy(third, [first, second])).toBeNull();
  expect(replacedBy(note("1", 5), [second])).toBeNull();
});

it("adds what credit notes gave back of this receipt, not of another", () => {
  expect(givenBack(doc("1"), [note("1", 300), note("1", 200), note("2", 900), doc("2", { revision: 2 })])).toBe(500);
  expect(givenBack(doc("1"), [])).toBe(0);
});
