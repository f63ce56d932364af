package billing

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"chargewright/base/energy"
	"chargewright/base/money"
	"chargewright/base/store"
	"chargewright/core/access"
	"chargewright/core/device"
	"chargewright/core/driver"
	"chargewright/core/session"
	"chargewright/core/station"
	"chargewright/core/tariff"
)

// TopicSettled is the event of a settled session whose station shows costs. The
// key is the session id.
const TopicSettled = "billing.settled"

// Cost is what a session's driver is to be told of it on the station's screen.
type Cost struct {
	Total    money.Amount // gross, as it would be settled
	At       time.Time    // of the last reading; of the beginning, where there is none
	Register energy.Energy
	Energy   energy.Energy // taken so far
	Lasted   time.Duration
	Idle     bool // the vehicle asks for no power
	Rates    tariff.Rates
	Next     *tariff.Change // nil: none is known
}

// CostOf prices a session for its screen as Price does; ok is false where there
// is no price to be told: a flag holds it, or it is never billed.
func CostOf(tx *store.Tx, s session.Session, until time.Time) (c Cost, ok bool, err error) {
	p, err := Price(tx, s, until)
	if err != nil || len(p.Held) > 0 || p.Tariff == nil || p.Rating.Currency == "" {
		return Cost{}, false, err
	}
	c = Cost{
		Total: money.Amount{Minor: p.Rating.Invoice.Gross, Currency: p.Rating.Currency}, At: p.Timeline.Start, Energy: p.Timeline.Energy,
		Lasted: p.Timeline.End.Sub(p.Timeline.Start), Idle: states[s.Flow] == tariff.SuspendedEV,
	}
	if n := len(p.Timeline.Readings); n > 0 {
		c.At, c.Register = p.Timeline.Readings[n-1].At, p.Timeline.Readings[n-1].Register
	}
	if !s.State.Open() || p.in == nil {
		return c, true, nil
	}
	c.Rates, c.Next, err = tariff.RatesAt(p.Tariff, p.in)
	if p.ahead.IsZero() {
		c.Next = nil
	}
	return c, err == nil, err
}

// LanguagesOf returns the languages in which the holder of a token is told things
// on a screen: the driver's own or that of the site, and then the others that the
// screen has beside it.
func LanguagesOf(tx *store.Tx, tenant, token, at string, shows device.Screen) ([]string, error) {
	site, err := station.SiteOf(tx, at)
	if err != nil {
		return nil, err
	}
	first := tariff.LanguageOf(site.Country)
	if token != "" {
		own, err := driver.LanguageOf(tx, tenant, token)
		if err != nil {
			return nil, err
		}
		if slices.Contains(tariff.Languages, own) {
			first = own
		}
	}
	return beside(first, shows), nil
}

// beside is a language and then the others that a screen has beside it.
func beside(first string, shows device.Screen) []string {
	out := []string{first}
	for _, l := range tariff.Languages {
		if l != out[0] && slices.Contains(shows.Languages, l) && len(out) < maxTexts {
			out = append(out, l)
		}
	}
	return out
}

// FinalOf is the command that shows what a settled session cost: what its receipt
// says, whatever was heard of it since.
func FinalOf(tx *store.Tx, s session.Session, shows device.Screen) (device.FinalCost, error) {
	r, err := GetDocument(tx, access.Scope{Tenant: s.Tenant}, s.ID)
	if err != nil {
		return device.FinalCost{}, err
	}
	c := Cost{Total: money.Amount{Minor: r.Gross, Currency: r.Currency}, Energy: r.Body.Energy, Lasted: max(0, r.Body.End.Sub(r.Body.Start))}
	languages, err := LanguagesOf(tx, s.Tenant, s.Token, s.Station, shows)
	return device.FinalCost{Transaction: s.Tx, Total: c.Total, Texts: c.Texts(languages)}, err
}

// Texts says the cost in a line for each language, the first first: "9.000 kWh,
// 1:00 h: €4.88".
func (c Cost) Texts(languages []string) []device.Text {
	var out []device.Text
	minutes := int64(c.Lasted.Round(time.Minute) / time.Minute)
	for _, l := range languages {
		line := fmt.Sprintf("%s, %d:%02d h: %s", tariff.SayDecimal(c.Energy.String(), l), minutes/60, minutes%60, tariff.SayAmount(c.Total, l))
		out = append(out, device.Text{Format: "UTF8", Language: l, Content: line})
	}
	return out
}

// Running is the command that shows the cost.
func (c Cost) Running(s session.Session) device.RunningCost {
	out := device.RunningCost{Transaction: s.Tx, At: c.At, Register: c.Register, Total: c.Total, Idle: c.Idle, Rates: device.ShownRates(c.Rates)}
	switch {
	case c.Next == nil:
	case c.Next.Energy > 0:
		out.Border = energy.Energy(c.Next.Energy)
	default:
		out.Next = &device.NextRates{At: c.Next.At, Rates: device.ShownRates(c.Next.Rates)}
	}
	return out
}

// UserPrice is what the holder of a token who stands at a station is to be told
// of its price: of the EVSEs that wait for somebody, or of all where none does.
// ok is false where nothing is offered.
func UserPrice(tx *store.Tx, st station.Station, token string, shows device.Screen) (p device.UserPrice, ok bool, err error) {
	buyer, err := session.CustomerOf(tx, st.Tenant, token)
	if err != nil {
		return p, false, err
	}
	languages, err := LanguagesOf(tx, st.Tenant, token, st.ID, shows)
	if err != nil {
		return p, false, err
	}
	connectors, err := station.Connectors(tx, st.ID)
	if err != nil {
		return p, false, err
	}
	uses := usesOf(st, connectors, buyer, tx.Now())
	texts, err := wordsAt(tx, st.Tenant, uses, languages, tx.Now())
	return device.UserPrice{Token: token, Texts: texts}, len(texts) > 0, err
}

// usesOf are the sessions that a buyer could begin at a station.
func usesOf(st station.Station, connectors []station.Connector, buyer tariff.Customer, at time.Time) []tariff.Use {
	var waiting, all []tariff.Use
	for _, c := range connectors {
		if c.EVSE == 0 {
			continue
		}
		u := tariff.Use{Site: st.Site, Station: st.ID, EVSE: c.EVSE, Connector: c.ID, Customer: buyer, At: at}
		all = append(all, u)
		if c.Status == station.Preparing || c.Status == station.Occupied {
			waiting = append(waiting, u)
		}
	}
	switch {
	case len(waiting) > 0:
		return waiting
	case len(all) > 0:
		return all
	}
	return []tariff.Use{{Site: st.Site, Station: st.ID, Customer: buyer, At: at}}
}

// wordsAt says the prices of some uses at a time, in each language. Where they
// differ each is said with its EVSE.
func wordsAt(tx *store.Tx, tenant string, uses []tariff.Use, languages []string, at time.Time) ([]device.Text, error) {
	board, err := tariff.Post(tx, tenant, at, uses...)
	if err != nil {
		return nil, err
	}
	var order []tariff.Bound
	evses := map[tariff.Bound][]string{}
	for _, u := range uses {
		b, found := board.Choose(u)
		if !found {
			continue
		}
		if evses[b] == nil {
			order = append(order, b)
		}
		if n := strconv.FormatInt(u.EVSE, 10); !slices.Contains(evses[b], n) {
			evses[b] = append(evses[b], n)
		}
	}
	var out []device.Text
	for _, l := range languages {
		var lines []string
		for _, b := range order {
			t, err := tariff.GetVersion(tx, tenant, b.Tariff, tariff.Version(b.Version))
			if err != nil {
				return nil, err
			}
			line := tariff.Sentence(t, l)
			if len(order) > 1 {
				line = strings.Join(evses[b], ", ") + ": " + line
			}
			lines = append(lines, line)
		}
		if len(lines) > 0 {
			out = append(out, device.Text{Format: "UTF8", Language: l, Content: strings.Join(lines, "\n")})
		}
	}
	return out, nil
}
