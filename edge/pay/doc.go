// Package pay serves the pages on which somebody without an account charges: find
// the charger, read the price, pay on the page of the payment provider, follow the
// session, stop it, read what was charged. They are plain HTML, made here, and need
// no JavaScript.
//
//	GET  /pay                      type the number of a charger
//	GET  /pay/{code}               the charger, its price, and what is held on the card
//	POST /pay/{code}               to the page of the provider
//	GET  /pay/q/…                  a dynamic code (OCPP 2.1 C25), to the page of its charger
//	GET  /pay/t/{secret}           the receipt of what was paid at a station's terminal
//	GET  /pay/v/{secret}           the visit; it looks again by itself until it is over
//	POST /pay/v/{secret}/stop      stop charging
//
// The address of a visit is the guest's own: who has it sees the visit and may stop
// it. The package decides nothing; core/billing does.
package pay
