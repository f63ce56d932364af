// Package money holds amounts, prices and percentages as exact integers.
//
// An Amount counts minor units of one ISO 4217 currency (exponent 0, 2 or 3).
// A Price counts millionths of the major unit. A Percent counts millionths of
// one percent. No floating point is used anywhere. Whatever does not fit is an
// error, never a wrapped number. There is one rounding rule: half away from
// zero, in MulDiv for 128-bit products and in RoundRat for rationals.
package money
