package api

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"chargewright/base/fail"
	"chargewright/base/store"
	"chargewright/core/access"
	"chargewright/core/billing"
	"chargewright/core/device"
	drivers "chargewright/core/driver"
	"chargewright/core/notify"
	"chargewright/core/payment"
	sessions "chargewright/core/session"
	stations "chargewright/core/station"
)

// supportCase is a session as somebody at the desk needs it.
type supportCase struct {
	Session   session              `json:"session"`
	TimeZone  string               `json:"time_zone"`
	EVSE      nullable[foundPlace] `json:"evse" doc:"null: the EVSE is not known"`
	Driver    nullable[driver]     `json:"driver" doc:"null: a guest, or nobody known"`
	Guest     bool                 `json:"guest" doc:"Somebody without an account who paid on a page"`
	Token     nullable[token]      `json:"token" doc:"null: none that we know, or of one visit alone"`
	Documents []staffDocument      `json:"documents" doc:"The oldest first"`
	Payments  []paymentRow         `json:"payments" doc:"The oldest first"`
	Claim     nullable[claimRow]   `json:"claim"`
	GiveBack  nullable[giveBack]   `json:"give_back" doc:"null: there is no receipt"`
	Trail     []caseEvent          `json:"trail" doc:"In order"`
}

// giveBack is what may be given back of the receipt in force.
type giveBack struct {
	Receipt string           `json:"receipt_id"`
	Number  string           `json:"number"`
	Left    amount           `json:"left" doc:"Of the receipt, credit notes deducted"`
	Limit   nullable[amount] `json:"limit" doc:"What the role may still give back of it; null: all that is left"`
	Wallet  bool             `json:"wallet" doc:"It can go to the driver's wallet"`
}

// caseEvent is one thing that happened.
type caseEvent struct {
	At     time.Time        `json:"at"`
	Kind   string           `json:"kind" enum:"authorised,started,price,flow,fault,notice,connected,disconnected,command,deed,stopped,held,decided,noted,free,document,payment,step,dispute,claim,report,mail"`
	Word   string           `json:"word" doc:"What became of it, in the word of its kind: a verdict, a state, a kind of command"`
	Text   string           `json:"text" doc:"What was said, in the words of the station, the bank or the driver"`
	Reason string           `json:"reason" doc:"Why, in the words of who did it"`
	By     string           `json:"by" doc:"Who did it: a name of staff; empty otherwise"`
	Ref    string           `json:"ref" doc:"Id of the command, document, payment or report"`
	OK     *bool            `json:"ok" doc:"Whether it went well; null where that is no question"`
	Amount nullable[amount] `json:"amount"`
}

// Bounds of a trail, of each kind.
const (
	maxTrail  = 50
	caseShade = 10 * time.Minute // before and after the session
)

// teller tells what happened in a session.
type teller struct {
	tx       *store.Tx
	sc       access.Scope
	s        sessions.Session
	from, to time.Time
	names    map[string]string
	out      supportCase
}

func (s *server) getCase(ctx context.Context, sc access.Scope, in *struct{ SessionPath }) (supportCase, error) {
	c, err := store.Read(ctx, s.o.DB, func(tx *store.Tx) (*teller, error) {
		ses, err := sessions.Get(tx, sc, in.ID)
		if err != nil {
			return nil, err
		}
		c := &teller{tx: tx, sc: sc, s: ses, from: ses.Began().Add(-caseShade), to: tx.Now(), names: map[string]string{}}
		c.out = supportCase{Documents: []staffDocument{}, Payments: []paymentRow{}, Trail: []caseEvent{}}
		if !ses.State.Open() && !ses.StoppedAt.IsZero() {
			c.to = ses.StoppedAt.Add(caseShade)
		}
		if c.out.Session, err = s.showSession(tx, ses); err != nil {
			return nil, err
		}
		for _, part := range []func() error{c.where, c.who, c.course, c.evidence, c.station, c.notices, c.commands, c.staff, c.documents, c.money, c.reports, c.mails} {
			if err := part(); err != nil {
				return nil, err
			}
		}
		return c, nil
	})
	if err != nil {
		return supportCase{}, err
	}
	if err := s.faults(ctx, c); err != nil {
		return supportCase{}, err
	}
	slices.SortStableFunc(c.out.Trail, func(a, b caseEvent) int { return a.At.Compare(b.At) })
	return c.out, nil
}

func (c *teller) tell(e caseEvent) {
	if e.At.IsZero() {
		return
	}
	e.At = e.At.UTC()
	c.out.Trail = append(c.out.Trail, e)
}

func yes(ok bool) *bool { return &ok }

// name is who an actor is: of staff and keys their name, of others nothing.
func (c *teller) name(actor string) (string, error) {
	if n, ok := c.names[actor]; ok || actor == "" {
		return n, nil
	}
	names, err := access.Names(c.tx, c.sc.Tenant, []string{actor})
	c.names[actor] = names[actor]
	return names[actor], err
}

func (c *teller) where() error {
	st, err := stations.Get(c.tx, c.sc, c.s.Station)
	if fail.Is(err, fail.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	site, err := stations.SiteOf(c.tx, st.ID)
	if err != nil {
		return err
	}
	c.out.TimeZone = site.Zone
	f := finder{tx: c.tx, sc: c.sc}
	if err := f.place(st, c.s.EVSE); err != nil || len(f.out.EVSEs) == 0 || c.s.EVSE == 0 {
		return err
	}
	c.out.EVSE = of(f.out.EVSEs[0])
	return nil
}

func (c *teller) who() error {
	if c.s.Driver != "" {
		d, err := readDriver(c.tx, c.sc, c.s.Driver)
		if err == nil {
			c.out.Driver = of(d)
		} else if !fail.Is(err, fail.NotFound) {
			return err
		}
	}
	_, guest, err := drivers.GuestBySession(c.tx, c.s.ID)
	if err != nil {
		return err
	}
	c.out.Guest = guest
	t, found, err := drivers.FindToken(c.tx, c.s.Tenant, c.s.Token)
	if err == nil && found && !t.Guest && !t.Free {
		c.out.Token = of(showToken(t))
	}
	return err
}

// course tells how the session went, from its projection and its evidence.
func (c *teller) course() error {
	s := c.s
	if s.Token != "" {
		c.tell(caseEvent{At: s.Began(), Kind: "authorised", Word: string(s.Verdict), Text: hint(s.Shown), OK: yes(s.Verdict == drivers.Accepted)})
	}
	c.tell(caseEvent{At: s.StartedAt, Kind: "started"})
	p, found, err := sessions.PriceShown(c.tx, s.ID)
	if err != nil {
		return err
	}
	if found && p.Words != "" {
		words, _, _ := strings.Cut(p.Words, "\n")
		c.tell(caseEvent{At: cmp.Or(s.StartedAt, p.At), Kind: "price", Word: string(p.How), Text: words})
	}
	if !s.State.Open() && !s.StoppedAt.IsZero() {
		c.tell(caseEvent{At: s.StoppedAt, Kind: "stopped", Word: s.Reason})
	}
	if s.Held() {
		c.tell(caseEvent{At: s.UpdatedAt, Kind: "held", Word: strings.Join(flags(s.Flags), ","), OK: yes(false)})
	}
	return nil
}

// evidence tells how the energy flowed, and what people said about it.
func (c *teller) evidence() error {
	inputs, err := sessions.Inputs(c.tx, c.s)
	if err != nil {
		return err
	}
	m, err := sessions.MeterOf(c.tx, c.s)
	if err != nil {
		return err
	}
	last, n := sessions.Flow(""), 0
	for _, g := range c.s.Timeline(inputs, m).Segments {
		if g.Flow != last && n < maxTrail {
			c.tell(caseEvent{At: g.Start, Kind: "flow", Word: string(g.Flow)})
			n++
		}
		last = g.Flow
	}
	for _, x := range inputs {
		if x.Kind != sessions.Reviewed && x.Kind != sessions.Noted {
			continue
		}
		var said struct {
			Decision, Reason, Note, Actor string
		}
		if json.Unmarshal([]byte(x.Message), &said) != nil {
			continue // it is ours, and always reads
		}
		by, err := c.name(said.Actor)
		if err != nil {
			return err
		}
		kind := string(x.Kind)
		switch {
		case x.Kind == sessions.Reviewed && c.s.Flags.Has(sessions.FlagFree):
			kind = "free"
		case x.Kind == sessions.Reviewed:
			kind = "decided"
		}
		c.tell(caseEvent{At: x.Received, Kind: kind, Word: said.Decision, Reason: cmp.Or(said.Reason, said.Note), By: by})
	}
	return nil
}

// station tells when the connection was lost or came.
func (c *teller) station() error {
	all, err := stations.ConnectionsUntil(c.tx, c.sc, c.s.Station, c.to, maxTrail)
	if fail.Is(err, fail.NotFound) {
		return nil
	}
	for _, x := range all {
		if x.OpenedAt.After(c.from) {
			c.tell(caseEvent{At: x.OpenedAt, Kind: "connected", Text: "OCPP " + x.Protocol, OK: yes(true)})
		}
		if x.ClosedAt.After(c.from) && x.ClosedAt.Before(c.to) {
			c.tell(caseEvent{At: x.ClosedAt, Kind: "disconnected", Text: x.Reason, OK: yes(false)})
		}
	}
	return err
}

func (c *teller) notices() error {
	if c.s.Device == "" {
		return nil
	}
	rows, _, err := device.NoticesBefore(c.tx, c.s.Device, "", device.NoticeKey{ReceivedAt: c.to}, maxTrail)
	for _, n := range rows {
		if n.ReceivedAt.After(c.from) {
			c.tell(caseEvent{At: n.ReceivedAt, Kind: "notice", Word: n.Action, Text: gist(n.Body)})
		}
	}
	return err
}

func (c *teller) commands() error {
	rows, err := device.Commands(c.tx, c.sc, c.s.Station, device.CommandKey{QueuedAt: c.to}, maxTrail)
	for _, r := range rows {
		if err != nil || r.QueuedAt.Before(c.from) {
			break
		}
		e := caseEvent{At: r.QueuedAt, Kind: "command", Word: r.Kind, Text: strings.TrimSpace(r.Word + " " + r.Reason), Ref: r.ID}
		if r.State != device.Queued && r.State != device.Sent {
			e.OK = yes(r.State == device.Answered && r.Status.OK())
		}
		if e.By, err = c.name(r.Actor); err != nil {
			return err
		}
		c.tell(e)
	}
	return err
}

// staff tells what people of staff did about the session and at its station, with
// their reasons.
func (c *teller) staff() error {
	about := []access.DeedFilter{{Object: c.s.ID}, {Object: c.s.Station, Action: "helpAtStation", From: c.from, To: c.to}}
	for _, f := range about {
		rows, err := access.Deeds(c.tx, c.sc, f, maxTrail)
		if err != nil {
			return err
		}
		for _, d := range rows {
			if d.Action == "reviewSession" || strings.HasPrefix(d.Action, "preview") || d.Scope.Kind == access.KindDriver {
				continue // its decision is told, or it changed nothing
			}
			var said struct{ Deed, Reason, Note string }
			if json.Unmarshal([]byte(d.Change), &said) != nil {
				said.Reason = ""
			}
			e := caseEvent{At: d.At, Kind: "deed", Word: cmp.Or(said.Deed, d.Action), Reason: cmp.Or(said.Reason, said.Note), By: d.Scope.Name, OK: yes(d.Status < 400), Ref: d.ID}
			if !c.explained(d, e.Reason) {
				c.tell(e)
			}
		}
	}
	return nil
}

// explained gives the reason of a deed to the command that it sent, where it sent one.
func (c *teller) explained(d access.Deed, reason string) bool {
	for i := range c.out.Trail {
		e := &c.out.Trail[i]
		if after := e.At.Sub(d.At); e.Kind == "command" && e.Reason == "" && e.By == d.Scope.Name && after >= 0 && after < time.Minute && d.Action == "helpAtStation" {
			e.Reason = reason
			return true
		}
	}
	return false
}

// documents tells what was issued, and what may be given back.
func (c *teller) documents() error {
	list, err := billing.DocumentsOf(c.tx, c.s.ID)
	if err != nil {
		return err
	}
	if c.out.Documents, err = showDocuments(c.tx, c.sc, list); err != nil {
		return err
	}
	var receipt billing.Document
	for _, d := range list {
		e := caseEvent{At: d.IssuedAt, Kind: "document", Word: string(d.Kind), Text: d.Number, Ref: d.ID, Amount: of(amountOf(d.Gross, d.Currency))}
		if b := d.Body.Credit; b != nil {
			if e.By, err = c.name(b.Actor); err != nil {
				return err
			}
			e.Reason = b.Reason
		}
		c.tell(e)
		if d.Kind == billing.Receipt {
			receipt = d
		}
	}
	if receipt.ID == "" {
		return nil
	}
	given := int64(0)
	for _, d := range list {
		if d.Corrects == receipt.ID {
			given += d.Gross
		}
	}
	policy, err := billing.GetPolicy(c.tx, c.s.Tenant)
	if err != nil {
		return err
	}
	v := giveBack{Receipt: receipt.ID, Number: receipt.Number, Left: amountOf(receipt.Gross-given, receipt.Currency), Wallet: receipt.Driver != ""}
	if most, all := policy.Goodwill(c.sc.Role, receipt.Currency); !all {
		v.Limit = of(amountOf(max(most-given, 0), receipt.Currency))
	}
	c.out.GiveBack = of(v)
	return nil
}

// money tells what was asked of the payer.
func (c *teller) money() error {
	k, err := billing.GetClaim(c.tx, c.sc, c.s.ID)
	switch {
	case err == nil:
		row, err := one(showClaims(c.tx, c.sc, []billing.Claim{k}))
		if err != nil {
			return err
		}
		c.out.Claim = of(row)
		c.tell(caseEvent{At: k.UpdatedAt, Kind: "claim", Word: string(k.State), Text: k.Reason, Ref: k.ID, OK: claimOK(k.State), Amount: of(amountOf(k.Left(), k.Currency))})
	case !fail.Is(err, fail.NotFound):
		return err
	}
	object := c.s.ID
	if g, found, err := drivers.GuestBySession(c.tx, c.s.ID); err != nil {
		return err
	} else if found {
		object = g.ID
	}
	list, err := payment.Of(c.tx, c.s.Tenant, payment.ForSession, object)
	if err != nil || c.sc.Limited() {
		return err
	}
	if c.out.Payments, err = showPayments(c.tx, c.sc, list); err != nil {
		return err
	}
	for _, p := range list {
		if err := c.payment(p); err != nil {
			return err
		}
	}
	return nil
}

func claimOK(s billing.ClaimState) *bool {
	switch s {
	case billing.ClaimPaid:
		return yes(true)
	case billing.ClaimDunning, billing.ClaimStuck, billing.ClaimWrittenOff:
		return yes(false)
	}
	return nil
}

// payment tells each step of a payment, and what the payer's bank did.
func (c *teller) payment(p payment.Payment) error {
	steps, err := payment.Steps(c.tx, p.ID)
	if err != nil {
		return err
	}
	for _, x := range steps {
		e := caseEvent{
			At: cmp.Or(x.Ended, x.Created), Kind: "step", Word: string(x.Verb), Text: p.Method.Last4, Reason: x.Reason, Ref: p.ID, Amount: of(amountOf(x.Amount, p.Currency)),
		}
		switch x.State {
		case payment.StepDone:
			e.OK = yes(true)
		case payment.StepRefused, payment.StepUnknown:
			e.OK, e.Text = yes(false), cmp.Or(p.Decline.Text, x.Answer, string(x.Outcome))
		}
		c.tell(e)
	}
	if p.Trouble != payment.NoTrouble {
		c.tell(caseEvent{At: p.Updated, Kind: "payment", Word: string(p.Trouble), Text: p.Why, Ref: p.ID, OK: yes(false), Amount: of(amountOf(p.Asked, p.Currency))})
	}
	disputes, err := payment.DisputesOf(c.tx, p.ID)
	for _, o := range disputes {
		c.tell(caseEvent{At: o.Created, Kind: "dispute", Word: string(o.State), Text: o.Reason, Ref: o.ID, OK: yes(false), Amount: of(amountOf(o.Amount, o.Currency))})
	}
	return err
}

// reports tells what the driver wrote of the place about that time.
func (c *teller) reports() error {
	if c.s.Driver == "" {
		return nil
	}
	rows, err := drivers.Reports(c.tx, c.sc, drivers.ReportFilter{Driver: c.s.Driver}, maxTrail)
	for _, r := range rows {
		if r.CreatedAt.After(c.from) && r.Site == c.s.Site {
			c.tell(caseEvent{At: r.CreatedAt, Kind: "report", Word: r.Kind, Text: r.Text, Ref: r.ID})
		}
	}
	return err
}

// mails tells what was sent to the driver from the session's beginning until a day
// after its end, as far as the newest 200 of those days have it.
func (c *teller) mails() error {
	if c.out.Driver.v == nil || c.out.Driver.v.Email == "" {
		return nil
	}
	rows, err := notify.Mails(c.tx, c.sc, c.to.Add(24*time.Hour), "", 200)
	for _, m := range rows {
		if m.At.Before(c.from) || !strings.EqualFold(m.To, c.out.Driver.v.Email) || strings.Contains(m.Kind, "sign") {
			continue
		}
		e := caseEvent{At: m.At, Kind: "mail", Word: string(m.State), Text: m.Subject}
		if m.Error != "" {
			e.OK, e.Text = yes(false), m.Subject+": "+m.Error
		}
		c.tell(e)
	}
	return err
}

// faults tells what the station said of the EVSE that is no good, from its message
// log.
func (s *server) faults(ctx context.Context, c *teller) error {
	if s.o.Search == nil {
		return nil
	}
	found, err := s.o.Search(ctx, MessageSearch{
		Station: c.s.Station, Action: "StatusNotification", Before: c.to, Limit: 2 * maxTrail,
		Sees: func(context.Context, []string) (map[string]bool, error) {
			return map[string]bool{c.s.Station: true}, nil
		},
	})
	for _, x := range found.Items {
		var said struct {
			Connector int64  `json:"connectorId"`
			EVSE      *int64 `json:"evseId"` // of 2.x; a 1.6 connector is an EVSE
			Status    string `json:"status"`
			Status2   string `json:"connectorStatus"`
			Code      string `json:"errorCode"`
			Info      string `json:"info"`
			Vendor    string `json:"vendorErrorCode"`
		}
		if x.At.Before(c.from) || json.Unmarshal(x.Request, &said) != nil {
			continue
		}
		where := said.Connector
		if said.EVSE != nil {
			where = *said.EVSE
		}
		code := said.Code
		if code == "NoError" {
			code = ""
		}
		if status := cmp.Or(said.Status, said.Status2); code == "" && status != "Faulted" || where != 0 && where != c.s.EVSE {
			continue
		}
		c.tell(caseEvent{At: x.At, Kind: "fault", Word: code, Text: strings.TrimSpace(said.Vendor + " " + said.Info), OK: yes(false)})
	}
	return err
}
