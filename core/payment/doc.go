// Package payment takes money by providers of payments: holds on cards, charges
// by saved methods, refunds and disputes, each step written down before it is
// made, and made once.
package payment
