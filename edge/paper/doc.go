// Package paper makes the documents that a customer keeps: receipt, invoice,
// credit note and monthly statement, as PDF on A4 in the house's identity.
//
// It knows no database and no room of core: Document says everything that is
// printed, and Render returns the bytes. Same Document, same bytes. Nothing is
// computed but layout: sums are printed as they are given.
//
// Text is set in the Go fonts, which hold Latin, Greek and Cyrillic. Any other
// character is printed as an empty box, never dropped.
package paper
