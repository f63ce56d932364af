package api

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"chargewright/base/energy"
	"chargewright/base/fail"
	"chargewright/base/money"
	"chargewright/base/store"
	"chargewright/core/access"
	"chargewright/core/billing"
	drivers "chargewright/core/driver"
	"chargewright/core/payment"
)

// Till is the providers of payments at work.
type Till interface {
	// Names are the providers that are configured, in order.
	Names() []string
	// Pages is the provider whose pages people pay on, "" if there is none.
	Pages() string
	// Readers are the providers that have card readers, in order.
	Readers() []string
	// Ask has a planned payment asked of its provider now.
	Ask(ctx context.Context, payment string) error
	// Look asks the provider what a payment has become.
	Look(ctx context.Context, p payment.Payment) error
	// Clear is payment.Clear, Contest is payment.Contest.
	Clear(ctx context.Context, sc access.Scope, payment string) error
	Contest(ctx context.Context, sc access.Scope, dispute string, e payment.Evidence) error
}

func paymentOperations() []operation {
	const tag, path = "payments", "/payments/{id}"
	rd, wr := access.Books, access.Money
	return []operation{
		{get, "/payments", rd, tag, "listPayments", "List payments", "Newest first.", 0, nil, handle((*server).listPayments)},
		{get, "/payments/summary", rd, tag, "summarisePayments", "Sum up payments", "Those that the list with the same filters shows, all its pages together, up to the newest million.", 0, nil, handle((*server).summarisePayments)},
		{get, path, rd, tag, "getPayment", "Read a payment with its steps and disputes", "", 0, nil, handleOne((*server).getPayment)},
		{post, path + "/look", wr, tag, "lookAtPayment", "Ask the provider what a payment has become", "", 0, []int{503}, handle((*server).lookAtPayment)},
		{post, path + "/clear", wr, tag, "clearPayment", "Say that a strange payment was looked at", "The provider is asked again, and the steps that waited go on. 409: it is not strange.", 0, []int{409, 503}, handle((*server).clearPayment)},
		{post, path + "/retry", wr, tag, "retryPaymentStep", "Make a step of a payment again", "One whose outcome is unknown, or a capture or release that was refused. 409: the payment does not allow it.", 0, []int{409}, handle((*server).retryStep)},
		{post, path + "/give-up", wr, tag, "giveUpPaymentStep", "Say that a step of a payment did not happen", "Of a step whose outcome is unknown. 409: it is not.", 0, []int{409}, handle((*server).giveUpStep)},
		{get, "/claims", rd, tag, "listClaims", "List what payers of settled sessions owe", "Newest first.", 0, nil, handle((*server).listClaims)},
		{get, "/claims/summary", rd, tag, "summariseClaims", "Sum up what is owed", "The claims that the list with the same filters shows, all its pages together, up to the newest million.", 0, nil, handle((*server).summariseClaims)},
		{get, "/claims/{id}", rd, tag, "getClaim", "Read what the payer of a session owes", "", 0, nil, handleOne((*server).getClaim)},
		{post, "/claims/{id}/ask", wr, tag, "askClaim", "Charge what is left of a claim now", "By the method that the driver saved. 409: nothing is left or saved, or a payment is under way.", 0, []int{409}, handle((*server).askClaim)},
		{post, "/claims/{id}/write-off", wr, tag, "writeOffClaim", "Write off what is left of a claim", "409: nothing is left, or a payment is under way.", 0, []int{409}, handle((*server).writeOffClaim)},
		{post, "/claims/{id}/received", wr, tag, "receivedClaim", "Book what was paid of a claim by bank transfer", "The same reference again changes nothing.", 0, nil, handle((*server).receivedClaim)},
		{get, "/drivers/{id}/wallet", rd, tag, "getDriverWallet", "Read a driver's wallet", "In the currency of the operator.", 0, nil, handleOne((*server).getDriverWallet)},
		{get, "/drivers/{id}/methods", rd, tag, "listDriverMethods", "List a driver's payment methods", "The default first. They are the driver's: nobody else changes them.", 0, nil, handle((*server).listDriverMethods)},
		{get, "/disputes", rd, tag, "listDisputes", "List disputes of payments", "Newest first.", 0, nil, handle((*server).listDisputes)},
		{post, "/disputes/{id}/evidence", wr, tag, "contestDispute", "Hand in evidence for a dispute", "What is on record is gathered as PDF, see GET; what a person adds stands before it. It can be done once. 409: the dispute is not open, or its provider hears none.", 0, []int{409, 503}, handle((*server).contestDispute)},
		{get, "/reconciliation", rd, tag, "listReconciliations", "Compare the books with what the providers report", "One row for each provider and currency.", 0, nil, handle((*server).listReconciliations)},
		{get, "/reconciliation/{provider}", rd, tag, "listReconciliationItems", "List what moved at a provider beside our books", "By charge, kind and currency.", 0, nil, handle((*server).listReconciliation)},
		{get, "/billing/policy", rd, tag, "getBillingPolicy", "Read the rules about money", "", 0, nil, handleOne((*server).getPolicy)},
		{put, "/billing/policy", wr, tag, "putBillingPolicy", "Set the rules about money", "", 0, []int{412}, handleOne((*server).putPolicy)},
	}
}

type paymentRow struct {
	ID        string      `json:"id"`
	SessionID *string     `json:"session_id" doc:"That it pays for, where there is one"`
	Purpose   string      `json:"purpose" enum:"session,topup,invoice,method"`
	Object    string      `json:"object_id" doc:"What it is for: a session, a guest's visit or a driver"`
	DriverID  *string     `json:"driver_id" doc:"null: a guest"`
	Provider  string      `json:"provider"`
	Mode      string      `json:"mode" enum:"page,saved,reader"`
	Status    string      `json:"status" enum:"planned,open,held,taken,released,refused,expired"`
	Trouble   *string     `json:"trouble" doc:"unknown: nobody could tell what became of a step. strange: the provider says what cannot be"`
	Why       string      `json:"trouble_reason"`
	Asked     amount      `json:"asked"`
	Held      amount      `json:"held"`
	Captured  amount      `json:"captured"`
	Refunded  amount      `json:"refunded"`
	Method    payMethod   `json:"method"`
	Decline   *payDecline `json:"decline"`
	HoldEnds  *time.Time  `json:"hold_ends_at"`
	Created   time.Time   `json:"created_at"`
	Updated   time.Time   `json:"updated_at"`
	Whom
}

type payMethod struct {
	Kind      string `json:"kind" doc:"card, ideal, paypal, …; empty while it is not known"`
	Brand     string `json:"brand"`
	Wallet    string `json:"wallet" doc:"apple_pay, google_pay or empty"`
	Last4     string `json:"last4"`
	ExpiresOn string `json:"expires_on" doc:"2027-03, or empty"`
	Country   string `json:"country" doc:"Of the bank"`
}

type payDecline struct {
	Code  string `json:"code" doc:"The provider's own"`
	Text  string `json:"text"`
	Final bool   `json:"final" doc:"Asking again with this method is of no use"`
}

func showMethod(m payment.Method) payMethod {
	return payMethod{m.Kind, m.Brand, m.Wallet, m.Last4, m.ExpiresOn, m.Country}
}

func showPayment(p payment.Payment) paymentRow {
	v := paymentRow{
		ID: p.ID, Purpose: string(p.Purpose), Object: p.Object, DriverID: given(p.Driver), Provider: p.Provider, Mode: string(p.Mode), Status: string(p.Status),
		Trouble: given(string(p.Trouble)), Why: p.Why, Asked: amountOf(p.Asked, p.Currency), Held: amountOf(p.Held, p.Currency), Captured: amountOf(p.Captured, p.Currency),
		Refunded: amountOf(p.Refunded, p.Currency), Method: showMethod(p.Method), HoldEnds: moment(p.Before), Created: p.Created.UTC(), Updated: p.Updated.UTC(),
	}
	if p.Decline.Code != "" || p.Decline.Text != "" {
		v.Decline = &payDecline{p.Decline.Code, p.Decline.Text, p.Decline.Final}
	}
	return v
}

type fullPayment struct {
	PaymentRow
	Ref      string       `json:"provider_reference"`
	Steps    []payStep    `json:"steps"`
	Disputes []payDispute `json:"disputes"`
}

type payStep struct {
	ID       string     `json:"id"`
	Verb     string     `json:"verb" enum:"authorize,save,increment,capture,void,refund"`
	Amount   amount     `json:"amount"`
	State    string     `json:"state" enum:"planned,sent,done,refused,unknown"`
	Outcome  string     `json:"outcome" doc:"Why it was refused, or empty"`
	Answer   string     `json:"answer" doc:"What the provider said, for staff"`
	Reason   string     `json:"reason" doc:"Of a refund"`
	Attempts int64      `json:"attempts"`
	NextAt   *time.Time `json:"next_at"`
	Created  time.Time  `json:"created_at"`
	Ended    *time.Time `json:"ended_at"`
}

type payDispute struct {
	ID        string     `json:"id"`
	PaymentID string     `json:"payment_id"`
	Provider  string     `json:"provider"`
	Reference string     `json:"provider_reference"`
	Reason    string     `json:"reason" doc:"The provider's word"`
	Amount    amount     `json:"amount"`
	State     string     `json:"state" enum:"open,heard,won,lost"`
	DueAt     *time.Time `json:"due_at" doc:"Evidence counts until then"`
	Created   time.Time  `json:"created_at"`
	Updated   time.Time  `json:"updated_at"`
	SessionID *string    `json:"session_id" doc:"That the payment was for, where there is one"`
	Whom
}

func showDispute(o payment.Objection) payDispute {
	return payDispute{
		ID: o.ID, PaymentID: o.Payment, Provider: o.Provider, Reference: o.Ref, Reason: o.Reason, Amount: amountOf(o.Amount, o.Currency), State: string(o.State),
		DueAt: moment(o.DueAt), Created: o.Created.UTC(), Updated: o.Updated.UTC(),
	}
}

// PaymentFilter narrows a list of payments.
type PaymentFilter struct {
	DriverID string `query:"driver_id" maxLength:"100" doc:"Only of this driver"`
	Session  string `query:"session_id" maxLength:"100" doc:"Only those for this session"`
	Last4    string `query:"last4" pattern:"^([0-9]{4})?$" doc:"Only by cards with these last digits"`
	Trouble  bool   `query:"trouble" doc:"Only those that wait for a person"`
	Made
}

// Made narrows a list by when things were made.
type Made struct {
	From time.Time `query:"from" doc:"Only those made at or after it"`
	To   time.Time `query:"to" doc:"Only those made before it"`
}

// filter is the filter in the words of the room.
func (f PaymentFilter) filter(tx *store.Tx) (out payment.Filter, err error) {
	out = payment.Filter{Driver: f.DriverID, Last4: f.Last4, Trouble: f.Trouble, From: f.From, To: f.To}
	if f.Session != "" {
		out.Purpose, out.Object, err = billing.PaidBy(tx, f.Session)
	}
	return out, err
}

type paymentQuery struct {
	Page
	PaymentFilter
}

func (s *server) listPayments(ctx context.Context, sc access.Scope, in *paymentQuery) (list[paymentRow], error) {
	after, err := in.after(1)
	if err != nil {
		return list[paymentRow]{}, err
	}
	return store.Read(ctx, s.o.DB, func(tx *store.Tx) (list[paymentRow], error) {
		f, err := in.filter(tx)
		if err != nil {
			return list[paymentRow]{}, err
		}
		rows, err := payment.List(tx, sc, f, after.at, after.keys[0], in.Limit+1)
		if err != nil {
			return list[paymentRow]{}, err
		}
		return rowsOf(rows, in.Limit, func(p payment.Payment) place { return byTime(p.Created, p.ID) },
			func(rows []payment.Payment) ([]paymentRow, error) { return showPayments(tx, sc, rows) })
	})
}

type paymentSums struct {
	Sums []paymentSum `json:"sums" doc:"By currency"`
	More bool         `json:"more" doc:"Only the newest million are summed"`
}

type paymentSum struct {
	Count    int64  `json:"count"`
	Asked    amount `json:"asked"`
	Held     amount `json:"held" doc:"Now"`
	Captured amount `json:"captured"`
	Refunded amount `json:"refunded"`
}

func (s *server) summarisePayments(ctx context.Context, sc access.Scope, in *struct{ PaymentFilter }) (paymentSums, error) {
	return store.Read(ctx, s.o.DB, func(tx *store.Tx) (v paymentSums, err error) {
		f, err := in.filter(tx)
		if err != nil {
			return v, err
		}
		sums, more, err := payment.Summarise(tx, sc, f)
		v = paymentSums{[]paymentSum{}, more}
		for _, x := range sums {
			in := func(n int64) amount { return amountOf(n, x.Currency) }
			v.Sums = append(v.Sums, paymentSum{x.Count, in(x.Asked), in(x.Held), in(x.Captured), in(x.Refunded)})
		}
		return v, err
	})
}

// PaymentPath names a payment.
type PaymentPath struct {
	ID string `path:"id" maxLength:"100" doc:"The payment's id"`
}

func (s *server) getPayment(ctx context.Context, sc access.Scope, in *struct {
	PaymentPath
	Reading
}) (fullPayment, error) {
	return s.fullPayment(ctx, sc, in.ID)
}

func (s *server) fullPayment(ctx context.Context, sc access.Scope, id string) (fullPayment, error) {
	return store.Read(ctx, s.o.DB, func(tx *store.Tx) (fullPayment, error) {
		p, err := payment.Get(tx, sc, id)
		if err != nil {
			return fullPayment{}, err
		}
		row, err := one(showPayments(tx, sc, []payment.Payment{p}))
		if err != nil {
			return fullPayment{}, err
		}
		v := fullPayment{PaymentRow: row, Ref: p.Ref, Steps: []payStep{}, Disputes: []payDispute{}}
		steps, err := payment.Steps(tx, p.ID)
		if err != nil {
			return v, err
		}
		for _, x := range steps {
			v.Steps = append(v.Steps, payStep{
				x.ID, string(x.Verb), amountOf(x.Amount, p.Currency), string(x.State), string(x.Outcome), x.Answer, x.Reason, x.Attempts, moment(x.Next), x.Created.UTC(), moment(x.Ended),
			})
		}
		disputes, err := payment.DisputesOf(tx, p.ID)
		for _, x := range disputes {
			d := showDispute(x)
			d.Whom, d.SessionID = row.Whom, row.SessionID
			v.Disputes = append(v.Disputes, d)
		}
		return v, err
	})
}

// till returns the providers; without any nothing can be asked of them.
func (s *server) till(op string) (Till, error) {
	if s.o.Till == nil {
		return nil, fail.New(fail.Unavailable, op, "no payment provider is configured")
	}
	return s.o.Till, nil
}

func (s *server) lookAtPayment(ctx context.Context, sc access.Scope, in *PaymentPath) (fullPayment, error) {
	t, err := s.till("api.lookAtPayment")
	if err != nil {
		return fullPayment{}, err
	}
	p, err := store.Read(ctx, s.o.DB, func(tx *store.Tx) (payment.Payment, error) { return payment.Get(tx, sc, in.ID) })
	if err != nil {
		return fullPayment{}, err
	}
	if err := t.Look(ctx, p); err != nil {
		return fullPayment{}, err
	}
	return s.fullPayment(ctx, sc, in.ID)
}

func (s *server) clearPayment(ctx context.Context, sc access.Scope, in *PaymentPath) (fullPayment, error) {
	t, err := s.till("api.clearPayment")
	if err != nil {
		return fullPayment{}, err
	}
	if err := t.Clear(ctx, sc, in.ID); err != nil {
		return fullPayment{}, err
	}
	return s.fullPayment(ctx, sc, in.ID)
}

// stepOf refuses a payment that who asks does not see, and a step that is of another.
func stepOf(tx *store.Tx, sc access.Scope, of, step string) error {
	if _, err := payment.Get(tx, sc, of); err != nil {
		return err
	}
	if verb, ok := strings.CutPrefix(step, of+"/"); !ok || verb == "" {
		return fail.Field("api.step", "step", "it is no step of the payment")
	}
	return nil
}

func (s *server) retryStep(ctx context.Context, sc access.Scope, in *struct {
	PaymentPath
	Body struct {
		Step string `json:"step" maxLength:"200" doc:"The step's id"`
	} `nameHint:"RetryStep"`
}) (fullPayment, error) {
	_, err := store.Do(ctx, s.o.DB, "payment/"+in.ID, func(tx *store.Tx) (struct{}, error) {
		if err := stepOf(tx, sc, in.ID, in.Body.Step); err != nil {
			return struct{}{}, err
		}
		return struct{}{}, payment.Retry(tx, sc, in.Body.Step)
	})
	if err != nil {
		return fullPayment{}, err
	}
	s.o.Live.Publish(TopicPayment, []byte(in.ID))
	return s.fullPayment(ctx, sc, in.ID)
}

func (s *server) giveUpStep(ctx context.Context, sc access.Scope, in *struct {
	PaymentPath
	Body struct {
		Step   string `json:"step" maxLength:"200" doc:"The step's id"`
		Reason string `json:"reason" minLength:"1" maxLength:"500"`
	} `nameHint:"GiveUpStep"`
}) (fullPayment, error) {
	_, err := store.Do(ctx, s.o.DB, "payment/"+in.ID, func(tx *store.Tx) (struct{}, error) {
		if err := stepOf(tx, sc, in.ID, in.Body.Step); err != nil {
			return struct{}{}, err
		}
		return struct{}{}, payment.GiveUp(tx, sc, in.Body.Step, in.Body.Reason)
	})
	if err != nil {
		return fullPayment{}, err
	}
	s.o.Live.Publish(TopicPayment, []byte(in.ID))
	return s.fullPayment(ctx, sc, in.ID)
}

type claim struct {
	ID        string     `json:"id"`
	SessionID string     `json:"session_id"`
	DriverID  *string    `json:"driver_id" doc:"null: a guest, or nobody known"`
	Guest     bool       `json:"guest"`
	State     string     `json:"state" enum:"open,asked,paid,dunning,written_off,stuck" doc:"stuck: a person has to look"`
	Due       amount     `json:"due"`
	Paid      amount     `json:"paid" doc:"What went back deducted"`
	Left      amount     `json:"left"`
	Wallet    amount     `json:"wallet" doc:"Of what was paid: by the wallet"`
	Hand      amount     `json:"hand" doc:"Of what was paid: by bank transfer"`
	PaymentID *string    `json:"payment_id" doc:"The last that was asked"`
	Attempts  int64      `json:"attempts" doc:"How often a payment was asked"`
	FailedAt  *time.Time `json:"failed_at" doc:"The first time that one failed"`
	NextAt    *time.Time `json:"next_at" doc:"When the next is asked"`
	Reason    string     `json:"reason" doc:"Why it is not paid, for staff"`
	Created   time.Time  `json:"created_at"`
	Updated   time.Time  `json:"updated_at"`
}

func showClaim(c billing.Claim) claim {
	in := func(n int64) amount { return amountOf(n, c.Currency) }
	return claim{
		c.ID, c.Session, given(c.Driver), c.Guest != "", string(c.State), in(c.Due), in(c.Paid), in(c.Left()), in(c.Wallet), in(c.Hand), given(c.Payment), c.Attempt,
		moment(c.FailedAt), moment(c.NextAt), c.Reason, c.CreatedAt.UTC(), c.UpdatedAt.UTC(),
	}
}

// claimRow is a claim as staff see it.
type claimRow struct {
	Claim
	Whom
}

// ClaimFilter narrows a list of claims.
type ClaimFilter struct {
	State    string `query:"state" enum:"open,asked,paid,dunning,written_off,stuck" doc:"Only in this state"`
	DriverID string `query:"driver_id" maxLength:"100" doc:"Only of this driver"`
	Made
}

func (f ClaimFilter) filter() billing.ClaimFilter {
	return billing.ClaimFilter{State: billing.ClaimState(f.State), Driver: f.DriverID, From: f.From, To: f.To}
}

type claimQuery struct {
	Page
	ClaimFilter
}

func (s *server) listClaims(ctx context.Context, sc access.Scope, in *claimQuery) (list[claimRow], error) {
	after, err := in.after(1)
	if err != nil {
		return list[claimRow]{}, err
	}
	return store.Read(ctx, s.o.DB, func(tx *store.Tx) (list[claimRow], error) {
		rows, err := billing.Claims(tx, sc, in.filter(), after.at, after.keys[0], in.Limit+1)
		if err != nil {
			return list[claimRow]{}, err
		}
		return rowsOf(rows, in.Limit, func(c billing.Claim) place { return byTime(c.CreatedAt, c.ID) },
			func(rows []billing.Claim) ([]claimRow, error) { return showClaims(tx, sc, rows) })
	})
}

type claimSums struct {
	Sums []claimSum `json:"sums" doc:"By currency"`
	More bool       `json:"more" doc:"Only the newest million are summed"`
}

type claimSum struct {
	Count int64  `json:"count"`
	Due   amount `json:"due"`
	Paid  amount `json:"paid"`
	Left  amount `json:"left"`
}

func (s *server) summariseClaims(ctx context.Context, sc access.Scope, in *struct{ ClaimFilter }) (claimSums, error) {
	return store.Read(ctx, s.o.DB, func(tx *store.Tx) (claimSums, error) {
		sums, more, err := billing.SumClaims(tx, sc, in.filter())
		v := claimSums{[]claimSum{}, more}
		for _, x := range sums {
			in := func(n int64) amount { return amountOf(n, x.Currency) }
			v.Sums = append(v.Sums, claimSum{x.Count, in(x.Due), in(x.Paid), in(x.Left)})
		}
		return v, err
	})
}

// ClaimPath names a claim.
type ClaimPath struct {
	ID string `path:"id" maxLength:"100" doc:"The claim's id or its session's"`
}

func (s *server) getClaim(ctx context.Context, sc access.Scope, in *struct {
	ClaimPath
	Reading
}) (claimRow, error) {
	return store.Read(ctx, s.o.DB, func(tx *store.Tx) (claimRow, error) {
		c, err := billing.GetClaim(tx, sc, in.ID)
		if err != nil {
			return claimRow{}, err
		}
		return one(showClaims(tx, sc, []billing.Claim{c}))
	})
}

// onClaim changes a claim.
func (s *server) onClaim(ctx context.Context, sc access.Scope, id string, fn func(tx *store.Tx) (billing.Claim, error)) (claimRow, error) {
	v, err := store.Do(ctx, s.o.DB, "claim/"+id, func(tx *store.Tx) (claimRow, error) {
		c, err := fn(tx)
		if err != nil {
			return claimRow{}, err
		}
		return one(showClaims(tx, sc, []billing.Claim{c}))
	})
	if err == nil {
		s.o.Live.Publish(TopicClaim, []byte(v.ID))
	}
	return v, err
}

func (s *server) askClaim(ctx context.Context, sc access.Scope, in *ClaimPath) (claimRow, error) {
	return s.onClaim(ctx, sc, in.ID, func(tx *store.Tx) (billing.Claim, error) { return billing.AskAgain(tx, sc, in.ID) })
}

func (s *server) writeOffClaim(ctx context.Context, sc access.Scope, in *struct {
	ClaimPath
	Body struct {
		Reason string `json:"reason" minLength:"1" maxLength:"500"`
	} `nameHint:"WriteOff"`
}) (claimRow, error) {
	return s.onClaim(ctx, sc, in.ID, func(tx *store.Tx) (billing.Claim, error) { return billing.GiveUp(tx, sc, in.ID, in.Body.Reason) })
}

func (s *server) receivedClaim(ctx context.Context, sc access.Scope, in *struct {
	ClaimPath
	Body struct {
		Minor     int64  `json:"amount_minor" minimum:"1" doc:"In minor units of the claim's currency"`
		Reference string `json:"reference" minLength:"1" maxLength:"140" doc:"Of the bank: makes it the only one"`
	} `nameHint:"ReceivedTransfer"`
}) (claimRow, error) {
	return s.onClaim(ctx, sc, in.ID, func(tx *store.Tx) (billing.Claim, error) {
		return billing.Received(tx, sc, in.ID, billing.Transfer{Minor: in.Body.Minor, Reference: in.Body.Reference})
	})
}

func (s *server) getDriverWallet(ctx context.Context, sc access.Scope, in *struct {
	DriverPath
	Reading
}) (wallet, error) {
	return store.Read(ctx, s.o.DB, func(tx *store.Tx) (wallet, error) {
		if _, err := drivers.GetDriver(tx, sc, in.ID); err != nil {
			return wallet{}, err
		}
		w, _, err := walletOf(tx, sc, in.ID)
		return s.showWallet(w), err
	})
}

// driverMethod is a payment method as staff see it.
type driverMethod struct {
	ID      string    `json:"id"`
	Kind    string    `json:"kind" doc:"card, ideal, paypal, …"`
	Brand   string    `json:"brand"`
	Last4   string    `json:"last4"`
	Default bool      `json:"default"`
	Created time.Time `json:"created_at"`
}

func (s *server) listDriverMethods(ctx context.Context, sc access.Scope, in *DriverPath) (list[driverMethod], error) {
	return store.Read(ctx, s.o.DB, func(tx *store.Tx) (list[driverMethod], error) {
		if _, err := drivers.GetDriver(tx, sc, in.ID); err != nil {
			return list[driverMethod]{}, err
		}
		rows, err := payment.Methods(tx, sc.Tenant, in.ID)
		return pageOf(rows, len(rows), func(m payment.Saved) driverMethod {
			return driverMethod{m.ID, m.Method.Kind, m.Method.Brand, m.Method.Last4, m.Default, m.Created.UTC()}
		}, nil), err
	})
}

func (s *server) listDisputes(ctx context.Context, sc access.Scope, in *pageQuery) (list[payDispute], error) {
	after, err := in.after(1)
	if err != nil {
		return list[payDispute]{}, err
	}
	return store.Read(ctx, s.o.DB, func(tx *store.Tx) (list[payDispute], error) {
		rows, err := payment.Disputes(tx, sc, after.at, after.keys[0], in.Limit+1)
		if err != nil {
			return list[payDispute]{}, err
		}
		return rowsOf(rows, in.Limit, func(o payment.Objection) place { return byTime(o.Created, o.ID) },
			func(rows []payment.Objection) ([]payDispute, error) { return showDisputes(tx, sc, rows) })
	})
}

type reconciliation struct {
	Provider  string `json:"provider"`
	Clearing  amount `json:"clearing" doc:"What the ledger says that the provider holds for us"`
	Reported  amount `json:"reported" doc:"What the provider says"`
	InTransit amount `json:"in_transit" doc:"Booked and not reported yet, less what is reported and not booked"`
	Off       amount `json:"off" doc:"clearing - reported - in_transit: zero, or somebody has to look"`
}

func (s *server) listReconciliations(ctx context.Context, sc access.Scope, _ *struct{}) (list[reconciliation], error) {
	out := list[reconciliation]{Items: []reconciliation{}}
	if sc.Limited() {
		return out, nil
	}
	return store.Read(ctx, s.o.DB, func(tx *store.Tx) (list[reconciliation], error) {
		for _, name := range s.reporters() {
			checks, err := payment.Checks(tx, sc.Tenant, name)
			if err != nil {
				return out, err
			}
			for _, c := range checks {
				in := func(n int64) amount { return amountOf(n, c.Currency) }
				out.Items = append(out.Items, reconciliation{c.Provider, in(c.Clearing), in(c.Reported), in(c.InTransit), in(c.Off)})
			}
		}
		return out, nil
	})
}

// reporters are who reports of our balance: the providers, and the one behind the
// terminals of stations.
func (s *server) reporters() []string {
	var out []string
	if s.o.Till != nil {
		out = s.o.Till.Names()
	}
	return append(slices.Clone(out), payment.Terminal)
}

type reconciliationItem struct {
	Charge    string     `json:"provider_reference"`
	Kind      string     `json:"kind" enum:"charge,refund,dispute,payout,fee,other,strange"`
	Match     string     `json:"match" enum:"matched,in_transit,not_ours,differs"`
	PaymentID *string    `json:"payment_id" doc:"null: none that we know"`
	Ours      amount     `json:"ours" doc:"Negative: away from our account"`
	Theirs    amount     `json:"theirs"`
	OursAt    *time.Time `json:"ours_at"`
	TheirsAt  *time.Time `json:"theirs_at"`
	AgeS      int64      `json:"age_s" doc:"For how long the two have not agreed, in seconds"`
}

func (s *server) listReconciliation(ctx context.Context, sc access.Scope, in *struct {
	Page
	Provider string `path:"provider" maxLength:"40"`
	Open     bool   `query:"open" doc:"Only where the two do not agree"`
}) (list[reconciliationItem], error) {
	after, err := in.after(3)
	if err == nil && !slices.Contains(s.reporters(), in.Provider) {
		err = fail.New(fail.NotFound, "api.listReconciliation", "no provider %q is configured", in.Provider)
	}
	if err != nil {
		return list[reconciliationItem]{}, err
	}
	return store.Read(ctx, s.o.DB, func(tx *store.Tx) (list[reconciliationItem], error) {
		k := after.keys
		rows, err := payment.Items(tx, sc, in.Provider, in.Open, payment.Item{Charge: k[0], Kind: payment.MovementKind(k[1]), Currency: money.Currency(k[2])}, in.Limit+1)
		return pageOf(rows, in.Limit, func(i payment.Item) reconciliationItem {
			return reconciliationItem{
				i.Charge, string(i.Kind), string(i.Match()), given(i.Payment), amountOf(i.Ours, i.Currency), amountOf(i.Theirs, i.Currency), moment(i.OursAt), moment(i.TheirsAt),
				int64(i.Age(tx.Now()) / time.Second),
			}
		}, func(i payment.Item) place { return place{keys: []string{i.Charge, string(i.Kind), string(i.Currency)}} }), err
	})
}

type billingPolicy struct {
	FailedWh  int64  `json:"failed_start_wh" minimum:"0" maximum:"1000" doc:"A session with less energy …"`
	FailedS   int64  `json:"failed_start_s" minimum:"0" maximum:"600" doc:"… and less time than these is a failed start: it costs nothing"`
	Hold      int64  `json:"hold_minor" minimum:"0" maximum:"1000000" doc:"What a guest's card is asked to hold, in minor units; 0: by the tariff and the power"`
	Operators int64  `json:"operator_goodwill" minimum:"0" maximum:"1000000" doc:"What an operator may give back of one receipt, in major units"`
	Support   int64  `json:"support_goodwill" minimum:"0" maximum:"1000000" doc:"What support may"`
	Unpaid    string `json:"unpaid_sessions,omitempty" enum:"allow,refuse" doc:"Drivers who saved no method and have nothing free in their wallet: allow lets them charge and pay by hand; refuse does not, whatever it would cost. Tokens of nobody and guests are not meant. Left out: allow"`
}

func showPolicy(p billing.Policy) billingPolicy {
	return billingPolicy{p.FailedEnergy.WattHours(), int64(p.FailedTime / time.Second), p.Hold, p.Operators, p.Support, string(p.Unpaid)}
}

func (s *server) getPolicy(ctx context.Context, sc access.Scope, _ *struct{ Reading }) (billingPolicy, error) {
	return store.Read(ctx, s.o.DB, func(tx *store.Tx) (billingPolicy, error) {
		p, err := billing.GetPolicy(tx, sc.Tenant)
		return showPolicy(p), err
	})
}

func (s *server) putPolicy(ctx context.Context, sc access.Scope, in *struct {
	Writing
	Body billingPolicy `nameHint:"BillingPolicy"`
}) (billingPolicy, error) {
	return store.Do(ctx, s.o.DB, "policy/"+sc.Tenant, func(tx *store.Tx) (billingPolicy, error) {
		was, err := billing.GetPolicy(tx, sc.Tenant)
		if err != nil {
			return billingPolicy{}, err
		}
		if err := in.check(showPolicy(was)); err != nil {
			return billingPolicy{}, err
		}
		b := in.Body
		p := billing.Policy{
			FailedEnergy: energy.Energy(b.FailedWh) * energy.WattHour, FailedTime: time.Duration(b.FailedS) * time.Second, Hold: b.Hold, Operators: b.Operators, Support: b.Support,
			Unpaid: cmp.Or(billing.Unpaid(b.Unpaid), billing.Allow),
		}
		if err := billing.SetPolicy(tx, sc.Tenant, p); err != nil {
			return billingPolicy{}, err
		}
		return showPolicy(p), nil
	})
}
