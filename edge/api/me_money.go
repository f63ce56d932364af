package api

import (
	"context"
	"time"

	"chargewright/base/fail"
	"chargewright/base/money"
	"chargewright/base/store"
	"chargewright/core/access"
	"chargewright/core/billing"
	drivers "chargewright/core/driver"
	"chargewright/core/payment"
	"chargewright/core/plan"
)

func meMoneyOperations() []operation {
	const tag = "me"
	me := access.Me
	return []operation{
		{get, "/me/wallet", me, tag, "getWallet", "Read one's wallet", "In the currency of the operator.", 0, nil, handleOne((*server).getWallet)},
		{put, "/me/wallet", me, tag, "putWallet", "Say when the wallet is filled by itself", "By the default payment method. 409: none is saved.", 0, []int{409, 412}, handleOne((*server).putWallet)},
		{post, "/me/wallet/top-ups", me, tag, "postTopUp", "Add to one's wallet",
			"The answer's url is where to pay; with a saved method there is none, and the payment tells what became of it. The same key again gets the same payment.", 201, []int{409, 503}, handle((*server).postTopUp)},
		{post, "/me/wallet/pay-back", me, tag, "payBackWallet", "Have the wallet paid back", "By the payments that filled it, the latest first. It is not filled by itself any more. 409: nothing is free, or it cannot go back.", 0, []int{409}, handle((*server).payBackWallet)},
		{get, "/me/methods", me, tag, "listMethods", "List one's payment methods", "The default first.", 0, nil, handle((*server).listMethods)},
		{post, "/me/methods", me, tag, "postMethod", "Save a payment method", "The answer's url is the page of the provider where it is entered; nothing is paid.", 201, []int{409, 503}, handle((*server).postMethod)},
		{post, "/me/methods/{id}/default", me, tag, "preferMethod", "Make a payment method the default", "", 0, nil, handleNone((*server).preferMethod)},
		{del, "/me/methods/{id}", me, tag, "deleteMethod", "Remove a payment method", "409: something is owed, and it is the last.", 0, []int{409}, handleNone((*server).deleteMethod)},
		{get, "/me/payments", me, tag, "listOwnPayments", "List one's payments", "Newest first.", 0, nil, handle((*server).listOwnPayments)},
		{get, "/me/payments/{id}", me, tag, "getOwnPayment", "Read one of one's payments", "The provider is asked when the page is still open.", 0, nil, handle((*server).getOwnPayment)},
		{get, "/me/claims", me, tag, "listOwnClaims", "List what one owes and paid for sessions", "Newest first.", 0, nil, handle((*server).listOwnClaims)},
		{post, "/me/claims/{id}/pay", me, tag, "payClaim", "Pay what one owes for a session", "The answer's url is where to pay. 409: nothing is left, or a payment is under way.", 201, []int{409, 503}, handle((*server).payClaim)},
	}
}

type wallet struct {
	Balance    amount  `json:"balance" doc:"What was paid ahead"`
	Free       amount  `json:"free" doc:"Without what open sessions were promised"`
	AutoBelow  amount  `json:"auto_below" doc:"Where less is free …"`
	AutoAmount amount  `json:"auto_amount" doc:"… this is added by itself; 0: never"`
	Topping    *string `json:"topping_payment_id" doc:"The payment that adds to it at this moment"`
	Most       amount  `json:"most" doc:"What may be added at once"`
	Offered    bool    `json:"offered" doc:"Payments can be made here"`
}

func (s *server) showWallet(w plan.Wallet) wallet {
	in := func(n int64) amount { return amountOf(n, w.Currency) }
	return wallet{
		in(w.Balance), in(w.Free()), in(w.AutoBelow), in(w.AutoAmount), given(w.Topping), in(plan.MaxTopUp * money.Pow10(w.Currency.Exponent())),
		s.o.Till != nil && s.o.Till.Pages() != "",
	}
}

// ownWallet is walletOf the caller.
func ownWallet(tx *store.Tx, sc access.Scope) (plan.Wallet, access.Entity, error) {
	return walletOf(tx, sc, sc.Actor)
}

// walletOf is a driver's wallet with who keeps it.
func walletOf(tx *store.Tx, sc access.Scope, driver string) (plan.Wallet, access.Entity, error) {
	e, err := access.FirstEntity(tx, sc)
	if err != nil {
		return plan.Wallet{}, e, err
	}
	w, err := plan.Get(tx, sc.Tenant, driver, money.Currency(e.Currency))
	return w, e, err
}

func (s *server) getWallet(ctx context.Context, sc access.Scope, _ *struct{ Reading }) (wallet, error) {
	return store.Read(ctx, s.o.DB, func(tx *store.Tx) (wallet, error) {
		w, _, err := ownWallet(tx, sc)
		return s.showWallet(w), err
	})
}

func (s *server) putWallet(ctx context.Context, sc access.Scope, in *struct {
	Writing
	Body struct {
		Below  int64 `json:"auto_below_minor" minimum:"0"`
		Amount int64 `json:"auto_amount_minor" minimum:"0" doc:"0: never"`
	} `nameHint:"WalletAuto"`
}) (wallet, error) {
	return store.Do(ctx, s.o.DB, "driver/"+sc.Actor, func(tx *store.Tx) (wallet, error) {
		w, _, err := ownWallet(tx, sc)
		if err != nil {
			return wallet{}, err
		}
		if err := in.check(s.showWallet(w)); err != nil {
			return wallet{}, err
		}
		if in.Body.Amount > 0 {
			methods, err := payment.Methods(tx, sc.Tenant, sc.Actor)
			if err != nil {
				return wallet{}, err
			}
			if len(methods) == 0 {
				return wallet{}, fail.New(fail.Conflict, "api.putWallet", "save a payment method first")
			}
		}
		if err := plan.SetAuto(tx, sc.Tenant, sc.Actor, w.Currency, in.Body.Below, in.Body.Amount); err != nil {
			return wallet{}, err
		}
		w, _, err = ownWallet(tx, sc)
		return s.showWallet(w), err
	})
}

func (s *server) payBackWallet(ctx context.Context, sc access.Scope, _ *struct{}) (wallet, error) {
	return store.Do(ctx, s.o.DB, "driver/"+sc.Actor, func(tx *store.Tx) (wallet, error) {
		w, _, err := ownWallet(tx, sc)
		if err != nil {
			return wallet{}, err
		}
		if _, err := billing.PayBack(tx, sc, w.Currency); err != nil {
			return wallet{}, err
		}
		w, _, err = ownWallet(tx, sc)
		return s.showWallet(w), err
	})
}

// ownPayment is a payment as its payer sees it.
type ownPayment struct {
	ID       string    `json:"id"`
	Purpose  string    `json:"purpose" enum:"session,topup,invoice,method"`
	Status   string    `json:"status" enum:"planned,open,held,taken,released,refused,expired"`
	Amount   amount    `json:"amount" doc:"What was asked for"`
	Captured amount    `json:"captured"`
	Refunded amount    `json:"refunded"`
	Method   payMethod `json:"method"`
	Why      string    `json:"decline" doc:"Why the bank said no, or empty"`
	WhyCode  string    `json:"decline_code" doc:"The same as the provider names it, such as insufficient_funds"`
	Confirm  bool      `json:"confirm" doc:"The bank asks the payer to confirm: pay again by the page"`
	URL      *string   `json:"url" doc:"Where to pay or confirm, while it is open"`
	Created  time.Time `json:"created_at"`
}

func showOwnPayment(p payment.Payment) ownPayment {
	v := ownPayment{
		ID: p.ID, Purpose: string(p.Purpose), Status: string(p.Status), Amount: amountOf(p.Asked, p.Currency), Captured: amountOf(p.Captured, p.Currency),
		Refunded: amountOf(p.Refunded, p.Currency), Method: showMethod(p.Method), Why: p.Decline.Text, WhyCode: p.Decline.Code, Confirm: p.Decline.Confirm, Created: p.Created.UTC(),
	}
	if p.Status == payment.Open {
		v.URL = given(p.URL)
	}
	return v
}

// asked has a planned payment asked of its provider at once, so that the answer has
// the page. A provider that does not answer is asked again in the background.
func (s *server) asked(ctx context.Context, sc access.Scope, p payment.Payment) (ownPayment, error) {
	t, err := s.till("api.asked")
	if err != nil {
		return ownPayment{}, err
	}
	failed := t.Ask(ctx, p.ID)
	now, err := store.Read(ctx, s.o.DB, func(tx *store.Tx) (payment.Payment, error) { return payment.Get(tx, sc, p.ID) })
	if err == nil && now.Status == payment.Planned && failed != nil {
		err = failed
	}
	return showOwnPayment(now), err
}

// back is the address of the driver's app to which the provider's page leads.
func (s *server) back(page, payment string) string {
	return s.base() + "/app/" + page + "?payment=" + payment
}

func (s *server) postTopUp(ctx context.Context, sc access.Scope, in *struct {
	Body struct {
		Key    string `json:"key" minLength:"1" maxLength:"60" doc:"Makes it the only one"`
		Minor  int64  `json:"amount_minor" minimum:"1"`
		Method string `json:"method_id,omitempty" maxLength:"100" doc:"A saved method; empty: the page"`
		Save   bool   `json:"save,omitempty" doc:"Keep the method of the page"`
	} `nameHint:"NewTopUp"`
}) (ownPayment, error) {
	t, err := s.till("api.postTopUp")
	if err != nil {
		return ownPayment{}, err
	}
	b := in.Body
	p, err := store.Do(ctx, s.o.DB, "driver/"+sc.Actor, func(tx *store.Tx) (payment.Payment, error) {
		w, e, err := ownWallet(tx, sc)
		if err != nil {
			return payment.Payment{}, err
		}
		d, err := drivers.GetDriver(tx, sc, sc.Actor)
		if err != nil {
			return payment.Payment{}, err
		}
		provider := t.Pages()
		if b.Method != "" {
			if provider, err = providerOf(tx, sc, b.Method); err != nil {
				return payment.Payment{}, err
			}
		}
		id := payment.NewID()
		return billing.AddToWallet(tx, sc, e.ID, billing.TopUp{
			ID: id, Key: b.Key, Amount: money.Amount{Minor: b.Minor, Currency: w.Currency}, Provider: provider, Method: b.Method, Save: b.Save, Email: d.Email, Language: d.Language,
			Return: s.back("wallet", id),
		})
	})
	if err != nil {
		return ownPayment{}, err
	}
	return s.asked(ctx, sc, p)
}

// providerOf is the provider of one of the caller's methods.
func providerOf(tx *store.Tx, sc access.Scope, method string) (string, error) {
	methods, err := payment.Methods(tx, sc.Tenant, sc.Actor)
	if err != nil {
		return "", err
	}
	for _, m := range methods {
		if m.ID == method {
			return m.Provider, nil
		}
	}
	return "", fail.New(fail.NotFound, "api.providerOf", "there is no payment method %q", method)
}

type savedMethod struct {
	ID        string    `json:"id"`
	Kind      string    `json:"kind" doc:"card, ideal, paypal, …"`
	Brand     string    `json:"brand"`
	Wallet    string    `json:"wallet" doc:"apple_pay, google_pay or empty"`
	Last4     string    `json:"last4"`
	ExpiresOn string    `json:"expires_on" doc:"2027-03, or empty"`
	Country   string    `json:"country" doc:"Of the bank"`
	Default   bool      `json:"default" doc:"Used where one does not say"`
	Created   time.Time `json:"created_at"`
}

func showSaved(m payment.Saved) savedMethod {
	p := m.Method
	return savedMethod{m.ID, p.Kind, p.Brand, p.Wallet, p.Last4, p.ExpiresOn, p.Country, m.Default, m.Created.UTC()}
}

func (s *server) listMethods(ctx context.Context, sc access.Scope, _ *struct{}) (list[savedMethod], error) {
	return store.Read(ctx, s.o.DB, func(tx *store.Tx) (list[savedMethod], error) {
		rows, err := payment.Methods(tx, sc.Tenant, sc.Actor)
		return pageOf(rows, len(rows), showSaved, nil), err
	})
}

func (s *server) postMethod(ctx context.Context, sc access.Scope, _ *struct{}) (ownPayment, error) {
	t, err := s.till("api.postMethod")
	if err != nil {
		return ownPayment{}, err
	}
	p, err := store.Do(ctx, s.o.DB, "driver/"+sc.Actor, func(tx *store.Tx) (payment.Payment, error) {
		e, err := access.FirstEntity(tx, sc)
		if err != nil {
			return payment.Payment{}, err
		}
		return billing.SaveMethod(tx, sc, e, t.Pages(), func(id string) string { return s.back("wallet", id) })
	})
	if err != nil {
		return ownPayment{}, err
	}
	return s.asked(ctx, sc, p)
}

func (s *server) preferMethod(ctx context.Context, sc access.Scope, in *struct{ OwnPath }) error {
	_, err := store.Do(ctx, s.o.DB, "driver/"+sc.Actor, func(tx *store.Tx) (struct{}, error) { return struct{}{}, payment.Prefer(tx, sc, in.ID) })
	return err
}

func (s *server) deleteMethod(ctx context.Context, sc access.Scope, in *struct{ OwnPath }) error {
	_, err := store.Do(ctx, s.o.DB, "driver/"+sc.Actor, func(tx *store.Tx) (struct{}, error) {
		if err := billing.MayRemove(tx, sc); err != nil {
			return struct{}{}, err
		}
		return struct{}{}, payment.Remove(tx, sc, in.ID)
	})
	return err
}

func (s *server) listOwnPayments(ctx context.Context, sc access.Scope, in *pageQuery) (list[ownPayment], error) {
	after, err := in.after(1)
	if err != nil {
		return list[ownPayment]{}, err
	}
	return store.Read(ctx, s.o.DB, func(tx *store.Tx) (list[ownPayment], error) {
		rows, err := payment.List(tx, sc, payment.Filter{}, after.at, after.keys[0], in.Limit+1)
		return pageOf(rows, in.Limit, showOwnPayment, func(p payment.Payment) place { return byTime(p.Created, p.ID) }), err
	})
}

// looksApart is the distance of two questions to a provider that a reader causes.
const looksApart = 3 * time.Second

func (s *server) getOwnPayment(ctx context.Context, sc access.Scope, in *struct{ OwnPath }) (ownPayment, error) {
	read := func() (payment.Payment, error) {
		return store.Read(ctx, s.o.DB, func(tx *store.Tx) (payment.Payment, error) { return payment.Get(tx, sc, in.ID) })
	}
	p, err := read()
	if err != nil {
		return ownPayment{}, err
	}
	if s.o.Till != nil && p.Status == payment.Open && time.Since(p.Updated) > looksApart {
		// They come from the provider's page, and its call may be behind them.
		if s.o.Till.Look(ctx, p) == nil {
			if now, err := read(); err == nil {
				p = now
			}
		}
	}
	return showOwnPayment(p), nil
}

type ownClaim struct {
	ID        string     `json:"id"`
	SessionID string     `json:"session_id"`
	State     string     `json:"state" enum:"open,asked,paid,dunning,written_off,stuck" doc:"asked: a payment is under way. dunning: it failed and is asked again"`
	Due       amount     `json:"due"`
	Paid      amount     `json:"paid"`
	Left      amount     `json:"left"`
	NextAt    *time.Time `json:"next_at" doc:"When the payment method is charged again"`
	PaymentID *string    `json:"payment_id" doc:"The latest payment that was asked for it"`
	Created   time.Time  `json:"created_at"`
}

func showOwnClaim(c billing.Claim) ownClaim {
	in := func(n int64) amount { return amountOf(n, c.Currency) }
	return ownClaim{c.ID, c.Session, string(c.State), in(c.Due), in(c.Paid), in(c.Left()), moment(c.NextAt), given(c.Payment), c.CreatedAt.UTC()}
}

func (s *server) listOwnClaims(ctx context.Context, sc access.Scope, in *struct {
	Page
	State string `query:"state" enum:"open,asked,paid,dunning,written_off,stuck" doc:"Only in this state"`
}) (list[ownClaim], error) {
	after, err := in.after(1)
	if err != nil {
		return list[ownClaim]{}, err
	}
	return store.Read(ctx, s.o.DB, func(tx *store.Tx) (list[ownClaim], error) {
		rows, err := billing.Claims(tx, sc, billing.ClaimFilter{State: billing.ClaimState(in.State)}, after.at, after.keys[0], in.Limit+1)
		return pageOf(rows, in.Limit, showOwnClaim, func(c billing.Claim) place { return byTime(c.CreatedAt, c.ID) }), err
	})
}

func (s *server) payClaim(ctx context.Context, sc access.Scope, in *struct {
	OwnPath
	Body *struct {
		Save bool `json:"save,omitempty" doc:"Keep the method"`
	} `nameHint:"PayClaim" required:"false"`
}) (ownPayment, error) {
	t, err := s.till("api.payClaim")
	if err != nil {
		return ownPayment{}, err
	}
	p, err := store.Do(ctx, s.o.DB, "driver/"+sc.Actor, func(tx *store.Tx) (payment.Payment, error) {
		d, err := drivers.GetDriver(tx, sc, sc.Actor)
		if err != nil {
			return payment.Payment{}, err
		}
		return billing.PayClaim(tx, sc, in.ID, billing.ByHand{
			Provider: t.Pages(), Return: func(id string) string { return s.back("wallet", id) }, Email: d.Email, Language: d.Language, Save: in.Body != nil && in.Body.Save,
		})
	})
	if err != nil {
		return ownPayment{}, err
	}
	return s.asked(ctx, sc, p)
}
