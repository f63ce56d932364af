import type { components } from "#shared/api/schema";

type S = components["schemas"];

export const kinds = ["receipt", "credit_note", "statement"] as const;

/** What a document says at first sight. */
export type Document = S["Document"];
/** A document as lists have it, with whom it is for. */
export type DocumentRow = S["StaffDocument"];
export type Line = S["DocumentLine"];
/** GET /documents/{id}. */
export type FullDocument = S["WholeDocument"];
