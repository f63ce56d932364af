// Package notify owns what leaves the installation to tell somebody: mails to
// people and events to other systems (webhooks).
//
//	Queue ─▶ waiting ─▶ sent                 a mail; its body is dropped at the end
//	           │  ▲  └─▶ failed              refused for good, or not sent in time
//	           ▼  │ Release
//	          held                           no mail server is configured
//
//	Publish ─▶ outbox ─▶ Fanout ─▶ pending ─▶ delivered     one for each subscription
//	                                  │  ▲ Replay
//	                                  └─▶ failed            attempts used up, or the
//	                                                        subscription deactivated
//
// Both leave in the transaction of the fact they tell of, and a Courier carries
// them out afterwards through two ports: Mailer and Poster. Nothing is lost by a
// crash; after one a mail or a delivery may go out again, under the same id.
//
// Webhooks follow Standard Webhooks 1.0 (standardwebhooks.com): the body is
// {type, timestamp, data}, signed with HMAC-SHA-256 under a secret that is shown
// once. Their order is not promised. Events of one subscription are posted one
// after the other; while its receiver fails it is asked again at growing
// distances, and after five days of failing it is deactivated. Publishing costs a
// look at the subscriptions, and one row when one of them wants the event.
//
// Tables: notify_mail, notify_webhook, notify_pulse, notify_delivery. Events in
// and out, with the key in brackets: notify.mail (mail), notify.event (object and
// time), notify.webhook (subscription). Invariants: one mail per tenant and key;
// one delivery per subscription and event; a secret is kept sealed under a key
// derived from the master key; recipients leave after 30 days or by Erase.
package notify
