package device

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/url"
	"slices"
	"strings"

	"chargewright/base/fail"
)

// Command is one order or question to a station, in the words of the field.
// The set is closed. Commands are values, not pointers. Numbers of EVSEs and
// connectors count from 1; 0 is the station as a whole, or "any" where a
// command says so. A 1.6 connector n is EVSE n, connector 0 or 1.
//
// A command marshals as it may be kept and shown: secrets, token numbers and
// the credentials in addresses are masked.
type Command interface {
	command() string // its kind
}

// Commander sends commands. It picks the message of the station's version.
//
// The errors are fail.NotFound (no such station), fail.Invalid (the command
// breaks a rule of the protocol; nothing was sent), fail.Offline and fail.Busy
// (nothing was sent), and fail.Timeout (sent, and what became of it is unknown:
// send again only what Idempotent allows). A station's no, an answer by
// CALLERROR and a version that has no such message are outcomes, not errors. A
// command sent in several messages that breaks off returns the outcome so far
// beside the error.
type Commander interface {
	Command(ctx context.Context, station string, c Command) (Outcome, error)
}

// Status is how a command ended.
type Status string

// The closed set of statuses.
const (
	Accepted       Status = "accepted"        // done, or begun; progress is told later
	Scheduled      Status = "scheduled"       // will be done when the running transaction has ended
	RebootRequired Status = "reboot_required" // kept, and effective after a reset
	Rejected       Status = "rejected"        // the station will not
	Unknown        Status = "unknown"         // the station knows no such thing
	NotSupported   Status = "not_supported"   // by the version (then nothing was sent) or by the station
	Failed         Status = "failed"          // it tried in vain, or answered with an error
	Unclear        Status = "unclear"         // it answered in words that cannot be understood; see Word and Reason
)

// OK reports whether the station does what it was told, now or later.
func (s Status) OK() bool { return s == Accepted || s == Scheduled || s == RebootRequired }

// Outcome is a station's answer to a command.
type Outcome struct {
	Command string `json:"command_id,omitempty"` // its record; "" of one that was not put on record
	Status  Status `json:"status"`
	Word    string `json:"word,omitempty"`    // the station's own: its status, or the code of its error
	Reason  string `json:"reason,omitempty"`  // what it adds, for people
	Request int64  `json:"request,omitempty"` // the number that later messages about this command carry
	Data    any    `json:"data,omitempty"`    // what was asked for; its type stands with the command
}

// Kind returns the stable name of a command's kind, such as "remote_start".
func Kind(c Command) string { return c.command() }

// Kinds returns the names of all kinds, sorted.
func Kinds() []string {
	out := make([]string, 0, len(kinds))
	for k := range kinds {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

// Idempotent reports whether a command may be sent again when its answer was
// lost: doing it twice is as doing it once.
func Idempotent(c Command) bool { return kinds[c.command()].again }

// ParseCommand reads a command of that kind from JSON. A kind or member that
// does not exist and a value of the wrong type are Invalid.
func ParseCommand(name string, body []byte) (Command, error) {
	k, ok := kinds[name]
	if !ok {
		return nil, fail.Field("device.ParseCommand", "kind", "%.50q is no kind of command", name)
	}
	c, err := k.read(body)
	if err != nil {
		return nil, fail.New(fail.Invalid, "device.ParseCommand", "the body of %s cannot be read: %v", name, err)
	}
	return c, nil
}

type kind struct {
	again bool
	read  func([]byte) (Command, error)
}

// The two sorts of kinds, by what a second sending does.
func repeatable[C Command]() kind { return kind{true, read[C]} }
func once[C Command]() kind       { return kind{false, read[C]} }

func read[C Command](body []byte) (Command, error) {
	var c C
	d := json.NewDecoder(strings.NewReader(string(body)))
	d.DisallowUnknownFields()
	if err := d.Decode(&c); err != nil {
		return nil, err
	}
	if d.More() {
		return nil, fail.New(fail.Invalid, "device.read", "there is more than one value")
	}
	return c, nil
}

var kinds = map[string]kind{
	RemoteStart{}.command():             once[RemoteStart](),
	RemoteStop{}.command():              repeatable[RemoteStop](),
	Reset{}.command():                   once[Reset](),
	Unlock{}.command():                  once[Unlock](),
	SetAvailability{}.command():         repeatable[SetAvailability](),
	Trigger{}.command():                 repeatable[Trigger](),
	Reserve{}.command():                 repeatable[Reserve](),
	CancelReservation{}.command():       repeatable[CancelReservation](),
	TransactionStatus{}.command():       repeatable[TransactionStatus](),
	CostUpdated{}.command():             repeatable[CostUpdated](),
	Transfer{}.command():                once[Transfer](),
	SetChargingProfile{}.command():      repeatable[SetChargingProfile](),
	ClearChargingProfiles{}.command():   repeatable[ClearChargingProfiles](),
	GetChargingProfiles{}.command():     repeatable[GetChargingProfiles](),
	CompositeSchedule{}.command():       repeatable[CompositeSchedule](),
	UpdateSchedule{}.command():          repeatable[UpdateSchedule](),
	PriorityCharging{}.command():        repeatable[PriorityCharging](),
	AllowEnergyTransfer{}.command():     repeatable[AllowEnergyTransfer](),
	GetSettings{}.command():             repeatable[GetSettings](),
	SetSettings{}.command():             repeatable[SetSettings](),
	ReportSettings{}.command():          repeatable[ReportSettings](),
	SetNetworkProfile{}.command():       repeatable[SetNetworkProfile](),
	SendTokens{}.command():              once[SendTokens](),
	ListVersion{}.command():             repeatable[ListVersion](),
	ClearCache{}.command():              repeatable[ClearCache](),
	CustomerInformation{}.command():     repeatable[CustomerInformation](),
	SetMonitors{}.command():             once[SetMonitors](),
	ClearMonitors{}.command():           repeatable[ClearMonitors](),
	ReportMonitors{}.command():          repeatable[ReportMonitors](),
	SetMonitoringBase{}.command():       repeatable[SetMonitoringBase](),
	SetMonitoringLevel{}.command():      repeatable[SetMonitoringLevel](),
	AdjustStream{}.command():            repeatable[AdjustStream](),
	ListStreams{}.command():             repeatable[ListStreams](),
	UpdateFirmware{}.command():          once[UpdateFirmware](),
	PublishFirmware{}.command():         once[PublishFirmware](),
	UnpublishFirmware{}.command():       repeatable[UnpublishFirmware](),
	GetLog{}.command():                  once[GetLog](),
	InstallCertificate{}.command():      repeatable[InstallCertificate](),
	DeleteCertificate{}.command():       repeatable[DeleteCertificate](),
	ListCertificates{}.command():        repeatable[ListCertificates](),
	SignedCertificate{}.command():       repeatable[SignedCertificate](),
	ShowMessage{}.command():             repeatable[ShowMessage](),
	ClearMessage{}.command():            repeatable[ClearMessage](),
	GetMessages{}.command():             repeatable[GetMessages](),
	ShowPrice{}.command():               repeatable[ShowPrice](),
	SetDefaultTariff{}.command():        repeatable[SetDefaultTariff](),
	GetTariffs{}.command():              repeatable[GetTariffs](),
	ClearTariffs{}.command():            repeatable[ClearTariffs](),
	ChangeTransactionTariff{}.command(): repeatable[ChangeTransactionTariff](),
	WebPaymentStarted{}.command():       repeatable[WebPaymentStarted](),
	SetDERControl{}.command():           repeatable[SetDERControl](),
	GetDERControls{}.command():          repeatable[GetDERControls](),
	ClearDERControls{}.command():        repeatable[ClearDERControls](),
	FrequencySignal{}.command():         repeatable[FrequencySignal](),
	SwapBattery{}.command():             once[SwapBattery](),
}

// Secret is a text that is sent and never kept or shown: it marshals as a mask.
type Secret string

const masked = "•••"

// MarshalJSON masks the text.
func (s Secret) MarshalJSON() ([]byte, error) { return json.Marshal(mask(string(s))) }

// String masks the text, so that a log cannot hold it.
func (s Secret) String() string { return mask(string(s)) }

func mask(s string) string {
	if s == "" {
		return ""
	}
	return masked
}

// Address is a URL a station loads from or sends to. It marshals without
// credentials and query, which often hold a signature.
type Address string

// MarshalJSON leaves out what must not be kept.
func (a Address) MarshalJSON() ([]byte, error) { return json.Marshal(a.Masked()) }

// Masked is the address without what must not be kept; what cannot be read is
// masked whole.
func (a Address) Masked() string {
	u, err := url.Parse(string(a))
	if err != nil {
		return masked
	}
	if u.User != nil {
		u.User = url.User(u.User.Username())
	}
	if u.RawQuery != "" {
		u.RawQuery = "masked"
	}
	return u.String()
}

// Token is what a driver identifies with.
type Token struct {
	UID   string `json:"uid"`
	Type  string `json:"type,omitempty"`  // as OCPP 2.x spells it; "" is Central
	Group string `json:"group,omitempty"` // of the tokens that may end each other's transactions
}

// MarshalJSON masks all but the last three characters of long numbers: tokens
// are personal data and kept by core/driver alone.
func (t Token) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		UID   string `json:"uid"`
		Type  string `json:"type,omitempty"`
		Group string `json:"group,omitempty"`
	}{tail(t.UID), t.Type, tail(t.Group)})
}

func tail(uid string) string {
	if len(uid) < 8 {
		return mask(uid)
	}
	return masked + uid[len(uid)-3:]
}

// MaxBody bounds, in bytes, what is kept of one command: a job has none that is longer.
const MaxBody = 16 << 10

// recorded returns the JSON of a command as it is kept: masked and bounded.
func recorded(c Command) (string, error) {
	b, err := json.Marshal(c)
	if err != nil {
		return "", fail.Wrap(fail.Invalid, "device.recorded", err)
	}
	if len(b) > MaxBody {
		sum := sha256.Sum256(b)
		b, err = json.Marshal(struct {
			Bytes  int    `json:"bytes"`
			SHA256 string `json:"sha256"`
		}{len(b), hex.EncodeToString(sum[:])})
	}
	return string(b), err
}

type actorKey struct{}

// WithActor names on whose behalf commands are sent under the context: a key,
// a user, or the part of the system that decided, such as "smartcharge".
func WithActor(ctx context.Context, actor string) context.Context {
	return context.WithValue(ctx, actorKey{}, actor)
}

// Actor returns the name WithActor gave, "system" if it gave none.
func Actor(ctx context.Context) string {
	if a, ok := ctx.Value(actorKey{}).(string); ok && a != "" {
		return a
	}
	return "system"
}
