package api

import (
	"context"

	"chargewright/base/store"
	"chargewright/core/access"
	"chargewright/core/device"
	sessions "chargewright/core/session"
	stations "chargewright/core/station"
)

func stationListOperations() []operation {
	const tag = "stations"
	return []operation{
		{get, "/stations/facets", access.Read, tag, "countStations", "Count stations by what they can be narrowed by",
			"With the filters of the list, but that the values of a field do not narrow its own counts. The most frequent first, at most 200 each.", 0, nil, handle((*server).countStations)},
	}
}

// StationFilter narrows a list of stations.
type StationFilter struct {
	Q          string `query:"q" json:"q,omitempty" maxLength:"100" doc:"Part of the id, name, make, serial number, contract id or number of an EVSE, or of the site's name or address"`
	Status     string `query:"status" json:"status,omitempty" maxLength:"500" doc:"Of overall_status, alternatives separated by commas"`
	Site       string `query:"site" json:"site,omitempty" maxLength:"10000" doc:"Ids of sites, separated by commas"`
	Protocol   string `query:"protocol" json:"protocol,omitempty" maxLength:"100" doc:"Alternatives, separated by commas"`
	Onboarding string `query:"onboarding" json:"onboarding,omitempty" maxLength:"100" doc:"Alternatives, separated by commas"`
	Vendor     string `query:"vendor" json:"vendor,omitempty" maxLength:"1000" doc:"Alternatives, separated by commas"`
	IDs        string `query:"ids" json:"ids,omitempty" maxLength:"10000" doc:"Ids of stations, separated by commas; at most 200"`
}

func (f StationFilter) filter() stations.Filter {
	return stations.Filter{
		Text: f.Q, Overall: commas(f.Status), Sites: commas(f.Site), Protocols: commas(f.Protocol), Onboarding: commas(f.Onboarding), Vendors: commas(f.Vendor), IDs: commas(f.IDs),
	}
}

type stationsQuery struct {
	Page
	StationFilter
	Sort string `query:"sort" enum:"id,-id,name,status,-status_at" default:"id" doc:"status: the worst first; -status_at: what changed last first"`
}

// stationList is a page of stations and how many there are on all of them.
type stationList struct {
	Items []station `json:"items"`
	Next  *string   `json:"next" doc:"The cursor of the next page; null at the end"`
	Total int64     `json:"total" doc:"Of all pages together"`
}

func (s *server) listStations(ctx context.Context, sc access.Scope, in *stationsQuery) (stationList, error) {
	after, err := in.after(2)
	if err != nil {
		return stationList{}, err
	}
	f, order := in.filter(), stations.Order(in.Sort)
	return store.Read(ctx, s.o.DB, func(tx *store.Tx) (stationList, error) {
		rows, err := stations.Search(tx, sc, f, order, stations.Key{At: after.at, Text: after.keys[0], ID: after.keys[1]}, in.Limit+1)
		if err != nil {
			return stationList{}, err
		}
		v := stationList{}
		if v.Total, err = stations.Count(tx, sc, f); err != nil {
			return v, err
		}
		all, err := showStations(tx, sc, rows[:min(len(rows), in.Limit)])
		if err != nil {
			return v, err
		}
		v.Items = all
		if len(rows) > in.Limit {
			k := stations.KeyOf(rows[in.Limit-1], order)
			v.Next = place{k.At, []string{k.Text, k.ID}}.cursor()
		}
		return v, nil
	})
}

// plugError is what a connector says is wrong.
type plugError struct {
	EVSE      int64  `json:"evse_id"`
	Connector int64  `json:"connector_id"`
	Code      string `json:"code" doc:"As the station spells it"`
	Vendor    string `json:"vendor_code"`
	Info      string `json:"info"`
}

// showStations completes a page of stations in a few queries.
func showStations(tx *store.Tx, sc access.Scope, rows []stations.Station) ([]station, error) {
	out := make([]station, len(rows))
	ids, at, sites := make([]string, len(rows)), map[string]int{}, []string(nil)
	for i, r := range rows {
		out[i], ids[i], at[r.ID], sites = showStation(r), r.ID, i, addOnce(sites, r.Site)
	}
	names, err := stations.SiteNames(tx, sites)
	if err != nil {
		return nil, err
	}
	evses, err := stations.EVSEsIn(tx, sc, ids)
	if err != nil {
		return nil, err
	}
	connectors, err := stations.ConnectorsIn(tx, sc, ids)
	if err != nil {
		return nil, err
	}
	devices, err := device.StandingIn(tx, sc, ids)
	if err != nil {
		return nil, err
	}
	open, err := sessions.OpenIn(tx, sc, ids)
	if err != nil {
		return nil, err
	}
	for _, d := range devices {
		v := &out[at[d.Station]]
		v.Device, v.SecurityProfile, v.HasPassword = of(showDevice(d)), d.SecurityProfile, d.Verifier != ""
	}
	for _, e := range evses {
		v := &out[at[e.Station]]
		v.EVSEs = append(v.EVSEs, evse{EVSE: e.EVSE, ContractID: e.ContractID, Number: e.Number, MaxPowerW: e.MaxPowerW, Profile: e.Profile, Connectors: []connector{}})
	}
	plugs := map[string][]stations.Connector{}
	for _, c := range connectors {
		out[at[c.Station]].plug(c)
		plugs[c.Station] = append(plugs[c.Station], c)
	}
	flows := map[string][]sessions.Session{}
	for _, x := range open {
		flows[x.Station] = append(flows[x.Station], x)
	}
	for i, r := range rows {
		out[i].SiteName = names[r.Site]
		out[i].state(r, plugs[r.ID], flows[r.ID])
	}
	return out, nil
}

// state says how each EVSE is doing, and what the worst connector says is wrong.
func (s *station) state(r stations.Station, plugs []stations.Connector, open []sessions.Session) {
	for _, e := range s.EVSEs {
		var own []stations.Connector
		for _, c := range plugs {
			if c.EVSE == e.EVSE {
				own = append(own, c)
			}
		}
		flow := stations.NoSession
		for _, x := range open {
			if x.EVSE == e.EVSE && flow == stations.NoSession {
				flow = x.EVSEFlow()
			}
		}
		s.EVSEStates = append(s.EVSEStates, string(stations.EVSEState(r, own, flow)))
	}
	for _, faulted := range []bool{true, false} { // a fault comes before a warning
		for _, c := range plugs {
			wrong := c.Status == stations.Faulted || !faulted && c.ErrorCode != "" && c.ErrorCode != "NoError"
			if wrong && s.Error.v == nil {
				s.Error = of(plugError{c.EVSE, c.ID, c.ErrorCode, c.VendorError, c.Info})
			}
		}
	}
}

type facet struct {
	Value string `json:"value"`
	Label string `json:"label" doc:"A site's name; else the value"`
	Count int64  `json:"count"`
}

type stationFacets struct {
	Status     []facet `json:"status"`
	Site       []facet `json:"site"`
	Protocol   []facet `json:"protocol"`
	Vendor     []facet `json:"vendor"`
	Onboarding []facet `json:"onboarding"`
}

func showFacets(fs []stations.Facet) []facet {
	out := make([]facet, len(fs))
	for i, f := range fs {
		out[i] = facet{f.Value, f.Label, f.Count}
	}
	return out
}

func (s *server) countStations(ctx context.Context, sc access.Scope, in *struct{ StationFilter }) (stationFacets, error) {
	return store.Read(ctx, s.o.DB, func(tx *store.Tx) (stationFacets, error) {
		f, err := stations.CountBy(tx, sc, in.filter())
		return stationFacets{showFacets(f.Overall), showFacets(f.Sites), showFacets(f.Protocols), showFacets(f.Vendors), showFacets(f.Onboarding)}, err
	})
}
