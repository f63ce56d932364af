package sim

import (
	"regexp"
	"slices"
	"strings"

	"chargewright/base/fail"
)

// The quirks: what stations in the field do against the letter of the
// protocol. Each is switched on by its name in Config.Quirks.
const (
	ZonelessTime       = "zoneless-time"        // times are sent without a zone, meant as UTC
	LongSerial         = "long-serial"          // the serial number has 40 characters, 25 are allowed
	EmptyOptionals     = "empty-optionals"      // optional members are sent as "" or []
	UnknownFields      = "unknown-fields"       // every payload has a member no schema knows
	VendorCodesComma   = "vendor-codes-comma"   // several vendor error codes in one member, comma between
	DuplicateMessages  = "duplicate-messages"   // messages of transactions are sent twice, with one id
	ReorderMeterValues = "reorder-meter-values" // every other sample is sent after its successor
	NoStop             = "no-stop"              // the end of a transaction is never reported
	NoHeartbeat        = "no-heartbeat"         // no Heartbeat is ever sent
	ClockDrift         = "clock-drift"          // the clock is two minutes ahead and gains a second a minute
	Celcius            = "celcius"              // temperature is sampled, its unit spelled Celcius
	LateBoot           = "late-boot"            // a StatusNotification goes before BootNotification
	WholeNumbersAsReal = "integers-with-point"  // integers are sent as 12.0
)

// Quirk describes one quirk.
type Quirk struct {
	Name string
	Does string
}

// Quirks lists every quirk by name.
func Quirks() []Quirk {
	return []Quirk{
		{Celcius, "samples temperature and spells its unit Celcius"},
		{ClockDrift, "has a clock two minutes ahead that gains a second a minute"},
		{DuplicateMessages, "sends every message of a transaction twice, with the same message id"},
		{EmptyOptionals, "sends optional members as empty texts and lists"},
		{WholeNumbersAsReal, "writes integers as 12.0"},
		{LateBoot, "sends a StatusNotification before BootNotification"},
		{LongSerial, "has a serial number of 40 characters where 25 are allowed"},
		{NoHeartbeat, "never sends Heartbeat"},
		{NoStop, "never reports the end of a transaction"},
		{ReorderMeterValues, "sends every other sample after its successor"},
		{UnknownFields, "adds a member to every payload that no schema knows"},
		{VendorCodesComma, "puts several vendor error codes into one member, separated by commas"},
		{ZonelessTime, "sends times without a zone"},
	}
}

func (s *Station) takeQuirks(names []string) error {
	s.quirks = map[string]bool{}
	for _, name := range names {
		if !slices.ContainsFunc(Quirks(), func(q Quirk) bool { return q.Name == name }) {
			return fail.Field("sim.new", "quirks", "there is no quirk %q", name)
		}
		s.quirks[name] = true
	}
	return nil
}

var (
	zoned     = regexp.MustCompile(`"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?)Z"`)
	serial    = regexp.MustCompile(`"(chargePointSerialNumber|serialNumber)":"[^"]*"`)
	whole     = regexp.MustCompile(`"(meterStart|meterStop|connectorId|seqNo|evseId)":(-?\d+)([,}])`)
	codes     = regexp.MustCompile(`"(vendorErrorCode|techCode)":"(CX\d+)"`)
	longValue = "SN-" + strings.Repeat("0123456789", 4)[:37]
)

// bend changes a payload that keeps to its schema as the station's quirks
// have it.
func (s *Station) bend(action string, payload []byte) []byte {
	if len(s.quirks) == 0 {
		return payload
	}
	p := string(payload)
	if s.quirks[LongSerial] && action == "BootNotification" {
		p = serial.ReplaceAllString(p, `"$1":"`+longValue+`"`)
	}
	if s.quirks[VendorCodesComma] {
		p = codes.ReplaceAllString(p, `"$1":"$2,CX014"`)
	}
	if s.quirks[EmptyOptionals] {
		p = addMember(p, emptyOf(action))
	}
	if s.quirks[UnknownFields] {
		p = addMember(p, `"xVendorDetail":{"slot":3,"note":"field unit"}`)
	}
	if s.quirks[WholeNumbersAsReal] {
		p = whole.ReplaceAllString(p, `"$1":$2.0$3`)
	}
	if s.quirks[ZonelessTime] {
		p = zoned.ReplaceAllString(p, `"$1"`)
	}
	if s.quirks[Celcius] {
		p = strings.ReplaceAll(p, `"Celsius"`, `"Celcius"`)
	}
	return []byte(p)
}

// addMember adds a member to an object unless it has one of that name.
func addMember(object, member string) string {
	name, _, _ := strings.Cut(member, ":")
	if member == "" || strings.Contains(object, name+":") {
		return object
	}
	body := strings.TrimSuffix(object, "}")
	if body != "{" {
		body += ","
	}
	return body + member + "}"
}

func emptyOf(action string) string {
	switch action {
	case "BootNotification":
		return `"iccid":""`
	case "StatusNotification":
		return `"info":""`
	case "StopTransaction":
		return `"transactionData":[]`
	case "TransactionEvent":
		return `"meterValue":[]`
	}
	return ""
}

// swap holds every other sample back until its successor is queued. It reports
// whether it has taken care of c.
func (s *Station) swap(c *call) bool {
	if !s.quirks[ReorderMeterValues] || !c.tx {
		return false
	}
	held := s.held
	s.held = nil
	switch {
	case c.minor && held == nil:
		s.held = c
		return true
	case c.minor:
		s.queue = append(s.queue, c, held)
	case held != nil:
		s.queue = append(s.queue, held, c)
	default:
		return false
	}
	s.bound()
	return true
}
