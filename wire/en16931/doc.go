// Package en16931 is the electronic invoice of EN 16931-1:2017+A1:2019: its
// semantic model, the business rules that judge an invoice, and the two XML
// syntaxes of it, UBL 2.1 and UN/CEFACT CII D16B, each as plain EN 16931 and
// as XRechnung 3.0.
//
//	Invoice ─▶ Check ─▶ findings, each with the number of its rule
//	        ─▶ WriteUBL, WriteCII ─▶ bytes
//
// Types name the business terms (BT) and groups (BG) of the standard. What the
// model leaves out (payee, line allowances, item classification, attachments)
// cannot be written, and its rules cannot be broken.
//
// EN 16931 is a net model: a line has a net amount, and tax comes on the sum
// of a rate. NetLines turns a receipt that was priced with tax into such lines
// without moving a minor unit.
package en16931
