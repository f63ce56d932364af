// Package payment takes money by providers of payments: holds on cards, charges
// by saved methods, refunds and disputes. Each call to a provider is a step that is
// written down before it is made, and made once.
//
//	Plan ─▶ planned ─▶ open ─▶ held ─▶ taken          a payment: what its provider says of it
//	                    │ └──────┼───────▲            (a method without holds: taken at once)
//	                    ▼        ▼
//	          refused, expired  released, refused
//
//	Capture, Void, Refund, Increment
//	        ▼
//	     planned ─▶ sent ─▶ done | refused            a step: one after the other of a payment
//	        ▲        │ │
//	        └────────┘ └──▶ unknown                   no answer for a day: a person looks
//
// Run marks a step as sent, calls the provider outside any transaction, and records
// what it says. After a crash or without an answer it calls again under the same
// key, which has its effect once; when the provider may have forgotten the key it is
// asked first what it has. What becomes of a payment besides, the provider is asked
// (Learn): upon its webhooks, when the buyer comes back, and by Sweep. Nothing is
// believed of a webhook but that it is worth asking.
//
// A reader takes the card of who stands before it: one that is busy or not connected
// is asked twice and no more, and none is asked once the payment's time is over. A
// release has it ask no more, before the payment is closed.
//
// News may come in any order and more than once. States only go forward, what was
// taken and given back only grows, and money is booked where it is seen to have
// moved. What cannot be true, another currency, more than was asked for, a second
// charge, makes the payment strange: it is booked nowhere and no step is made until a
// person has looked (Clear).
//
//	taken        Dr clearing/<provider>   Cr the payment's account
//	given back   Dr the refund's account  Cr clearing/<provider>
//	disputed     Dr disputes/<provider>   Cr clearing/<provider>   and back when it is won
//	fee          Dr fees/<provider>       Cr clearing/<provider>
//	paid out     Dr bank/<provider>       Cr clearing/<provider>
//
// Import takes over what a provider reports of our balance. Items lay it beside our
// books, with no tolerance; Checks compares the sums.
//
// The provider of stations' own terminals is no Provider: what their stations told is
// laid down by TerminalTook, and its reports are files that a person hands in
// (TakeReport).
//
// Tables: payment_payment, payment_step, payment_delivery, payment_method,
// payment_dispute, payment_movement, payment_item,
// payment_report. Events of its own, with the key
// in brackets: payment.step (step), payment.delivery (provider/event), payment.forget
// (method). Events out: payment.changed (payment), when it or a step of it came to
// something; payment.expiring (payment), half a day before a hold ends: its owner
// captures or releases it. Invariants: one payment per tenant and key; one charge
// per payment; no more is held or taken than was asked; 0 ≤ refunded ≤ captured; the
// ledger's clearing account is the provider's balance and what is on its way.
package payment
