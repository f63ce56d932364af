package stripe_test

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
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"chargewright/core/payment/paymenttest"
)

type object = map[string]any

// fake is Stripe's HTTP API with a memory: what the adapter needs of it, with the
// hands of a buyer, and able to misbehave.
type fake struct {
	*httptest.Server
	t *testing.T

	mu       sync.Mutex
	objects  map[string]object   // by id
	order    map[string][]string // ids by kind, oldest first
	answers  map[string]answer   // by idempotency key
	running  map[string]bool
	trouble  paymenttest.Trouble
	calls    []string // method and path
	slow     time.Duration
	clock    func() time.Time
	noSearch bool
	cards    map[string]paymenttest.Card // by payment method
}

type answer struct {
	asked  string
	status int
	body   object
}

// refusal is an error of Stripe.
type refusal struct {
	status           int
	kind, code, text string
	param, decline   string
	intent           string
}

func newFake(t *testing.T) *fake {
	f := &fake{
		t: t, objects: map[string]object{}, order: map[string][]string{}, answers: map[string]answer{}, running: map[string]bool{},
		clock: time.Now, cards: map[string]paymenttest.Card{},
	}
	f.Server = httptest.NewUnstartedServer(http.HandlerFunc(f.serve))
	f.Config.ErrorLog = log.New(io.Discard, "", 0)
	f.Start()
	t.Cleanup(f.Close)
	f.objects["tmr_one"] = object{"id": "tmr_one", "object": "terminal.reader", "action": nil, "status": "online"}
	f.objects["acct_host"] = object{"id": "acct_host", "object": "account"}
	return f
}

func (f *fake) make(kind, prefix string, o object) object {
	b := make([]byte, 12)
	rand.Read(b)
	o["id"], o["object"], o["created"] = prefix+hex.EncodeToString(b), kind, f.clock().Unix()
	f.objects[o["id"].(string)] = o
	f.order[kind] = append(f.order[kind], o["id"].(string))
	return o
}

func (f *fake) get(id any) object { s, _ := id.(string); return f.objects[s] }

func (f *fake) serve(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	r.Body = io.NopCloser(strings.NewReader(string(body)))
	if err := r.ParseMultipartForm(1 << 20); err != nil {
		r.Body = io.NopCloser(strings.NewReader(string(body)))
		r.ParseForm()
	}
	f.mu.Lock()
	f.calls = append(f.calls, r.Method+" "+r.URL.Path)
	trouble, slow := f.trouble, f.slow
	if r.Method == http.MethodPost {
		f.trouble = ""
	} else {
		trouble = ""
	}
	f.mu.Unlock()
	status, out := f.answer(r, string(body), trouble, slow)
	if trouble == paymenttest.Lost {
		panic(http.ErrAbortHandler)
	}
	w.Header().Set("Request-Id", "req_1")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(out)
}

func (f *fake) answer(r *http.Request, body string, trouble paymenttest.Trouble, slow time.Duration) (int, object) {
	switch {
	case r.Header.Get("Authorization") != "Bearer "+apiKey || trouble == paymenttest.LockedOut:
		return (&refusal{status: 401, kind: "invalid_request_error", text: "Invalid API Key provided"}).write(f)
	case trouble == paymenttest.Overloaded:
		return (&refusal{status: 429, kind: "invalid_request_error", code: "rate_limit", text: "Too many requests"}).write(f)
	}
	key, asked := r.Header.Get("Idempotency-Key"), r.URL.Path+"?"+r.PostForm.Encode()
	if key == "" || r.Method != http.MethodPost {
		f.mu.Lock()
		defer f.mu.Unlock()
		return f.route(r)
	}
	f.mu.Lock()
	was, seen := f.answers[key]
	switch {
	case f.running[key]:
		f.mu.Unlock()
		return (&refusal{status: 409, kind: "idempotency_error", code: "idempotency_key_in_use", text: "in use"}).write(f)
	case seen && was.asked != asked:
		f.mu.Unlock()
		return (&refusal{status: 400, kind: "idempotency_error", text: "Keys for idempotent requests can only be used with the same parameters"}).write(f)
	case seen:
		f.mu.Unlock()
		return was.status, was.body
	}
	f.running[key] = true
	f.mu.Unlock()
	time.Sleep(slow)
	f.mu.Lock()
	defer f.mu.Unlock()
	status, out := f.route(r)
	delete(f.running, key)
	f.answers[key] = answer{asked, status, out}
	return status, out
}

func (e *refusal) write(f *fake) (int, object) {
	o := object{"type": e.kind, "code": e.code, "message": e.text, "param": e.param, "decline_code": e.decline}
	if e.intent != "" {
		o["payment_intent"] = clone(f.objects[e.intent])
	}
	return e.status, object{"error": o}
}

func clone(o object) object { return maps.Clone(o) }

// expand replaces ids by objects, as far as it is asked to.
func (f *fake) expand(o object, paths []string) object {
	out := clone(o)
	for _, p := range paths {
		head, rest, deeper := strings.Cut(p, ".")
		child := f.get(out[head])
		if child == nil {
			child, _ = out[head].(object)
		}
		if child == nil {
			continue
		}
		if deeper {
			child = f.expand(child, []string{rest})
		}
		out[head] = clone(child)
	}
	return out
}

func (f *fake) route(r *http.Request) (int, object) {
	parts := strings.Split(strings.Trim(strings.TrimPrefix(r.URL.Path, "/v1"), "/"), "/")
	kind := parts[0]
	if kind == "checkout" || kind == "terminal" {
		kind, parts = kind+"/"+parts[1], parts[1:]
	}
	id, verb := "", ""
	if len(parts) > 1 {
		id = parts[1]
	}
	if len(parts) > 2 {
		verb = parts[2]
	}
	expand := r.Form["expand[]"]
	for i := range 9 {
		expand = append(expand, r.Form[fmt.Sprintf("expand[%d]", i)]...)
	}
	if r.Method == http.MethodGet && (id == "" || id == "search") {
		return f.list(r, kind, id == "search", expand)
	}
	if id != "" && f.objects[id] == nil {
		return (&refusal{status: 404, kind: "invalid_request_error", code: "resource_missing", text: "No such thing: '" + id + "'", param: "id"}).write(f)
	}
	o, no := f.objects[id], (*refusal)(nil)
	if r.Method == http.MethodPost {
		o, no = f.post(r, kind+" "+verb, o)
	}
	if no != nil {
		return no.write(f)
	}
	return 200, f.expand(o, expand)
}

var kinds = map[string]string{
	"checkout/sessions": "checkout.session", "payment_intents": "payment_intent", "balance_transactions": "balance_transaction", "disputes": "dispute",
}

// list is one page, newest first.
func (f *fake) list(r *http.Request, kind string, search bool, expand []string) (int, object) {
	var all []object
	for _, id := range slices.Backward(f.order[kinds[kind]]) {
		if o := f.objects[id]; f.matches(r, o, search) {
			all = append(all, o)
		}
	}
	limit, _ := strconv.Atoi(r.Form.Get("limit"))
	if limit == 0 {
		limit = 10
	}
	more := false
	at := func(id string) int { return slices.IndexFunc(all, func(o object) bool { return o["id"] == id }) }
	if after := r.Form.Get("starting_after"); after != "" {
		all = all[at(after)+1:]
	}
	if before := r.Form.Get("ending_before"); before != "" {
		all = all[:at(before)]
		more = len(all) > limit
		all = all[max(0, len(all)-limit):]
	}
	if len(all) > limit {
		all, more = all[:limit], true
	}
	data := []any{}
	for _, o := range all {
		var inner []string
		for _, p := range expand {
			inner = append(inner, strings.TrimPrefix(p, "data."))
		}
		data = append(data, f.expand(o, inner))
	}
	return 200, object{"object": "list", "data": data, "has_more": more, "url": r.URL.Path}
}

func (f *fake) matches(r *http.Request, o object, search bool) bool {
	created := o["created"].(int64)
	for op, ok := range map[string]func(int64) bool{
		"gte": func(n int64) bool { return created >= n }, "lt": func(n int64) bool { return created < n }, "lte": func(n int64) bool { return created <= n },
	} {
		if s := r.Form.Get("created[" + op + "]"); s != "" {
			if n, _ := strconv.ParseInt(s, 10, 64); !ok(n) {
				return false
			}
		}
	}
	if i := r.Form.Get("payment_intent"); i != "" && o["payment_intent"] != i {
		return false
	}
	if search {
		m, _ := o["metadata"].(object)
		return !f.noSearch && r.Form.Get("query") == fmt.Sprintf(`metadata["payment"]:"%v"`, m["payment"])
	}
	return true
}

func number(r *http.Request, name string) int64 {
	n, _ := strconv.ParseInt(r.PostForm.Get(name), 10, 64)
	return n
}

// under reads name[key]=value.
func under(r *http.Request, name string) object {
	out := object{}
	for k, v := range r.PostForm {
		if rest, ok := strings.CutPrefix(k, name+"["); ok {
			out[strings.TrimSuffix(rest, "]")] = v[0]
		}
	}
	return out
}

func orNil(s string) any {
	if s == "" {
		return nil
	}
	return s
}

func (f *fake) post(r *http.Request, what string, o object) (object, *refusal) {
	switch what {
	case "checkout/sessions ":
		return f.openPage(r)
	case "checkout/sessions expire":
		if o["status"] != "open" {
			return nil, invalid("Only Checkout Sessions with a status in [\"open\"] can be expired.", "", "")
		}
		o["status"], o["url"] = "expired", nil
	case "payment_intents ":
		return f.newIntent(r)
	case "payment_intents capture":
		return f.capture(r, o)
	case "payment_intents cancel":
		if s := o["status"]; s == "succeeded" || s == "canceled" {
			return nil, invalid("You cannot cancel this PaymentIntent because it has a status of "+fmt.Sprint(s), "payment_intent_unexpected_state", "")
		}
		o["status"], o["amount_capturable"] = "canceled", int64(0)
	case "payment_intents increment_authorization":
		return f.raise(r, o)
	case "refunds ":
		return f.refund(r)
	case "payment_methods detach":
		if o["customer"] == nil {
			return nil, invalid("The payment method you provided is not attached to a customer so detachment is impossible.", "", "")
		}
		o["customer"] = nil
	case "disputes ":
		if r.PostForm.Get("submit") == "true" {
			o["status"], o["evidence"] = "under_review", under(r, "evidence")
		}
	case "files ":
		return f.make("file", "file_", object{"purpose": r.Form.Get("purpose")}), nil
	case "transfers ":
		to := r.PostForm.Get("destination")
		if f.objects[to] == nil {
			return nil, &refusal{status: 400, kind: "invalid_request_error", code: "resource_missing", text: "No such destination: '" + to + "'", param: "destination"}
		}
		return f.make("transfer", "tr_", object{"amount": number(r, "amount"), "currency": r.PostForm.Get("currency"), "destination": to}), nil
	case "terminal/readers process_payment_intent":
		if o["status"] != "online" {
			return nil, invalid("Reader is currently offline", "terminal_reader_offline", "")
		}
		if o["action"] != nil {
			return nil, invalid("Reader is currently busy processing another request", "terminal_reader_busy", "")
		}
		o["action"] = object{"status": "in_progress", "type": "process_payment_intent", "process_payment_intent": object{"payment_intent": r.PostForm.Get("payment_intent")}}
	case "terminal/readers cancel_action":
		o["action"] = nil
	default:
		return nil, &refusal{status: 404, kind: "invalid_request_error", text: "Unrecognized request URL " + what}
	}
	return o, nil
}

func invalid(text, code, param string) *refusal {
	return &refusal{status: 400, kind: "invalid_request_error", code: code, text: text, param: param}
}

func (f *fake) openPage(r *http.Request) (object, *refusal) {
	v := r.PostForm
	if s := v.Get("expires_at"); s != "" {
		n, _ := strconv.ParseInt(s, 10, 64)
		if at := time.Unix(n, 0); at.Before(f.clock().Add(30*time.Minute)) || at.After(f.clock().Add(24*time.Hour)) {
			return nil, invalid("The `expires_at` timestamp must be between 30 minutes and 24 hours from Checkout Session creation.", "", "expires_at")
		}
	}
	page := f.make("checkout.session", "cs_test_", object{
		"mode": v.Get("mode"), "status": "open", "client_reference_id": v.Get("client_reference_id"), "customer": orNil(v.Get("customer")),
		"metadata": under(r, "metadata"), "payment_intent": nil, "setup_intent": nil, "expires_at": number(r, "expires_at"),
		"currency": v.Get("currency"), "form": maps.Clone(v), "intent_metadata": under(r, "payment_intent_data[metadata]"),
	})
	page["url"] = f.URL + "/pay/" + page["id"].(string)
	if v.Get("mode") == "payment" {
		page["currency"], page["amount_total"] = v.Get("line_items[0][price_data][currency]"), number(r, "line_items[0][price_data][unit_amount]")
		page["intent_metadata"] = object{"payment": v.Get("payment_intent_data[metadata][payment]"), "via": v.Get("payment_intent_data[metadata][via]")}
	}
	return page, nil
}

func (f *fake) newIntent(r *http.Request) (object, *refusal) {
	v := r.PostForm
	method := f.get(v.Get("payment_method"))
	if v.Get("confirm") == "true" && (method == nil || method["customer"] == nil || method["customer"] != orNil(v.Get("customer"))) {
		return nil, &refusal{status: 400, kind: "invalid_request_error", code: "resource_missing", text: "No such PaymentMethod", param: "payment_method"}
	}
	i := f.intent(number(r, "amount"), v.Get("currency"), v.Get("capture_method"), v.Get("customer"), under(r, "metadata"))
	if v.Get("confirm") != "true" {
		return i, nil
	}
	switch card := f.cards[v.Get("payment_method")]; card {
	case paymenttest.DeclinedLater:
		return nil, f.decline(i, "card_declined", "insufficient_funds")
	case paymenttest.ConfirmLater:
		return nil, f.decline(i, "authentication_required", "authentication_required")
	default:
		f.confirm(i, method["id"].(string), card, "card")
	}
	return i, nil
}

func (f *fake) intent(amount int64, currency, capture, customer string, metadata object) object {
	if capture == "" {
		capture = "automatic_async"
	}
	return f.make("payment_intent", "pi_", object{
		"amount": amount, "amount_capturable": int64(0), "amount_received": int64(0), "currency": currency, "capture_method": capture,
		"customer": orNil(customer), "metadata": metadata, "status": "requires_payment_method", "latest_charge": nil, "payment_method": nil,
		"last_payment_error": nil, "setup_future_usage": nil, "client_secret": "pi_secret_" + hiddenSecret,
	})
}

func (f *fake) decline(i object, code, why string) *refusal {
	i["last_payment_error"] = object{"type": "card_error", "code": code, "decline_code": why, "message": "Your card was declined."}
	return &refusal{status: 402, kind: "card_error", code: code, decline: why, text: "Your card was declined.", intent: i["id"].(string)}
}

// confirm holds or takes what an intent asks for.
func (f *fake) confirm(i object, method string, card paymenttest.Card, kind string) {
	details := object{"brand": "visa", "last4": "4242", "fingerprint": "fp_" + string(card), "exp_month": 7, "exp_year": 2031, "country": "DE",
		"capture_before": f.clock().Add(5 * 24 * time.Hour).Unix(), "incremental_authorization": object{"status": "available"}, "incremental_authorization_supported": true}
	c := f.make("charge", "ch_", object{
		"amount": i["amount"], "amount_refunded": int64(0), "disputed": false, "payment_intent": i["id"], "metadata": i["metadata"],
		"currency": i["currency"], "payment_method_details": object{"type": kind, kind: details},
	})
	f.cards[c["id"].(string)] = card
	i["latest_charge"], i["payment_method"], i["last_payment_error"] = c["id"], orNil(method), nil
	if i["capture_method"] == "manual" {
		i["status"], i["amount_capturable"] = "requires_capture", i["amount"]
		return
	}
	f.take(i, i["amount"].(int64))
}

func (f *fake) take(i object, amount int64) {
	i["status"], i["amount_capturable"], i["amount_received"] = "succeeded", int64(0), amount
	f.book("charge", i["latest_charge"], amount, amount*14/1000+25, i["currency"])
}

func (f *fake) book(category string, source any, amount, fee int64, currency any) {
	f.make("balance_transaction", "txn_", object{
		"amount": amount, "fee": fee, "net": amount - fee, "currency": currency, "source": source, "type": category, "reporting_category": category,
		"available_on": f.clock().Add(48 * time.Hour).Unix(),
	})
}

func (f *fake) capture(r *http.Request, i object) (object, *refusal) {
	amount := number(r, "amount_to_capture")
	switch {
	case i["status"] != "requires_capture":
		return nil, invalid(fmt.Sprintf("This PaymentIntent could not be captured because it has a status of %v.", i["status"]), "payment_intent_unexpected_state", "")
	case amount > i["amount_capturable"].(int64):
		return nil, invalid("The requested capture amount is greater than the amount you can capture for this charge.", "amount_too_large", "amount_to_capture")
	}
	f.take(i, amount)
	return i, nil
}

func (f *fake) raise(r *http.Request, i object) (object, *refusal) {
	switch {
	case i["status"] != "requires_capture":
		return nil, invalid("This PaymentIntent cannot be incremented.", "payment_intent_unexpected_state", "")
	case f.cards[i["latest_charge"].(string)] == paymenttest.Tight:
		return nil, &refusal{status: 402, kind: "card_error", code: "card_declined", decline: "insufficient_funds", text: "Your card was declined.", intent: i["id"].(string)}
	}
	i["amount"], i["amount_capturable"] = number(r, "amount"), number(r, "amount")
	return i, nil
}

func (f *fake) refund(r *http.Request) (object, *refusal) {
	i := f.get(r.PostForm.Get("payment_intent"))
	if i == nil || i["status"] != "succeeded" {
		return nil, invalid("This PaymentIntent does not have a successful charge to refund.", "", "")
	}
	c, amount := f.get(i["latest_charge"]), number(r, "amount")
	if left := i["amount_received"].(int64) - c["amount_refunded"].(int64); amount > left {
		return nil, invalid(fmt.Sprintf("Refund amount (%d) is greater than unrefunded amount on charge (%d)", amount, left), "", "amount")
	}
	c["amount_refunded"] = c["amount_refunded"].(int64) + amount
	o := f.make("refund", "re_", object{"amount": amount, "payment_intent": i["id"], "charge": c["id"], "metadata": under(r, "metadata"), "status": "succeeded"})
	f.book("refund", o["id"], -amount, 0, i["currency"])
	return o, nil
}

// pay is the buyer on the page.
func (f *fake) pay(id string, card paymenttest.Card) {
	f.mu.Lock()
	defer f.mu.Unlock()
	page := f.objects[id]
	if page == nil || page["status"] != "open" {
		return
	}
	form := page["form"].(url.Values)
	first := func(k string) string { return form.Get(k) }
	customer, _ := page["customer"].(string)
	if customer == "" && first("customer_creation") == "always" {
		customer = f.make("customer", "cus_", object{})["id"].(string)
		page["customer"] = customer
	}
	m := f.make("payment_method", "pm_", object{"type": "card", "customer": nil, "card": object{"brand": "visa", "last4": "4242", "exp_month": 7, "exp_year": 2031, "country": "DE", "fingerprint": "fp_" + string(card)}})
	f.cards[m["id"].(string)] = card
	if page["mode"] == "setup" {
		m["customer"] = customer
		page["setup_intent"] = f.make("setup_intent", "seti_", object{"status": "succeeded", "payment_method": m["id"]})["id"]
		page["status"], page["url"] = "complete", nil
		return
	}
	i := f.get(page["payment_intent"])
	if i == nil {
		i = f.intent(page["amount_total"].(int64), page["currency"].(string), first("payment_intent_data[capture_method]"), customer, page["intent_metadata"].(object))
		page["payment_intent"] = i["id"]
	}
	if card == paymenttest.Declined {
		f.decline(i, "card_declined", "generic_decline")
		return
	}
	if first("payment_intent_data[setup_future_usage]") == "off_session" {
		i["setup_future_usage"], m["customer"] = "off_session", customer
	}
	f.confirm(i, m["id"].(string), card, "card")
	page["status"], page["url"] = "complete", nil
}

// tap shows a card to a reader.
func (f *fake) tap(reader string, card paymenttest.Card) {
	f.mu.Lock()
	defer f.mu.Unlock()
	action, _ := f.objects[reader]["action"].(object)
	if action == nil {
		return
	}
	i := f.get(action["process_payment_intent"].(object)["payment_intent"])
	f.objects[reader]["action"] = nil
	if card == paymenttest.Declined {
		f.decline(i, "card_declined", "generic_decline")
		return
	}
	f.confirm(i, "", card, "card_present")
}

// unplug takes a reader from the network, or connects it again.
func (f *fake) unplug(reader string, off bool) {
	f.locked(func() {
		f.objects[reader]["status"] = "online"
		if off {
			f.objects[reader]["status"] = "offline"
		}
	})
}

// count is how many payments Stripe has under an id of ours.
func (f *fake) count(id string) (n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, kind := range []string{"checkout.session", "payment_intent"} {
		for _, k := range f.order[kind] {
			o := f.objects[k]
			m, _ := o["metadata"].(object)
			if o["client_reference_id"] == id || kind == "payment_intent" && m["payment"] == id && m["via"] != "page" {
				n++
			}
		}
	}
	return n
}

// intentOf is the intent of a reference.
func (f *fake) intentOf(ref string) object {
	o := f.objects[ref]
	if o["object"] == "checkout.session" {
		return f.get(o["payment_intent"])
	}
	return o
}

// locked changes what the fake has.
func (f *fake) locked(do func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	do()
}
