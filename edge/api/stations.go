package api

import (
	"context"
	"fmt"
	"slices"
	"time"

	"chargewright/base/fail"
	"chargewright/base/store"
	"chargewright/core/access"
	"chargewright/core/billing"
	"chargewright/core/device"
	stations "chargewright/core/station"
	"chargewright/core/tariff"
)

type station struct {
	ID              string               `json:"id" doc:"Its OCPP identity"`
	Name            string               `json:"name"`
	SiteID          string               `json:"site_id"`
	SiteName        string               `json:"site_name"`
	Onboarding      string               `json:"onboarding" enum:"accepted,pending,rejected" doc:"What an operator decided"`
	SecurityProfile int64                `json:"security_profile" doc:"0 to 3"`
	HasPassword     bool                 `json:"has_password"`
	Boot            string               `json:"boot" doc:"What its last BootNotification was answered; empty if it never booted"`
	BootAt          *time.Time           `json:"boot_at"`
	Protocol        string               `json:"protocol" doc:"1.6, 2.0.1 or 2.1; empty until it connected"`
	Connected       bool                 `json:"connected"`
	ConnectedAt     *time.Time           `json:"connected_at"`
	DisconnectedAt  *time.Time           `json:"disconnected_at"`
	Status          string               `json:"status" doc:"What the station says of itself as a whole"`
	Overall         string               `json:"overall_status" doc:"offline, or the worst of the station and its connectors"`
	StatusAt        *time.Time           `json:"status_at" doc:"When overall_status became what it is"`
	Error           nullable[plugError]  `json:"error" doc:"What the worst connector says is wrong; null when none does"`
	EVSEStates      []string             `json:"evse_states" doc:"The state of each EVSE, in their order"`
	Capabilities    []device.Capability  `json:"capabilities,omitempty" doc:"What it can do, as far as its settings are known"`
	Device          nullable[deviceView] `json:"device" doc:"What stands there now"`
	Tariff          *nullable[binding]   `json:"tariff,omitzero" doc:"The tariff that a session starting now is bound to; null when none, absent in lists"`
	EVSEs           []evse               `json:"evses"`
	UpdatedAt       time.Time            `json:"updated_at"`
}

// edited is the part of a station that PUT replaces.
func (s station) edited() any {
	type settings struct {
		ContractID string
		MaxPowerW  int64
		Profile    string
		Standards  []string
	}
	evses := make([]settings, len(s.EVSEs))
	for i, e := range s.EVSEs {
		evses[i] = settings{e.ContractID, e.MaxPowerW, e.Profile, nil}
		for _, c := range e.Connectors {
			if c.Standard != "" { // a connector that the station named decides nothing
				evses[i].Standards = append(evses[i].Standards, fmt.Sprintf("%d %s", c.Connector, c.Standard))
			}
		}
	}
	return []any{s.ID, s.Name, s.SiteID, s.Onboarding, s.SecurityProfile, s.HasPassword, s.Tariff, evses}
}

type binding struct {
	ID       string `json:"id"`
	Version  string `json:"version" doc:"Hash of the tariff's meaning"`
	Currency string `json:"currency"`
}

type evse struct {
	EVSE       int64       `json:"evse_id" doc:"As OCPP counts, from 1"`
	ContractID string      `json:"contract_id" doc:"EVSE id after eMI3, such as DE*ABC*E1; empty if none was given"`
	Number     string      `json:"number" doc:"Six digits that drivers type, one in the installation; empty until given"`
	MaxPowerW  int64       `json:"max_power_w" doc:"The most it can deliver, in W; 0 when unknown"`
	Profile    string      `json:"legal_profile" enum:",nevi,eichrecht,afir" doc:"The law under which it bills; empty: none in particular"`
	Connectors []connector `json:"connectors"`
}

type connector struct {
	Connector   int64      `json:"connector_id" doc:"Counts from 1 within the EVSE"`
	Standard    string     `json:"standard" doc:"As OCPI names it; empty when unknown"`
	Status      string     `json:"status"`
	StatusAt    *time.Time `json:"status_at"`
	ErrorCode   string     `json:"error_code"`
	VendorError string     `json:"vendor_error"`
	Info        string     `json:"info"`
}

type deviceView struct {
	ID              string     `json:"id"`
	Vendor          string     `json:"vendor"`
	Model           string     `json:"model"`
	Serial          string     `json:"serial"`
	Firmware        string     `json:"firmware"`
	MeterType       string     `json:"meter_type"`
	MeterSerial     string     `json:"meter_serial"`
	ICCID           string     `json:"iccid"`
	IMSI            string     `json:"imsi"`
	SecurityProfile int64      `json:"security_profile"`
	InstalledAt     time.Time  `json:"installed_at"`
	RemovedAt       *time.Time `json:"removed_at"`
}

func showDevice(d device.Device) deviceView {
	return deviceView{
		ID: d.ID, Vendor: d.Vendor, Model: d.Model, Serial: d.Serial, Firmware: d.Firmware, MeterType: d.MeterType, MeterSerial: d.MeterSerial,
		ICCID: d.ICCID, IMSI: d.IMSI, SecurityProfile: d.SecurityProfile, InstalledAt: d.InstalledAt.UTC(), RemovedAt: moment(d.RemovedAt),
	}
}

func showStation(s stations.Station) station {
	return station{
		ID: s.ID, Name: s.Name, SiteID: s.Site, Onboarding: string(s.Onboarding), Boot: string(s.Boot), BootAt: moment(s.BootAt),
		Protocol: s.Protocol, Connected: s.Connected, ConnectedAt: moment(s.ConnectedAt), DisconnectedAt: moment(s.DisconnectedAt),
		Status: string(s.Status), EVSEs: []evse{}, UpdatedAt: s.UpdatedAt.UTC(), Overall: string(s.Overall), StatusAt: moment(s.OverallAt), EVSEStates: []string{},
	}
}

// plug puts a connector into its EVSE.
func (s *station) plug(c stations.Connector) {
	for i := range s.EVSEs {
		if s.EVSEs[i].EVSE == c.EVSE {
			s.EVSEs[i].Connectors = append(s.EVSEs[i].Connectors, connector{
				c.ID, c.Standard, string(c.Status), moment(c.StatusAt), c.ErrorCode, c.VendorError, c.Info,
			})
		}
	}
}

func readStation(tx *store.Tx, sc access.Scope, id string) (station, error) {
	s, err := stations.Get(tx, sc, id)
	if err != nil {
		return station{}, err
	}
	all, err := showStations(tx, sc, []stations.Station{s})
	if err != nil {
		return station{}, err
	}
	if d := all[0].Device; d.v != nil {
		known, err := device.Settings(tx, d.v.ID)
		if err != nil {
			return station{}, err
		}
		all[0].Capabilities = device.Capabilities(known)
	}
	b, found, err := tariff.Bind(tx, sc.Tenant, tariff.Use{Site: s.Site, Station: s.ID, At: tx.Now()})
	all[0].Tariff = &nullable[binding]{}
	if found {
		all[0].Tariff.v = &binding{b.Tariff, b.Version, b.Currency}
	}
	return all[0], err
}

// StationPath names a station.
type StationPath struct {
	ID string `path:"id" minLength:"1" maxLength:"48" doc:"The station's OCPP identity"`
}

type stationQuery struct {
	StationPath
	Reading
}

func (s *server) getStation(ctx context.Context, sc access.Scope, in *stationQuery) (station, error) {
	return store.Read(ctx, s.o.DB, func(tx *store.Tx) (station, error) { return readStation(tx, sc, in.ID) })
}

type pageQuery struct{ Page }

type stationPut struct {
	StationPath
	Writing
	Body stationBody
}

type stationBody struct {
	Name            *string       `json:"name,omitempty" maxLength:"200"`
	SiteID          *string       `json:"site_id,omitempty" maxLength:"100" doc:"At creation: the tenant's first site, unless named"`
	Onboarding      *string       `json:"onboarding,omitempty" enum:"accepted,pending,rejected" doc:"At creation: accepted, unless named. Takes effect at the next handshake"`
	SecurityProfile *int64        `json:"security_profile,omitempty" minimum:"0" maximum:"3" doc:"The least the station has to use from the next handshake on"`
	Password        *string       `json:"password,omitempty" writeOnly:"true" minLength:"8" maxLength:"64" doc:"Of HTTP Basic authentication; kept as a verifier alone. 32 to 40 hex digits are accepted as text and as the bytes they spell (OCPP 1.6 AuthorizationKey)"`
	TariffID        *string       `json:"tariff_id,omitempty" maxLength:"36" doc:"The tariff of this station; empty takes it away, and the site's or tenant's applies. 403 for a role that may not change tariffs"`
	EVSEs           []evseSetting `json:"evses,omitempty" maxItems:"256" doc:"What stations do not say of their EVSEs"`
}

type evseSetting struct {
	EVSE       int64   `json:"evse_id" minimum:"1" maximum:"256"`
	ContractID string  `json:"contract_id,omitempty" maxLength:"48"`
	MaxPowerW  int64   `json:"max_power_w,omitempty" minimum:"0" maximum:"100000000" doc:"A jump of the meter above it holds a session for review"`
	Profile    *string `json:"legal_profile,omitempty" enum:",nevi,eichrecht,afir" doc:"The law under which it bills; 422 where the tariff that holds there for guests may not be offered under it. 403 for a role that may not change tariffs"`
	// Connectors are those whose standard is said; the others keep theirs.
	Connectors []connectorSetting `json:"connectors,omitempty" maxItems:"16"`
}

type connectorSetting struct {
	Connector int64  `json:"connector_id" minimum:"1" maximum:"16"`
	Standard  string `json:"standard" maxLength:"40" doc:"As OCPI names it, such as IEC_62196_T2_COMBO; empty: not known"`
}

// putStation creates a station or changes what the body names of it. Its tariff
// is for those who may change tariffs.
func (s *server) putStation(ctx context.Context, sc access.Scope, in *stationPut) (station, error) {
	lawful := slices.ContainsFunc(in.Body.EVSEs, func(e evseSetting) bool { return e.Profile != nil })
	if (in.Body.TariffID != nil || lawful) && !sc.Role.May(access.Money) {
		return station{}, fail.New(fail.Denied, "api.putStation", "the role %s may not say which tariff applies", sc.Role)
	}
	v, err := store.Do(ctx, s.o.DB, in.ID, func(tx *store.Tx) (station, error) {
		st, found, err := stations.Find(tx, in.ID)
		if err != nil {
			return station{}, err
		}
		if found && st.Tenant != sc.Tenant {
			return station{}, fail.New(fail.NotFound, "api.putStation", "there is no station %q", in.ID)
		}
		if err := checkStation(tx, sc, in, found); err != nil {
			return station{}, err
		}
		if st, err = placeStation(tx, sc, st, in, found); err != nil {
			return station{}, err
		}
		if err := s.equip(tx, st, in.Body); err != nil {
			return station{}, err
		}
		return readStation(tx, sc, in.ID)
	})
	if err == nil {
		s.o.Live.Publish(topicStation, []byte(in.ID))
	}
	return v, err
}

func checkStation(tx *store.Tx, sc access.Scope, in *stationPut, found bool) error {
	if !in.guards() || !found {
		return in.check(nil)
	}
	now, err := readStation(tx, sc, in.ID)
	if err != nil {
		return err
	}
	return in.check(now)
}

// placeStation writes the place itself.
func placeStation(tx *store.Tx, sc access.Scope, st stations.Station, in *stationPut, found bool) (stations.Station, error) {
	b := in.Body
	if !found {
		st = stations.Station{ID: in.ID, Tenant: sc.Tenant, Name: in.ID, Onboarding: stations.Accepted}
	}
	if b.Name != nil {
		st.Name = *b.Name
	}
	if b.Onboarding != nil {
		st.Onboarding = stations.Onboarding(*b.Onboarding)
	}
	if b.SiteID != nil {
		st.Site = *b.SiteID
	}
	if st.Site == "" {
		sites, err := stations.SitesAfter(tx, sc, "", 1)
		if err != nil {
			return st, err
		}
		if len(sites) == 0 {
			return st, fail.Field("api.putStation", "site_id", "there is no site yet; create one first")
		}
		st.Site = sites[0].ID
	}
	if _, err := stations.GetSite(tx, sc, st.Site); err != nil {
		return st, asField(err, "site_id")
	}
	if found {
		return st, stations.Update(tx, st)
	}
	return st, stations.Create(tx, st)
}

// equip writes what belongs to the device, the EVSEs and the tariff.
func (s *server) equip(tx *store.Tx, st stations.Station, b stationBody) error {
	d, found, err := device.At(tx, st.ID)
	if err == nil && !found {
		d, err = device.Install(tx, st.Tenant, st.ID)
	}
	if err != nil {
		return err
	}
	if err := s.secure(tx, d.ID, b.SecurityProfile, b.Password); err != nil {
		return err
	}
	for _, e := range b.EVSEs {
		if err := stations.SetEVSE(tx, st.ID, e.EVSE, e.ContractID, e.MaxPowerW); err != nil {
			return err
		}
		if e.Profile != nil {
			if err := stations.SetProfile(tx, st.ID, e.EVSE, *e.Profile); err != nil {
				return err
			}
		}
		for _, c := range e.Connectors {
			if err := stations.SetStandard(tx, st.ID, e.EVSE, c.Connector, c.Standard); err != nil {
				return err
			}
		}
	}
	if b.TariffID != nil {
		if err := tariff.Assign(tx, st.Tenant, tariff.Place{Kind: tariff.OfStation, ID: st.ID}, *b.TariffID); err != nil {
			return asField(err, "tariff_id")
		}
	}
	if b.TariffID == nil && b.SiteID == nil && len(b.EVSEs) == 0 {
		return nil
	}
	err = billing.Lawful(tx, access.Scope{Tenant: st.Tenant})
	switch {
	case err == nil:
		return tariff.Changed(tx, st.Tenant)
	case fail.Is(err, fail.Invalid) && b.TariffID == nil && len(b.EVSEs) > 0:
		return fail.Field("api.equip", "legal_profile", "%s", fail.Say(err))
	case fail.Is(err, fail.Invalid) && b.TariffID == nil:
		return fail.Field("api.equip", "site_id", "%s", fail.Say(err))
	}
	return err
}

// secure gives a device its security profile and password; nil keeps what it has.
func (s *server) secure(tx *store.Tx, id string, profile *int64, password *string) error {
	if profile != nil {
		if err := device.SetProfile(tx, id, *profile); err != nil {
			return err
		}
	}
	if password != nil {
		return device.SetPassword(tx, s.o.Verifier, id, *password)
	}
	return nil
}

// asField makes a thing that a body names and that does not exist a fault of
// that member.
func asField(err error, field string) error {
	if fail.Is(err, fail.NotFound) {
		return fail.Field("api", field, "%s", fail.Say(err))
	}
	return err
}

type replacePost struct {
	StationPath
	Body struct {
		SecurityProfile *int64  `json:"security_profile,omitempty" minimum:"0" maximum:"3"`
		Password        *string `json:"password,omitempty" writeOnly:"true" minLength:"8" maxLength:"64"`
	} `nameHint:"ReplaceDevice"`
}

// replaceDevice says that another cabinet stands there from now on.
func (s *server) replaceDevice(ctx context.Context, sc access.Scope, in *replacePost) (deviceView, error) {
	v, err := store.Do(ctx, s.o.DB, in.ID, func(tx *store.Tx) (deviceView, error) {
		if _, err := stations.Get(tx, sc, in.ID); err != nil {
			return deviceView{}, err
		}
		d, err := device.Install(tx, sc.Tenant, in.ID)
		if err == nil {
			err = stations.Describe(tx, in.ID, "")
		}
		if err != nil {
			return deviceView{}, err
		}
		if err := s.secure(tx, d.ID, in.Body.SecurityProfile, in.Body.Password); err != nil {
			return deviceView{}, err
		}
		d, _, err = device.At(tx, in.ID)
		return showDevice(d), err
	})
	if err == nil {
		s.o.Live.Publish(topicStation, []byte(in.ID))
	}
	return v, err
}

func (s *server) listDevices(ctx context.Context, sc access.Scope, in *stationPage) (list[deviceView], error) {
	return store.Read(ctx, s.o.DB, func(tx *store.Tx) (list[deviceView], error) {
		if _, err := stations.Get(tx, sc, in.ID); err != nil {
			return list[deviceView]{}, err
		}
		rows, err := device.History(tx, in.ID)
		if err != nil {
			return list[deviceView]{}, err
		}
		return pageIn(rows, in.Page, showDevice, func(d device.Device) string { return d.ID })
	})
}
