package mollie_test

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"chargewright/base/money"
	"chargewright/core/payment/paymenttest"
)

type object = map[string]any

// fake is Mollie's HTTP API with a memory: what the adapter needs of it, with the
// hands of a buyer, and able to misbehave.
type fake struct {
	*httptest.Server

	mu       sync.Mutex
	objects  map[string]object
	payments []string // ids, oldest first
	moves    []object // oldest first
	answers  map[string]answer
	running  map[string]bool
	trouble  paymenttest.Trouble
	slow     time.Duration
	lag      int // how many reads a capture or a release stays pending
	clock    func() time.Time
	cards    map[string]paymenttest.Card // by mandate
	closable bool
	tokens   []string // seen, of balances
}

type answer struct {
	status int
	body   object
}

func newFake(t *testing.T) *fake {
	f := &fake{
		objects: map[string]object{}, answers: map[string]answer{}, running: map[string]bool{}, clock: time.Now,
		cards: map[string]paymenttest.Card{}, closable: true,
	}
	f.Server = httptest.NewUnstartedServer(http.HandlerFunc(f.serve))
	f.Config.ErrorLog = log.New(io.Discard, "", 0)
	f.Start()
	t.Cleanup(f.Close)
	return f
}

func (f *fake) make(prefix string, o object) object {
	b := make([]byte, 8)
	rand.Read(b)
	o["id"], o["createdAt"] = prefix+hex.EncodeToString(b), f.clock().UTC().Format(time.RFC3339)
	f.objects[o["id"].(string)] = o
	return o
}

func fault(status int, detail, field string) (int, object) {
	return status, object{"status": status, "title": http.StatusText(status), "detail": detail, "field": field}
}

func (f *fake) serve(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	f.mu.Lock()
	trouble := paymenttest.Trouble("")
	if r.Method != http.MethodGet {
		trouble, f.trouble = f.trouble, ""
	}
	f.mu.Unlock()
	status, out := f.answer(r, body, trouble)
	if trouble == paymenttest.Lost {
		panic(http.ErrAbortHandler)
	}
	w.WriteHeader(status)
	if status != http.StatusNoContent {
		json.NewEncoder(w).Encode(out)
	}
}

func (f *fake) answer(r *http.Request, body []byte, trouble paymenttest.Trouble) (int, object) {
	reports := strings.HasPrefix(r.URL.Path, "/v2/balances/")
	switch {
	case trouble == paymenttest.LockedOut, r.Header.Get("Authorization") != "Bearer "+apiKey && !reports, reports && r.Header.Get("Authorization") != "Bearer "+reportKey:
		return fault(401, "Missing authentication, or failed to authenticate", "")
	case trouble == paymenttest.Overloaded:
		return fault(429, "Too many requests", "")
	}
	key := r.Header.Get("Idempotency-Key")
	f.mu.Lock()
	if was, ok := f.answers[key]; ok && key != "" {
		f.mu.Unlock()
		return was.status, was.body
	}
	if f.running[key] {
		f.mu.Unlock()
		return fault(409, "A request with this idempotency key is being processed", "")
	}
	f.running[key] = key != ""
	f.mu.Unlock()
	if r.Method != http.MethodGet {
		time.Sleep(f.slow)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	var in object
	json.Unmarshal(body, &in)
	status, out := f.route(r, in)
	delete(f.running, key)
	if key != "" {
		f.answers[key] = answer{status, out}
	}
	return status, out
}

func (f *fake) route(r *http.Request, in object) (int, object) {
	parts := strings.Split(strings.TrimPrefix(r.URL.Path, "/v2/"), "/")
	if parts[0] == "balances" {
		return f.report(r)
	}
	for _, id := range parts[1:] {
		if strings.Contains(id, "_") && f.objects[id] == nil {
			return fault(404, "No thing exists with token "+id, "")
		}
	}
	var o object
	if len(parts) > 1 {
		o = f.objects[parts[1]]
	}
	verb := ""
	if len(parts) > 2 {
		verb = parts[2]
	}
	switch r.Method + " " + parts[0] + " " + verb {
	case "POST customers ":
		return 201, f.make("cst_", object{"email": in["email"]})
	case "DELETE customers mandates":
		delete(f.objects, parts[3])
		return 204, nil
	case "POST payments ":
		return f.create(in)
	case "GET payments ":
		if o == nil {
			return f.list(r)
		}
		return 200, f.show(o, strings.Contains(r.URL.RawQuery, "embed="))
	case "DELETE payments ":
		if o["status"] != "open" || !f.closable {
			return fault(422, "The payment cannot be canceled", "")
		}
		o["status"] = "canceled"
		return 200, f.show(o, false)
	case "POST payments captures":
		return f.capture(o, in)
	case "POST payments release-authorization":
		if o["status"] != "authorized" {
			return fault(422, "The payment is not authorized", "")
		}
		o["releasing"] = true
		f.settle(o)
		return 202, object{}
	case "POST payments refunds":
		return f.refund(o, in)
	}
	return fault(404, "no route "+r.Method+" "+r.URL.Path, "")
}

// show is a payment as a read finds it; what is pending comes a read nearer.
func (f *fake) show(o object, embed bool) object {
	if n, _ := o["lag"].(int); n > 0 {
		if o["lag"] = n - 1; n == 1 {
			f.settle(o)
		}
	}
	out := maps.Clone(o)
	for _, inside := range []string{"captures", "refunds", "chargebacks", "request"} {
		delete(out, inside)
	}
	links := object{}
	if o["status"] == "open" && o["sequenceType"] != "recurring" {
		links["checkout"] = object{"href": f.URL + "/checkout/" + o["id"].(string)}
		out["isCancelable"] = f.closable
	}
	out["_links"], out["_embedded"] = links, nil
	if embed {
		in := object{}
		for _, kind := range []string{"captures", "refunds", "chargebacks"} {
			list := []object{}
			for _, x := range o[kind].([]object) {
				list = append(list, maps.Clone(x))
			}
			in[kind] = list
		}
		out["_embedded"] = in
	}
	return out
}

// settle ends what is pending at once, or after some reads.
func (f *fake) settle(o object) {
	if n, set := o["lag"].(int); f.lag > 0 && (!set || n < 0) {
		o["lag"] = f.lag
		return
	}
	o["lag"] = -1
	for _, x := range o["captures"].([]object) {
		if x["status"] == "pending" {
			if x["status"] = "succeeded"; value(x["amount"]) == value(o["amount"]) {
				o["status"] = "paid"
			}
			f.move("capture", o, value(x["amount"]), value(x["amount"])*18/1000+25)
		}
	}
	if o["releasing"] == true {
		if o["status"] = "canceled"; len(o["captures"].([]object)) > 0 {
			o["status"] = "paid"
		}
		o["releasing"] = false
	}
}

func value(a any) int64 {
	o, _ := a.(object)
	n, _ := money.ParseDecimal(fmt.Sprint(o["value"]), money.Currency(fmt.Sprint(o["currency"])).Exponent())
	return n
}

func written(n int64, like any) object {
	c := like.(object)["currency"].(string)
	return object{"currency": c, "value": money.Amount{Minor: n, Currency: money.Currency(c)}.Decimal()}
}

func (f *fake) move(kind string, o object, gross, fee int64) {
	f.moves = append(f.moves, f.make("baltr_", object{
		"type": kind, "initialAmount": written(gross, o["amount"]), "resultAmount": written(gross-fee, o["amount"]),
		"deductions": written(-fee, o["amount"]), "context": object{kind: object{"paymentId": o["id"]}},
	}))
}

func (f *fake) create(in object) (int, object) {
	amount, _ := in["amount"].(object)
	c := money.Currency(fmt.Sprint(amount["currency"]))
	if _, decimals, _ := strings.Cut(fmt.Sprint(amount["value"]), "."); len(decimals) != c.Exponent() {
		return fault(422, "The amount contains an invalid value", "amount")
	}
	if in["sequenceType"] != "recurring" && in["redirectUrl"] == nil {
		return fault(422, "The redirect URL is required", "redirectUrl")
	}
	if value(amount) == 0 && (in["sequenceType"] != "first" || in["method"] != "creditcard") {
		return fault(422, "The amount is lower than the minimum", "amount")
	}
	if in["sequenceType"] == "recurring" {
		m, ok := f.objects[fmt.Sprint(in["mandateId"])]
		if !ok || m["customerId"] != in["customerId"] {
			return fault(422, "The customer has no suitable mandates", "mandateId")
		}
	}
	o := f.make("tr_", object{
		"status": "open", "amount": amount, "metadata": in["metadata"], "captureMode": in["captureMode"], "customerId": in["customerId"],
		"mandateId": in["mandateId"], "sequenceType": in["sequenceType"], "method": in["method"], "request": in,
		"captures": []object{}, "refunds": []object{}, "chargebacks": []object{},
	})
	f.payments = append(f.payments, o["id"].(string))
	if in["sequenceType"] == "recurring" {
		switch card := f.cards[in["mandateId"].(string)]; card {
		case paymenttest.DeclinedLater:
			f.failed(o, "insufficient_funds")
		case paymenttest.ConfirmLater:
			f.failed(o, "authentication_required")
		default:
			f.confirm(o, card)
		}
	}
	return 201, f.show(o, false)
}

func (f *fake) failed(o object, why string) {
	o["status"], o["method"], o["details"] = "failed", "creditcard", object{"failureReason": why, "failureMessage": "The payment was refused."}
}

func (f *fake) confirm(o object, card paymenttest.Card) {
	o["method"], o["details"] = "creditcard", object{
		"cardNumber": "6787", "cardLabel": "Mastercard", "cardFingerprint": "fp_" + string(card), "cardCountryCode": "NL", "cardExpiryDate": "2031-03-31",
	}
	if card == paymenttest.HoldLess {
		o["method"], o["details"] = "ideal", object{"consumerName": "T. Test"}
	}
	if o["captureMode"] == "manual" && card != paymenttest.HoldLess {
		now := f.clock().UTC()
		o["status"], o["authorizedAt"], o["captureBefore"] = "authorized", now.Format(time.RFC3339), now.Add(5*24*time.Hour).Format(time.DateOnly)
		return
	}
	o["status"] = "paid"
	f.move("payment", o, value(o["amount"]), value(o["amount"])*18/1000+25)
}

func (f *fake) capture(o, in object) (int, object) {
	left := value(o["amount"])
	for _, x := range o["captures"].([]object) {
		left -= value(x["amount"])
	}
	if o["status"] != "authorized" || value(in["amount"]) > left {
		return fault(422, "The payment cannot be captured for that amount", "amount")
	}
	x := f.make("cpt_", object{"status": "pending", "amount": in["amount"], "metadata": in["metadata"]})
	o["captures"] = append(o["captures"].([]object), x)
	f.settle(o)
	return 201, maps.Clone(x)
}

// refund gives back up to 25 major units more than was paid, as Mollie may.
func (f *fake) refund(o, in object) (int, object) {
	left := value(o["amount"]) + 2500
	for _, x := range o["refunds"].([]object) {
		left -= value(x["amount"])
	}
	if o["status"] != "paid" || value(in["amount"]) > left {
		return fault(422, "The specified amount cannot be refunded", "amount")
	}
	x := f.make("re_", object{"status": "pending", "amount": in["amount"], "metadata": in["metadata"], "description": in["description"]})
	o["refunds"] = append(o["refunds"].([]object), x)
	f.move("refund", o, -value(in["amount"]), 0)
	return 201, maps.Clone(x)
}

// pages cuts a list, newest first, as from and limit ask.
func pages(r *http.Request, all []object, base string) ([]object, any) {
	limit, _ := strconv.Atoi(r.URL.Query().Get("limit"))
	if from := r.URL.Query().Get("from"); from != "" {
		all = all[max(0, slices.IndexFunc(all, func(o object) bool { return o["id"] == from })):]
	}
	if len(all) <= limit {
		return all, nil
	}
	return all[:limit], object{"href": "https://api.mollie.example" + base + "?from=" + all[limit]["id"].(string) + "&limit=" + fmt.Sprint(limit)}
}

func (f *fake) list(r *http.Request) (int, object) {
	var all []object
	for _, id := range slices.Backward(f.payments) {
		all = append(all, f.show(f.objects[id], false))
	}
	list, next := pages(r, all, "/v2/payments")
	return 200, object{"_embedded": object{"payments": list}, "_links": object{"next": next}}
}

func (f *fake) report(r *http.Request) (int, object) {
	var all []object
	for _, o := range slices.Backward(f.moves) {
		all = append(all, o)
	}
	f.tokens = append(f.tokens, r.URL.Query().Get("testmode"))
	list, next := pages(r, all, r.URL.Path)
	return 200, object{"_embedded": object{"balance_transactions": list}, "_links": object{"next": next}}
}

// pay is the buyer on the page.
func (f *fake) pay(id string, card paymenttest.Card) {
	f.mu.Lock()
	defer f.mu.Unlock()
	o := f.objects[id]
	if o == nil || o["status"] != "open" {
		return
	}
	if card == paymenttest.Declined {
		f.failed(o, "refused_by_issuer")
		return
	}
	if o["sequenceType"] == "first" {
		m := f.make("mdt_", object{"customerId": o["customerId"]})
		o["mandateId"], f.cards[m["id"].(string)] = m["id"], card
	}
	f.confirm(o, card)
}

func (f *fake) count(id string) (n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, ref := range f.payments {
		if m, _ := f.objects[ref]["metadata"].(object); m["payment"] == id {
			n++
		}
	}
	return n
}

// locked changes what the fake has.
func (f *fake) locked(do func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	do()
}
