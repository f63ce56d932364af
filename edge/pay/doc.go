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
//	GET  /r/{short}                to the visit, by the short address of one that began at a terminal
//	GET  /pay/at/{screen}          the screen beside a card reader: the chargers that it serves
//	GET  /pay/at/{screen}/e/{code} one of them, its price, and what is held
//	POST /pay/at/{screen}/e/{code} the reader asks for a card
//	GET  /pay/at/{screen}/v/{short}  its visit, until the next customer may
//	POST /pay/at/{screen}/v/{short}/leave  nobody pays
//
// The address of a visit is the guest's own: who has it sees the visit and may stop
// it. The package decides nothing; core/billing does.
package pay
