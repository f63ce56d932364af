package api

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"chargewright/base/fail"
	"chargewright/base/store"
	"chargewright/core/access"
	"chargewright/core/billing"
	"chargewright/core/device"
	drivers "chargewright/core/driver"
	"chargewright/core/payment"
	sessions "chargewright/core/session"
	stations "chargewright/core/station"
)

func supportOperations() []operation {
	const tag = "support"
	return []operation{
		{get, "/support/search", access.People, tag, "searchSupport", "Find what a caller speaks of",
			"By what they can read or know: the number on a charger, its contract id or STATION:EVSE; a name, mail address or phone number; the number of a receipt; " +
				"the last four digits of a card; a token; a session or transaction; and when it was. Transactions, ends of ids, and sessions of tokens that nobody holds are looked for " +
				"in two days, or around the time. The newest come first; more says that there are others.",
			0, nil, handle((*server).searchSupport)},
		{get, "/support/cases/{id}", access.People, tag, "getCase", "Read what happened in a session", "What the station, its driver, staff and the money did, in order, and what may be done now.",
			0, nil, handle((*server).getCase)},
		{post, "/support/stations/{id}/deeds", access.Desk, tag, "helpAtStation", "Help somebody at a station",
			"stop, unlock, reset, or free_start: a session that is never billed. The reason is on record with who did it. 409: the station is not connected, somebody charges there already, or there is nothing to stop.",
			0, []int{409, 429, 504}, handle((*server).helpAtStation)},
		{post, "/support/cases/{id}/token", access.Drivers, tag, "judgeToken", "Block the token of a session, or let it charge again", "409: the token of the session is none that anybody holds.",
			0, []int{409}, handle((*server).judgeToken)},
		{get, "/review", access.Books, tag, "summariseReview", "Count what waits for a person", "Each kind up to 100.", 0, nil, handle((*server).summariseReview)},
	}
}

// Bounds of a search.
const (
	maxFound   = 40 // sessions
	maxBeside  = 10 // of each other thing
	maxOfOne   = 10 // sessions of one driver
	aroundTime = 30 * time.Minute
	lookBack   = 48 * time.Hour
)

// SupportQuery is what a caller says.
type SupportQuery struct {
	Q    string    `query:"q" maxLength:"100" doc:"As it was read out; empty: by the time alone"`
	At   time.Time `query:"at" doc:"When it was, within half an hour"`
	Site string    `query:"site" maxLength:"100" doc:"Only sessions at this site"`
}

type supportFound struct {
	Sessions      []foundSession  `json:"sessions" doc:"Newest first"`
	MoreSessions  bool            `json:"more_sessions" doc:"There are others"`
	EVSEs         []foundPlace    `json:"evses"`
	Drivers       []driver        `json:"drivers"`
	MoreDrivers   bool            `json:"more_drivers"`
	Documents     []staffDocument `json:"documents"`
	MoreDocuments bool            `json:"more_documents"`
	Payments      []paymentRow    `json:"payments"`
	MorePayments  bool            `json:"more_payments"`
}

type foundSession struct {
	Session session  `json:"session"`
	Why     []string `json:"why" enum:"evse,driver,document,card,token,session,time" doc:"What of it matches"`
}

type foundPlace struct {
	StationID string `json:"station_id"`
	Station   string `json:"station_name"`
	EVSE      int64  `json:"evse_id"`
	Contract  string `json:"contract_id"`
	Number    string `json:"number"`
	SiteID    string `json:"site_id"`
	SiteName  string `json:"site_name"`
	Connected bool   `json:"connected"`
	Charging  bool   `json:"charging" doc:"A session is open there"`
}

// finder collects what a search finds.
type finder struct {
	tx   *store.Tx
	sc   access.Scope
	in   SupportQuery
	text string
	rows map[string]sessions.Session
	why  map[string][]string
	out  supportFound
}

func (s *server) searchSupport(ctx context.Context, sc access.Scope, in *SupportQuery) (supportFound, error) {
	text := strings.TrimSpace(in.Q)
	if text == "" && in.At.IsZero() {
		return supportFound{}, fail.Field("api.searchSupport", "q", "say what to look for, or when it was")
	}
	return store.Read(ctx, s.o.DB, func(tx *store.Tx) (supportFound, error) {
		f := &finder{tx: tx, sc: sc, in: *in, text: text, rows: map[string]sessions.Session{}, why: map[string][]string{}, out: supportFound{
			Sessions: []foundSession{}, EVSEs: []foundPlace{}, Drivers: []driver{}, Documents: []staffDocument{}, Payments: []paymentRow{},
		}}
		ways := []func() error{f.byPlace, f.byPerson, f.byToken, f.byDocument, f.byCard, f.bySession}
		if text == "" {
			ways = []func() error{f.byTime}
		}
		for _, way := range ways {
			if err := way(); err != nil {
				return f.out, err
			}
		}
		return f.out, f.finish(s)
	})
}

// add takes sessions that match for a reason, if they are of the time and site
// asked for, and where the scope sees them.
func (f *finder) add(why string, rows ...sessions.Session) {
	for _, r := range rows {
		if r.Tenant != f.sc.Tenant || !f.sc.Sees(r.Site) || f.in.Site != "" && r.Site != f.in.Site || !f.around(r) {
			continue
		}
		f.rows[r.ID] = r
		f.why[r.ID] = addOnce(f.why[r.ID], why)
	}
}

// around reports whether a session was under way at the time asked for.
func (f *finder) around(r sessions.Session) bool {
	if f.in.At.IsZero() {
		return true
	}
	over := r.State == sessions.Closed && !r.StoppedAt.IsZero() && r.StoppedAt.Before(f.in.At.Add(-aroundTime))
	return !over && !r.Began().After(f.in.At.Add(aroundTime))
}

// window is the time within which is looked for what no index leads to.
func (f *finder) window() (from, to time.Time) {
	if f.in.At.IsZero() {
		return f.tx.Now().Add(-lookBack), time.Time{}
	}
	return f.in.At.Add(-aroundTime), f.in.At.Add(aroundTime)
}

// of is a filter of sessions as the query narrows them.
func (f *finder) of(x sessions.Filter) sessions.Filter {
	x.Site = f.in.Site
	if !f.in.At.IsZero() {
		x.To = f.in.At.Add(aroundTime)
	}
	return x
}

// byPlace finds an EVSE by what is printed on it, or a station by its id.
func (f *finder) byPlace() error {
	e, err := stations.ByCode(f.tx, f.sc.Tenant, f.text)
	if err != nil && !fail.Is(err, fail.NotFound) {
		return err
	}
	id := f.text
	if err == nil {
		id = e.Station
	}
	st, err := stations.Get(f.tx, f.sc, id)
	if fail.Is(err, fail.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	rows, err := sessions.List(f.tx, f.sc, f.of(sessions.Filter{Station: st.ID}), 5*maxFound)
	if err != nil {
		return err
	}
	rows = slices.DeleteFunc(rows, func(r sessions.Session) bool { return e.EVSE != 0 && r.EVSE != e.EVSE })
	f.add("evse", rows...)
	return f.place(st, e.EVSE)
}

// place shows the EVSEs of a station, or one of them.
func (f *finder) place(st stations.Station, only int64) error {
	evses, err := stations.EVSEsIn(f.tx, f.sc, []string{st.ID})
	if err != nil {
		return err
	}
	open, err := sessions.OpenAt(f.tx, st.ID)
	if err != nil {
		return err
	}
	names, err := stations.SiteNames(f.tx, []string{st.Site})
	if err != nil {
		return err
	}
	for _, e := range evses {
		if only != 0 && e.EVSE != only || len(f.out.EVSEs) == maxBeside {
			continue
		}
		f.out.EVSEs = append(f.out.EVSEs, foundPlace{
			StationID: st.ID, Station: st.Name, EVSE: e.EVSE, Contract: e.ContractID, Number: e.Number, SiteID: st.Site, SiteName: names[st.Site], Connected: st.Connected,
			Charging: slices.ContainsFunc(open, func(o sessions.Session) bool { return o.EVSE == e.EVSE }),
		})
	}
	return nil
}

var (
	digitsOnly = regexp.MustCompile(`\D`)
	phoneLike  = regexp.MustCompile(`^\+?[0-9 ()./-]{6,}$`)
	lastFour   = regexp.MustCompile(`^[0-9]{4}$`)
	numberLike = regexp.MustCompile(`^[0-9]{1,8}$`)
)

// byPerson finds drivers by phone, mail address or name, and their sessions.
func (f *finder) byPerson() error {
	var found []drivers.Driver
	var err error
	digits := digitsOnly.ReplaceAllString(f.text, "")
	switch {
	case phoneLike.MatchString(f.text):
		// 0170 and +49 170 are one number: what follows the trunk prefix or the country's
		// code is compared, as far as both have it.
		digits = strings.TrimLeft(digits, "0")
		if len(digits) > 9 {
			digits = digits[len(digits)-9:]
		}
		if len(digits) >= 5 {
			found, err = drivers.DriversByPhone(f.tx, f.sc, digits, maxBeside+1)
		}
	case len([]rune(f.text)) >= 3 && len(digits) < len(f.text):
		found, err = drivers.DriversSaid(f.tx, f.sc, f.text, maxBeside+1)
	}
	if err != nil {
		return err
	}
	return f.people(found)
}

// people shows drivers and their sessions.
func (f *finder) people(found []drivers.Driver) error {
	if len(found) > maxBeside {
		found, f.out.MoreDrivers = found[:maxBeside], true
	}
	shown, err := showDrivers(f.tx, f.sc, found)
	if err != nil {
		return err
	}
	for _, d := range shown {
		if slices.ContainsFunc(f.out.Drivers, func(x driver) bool { return x.ID == d.ID }) {
			continue
		}
		f.out.Drivers = append(f.out.Drivers, d)
		rows, err := sessions.List(f.tx, f.sc, f.of(sessions.Filter{Driver: d.ID}), maxOfOne+1)
		if err != nil {
			return err
		}
		if len(rows) > maxOfOne {
			rows, f.out.MoreSessions = rows[:maxOfOne], true
		}
		f.add("driver", rows...)
	}
	return nil
}

// byToken finds the token of that uid: what it has open, what its driver charged,
// and of one that nobody holds what it lately did.
func (f *finder) byToken() error {
	t, found, err := drivers.FindToken(f.tx, f.sc.Tenant, f.text)
	if err != nil || !found {
		return err
	}
	from, to := f.window()
	x := sessions.Filter{Token: t.UID, From: from, To: to, Site: f.in.Site}
	if t.Driver != "" {
		x = f.of(sessions.Filter{Token: t.UID, Driver: t.Driver})
	}
	rows, err := sessions.List(f.tx, f.sc, x, maxFound)
	if err != nil {
		return err
	}
	f.add("token", rows...)
	if t.Driver == "" {
		return nil
	}
	d, err := drivers.GetDriver(f.tx, f.sc, t.Driver)
	if fail.Is(err, fail.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	return f.people([]drivers.Driver{d})
}

// byDocument finds documents by their number, whole or without what stands before
// its digits.
func (f *finder) byDocument() error {
	numbers := []string{f.text, strings.ToUpper(f.text)}
	if numberLike.MatchString(f.text) {
		entities, err := access.Entities(f.tx, f.sc.Tenant)
		if err != nil {
			return err
		}
		n, err := strconv.ParseInt(f.text, 10, 64)
		if err != nil {
			return nil
		}
		for _, e := range entities[:min(len(entities), 100)] {
			for _, letter := range []string{"", "C", "S"} {
				numbers = append(numbers, fmt.Sprintf("%s-%s%08d", e.NumberPrefix, letter, n))
			}
		}
	}
	list, err := billing.DocumentsNumbered(f.tx, f.sc, numbers)
	if err != nil {
		return err
	}
	if len(list) > maxBeside {
		list, f.out.MoreDocuments = list[:maxBeside], true
	}
	if f.out.Documents, err = showDocuments(f.tx, f.sc, list); err != nil {
		return err
	}
	var of []string
	for _, d := range list {
		if d.Session != "" {
			of = addOnce(of, d.Session)
		}
	}
	return f.some("document", of)
}

// byCard finds payments by the last digits of the card.
func (f *finder) byCard() error {
	if !lastFour.MatchString(f.text) {
		return nil
	}
	list, err := payment.List(f.tx, f.sc, payment.Filter{Last4: f.text}, f.paidBefore(), "", 2*maxBeside+1)
	if err != nil {
		return err
	}
	if len(list) > 2*maxBeside {
		list, f.out.MorePayments = list[:2*maxBeside], true
	}
	if f.out.Payments, err = showPayments(f.tx, f.sc, list); err != nil {
		return err
	}
	var of []string
	for _, p := range f.out.Payments {
		if p.SessionID != nil {
			of = addOnce(of, *p.SessionID)
		}
	}
	return f.some("card", of)
}

// paidBefore is when payments of the time asked for were made at the latest: the
// zero time, where none was asked for.
func (f *finder) paidBefore() time.Time {
	if f.in.At.IsZero() {
		return time.Time{}
	}
	return f.in.At.Add(7 * 24 * time.Hour)
}

// bySession finds a session by its id, and those of the time by the end of it, by
// their transaction, or by the end of their token.
func (f *finder) bySession() error {
	one, err := sessions.Get(f.tx, f.sc, f.text)
	if err == nil {
		f.add("session", one)
		return nil
	}
	if !fail.Is(err, fail.NotFound) {
		return err
	}
	if len(f.text) < 4 {
		return nil
	}
	from, to := f.window()
	rows, err := sessions.List(f.tx, f.sc, sessions.Filter{Text: f.text, From: from, To: to, Site: f.in.Site}, maxFound)
	f.add("session", rows...)
	return err
}

// byTime finds what began within half an hour of the time.
func (f *finder) byTime() error {
	from, to := f.window()
	rows, err := sessions.List(f.tx, f.sc, sessions.Filter{From: from, To: to, Site: f.in.Site}, maxFound+1)
	f.add("time", rows...)
	return err
}

func (f *finder) some(why string, ids []string) error {
	if len(ids) == 0 {
		return nil
	}
	rows, err := sessions.Some(f.tx, ids)
	f.add(why, rows...)
	return err
}

// finish puts the sessions that were found in order.
func (f *finder) finish(s *server) error {
	var rows []sessions.Session
	for _, r := range f.rows {
		rows = append(rows, r)
	}
	slices.SortFunc(rows, func(a, b sessions.Session) int {
		if c := b.Began().Compare(a.Began()); c != 0 {
			return c
		}
		return strings.Compare(b.ID, a.ID)
	})
	if len(rows) > maxFound {
		rows, f.out.MoreSessions = rows[:maxFound], true
	}
	shown, err := s.showSessions(f.tx, f.sc, rows)
	for i := range shown {
		f.out.Sessions = append(f.out.Sessions, foundSession{shown[i], f.why[rows[i].ID]})
	}
	return err
}

// HelpBody is what somebody at the desk has a station do.
type HelpBody struct {
	Deed      string `json:"deed" enum:"stop,unlock,reset,free_start"`
	EVSE      int64  `json:"evse_id,omitempty" minimum:"0" maximum:"256" doc:"Of unlock and free_start"`
	Connector int64  `json:"connector_id,omitempty" minimum:"0" maximum:"256" doc:"Of unlock; 0 is 1"`
	Session   string `json:"session_id,omitempty" maxLength:"100" doc:"Of stop"`
	Hard      bool   `json:"hard,omitempty" doc:"Of reset: at once, whatever charges there"`
	Reason    string `json:"reason" minLength:"1" maxLength:"500" doc:"Kept with who did it"`
}

func (s *server) helpAtStation(ctx context.Context, sc access.Scope, in *struct {
	StationPath
	Body HelpBody `nameHint:"Help"`
}) (device.Outcome, error) {
	const op = "api.helpAtStation"
	b := in.Body
	if s.o.Commands == nil {
		return device.Outcome{}, fail.New(fail.Unavailable, op, "this server sends no commands")
	}
	if b.Reason = strings.TrimSpace(b.Reason); b.Reason == "" {
		return device.Outcome{}, fail.Field(op, "reason", "say why")
	}
	cmd, err := store.Do(ctx, s.o.DB, in.ID, func(tx *store.Tx) (device.Command, error) {
		if _, err := stations.Get(tx, sc, in.ID); err != nil {
			return nil, err
		}
		return helpCommand(tx, sc, in.ID, b)
	})
	if err != nil {
		return device.Outcome{}, err
	}
	o, err := s.o.Commands.Command(device.WithActor(ctx, sc.Actor), in.ID, cmd)
	if start, ok := cmd.(device.RemoteStart); ok && (err == nil && !o.Status.OK() || err != nil && !fail.Is(err, fail.Timeout)) {
		if _, gone := store.Do(ctx, s.o.DB, in.ID, func(tx *store.Tx) (none, error) {
			drivers.Spent(tx, sc.Tenant, start.Token.UID)
			return none{}, nil
		}); gone != nil {
			return o, gone
		}
	}
	if err != nil {
		return device.Outcome{}, callFailed(err)
	}
	return o, nil
}

// helpCommand is the command that does a deed.
func helpCommand(tx *store.Tx, sc access.Scope, station string, b HelpBody) (device.Command, error) {
	const op = "api.helpAtStation"
	if b.EVSE == 0 && (b.Deed == "unlock" || b.Deed == "free_start") {
		return nil, fail.Field(op, "evse_id", "%s needs it", b.Deed)
	}
	switch b.Deed {
	case "stop":
		ses, err := sessions.Get(tx, sc, b.Session)
		if err != nil {
			return nil, asField(err, "session_id")
		}
		if ses.Station != station || !ses.State.Open() {
			return nil, fail.New(fail.Conflict, op, "the session does not run there")
		}
		return device.RemoteStop{Transaction: ses.Tx}, nil
	case "unlock":
		return device.Unlock{EVSE: b.EVSE, Connector: b.Connector}, nil
	case "reset":
		return device.Reset{Hard: b.Hard}, nil
	}
	return freeStart(tx, sc, station, b)
}

// freeStart is a start for nobody's token that nobody pays.
func freeStart(tx *store.Tx, sc access.Scope, station string, b HelpBody) (device.Command, error) {
	evses, err := stations.EVSEsIn(tx, sc, []string{station})
	if err != nil {
		return nil, err
	}
	if !slices.ContainsFunc(evses, func(e stations.EVSE) bool { return e.EVSE == b.EVSE }) {
		return nil, fail.Field("api.helpAtStation", "evse_id", "the station has no EVSE %d", b.EVSE)
	}
	open, err := sessions.OpenAt(tx, station)
	if err != nil {
		return nil, err
	}
	if slices.ContainsFunc(open, func(o sessions.Session) bool { return o.EVSE == b.EVSE }) {
		return nil, fail.New(fail.Conflict, "api.helpAtStation", "somebody charges there already: stop that session first")
	}
	t, err := drivers.NewFree(tx, sc.Tenant)
	return device.RemoteStart{EVSE: b.EVSE, Token: device.Token{UID: t.UID, Type: t.Type}, Free: b.Reason}, err
}

// judgeToken blocks the token that began a session, or accepts it.
func (s *server) judgeToken(ctx context.Context, sc access.Scope, in *struct {
	SessionPath
	Body struct {
		Status string `json:"status" enum:"accepted,blocked"`
		Reason string `json:"reason" minLength:"1" maxLength:"500" doc:"Kept with who did it"`
	} `nameHint:"JudgeToken"`
}) (token, error) {
	const op = "api.judgeToken"
	if strings.TrimSpace(in.Body.Reason) == "" {
		return token{}, fail.Field(op, "reason", "say why")
	}
	return store.Do(ctx, s.o.DB, "token/of/"+in.ID, func(tx *store.Tx) (token, error) {
		ses, err := sessions.Get(tx, sc, in.ID)
		if err != nil {
			return token{}, err
		}
		t, found, err := drivers.FindToken(tx, sc.Tenant, ses.Token)
		if err != nil {
			return token{}, err
		}
		if !found || t.Guest || t.Free {
			return token{}, fail.New(fail.Conflict, op, "nobody holds the token of this session")
		}
		t.Status = in.Body.Status
		return showToken(t), drivers.PutToken(tx, sc, t)
	})
}

type reviewSummary struct {
	Held        int `json:"held" doc:"Sessions that a flag keeps from being priced"`
	Doubtful    int `json:"doubtful" doc:"Sessions that were billed although something was said that the bill leaves out"`
	Provisional int `json:"provisional" doc:"Open sessions of which nothing is heard"`
	Payments    int `json:"payments" doc:"Payments that are unknown or strange"`
	Claims      int `json:"claims" doc:"Claims that are stuck"`
}

// maxWaiting is up to where what waits is counted.
const maxWaiting = 100

func (s *server) summariseReview(ctx context.Context, sc access.Scope, _ *struct{}) (reviewSummary, error) {
	return store.Read(ctx, s.o.DB, func(tx *store.Tx) (v reviewSummary, err error) {
		held, err := sessions.List(tx, sc, sessions.Filter{States: []string{sessions.AnyHeld}}, maxWaiting)
		if err != nil {
			return v, err
		}
		doubtful, err := sessions.List(tx, sc, sessions.Filter{States: []string{sessions.AnyDoubtful}}, maxWaiting)
		if err != nil {
			return v, err
		}
		silent, err := sessions.List(tx, sc, sessions.Filter{Open: true, Flag: sessions.FlagProvisional}, maxWaiting)
		if err != nil {
			return v, err
		}
		strange, err := payment.List(tx, sc, payment.Filter{Trouble: true}, time.Time{}, "", maxWaiting)
		if err != nil {
			return v, err
		}
		stuck, err := billing.Claims(tx, sc, billing.ClaimFilter{State: billing.ClaimStuck}, time.Time{}, "", maxWaiting)
		return reviewSummary{len(held), len(doubtful), len(silent), len(strange), len(stuck)}, err
	})
}
