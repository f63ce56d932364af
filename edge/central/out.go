package central

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"chargewright/base/fail"
	"chargewright/base/id"
	"chargewright/base/link"
	"chargewright/base/store"
	"chargewright/core/device"
	"chargewright/core/notify"
	"chargewright/core/station"
	"chargewright/wire/ocpp"
	"chargewright/wire/ocpp/v201"
)

// Commander implements device.Commander over the sockets of the stations. Each
// command is on record before its first message leaves, and so is its end.
type Commander struct {
	db       *store.DB
	stations link.Stations
	log      *slog.Logger
	speech   map[string]*speech // by version
	number   func() int64       // makes request numbers, 1…2³¹−1
}

var _ device.Commander = (*Commander)(nil)

// NewCommander returns a Commander. A nil log is slog.Default.
func NewCommander(db *store.DB, stations link.Stations, log *slog.Logger) *Commander {
	if log == nil {
		log = slog.Default()
	}
	c := &Commander{db: db, stations: stations, log: log, speech: map[string]*speech{}, number: id.Transaction}
	for _, s := range []*speech{speech16(), speech201(), speech21()} {
		c.speech[s.version.String()] = s
	}
	return c
}

// speech is how one version says commands, by their kind.
type speech struct {
	version ocpp.Version
	say     map[string]saying
}

type saying func(ctx context.Context, t *talk, c device.Command) (device.Outcome, error)

// talk is one command on its way to a station, in one message or several.
type talk struct {
	*Commander
	version ocpp.Version
	station station.Station
	command device.Command
	record  string // its id, once there is one
	spoken  bool   // a message of it has reached the station
	found   map[string][]ocpp.Finding
}

// unsupported is the error of a command that the version cannot say.
type unsupported string

func (u unsupported) Error() string { return string(u) }

// unreadable is the error of an answer that does not keep to the schema.
type unreadable struct{ error }

// Command implements device.Commander.
func (c *Commander) Command(ctx context.Context, to string, cmd device.Command) (device.Outcome, error) {
	st, err := store.Read(ctx, c.db, func(tx *store.Tx) (station.Station, error) {
		st, found, err := station.Find(tx, to)
		if err == nil && !found {
			err = fail.New(fail.NotFound, "central.Command", "there is no station %q", to)
		}
		return st, err
	})
	if err != nil {
		return device.Outcome{}, err
	}
	s := c.speech[st.Protocol]
	if s == nil {
		return device.Outcome{}, fail.New(fail.Offline, "central.Command", "the station %q has never connected", to)
	}
	t := &talk{Commander: c, version: s.version, station: st, command: cmd}
	o, err := t.say(ctx, s)
	if fail.Is(err, fail.Invalid) && t.record == "" {
		return o, err
	}
	o.Command, err = t.settle(ctx, o, err)
	return o, err
}

// say says the command and makes an outcome of everything that is one.
func (t *talk) say(ctx context.Context, s *speech) (device.Outcome, error) {
	say := s.say[device.Kind(t.command)]
	if say == nil {
		return notSupported("OCPP " + s.version.String() + " has no such message"), nil
	}
	o, err := say(ctx, t, t.command)
	var no unsupported
	var refused *link.CallError
	var odd unreadable
	switch {
	case errors.As(err, &no):
		return notSupported(string(no)), nil
	case errors.As(err, &refused):
		o.Status, o.Word, o.Reason, err = device.Failed, refused.Code, refused.Description, nil
	case errors.As(err, &odd):
		o.Status, o.Word, o.Reason, err = device.Unclear, "", "the answer cannot be read: "+odd.Error(), nil
	case err != nil:
		o.Status, o.Word, o.Reason = "", "", ""
	}
	return o, err
}

func notSupported(why string) device.Outcome {
	return device.Outcome{Status: device.NotSupported, Reason: why}
}

// begin puts the command on record as sent, before its first message.
func (t *talk) begin(ctx context.Context) error {
	if t.record != "" || device.Passing(t.command) {
		return nil
	}
	id, err := store.Do(ctx, t.db, t.station.ID, func(tx *store.Tx) (string, error) {
		id, err := device.Queue(tx, t.station.Tenant, t.station.ID, device.Actor(ctx), t.command)
		if err != nil {
			return "", err
		}
		return id, device.MarkSent(tx, id)
	})
	t.record = id
	return err
}

// settle puts the end of the command on record, and returns the record and the
// command's own error: a station has acted, whether or not that could be recorded.
func (t *talk) settle(ctx context.Context, o device.Outcome, failed error) (string, error) {
	if device.Passing(t.command) && len(t.found) == 0 {
		return "", failed
	}
	actor := device.Actor(ctx)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleTime)
	defer cancel()
	record, err := store.Do(ctx, t.db, t.station.ID, func(tx *store.Tx) (string, error) {
		if device.Passing(t.command) {
			return "", t.note(tx)
		}
		record := t.record
		if record == "" {
			var err error
			if record, err = device.Queue(tx, t.station.Tenant, t.station.ID, actor, t.command); err != nil {
				return "", err
			}
		}
		device.Settle(tx, record, o, failed)
		if err := notify.Publish(tx, notify.Event{Tenant: t.station.Tenant, Type: notify.CommandAnswered, Object: record}); err != nil {
			return "", err
		}
		return record, t.note(tx)
	})
	if err != nil {
		record = t.record
		t.log.ErrorContext(ctx, "the end of a command is not on record", "station", t.station.ID, "command", device.Kind(t.command), "record", record, "err", err)
	}
	return record, failed
}

// note counts what the answers got wrong against the device.
func (t *talk) note(tx *store.Tx) error {
	if len(t.found) == 0 {
		return nil
	}
	d, ok, err := device.At(tx, t.station.ID)
	if err != nil || !ok {
		return err
	}
	var out []device.Finding
	for action, fs := range t.found {
		for _, f := range fs {
			out = append(out, device.Finding{Action: action, Kind: string(f.Kind), Path: f.Path, Detail: f.Detail})
		}
	}
	return device.Found(tx, d.ID, out)
}

// ask sends one message and returns the typed answer. An answer by CALLERROR
// is the error *link.CallError; a request that the schema does not allow is
// fail.Invalid, and nothing of it is sent.
func ask[Q ocpp.Request[P], P any](ctx context.Context, t *talk, q Q) (P, error) {
	var reply P
	payload, err := ocpp.Encode(t.version, q)
	if err != nil {
		return reply, invalid(q.Action(), err)
	}
	if err := t.begin(ctx); err != nil {
		return reply, err
	}
	answer, err := t.stations.Call(ctx, t.station.ID, link.Call{Action: q.Action(), Payload: payload})
	if err != nil {
		return reply, t.lost(err)
	}
	t.spoken = true
	if answer.Error != nil {
		return reply, answer.Error
	}
	body := answer.Payload
	if len(body) == 0 {
		body = []byte(`{}`)
	}
	reply, found, err := ocpp.DecodeReply[P](t.version, q.Action(), body)
	if len(found) > 0 {
		if t.found == nil {
			t.found = map[string][]ocpp.Finding{}
		}
		t.found[q.Action()] = append(t.found[q.Action()], found...)
	}
	if err != nil {
		return reply, unreadable{err}
	}
	return reply, nil
}

// lost makes fail.Timeout of an error that says that nothing was sent, when
// earlier messages of the command were.
func (t *talk) lost(err error) error {
	if t.spoken && (fail.Is(err, fail.Offline) || fail.Is(err, fail.Busy)) {
		return &fail.Error{Kind: fail.Timeout, Op: "central.Command", Text: "the station was lost when part of the command was done", Err: err}
	}
	return err
}

// invalid tells the caller which value the protocol does not allow.
func invalid(action string, err error) error {
	var bad *ocpp.Violation
	if errors.As(err, &bad) {
		return &fail.Error{Kind: fail.Invalid, Op: "central.Command", Text: action + bad.Path + ": " + bad.Text, Err: err}
	}
	return &fail.Error{Kind: fail.Invalid, Op: "central.Command", Text: "the command cannot be said in " + action, Err: err}
}

// on registers how a version says a kind of command.
func on[C device.Command](s *speech, say func(ctx context.Context, t *talk, c C) (device.Outcome, error)) {
	var zero C
	s.say[device.Kind(zero)] = func(ctx context.Context, t *talk, c device.Command) (device.Outcome, error) {
		v, ok := c.(C)
		if !ok {
			return device.Outcome{}, fail.New(fail.Internal, "central.Command", "%T is no command; commands are values", c)
		}
		return say(ctx, t, v)
	}
}

// one registers a command said in one message: how to ask, and what the answer
// means.
func one[C device.Command, Q ocpp.Request[P], P any](s *speech, build func(c C) (Q, error), read func(r P) device.Outcome) {
	on(s, func(ctx context.Context, t *talk, c C) (device.Outcome, error) {
		q, err := build(c)
		if err != nil {
			return device.Outcome{}, err
		}
		return exchange(ctx, t, 0, q, read)
	})
}

// report is one for a command with a request number, which the outcome tells.
func report[C device.Command, Q ocpp.Request[P], P any](s *speech, given func(C) int64, build func(c C, request int64) (Q, error), read func(r P) device.Outcome) {
	on(s, func(ctx context.Context, t *talk, c C) (device.Outcome, error) {
		n := t.numbered(given(c))
		q, err := build(c, n)
		if err != nil {
			return device.Outcome{}, err
		}
		return exchange(ctx, t, n, q, read)
	})
}

// exchange asks and reads the answer. The outcome carries the request number
// even if there is no answer: messages that carry it may follow.
func exchange[Q ocpp.Request[P], P any](ctx context.Context, t *talk, request int64, q Q, read func(r P) device.Outcome) (device.Outcome, error) {
	r, err := ask(ctx, t, q)
	if err != nil {
		return device.Outcome{Request: request}, err
	}
	o := read(r)
	o.Request = request
	return o, nil
}

// numbered returns a request number: the one given, or a fresh one for 0.
func (t *talk) numbered(given int64) int64 {
	if given != 0 {
		return given
	}
	return t.number()
}

// told is the outcome of a status and, in 2.x, what the station adds to it.
func told[W ~string](word W, info *v201.StatusInfo) device.Outcome {
	o := device.Outcome{Status: statusOf(string(word)), Word: string(word), Reason: reasonOf(info)}
	if o.Status == device.Unclear {
		o.Reason = "the station answered with a word that OCPP does not have"
	}
	return o
}

func reasonOf(info *v201.StatusInfo) string {
	switch {
	case info == nil:
		return ""
	case info.AdditionalInfo == "":
		return info.ReasonCode
	}
	return info.ReasonCode + ": " + info.AdditionalInfo
}

// statusOf lifts a status word of any version. They are one list, for no word
// means different things in different answers.
func statusOf(word string) device.Status {
	if s, ok := statusWords[word]; ok {
		return s
	}
	return device.Unclear
}

var statusWords = map[string]device.Status{
	"": device.Accepted, // of an answer that has no status: it was understood

	"Accepted": device.Accepted, "AcceptedCanceled": device.Accepted, "Unlocked": device.Accepted, "Unpublished": device.Accepted,
	"Scheduled":      device.Scheduled,
	"RebootRequired": device.RebootRequired,

	"Rejected": device.Rejected, "Occupied": device.Rejected, "Faulted": device.Rejected, "Unavailable": device.Rejected,
	"OngoingAuthorizedTransaction": device.Rejected, "DownloadOngoing": device.Rejected, "Invalid": device.Rejected,
	"InvalidCertificate": device.Rejected, "RevokedCertificate": device.Rejected, "VersionMismatch": device.Rejected,
	"Duplicate": device.Rejected, "DuplicateTariffId": device.Rejected, "TooManyElements": device.Rejected, "NoCurrencyChange": device.Rejected,

	"Unknown": device.Unknown, "NotFound": device.Unknown, "UnknownConnector": device.Unknown, "UnknownComponent": device.Unknown,
	"UnknownVariable": device.Unknown, "UnknownTransaction": device.Unknown, "TxNotFound": device.Unknown, "NoTariff": device.Unknown,
	"NoProfile": device.Unknown, "NoProfiles": device.Unknown, "EmptyResultSet": device.Unknown, "NoFirmware": device.Unknown,

	"NotSupported": device.NotSupported, "NotImplemented": device.NotSupported, "UnknownVendorId": device.NotSupported,
	"UnknownMessageId": device.NotSupported, "NotSupportedAttributeType": device.NotSupported, "UnsupportedMonitorType": device.NotSupported,
	"NotSupportedMessageFormat": device.NotSupported, "NotSupportedPriority": device.NotSupported, "NotSupportedState": device.NotSupported,
	"LanguageNotSupported": device.NotSupported, "ConditionNotSupported": device.NotSupported,

	"Failed": device.Failed, "UnlockFailed": device.Failed,
}

// worst are the statuses from worst to best: the outcome of many is the worst.
var worst = []device.Status{
	device.Unclear, device.Failed, device.Rejected, device.Unknown, device.NotSupported, device.Scheduled, device.RebootRequired, device.Accepted,
}

// among is the outcome of many results: the status and word of the first of
// those that went worst, Accepted if there are none.
func among[R any](results []R, each func(R) (s device.Status, word, reason string)) device.Outcome {
	for _, w := range worst {
		for _, r := range results {
			if s, word, reason := each(r); s == w {
				return device.Outcome{Status: s, Word: word, Reason: reason, Data: results}
			}
		}
	}
	return device.Outcome{Status: device.Accepted, Data: results}
}

// in looks a word of ours up in a version's own; what it has not the version
// cannot say.
func in[K ~string, W any](words map[K]W, v ocpp.Version, what string, k K) (W, error) {
	w, ok := words[k]
	if !ok {
		return w, unsupported("OCPP " + v.String() + " has no " + what + " \"" + string(k) + "\"")
	}
	return w, nil
}

// some is nil for 0: an optional number.
func some(n int64) *int64 {
	if n == 0 {
		return nil
	}
	return &n
}

// tenths writes a value in tenths as a decimal.
func tenths(n int64) ocpp.Number { return ocpp.Decimal(n, 1) }

// when is a time that may be absent.
func when(t time.Time) ocpp.Time {
	if t.IsZero() {
		return ocpp.Time{}
	}
	return ocpp.At(t)
}
