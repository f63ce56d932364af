package api

import (
	"context"
	"crypto/rand"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/boombuler/barcode/qr"
	"github.com/danielgtaylor/huma/v2"

	"chargewright/base/fail"
	"chargewright/base/store"
	"chargewright/core/access"
	"chargewright/core/device"
	sessions "chargewright/core/session"
	stations "chargewright/core/station"
)

func careOperations() []operation {
	const tag, path = "stations", "/stations/{id}"
	rd, wr := access.Read, access.Stations
	return []operation{
		{get, "/commands/{id}", rd, tag, "getCommand", "Read a command", "With what is known of its effect.", 0, nil, handle((*server).getCommand)},
		{get, path + "/events", rd, tag, "listStationEvents", "Read what happened at a station",
			"Connections, sessions, commands and the station's own notices, newest first. The next page goes on before the time of the last.", 0, nil, handle((*server).listStationEvents)},
		{get, path + "/label.svg", rd, tag, "getLabel", "Draw the label of an EVSE", "With the code that drivers scan and the number that they type.", 0, nil, labelBind},
		{post, "/refusals/{identity}/accept", wr, tag, "acceptRefusal", "Make a station of an identity that was refused",
			"It is accepted at its next handshake. With a security profile above 0 the answer holds the password made for it, once. 409: a station has the identity already.",
			201, []int{409}, handle((*server).acceptRefusal)},
		{del, "/refusals/{identity}", wr, tag, "dismissRefusal", "Take an identity off the list of refused handshakes", "It comes back with its next attempt.", 0, nil, handleNone((*server).dismissRefusal)},
	}
}

// IdentityPath names what a station called itself.
type IdentityPath struct {
	Identity string `path:"identity" minLength:"1" maxLength:"48" doc:"The identity that was refused"`
}

type acceptPost struct {
	IdentityPath
	Body struct {
		SiteID          string `json:"site_id" minLength:"1" maxLength:"100"`
		Name            string `json:"name,omitempty" maxLength:"200" doc:"The identity, unless given"`
		SecurityProfile *int64 `json:"security_profile,omitempty" minimum:"0" maximum:"2" doc:"1, unless given. Above 0 a password is made"`
	} `nameHint:"AcceptRefusal"`
}

type acceptedStation struct {
	Station  station `json:"station"`
	Password *string `json:"password" doc:"Shown this once; null with security profile 0"`
}

// acceptRefusal makes a station of a stranger who knocked.
func (s *server) acceptRefusal(ctx context.Context, sc access.Scope, in *acceptPost) (acceptedStation, error) {
	b := in.Body
	name := b.Name
	if name == "" {
		name = in.Identity
	}
	var password *string
	profile := int64(1)
	if b.SecurityProfile != nil {
		profile = *b.SecurityProfile
	}
	if profile > 0 {
		made := rand.Text()
		password = &made
	}
	v, err := store.Do(ctx, s.o.DB, in.Identity, func(tx *store.Tx) (station, error) {
		_, taken, err := stations.Find(tx, in.Identity)
		if err != nil {
			return station{}, err
		}
		if err := stations.Dismiss(tx, sc, in.Identity); err != nil {
			return station{}, err
		}
		if taken {
			return station{}, fail.New(fail.Conflict, "api.acceptRefusal", "the station %q exists; change it instead", in.Identity)
		}
		if _, err := stations.GetSite(tx, sc, b.SiteID); err != nil {
			return station{}, asField(err, "site_id")
		}
		if err := stations.Create(tx, stations.Station{ID: in.Identity, Tenant: sc.Tenant, Site: b.SiteID, Name: name, Onboarding: stations.Accepted}); err != nil {
			return station{}, err
		}
		d, err := device.Install(tx, sc.Tenant, in.Identity)
		if err != nil {
			return station{}, err
		}
		if err := s.secure(tx, d.ID, &profile, password); err != nil {
			return station{}, err
		}
		return readStation(tx, sc, in.Identity)
	})
	if err != nil {
		return acceptedStation{}, err
	}
	s.o.Live.Publish(topicStation, []byte(in.Identity))
	return acceptedStation{v, password}, nil
}

func (s *server) dismissRefusal(ctx context.Context, sc access.Scope, in *struct{ IdentityPath }) error {
	_, err := store.Do(ctx, s.o.DB, in.Identity, func(tx *store.Tx) (none, error) { return none{}, stations.Dismiss(tx, sc, in.Identity) })
	return err
}

// stationEvent is something that happened at a station.
type stationEvent struct {
	At    time.Time `json:"at"`
	Kind  string    `json:"kind" enum:"connected,disconnected,session_started,session_stopped,command,notice"`
	EVSE  *int64    `json:"evse_id" doc:"null: the station as a whole, or not known"`
	Ref   string    `json:"ref" doc:"Id of the session or command; the OCPP action of a notice; the epoch of a connection"`
	Text  string    `json:"text" doc:"In a word: the reason, the kind of the command, what the notice says first"`
	Words string    `json:"words" doc:"What the station itself said"`
}

// listStationEvents merges what the rooms know of a station.
func (s *server) listStationEvents(ctx context.Context, sc access.Scope, in *struct {
	StationPath
	Limit  int       `query:"limit" minimum:"1" maximum:"200" default:"50" doc:"Items of a page; a few more where several are of one time"`
	Before time.Time `query:"before" doc:"Only those before this time"`
}) (list[stationEvent], error) {
	before := in.Before
	if before.IsZero() {
		before = time.Now().Add(24 * time.Hour)
	}
	return store.Read(ctx, s.o.DB, func(tx *store.Tx) (list[stationEvent], error) {
		v := list[stationEvent]{Items: []stationEvent{}}
		d, err := standing(tx, sc, in.ID)
		if err != nil {
			return v, err
		}
		for _, read := range []func() ([]stationEvent, error){
			func() ([]stationEvent, error) { return connectionEvents(tx, sc, in.ID, before, in.Limit) },
			func() ([]stationEvent, error) { return sessionEvents(tx, sc, in.ID, before, in.Limit) },
			func() ([]stationEvent, error) { return commandEvents(tx, sc, in.ID, before, in.Limit) },
			func() ([]stationEvent, error) { return noticeEvents(tx, d.ID, before, in.Limit) },
		} {
			some, err := read()
			if err != nil {
				return v, err
			}
			v.Items = append(v.Items, some...)
		}
		v.Items = slices.DeleteFunc(v.Items, func(e stationEvent) bool { return !e.At.Before(before) })
		slices.SortStableFunc(v.Items, func(a, b stationEvent) int { return b.At.Compare(a.At) })
		n := min(in.Limit, len(v.Items))
		for n > 0 && n < len(v.Items) && v.Items[n].At.Equal(v.Items[n-1].At) {
			n++
		}
		v.Items = v.Items[:n]
		return v, nil
	})
}

func connectionEvents(tx *store.Tx, sc access.Scope, station string, before time.Time, limit int) (out []stationEvent, err error) {
	cs, err := stations.ConnectionsUntil(tx, sc, station, before, limit)
	for _, c := range cs {
		ref := fmt.Sprint(c.Epoch)
		if !c.ClosedAt.IsZero() {
			out = append(out, stationEvent{At: c.ClosedAt, Kind: "disconnected", Ref: ref, Text: c.Reason})
		}
		out = append(out, stationEvent{At: c.OpenedAt, Kind: "connected", Ref: ref, Text: "OCPP " + c.Protocol, Words: c.Remote})
	}
	return out, err
}

func sessionEvents(tx *store.Tx, sc access.Scope, station string, before time.Time, limit int) (out []stationEvent, err error) {
	rows, err := sessions.List(tx, sc, sessions.Filter{Station: station, To: before}, limit)
	for _, x := range rows {
		evse := &x.EVSE
		if x.EVSE == 0 {
			evse = nil
		}
		begun := x.StartedAt
		if begun.IsZero() {
			begun = x.CreatedAt
		}
		out = append(out, stationEvent{At: begun.UTC(), Kind: "session_started", EVSE: evse, Ref: x.ID, Text: string(x.Verdict)})
		if !x.StoppedAt.IsZero() {
			out = append(out, stationEvent{At: x.StoppedAt.UTC(), Kind: "session_stopped", EVSE: evse, Ref: x.ID, Text: fmt.Sprintf("%d Wh", x.Energy.WattHours()), Words: x.Reason})
		}
	}
	return out, err
}

func commandEvents(tx *store.Tx, sc access.Scope, station string, before time.Time, limit int) (out []stationEvent, err error) {
	rows, err := device.Commands(tx, sc, station, device.CommandKey{QueuedAt: before}, limit)
	for _, r := range rows {
		out = append(out, stationEvent{At: r.QueuedAt.UTC(), Kind: "command", Ref: r.ID, Text: r.Kind, Words: strings.TrimSpace(r.Word + " " + r.Reason)})
	}
	return out, err
}

func noticeEvents(tx *store.Tx, dev string, before time.Time, limit int) (out []stationEvent, err error) {
	rows, _, err := device.NoticesBefore(tx, dev, "", device.NoticeKey{ReceivedAt: before}, limit)
	for _, n := range rows {
		out = append(out, stationEvent{At: n.ReceivedAt.UTC(), Kind: "notice", Ref: n.Action, Text: n.Action, Words: gist(n.Body)})
	}
	return out, err
}

type labelQuery struct {
	StationPath
	EVSE int64 `query:"evse" minimum:"1" maximum:"256" default:"1"`
}

// labelBind serves the label, which is no JSON.
func labelBind(s *server, api huma.API, op huma.Operation) {
	op.Responses["200"] = &huma.Response{Description: "The label", Content: map[string]*huma.MediaType{"image/svg+xml": {Schema: &huma.Schema{Type: "string"}}}}
	huma.Register(api, op, func(ctx context.Context, in *labelQuery) (*raw, error) {
		b, err := s.label(ctx, scopeOf(ctx), in)
		if err != nil {
			return nil, s.failed(ctx, op, err)
		}
		return &raw{Status: http.StatusOK, ContentType: "image/svg+xml", Body: b}, nil
	})
}

// label draws what is put on a charger: 80 by 50 mm.
func (s *server) label(ctx context.Context, sc access.Scope, in *labelQuery) ([]byte, error) {
	type facts struct {
		brand access.Brand
		evse  stations.EVSE
	}
	f, err := store.Read(ctx, s.o.DB, func(tx *store.Tx) (f facts, err error) {
		if _, err = stations.Get(tx, sc, in.ID); err != nil {
			return f, err
		}
		all, err := stations.EVSEsIn(tx, sc, []string{in.ID})
		if err != nil {
			return f, err
		}
		i := slices.IndexFunc(all, func(e stations.EVSE) bool { return e.EVSE == in.EVSE })
		if i < 0 {
			return f, fail.New(fail.NotFound, "api.label", "there is no EVSE %d at the station %q", in.EVSE, in.ID)
		}
		f.evse = all[i]
		f.brand, err = access.GetBrand(tx, sc.Tenant)
		return f, err
	})
	if err != nil {
		return nil, err
	}
	code := f.evse.Number
	if code == "" {
		code = f.evse.ContractID
	}
	if code == "" {
		code = fmt.Sprintf("%s:%d", in.ID, in.EVSE)
	}
	return drawLabel(f.brand.Name, f.evse.ContractID, code, s.base()+"/app/e/"+url.PathEscape(code))
}

// drawLabel draws a label: the code of an address, and texts beside it. Lengths
// are in millimetres.
func drawLabel(brand, contract, code, address string) ([]byte, error) {
	q, err := qr.Encode(address, qr.M, qr.Auto)
	if err != nil {
		return nil, fail.Wrap(fail.Internal, "api.label", err)
	}
	n := q.Bounds().Dx()
	var path strings.Builder
	for y := range n {
		for x := range n {
			if r, _, _, _ := q.At(x, y).RGBA(); r == 0 {
				fmt.Fprintf(&path, "M%d %dh1v1h-1z", x, y)
			}
		}
	}
	text := func(y float64, size float64, weight, s string) string {
		return fmt.Sprintf(`<text x="46" y="%.1f" font-size="%.1f" font-weight="%s" textLength="%.1f" lengthAdjust="spacingAndGlyphs">%s</text>`,
			y, size, weight, min(31, 0.56*size*float64(len([]rune(s)))), html.EscapeString(s))
	}
	var b strings.Builder
	b.WriteString(`<svg xmlns="http://www.w3.org/2000/svg" width="80mm" height="50mm" viewBox="0 0 80 50" font-family="sans-serif"><rect width="80" height="50" fill="#fff"/>`)
	fmt.Fprintf(&b, `<path transform="translate(5 7) scale(%.5f)" d="%s" fill="#000"/>`, 36/float64(n), path.String())
	for _, t := range []struct {
		y, size   float64
		weight, s string
	}{{14, 4, "bold", brand}, {27, 8, "bold", code}, {35, 3, "normal", contract}, {41, 2.2, "normal", address}} {
		if t.s != "" && (t.s != contract || contract != code) {
			b.WriteString(text(t.y, t.size, t.weight, t.s))
		}
	}
	b.WriteString(`</svg>`)
	return []byte(b.String()), nil
}
