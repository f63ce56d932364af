// Package paper makes the documents that a customer keeps: receipt, invoice,
// credit note and monthly statement, as PDF on A4 in the house's identity and as
// electronic invoices (EN 16931), and the evidence of a dispute.
//
//	billing.Document ─▶ Desk ─▶ Document ─▶ Render ─▶ PDF
//	                         └▶ en16931.Invoice ─▶ Check ─▶ UBL, CII
//
// Document says everything that is printed, and Render returns the bytes: the same
// Document, the same bytes. Nothing is computed but layout: sums are printed and
// written as they were booked. What a document lacks for EN 16931 is named by the
// rules that ask for it; its PDF is there all the same.
//
// Text is set in the Go fonts, which hold Latin, Greek and Cyrillic. Any other
// character is printed as an empty box, never dropped. A logo that is an SVG is not
// printed; the name stands in its place.
package paper
