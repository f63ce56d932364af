package api

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"time"

	"chargewright/base/fail"
	"chargewright/base/money"
	"chargewright/base/store"
	"chargewright/core/access"
	"chargewright/core/billing"
	drivers "chargewright/core/driver"
	"chargewright/core/payment"
	"chargewright/core/tariff"
	"chargewright/core/terminal"
)

func cardTerminalOperations() []operation {
	const tag, path = "terminals", "/terminals/{id}"
	rd, wr := access.Read, access.Stations
	return []operation{
		{get, "/terminal-providers", rd, tag, "listTerminalProviders", "List the providers of payments that have card readers", "", 0, nil, handle((*server).listTerminalProviders)},
		{get, "/terminals", rd, tag, "listTerminals", "List card terminals", "Newest first.", 0, nil, handle((*server).listTerminals)},
		{post, "/terminals", wr, tag, "postTerminal", "Put a card terminal into service", "The answer holds the address of its screen, once. 409: its reader serves another terminal.", 201, []int{409}, handle((*server).postTerminal)},
		{get, path, rd, tag, "getTerminal", "Read a card terminal", "Never the address of its screen.", 0, nil, handleOne((*server).getTerminal)},
		{put, path, wr, tag, "putTerminal", "Change a card terminal, or retire it", "A visit that waits for its card ends where it is retired or its reader changes; who has paid charges on. 409: its reader serves another terminal.", 0, []int{409}, handle((*server).putTerminal)},
		{post, path + "/screen", wr, tag, "newTerminalScreen", "Give the screen of a card terminal a new address", "The old one leads nowhere any more.", 0, nil, handle((*server).newTerminalScreen)},
		{get, path + "/evses", rd, tag, "listTerminalEVSEs", "List the EVSEs that a card terminal serves", "With the price that holds there now and what will be held.", 0, nil, handle((*server).listTerminalEVSEs)},
		{post, path + "/visits", wr, tag, "postTerminalVisit", "Begin a visit at a card terminal", "The reader asks for a card, for two minutes. 409, with a code: reader_busy, blocked, no_price, price_changed or evse_taken.", 201, []int{409}, handle((*server).postTerminalVisit)},
		{get, path + "/visits/{visit}", rd, tag, "getTerminalVisit", "Read a visit that began at a card terminal", "", 0, nil, handleOne((*server).getTerminalVisit)},
		{post, path + "/visits/{visit}/leave", wr, tag, "leaveTerminalVisit", "End a visit that waits for its card", "409: it is paid.", 0, []int{409}, handle((*server).leaveTerminalVisit)},
	}
}

type cardTerminal struct {
	ID        string         `json:"id"`
	SiteID    string         `json:"site_id"`
	Name      string         `json:"name"`
	Provider  string         `json:"provider" doc:"Of payments"`
	Reader    string         `json:"reader" doc:"The provider's reference of the reader: tmr_… of Stripe"`
	EVSEs     []terminalEVSE `json:"evses" doc:"Those it serves; none: all of its site"`
	Busy      bool           `json:"busy" doc:"The reader asks for a card"`
	RetiredAt *time.Time     `json:"retired_at" doc:"null: it is in service"`
	CreatedAt time.Time      `json:"created_at"`
}

type terminalEVSE struct {
	StationID string `json:"station_id" minLength:"1" maxLength:"48"`
	EVSE      int64  `json:"evse_id" minimum:"1"`
}

func (s *server) showTerminal(tx *store.Tx, t terminal.Terminal) (cardTerminal, error) {
	v := cardTerminal{
		ID: t.ID, SiteID: t.Site, Name: t.Name, Provider: t.Provider, Reader: t.Reader, EVSEs: []terminalEVSE{}, RetiredAt: moment(t.RetiredAt), CreatedAt: t.CreatedAt.UTC(),
	}
	for _, e := range t.EVSEs {
		v.EVSEs = append(v.EVSEs, terminalEVSE{e.Station, e.EVSE})
	}
	var err error
	v.Busy, err = terminal.Busy(tx, t)
	return v, err
}

func evsesOf(list []terminalEVSE) (out []terminal.EVSE) {
	for _, e := range list {
		out = append(out, terminal.EVSE{Station: e.StationID, EVSE: e.EVSE})
	}
	return out
}

// readers are the providers that have card readers.
func (s *server) readers() []string {
	if s.o.Till == nil {
		return []string{}
	}
	return s.o.Till.Readers()
}

func (s *server) listTerminalProviders(context.Context, access.Scope, *struct{}) (list[string], error) {
	return list[string]{Items: append([]string{}, s.readers()...)}, nil
}

func (s *server) listTerminals(ctx context.Context, sc access.Scope, in *struct {
	Page
	Site string `query:"site_id" maxLength:"100" doc:"Only at this site"`
}) (list[cardTerminal], error) {
	after, err := in.after(1)
	if err != nil {
		return list[cardTerminal]{}, err
	}
	return store.Read(ctx, s.o.DB, func(tx *store.Tx) (list[cardTerminal], error) {
		rows, err := terminal.List(tx, sc, in.Site, after.at, after.keys[0], in.Limit+1)
		shown := make([]cardTerminal, len(rows))
		for i, t := range rows {
			if err == nil {
				shown[i], err = s.showTerminal(tx, t)
			}
		}
		return pageOf(shown, in.Limit, func(v cardTerminal) cardTerminal { return v }, func(v cardTerminal) place { return byTime(v.CreatedAt, v.ID) }), err
	})
}

// TerminalPath names a card terminal.
type TerminalPath struct {
	ID string `path:"id" maxLength:"100" doc:"The terminal's id"`
}

func (s *server) getTerminal(ctx context.Context, sc access.Scope, in *struct {
	TerminalPath
	Reading
}) (cardTerminal, error) {
	return store.Read(ctx, s.o.DB, func(tx *store.Tx) (cardTerminal, error) {
		t, err := terminal.Get(tx, sc, in.ID)
		if err != nil {
			return cardTerminal{}, err
		}
		return s.showTerminal(tx, t)
	})
}

// CardTerminal is one in an answer that holds more.
type CardTerminal = cardTerminal

type newTerminal struct {
	CardTerminal
	Screen string `json:"screen_url" doc:"Of the screen beside the reader: who has it uses the terminal; shown here once"`
}

func (s *server) screenOf(secret string) string { return s.base() + "/pay/at/" + secret }

type terminalPost struct {
	Body struct {
		SiteID   string         `json:"site_id" minLength:"1" maxLength:"100"`
		Name     string         `json:"name" minLength:"1" maxLength:"100" doc:"For people"`
		Provider string         `json:"provider,omitempty" maxLength:"50" doc:"One that has card readers; may be left out where there is only one"`
		Reader   string         `json:"reader" minLength:"1" maxLength:"255" doc:"The provider's reference of the reader: tmr_… of Stripe"`
		EVSEs    []terminalEVSE `json:"evses,omitempty" maxItems:"200" doc:"Those it serves; none: all of its site"`
	} `nameHint:"CreateTerminal"`
}

// readerProvider is a provider that has card readers: the one that is named, or the
// only one.
func (s *server) readerProvider(name string) (string, error) {
	all := s.readers()
	if name == "" && len(all) == 1 {
		return all[0], nil
	}
	if slices.Contains(all, name) {
		return name, nil
	}
	return "", fail.Field("api.postTerminal", "provider", "no provider of payments of that name has card readers")
}

func (s *server) postTerminal(ctx context.Context, sc access.Scope, in *terminalPost) (newTerminal, error) {
	b := in.Body
	by, err := s.readerProvider(b.Provider)
	if err != nil {
		return newTerminal{}, err
	}
	return store.Do(ctx, s.o.DB, "terminals/"+sc.Tenant, func(tx *store.Tx) (newTerminal, error) {
		t, secret, err := terminal.New(tx, sc, terminal.Terminal{Site: b.SiteID, Name: b.Name, Provider: by, Reader: b.Reader, EVSEs: evsesOf(b.EVSEs)})
		if err != nil {
			return newTerminal{}, err
		}
		v, err := s.showTerminal(tx, t)
		return newTerminal{v, s.screenOf(secret)}, err
	})
}

type terminalPut struct {
	TerminalPath
	Body struct {
		Name    string         `json:"name" minLength:"1" maxLength:"100" doc:"For people"`
		Reader  string         `json:"reader" minLength:"1" maxLength:"255" doc:"The provider's reference of the reader"`
		EVSEs   []terminalEVSE `json:"evses,omitempty" maxItems:"200" doc:"Those it serves; none: all of its site"`
		Retired bool           `json:"retired,omitempty"`
	} `nameHint:"TerminalSettings"`
}

func (s *server) putTerminal(ctx context.Context, sc access.Scope, in *terminalPut) (cardTerminal, error) {
	return store.Do(ctx, s.o.DB, "terminal/"+in.ID, func(tx *store.Tx) (cardTerminal, error) {
		b := in.Body
		t, err := terminal.Put(tx, sc, in.ID, terminal.Change{Name: b.Name, Reader: b.Reader, EVSEs: evsesOf(b.EVSEs), Retired: b.Retired})
		if err != nil {
			return cardTerminal{}, err
		}
		return s.showTerminal(tx, t)
	})
}

func (s *server) newTerminalScreen(ctx context.Context, sc access.Scope, in *struct{ TerminalPath }) (newTerminal, error) {
	return store.Do(ctx, s.o.DB, "terminal/"+in.ID, func(tx *store.Tx) (newTerminal, error) {
		t, secret, err := terminal.NewScreen(tx, sc, in.ID)
		if err != nil {
			return newTerminal{}, err
		}
		v, err := s.showTerminal(tx, t)
		return newTerminal{v, s.screenOf(secret)}, err
	})
}

type terminalOffer struct {
	StationID string   `json:"station_id"`
	EVSE      int64    `json:"evse_id"`
	Number    string   `json:"number" doc:"On its label"`
	PowerW    int64    `json:"max_power_w" doc:"0: not known"`
	Plugs     []string `json:"connectors" doc:"As OCPI names their standards; those the price holds for"`
	Blocked   string   `json:"blocked" enum:",offline,out_of_order,reserved,busy,starting" doc:"Why nobody can start there now; empty where they can. starting: somebody who has paid is about to plug in"`
	Price     string   `json:"price" doc:"In a sentence; empty where none is set"`
	Version   string   `json:"price_version" doc:"To be sent when a visit begins"`
	Hold      *amount  `json:"hold" doc:"What will be held on the card; charging stops before it is used up"`
}

func showTerminalOffer(a billing.AdHoc, lang string) terminalOffer {
	v := terminalOffer{StationID: a.Bay.Station, EVSE: a.Bay.EVSE.EVSE, Number: a.Bay.Number, PowerW: a.Bay.MaxPowerW, Plugs: []string{}, Version: a.Bound.Version}
	if v.Blocked, _ = a.Bay.Blocked(); v.Blocked == "" && a.Taken {
		v.Blocked = "starting"
	}
	for _, c := range a.Plugs {
		if c.Standard != "" {
			v.Plugs = append(v.Plugs, c.Standard)
		}
	}
	if a.Price != nil {
		hold := amountOf(a.Hold, money.Currency(a.Bound.Currency))
		v.Price, v.Hold = tariff.Sentence(a.Price, lang), &hold
	}
	return v
}

func (s *server) listTerminalEVSEs(ctx context.Context, sc access.Scope, in *struct {
	TerminalPath
	Language string `query:"lang" enum:"en,de" default:"en" doc:"Of the sentences"`
}) (list[terminalOffer], error) {
	return store.Read(ctx, s.o.DB, func(tx *store.Tx) (list[terminalOffer], error) {
		t, err := terminal.Get(tx, sc, in.ID)
		if err != nil {
			return list[terminalOffer]{}, err
		}
		_, offers, err := terminal.Offers(tx, t)
		out := list[terminalOffer]{Items: []terminalOffer{}}
		for _, a := range offers {
			out.Items = append(out.Items, showTerminalOffer(a, in.Language))
		}
		return out, err
	})
}

type terminalVisit struct {
	ID        string    `json:"id"`
	StationID string    `json:"station_id"`
	EVSE      int64     `json:"evse_id"`
	State     string    `json:"state" enum:"paying,unpaid,asking,plug_in,charging,done,failed" doc:"paying: the reader asks for a card. asking: it is paid, and the station is asked to start"`
	Reason    string    `json:"reason" doc:"Why it failed"`
	Hold      amount    `json:"hold"`
	SessionID *string   `json:"session_id"`
	CreatedAt time.Time `json:"created_at"`
	ExpiresAt time.Time `json:"expires_at" doc:"Of paying, asking and plug_in"`
}

func showVisit(g drivers.Guest) terminalVisit {
	return terminalVisit{
		g.ID, g.Station, g.EVSE, string(g.State), g.Reason, amountOf(g.Hold, money.Currency(g.Offer.Currency)), given(g.Session), g.CreatedAt.UTC(), g.ExpiresAt.UTC(),
	}
}

// TerminalVisit is one in an answer that holds more.
type TerminalVisit = terminalVisit

type newTerminalVisit struct {
	TerminalVisit
	URL string `json:"url" doc:"For the customer: follow, stop, and the receipt; short, for a code on the screen, and to be typed. Shown here once"`
}

type visitPost struct {
	TerminalPath
	Body struct {
		StationID string `json:"station_id" minLength:"1" maxLength:"48"`
		EVSE      int64  `json:"evse_id" minimum:"1"`
		Version   string `json:"price_version" minLength:"1" maxLength:"200" doc:"Of the price that the customer was shown"`
		Language  string `json:"language,omitempty" enum:"en,de" default:"en" doc:"Of the customer"`
	} `nameHint:"BeginTerminalVisit"`
}

// noes say why a visit did not begin.
var noes = map[terminal.No]string{
	terminal.ReaderBusy: "the reader asks for a card already", terminal.Blocked: "nobody can start there now", terminal.NoPrice: "no price is set there",
	terminal.NewPrice: "the price has changed", terminal.EVSETaken: "somebody is starting there at this moment",
}

func (s *server) postTerminalVisit(ctx context.Context, sc access.Scope, in *visitPost) (newTerminalVisit, error) {
	b := in.Body
	begun, err := store.Do(ctx, s.o.DB, "terminal/"+in.ID, func(tx *store.Tx) (terminal.Begun, error) {
		t, err := terminal.Get(tx, sc, in.ID)
		if err == nil && !slices.Contains(s.readers(), t.Provider) {
			err = fail.New(fail.Unavailable, "api.postTerminalVisit", "its provider of payments is not configured")
		}
		if err != nil {
			return terminal.Begun{}, err
		}
		return terminal.Begin(tx, t, terminal.Order{
			Code: b.StationID + ":" + strconv.FormatInt(b.EVSE, 10), Version: b.Version, Language: b.Language, Text: "Charging",
			Return: func(secret string) string { return s.base() + "/pay/v/" + secret },
		})
	})
	if err != nil {
		return newTerminalVisit{}, err
	}
	if begun.No != "" {
		p := refuse(http.StatusConflict, fail.Conflict, noes[begun.No])
		p.Code = string(begun.No)
		return newTerminalVisit{}, p
	}
	if err := s.o.Till.Ask(ctx, begun.Payment.ID); err != nil {
		s.o.Log.WarnContext(ctx, "a card reader does not answer", "terminal", in.ID, "payment", begun.Payment.ID, "err", err)
	}
	v, err := s.readTerminalVisit(ctx, sc, in.ID, begun.Guest.ID)
	return newTerminalVisit{v, s.base() + "/r/" + begun.Secret}, err
}

func (s *server) readTerminalVisit(ctx context.Context, sc access.Scope, at, visit string) (terminalVisit, error) {
	return store.Read(ctx, s.o.DB, func(tx *store.Tx) (terminalVisit, error) {
		g, err := s.visitAt(tx, sc, at, visit)
		return showVisit(g), err
	})
}

func (s *server) visitAt(tx *store.Tx, sc access.Scope, at, visit string) (drivers.Guest, error) {
	t, err := terminal.Get(tx, sc, at)
	if err != nil {
		return drivers.Guest{}, err
	}
	return terminal.VisitAt(tx, t, visit)
}

// TerminalVisitPath names a visit at a card terminal.
type TerminalVisitPath struct {
	TerminalPath
	Visit string `path:"visit" maxLength:"100" doc:"The visit's id"`
}

func (s *server) getTerminalVisit(ctx context.Context, sc access.Scope, in *struct {
	TerminalVisitPath
	Reading
}) (terminalVisit, error) {
	type shown struct {
		visit drivers.Guest
		pay   payment.Payment
	}
	v, err := store.Read(ctx, s.o.DB, func(tx *store.Tx) (v shown, err error) {
		if v.visit, err = s.visitAt(tx, sc, in.ID, in.Visit); err == nil {
			v.pay, _, err = payment.Find(tx, v.visit.Payment)
		}
		return v, err
	})
	if err != nil {
		return terminalVisit{}, err
	}
	if s.o.Till != nil && v.pay.Status == payment.Open && time.Since(v.pay.Updated) > looksApart && s.o.Till.Look(ctx, v.pay) == nil {
		return s.readTerminalVisit(ctx, sc, in.ID, in.Visit)
	}
	return showVisit(v.visit), nil
}

func (s *server) leaveTerminalVisit(ctx context.Context, sc access.Scope, in *struct{ TerminalVisitPath }) (terminalVisit, error) {
	return store.Do(ctx, s.o.DB, "guest/"+in.Visit, func(tx *store.Tx) (terminalVisit, error) {
		t, err := terminal.Get(tx, sc, in.ID)
		if err != nil {
			return terminalVisit{}, err
		}
		g, err := terminal.Leave(tx, t, in.Visit)
		return showVisit(g), err
	})
}
