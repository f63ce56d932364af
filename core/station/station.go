package station

import (
	"regexp"
	"strings"
	"sync"
	"time"
	_ "time/tzdata" // sites have zones, and the binary brings them along

	"chargewright/base/fail"
)

// Onboarding is what an operator decided about a station.
type Onboarding string

// The decisions.
const (
	Accepted Onboarding = "accepted"
	Pending  Onboarding = "pending"
	Rejected Onboarding = "rejected"
)

// Valid reports whether o is one of the decisions.
func (o Onboarding) Valid() bool { return o == Accepted || o == Pending || o == Rejected }

// Status is how a connector, an EVSE or a station is doing.
type Status string

// The closed set of statuses. The empty Status reads as Unknown.
const (
	Unknown       Status = "unknown"
	Available     Status = "available"
	Preparing     Status = "preparing"
	Charging      Status = "charging"
	SuspendedEV   Status = "suspended_ev"
	SuspendedEVSE Status = "suspended_evse"
	Finishing     Status = "finishing"
	Reserved      Status = "reserved"
	Unavailable   Status = "unavailable"
	Faulted       Status = "faulted"
	Occupied      Status = "occupied" // 2.x: something is plugged in; the session knows more
)

// Site is a place with an address and a time zone.
type Site struct {
	ID         string
	Tenant     string
	Entity     string // the legal entity that sells here
	Name       string
	Address    string
	City       string
	PostalCode string
	Country    string // ISO 3166-1 alpha-2
	Zone       string // IANA time zone
	Latitude   *int64 // WGS 84, in 10⁻⁶ degrees; nil with Longitude when not known
	Longitude  *int64
	Region     string // ISO 3166-2, whose public holidays hold here beside the country's; "" for none
}

var regionForm = regexp.MustCompile(`^[A-Z]{2}-[A-Z0-9]{1,3}$`)

// checkRegion returns an Invalid error for a region that is none of the country.
func (s Site) checkRegion() error {
	if s.Region != "" && (!regionForm.MatchString(s.Region) || s.Region[:2] != s.Country) {
		return fail.Field("station.Site", "region", "%q is no region of the country, as ISO 3166-2 names them (DE-BY)", s.Region)
	}
	return nil
}

// checkPosition returns an Invalid error for a position that is none.
func (s Site) checkPosition() error {
	switch {
	case (s.Latitude == nil) != (s.Longitude == nil):
		return fail.Field("station.Site", "latitude", "latitude and longitude are given together or not at all")
	case s.Latitude != nil && (*s.Latitude < -90_000_000 || *s.Latitude > 90_000_000):
		return fail.Field("station.Site", "latitude", "it is not within -90…90")
	case s.Longitude != nil && (*s.Longitude < -180_000_000 || *s.Longitude > 180_000_000):
		return fail.Field("station.Site", "longitude", "it is not within -180…180")
	}
	return nil
}

// Location loads the site's zone.
func (s Site) Location() (*time.Location, error) {
	if l, ok := zones.Load(s.Zone); ok {
		return l.(*time.Location), nil
	}
	l, err := time.LoadLocation(s.Zone)
	if err != nil || s.Zone == "" || s.Zone == "Local" {
		return nil, fail.Field("station.Site", "zone", "%q is no IANA time zone", s.Zone)
	}
	zones.Store(s.Zone, l)
	return l, nil
}

// zones are those that were loaded, by name; there are some 600. To load one is to
// read a file.
var zones sync.Map

// Station is a place where a device stands. Its id is the OCPP identity.
type Station struct {
	ID             string
	Tenant         string
	Site           string
	Name           string
	Onboarding     Onboarding
	Boot           Onboarding // what its last BootNotification was answered, "" if it never booted
	BootAt         time.Time
	Protocol       string // "1.6", "2.0.1", "2.1"; "" until it connected
	Epoch          int64  // of its newest connection
	Connected      bool
	ConnectedAt    time.Time
	DisconnectedAt time.Time
	Status         Status // of the station as a whole (connector 0)
	UpdatedAt      time.Time
	Overall        Status    // see the function
	OverallAt      time.Time // when it became so, by our clock
}

// Connector is one plug of an EVSE. EVSEs and connectors count from 1. A 1.6
// connector n is EVSE n, connector 1.
type Connector struct {
	Station     string
	EVSE        int64
	ID          int64
	Standard    string
	Status      Status
	StatusAt    time.Time
	ErrorCode   string
	VendorError string
	Info        string
}

// Report is what a station says about a connector. EVSE 0 is the station as a
// whole.
type Report struct {
	Station     string
	EVSE        int64
	Connector   int64
	Status      Status
	At          time.Time // the station's clock; zero takes the time of receipt
	ErrorCode   string
	VendorError string
	Info        string
}

// Bounds of what one station may have, so that a confused one cannot fill the database.
const (
	MaxEVSE      = 256
	MaxConnector = 16
	maxText      = 500
)

// Check returns an Invalid error for a report out of bounds.
func (r Report) Check() error {
	if r.EVSE < 0 || r.EVSE > MaxEVSE {
		return fail.Field("station.Report", "evse", "%d is not within 0…%d", r.EVSE, MaxEVSE)
	}
	if r.Connector < 0 || r.Connector > MaxConnector {
		return fail.Field("station.Report", "connector", "%d is not within 0…%d", r.Connector, MaxConnector)
	}
	return nil
}

// Refusal is a handshake that was refused, or many of one identity and reason.
type Refusal struct {
	Identity  string
	Reason    string
	Remote    string
	Path      string
	Protocols string
	FirstAt   time.Time
	LastAt    time.Time
	Attempts  int64
}

// Reasons of refusal.
const (
	RefusedUnknown  = "unknown_station"
	RefusedPassword = "wrong_credentials"
	RefusedProfile  = "lower_security_profile"
	RefusedTaken    = "identity_in_use"
)

// Connection is one connection of a station, from handshake to close.
type Connection struct {
	Station  string
	Epoch    int64
	Node     string
	Remote   string
	Protocol string
	Profile  int64
	OpenedAt time.Time
	ClosedAt time.Time
	Reason   string
}

// legible makes a text of foreign bytes fit for storage: UTF-8, no NUL, cut.
func legible(s string) string {
	return cut(strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD"))
}

func cut(s string) string {
	if len(s) <= maxText {
		return s
	}
	for i := maxText; i > 0; i-- {
		if s[i]&0xC0 != 0x80 {
			return s[:i]
		}
	}
	return ""
}
