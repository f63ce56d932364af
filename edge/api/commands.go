package api

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"chargewright/base/fail"
	"chargewright/base/store"
	"chargewright/core/access"
	"chargewright/core/device"
	stations "chargewright/core/station"
)

type commandPost struct {
	StationPath
	Kind string    `path:"kind" minLength:"1" maxLength:"60" doc:"A kind of command, such as remote_start; see the list of kinds"`
	Body *document `doc:"The command; none is {}"`
}

// postCommand sends a command in the words of the field; the station's version
// decides by which messages.
func (s *server) postCommand(ctx context.Context, sc access.Scope, in *commandPost) (device.Outcome, error) {
	if s.o.Commands == nil {
		return device.Outcome{}, fail.New(fail.Unavailable, "api.postCommand", "this server sends no commands")
	}
	body := []byte("{}")
	if in.Body != nil {
		body = *in.Body
	}
	cmd, err := device.ParseCommand(in.Kind, body)
	if err != nil {
		return device.Outcome{}, err
	}
	_, err = store.Read(ctx, s.o.DB, func(tx *store.Tx) (stations.Station, error) { return stations.Get(tx, sc, in.ID) })
	if err != nil {
		return device.Outcome{}, err
	}
	o, err := s.o.Commands.Command(device.WithActor(ctx, sc.Actor), in.ID, cmd)
	if err != nil {
		return device.Outcome{}, callFailed(err)
	}
	return o, nil
}

// listKinds names every kind of command.
func (s *server) listKinds(context.Context, access.Scope, *struct{}) (list[string], error) {
	return list[string]{Items: device.Kinds()}, nil
}

type command struct {
	ID         string     `json:"id"`
	StationID  string     `json:"station_id"`
	Actor      string     `json:"actor" doc:"On whose behalf: the id of a user, a driver or an API key, or system"`
	ActorName  string     `json:"actor_name" doc:"A user's name or a key's label; empty for drivers and for those who are gone"`
	Kind       string     `json:"kind"`
	Body       document   `json:"body" doc:"As it was given, secrets masked"`
	State      string     `json:"state" enum:"queued,sent,answered,expired,failed" doc:"expired: sent, and what became of it is unknown; failed: nothing was sent"`
	Status     string     `json:"status" doc:"How it ended; empty while it has not"`
	Word       string     `json:"word" doc:"The station's own word"`
	Reason     string     `json:"reason"`
	QueuedAt   time.Time  `json:"queued_at"`
	SentAt     *time.Time `json:"sent_at"`
	AnsweredAt *time.Time `json:"answered_at"`
	Effect     effect     `json:"effect" doc:"What followed"`
}

// deeds are commands, and the names of those who gave them.
type deeds struct {
	rows  []device.Record
	names map[string]string
}

// named looks up who gave the commands.
func named(tx *store.Tx, sc access.Scope, rows []device.Record) (deeds, error) {
	actors := make([]string, len(rows))
	for i, r := range rows {
		actors[i] = r.Actor
	}
	slices.Sort(actors)
	names, err := access.Names(tx, sc.Tenant, slices.Compact(actors))
	return deeds{rows, names}, err
}

func (d deeds) show(r device.Record) command {
	return command{
		r.ID, r.Station, r.Actor, d.names[r.Actor], r.Kind, documentOf(r.Body), string(r.State), string(r.Status), r.Word, r.Reason,
		r.QueuedAt.UTC(), moment(r.SentAt), moment(r.AnsweredAt), effect{State: "none"},
	}
}

func (s *server) getCommand(ctx context.Context, sc access.Scope, in *struct {
	ID string `path:"id" maxLength:"100"`
}) (command, error) {
	d, err := store.Read(ctx, s.o.DB, func(tx *store.Tx) (deeds, error) {
		r, err := device.FindCommand(tx, sc, in.ID)
		if err == nil {
			_, err = stations.Get(tx, sc, r.Station)
		}
		if err != nil {
			return deeds{}, err
		}
		return named(tx, sc, []device.Record{r})
	})
	if err != nil {
		return command{}, err
	}
	all, err := s.effectsOf(ctx, sc, d.rows)
	v := d.show(d.rows[0])
	v.Effect = all[0]
	return v, err
}

func (s *server) listCommands(ctx context.Context, sc access.Scope, in *stationPage) (list[command], error) {
	after, err := in.after(1)
	if err != nil {
		return list[command]{}, err
	}
	d, err := store.Read(ctx, s.o.DB, func(tx *store.Tx) (deeds, error) {
		if _, err := stations.Get(tx, sc, in.ID); err != nil {
			return deeds{}, err
		}
		rows, err := device.Commands(tx, sc, in.ID, device.CommandKey{QueuedAt: after.at, ID: after.keys[0]}, in.Limit+1)
		if err != nil {
			return deeds{}, err
		}
		return named(tx, sc, rows)
	})
	if err != nil {
		return list[command]{}, err
	}
	effects, err := s.effectsOf(ctx, sc, d.rows[:min(len(d.rows), in.Limit)])
	v := pageOf(d.rows, in.Limit, d.show, func(r device.Record) place { return byTime(r.QueuedAt, r.ID) })
	for i := range v.Items {
		v.Items[i].Effect = effects[i]
	}
	return v, err
}

// Exchange is one request and its answer, in either direction.
type Exchange struct {
	At        time.Time       `json:"at"`
	FromUs    bool            `json:"from_us" doc:"Sent by this server to the station"`
	MessageID string          `json:"message_id"`
	Action    string          `json:"action"`
	Request   json.RawMessage `json:"request"`
	Response  json.RawMessage `json:"response,omitempty" doc:"Absent when there was none"`
	Error     json.RawMessage `json:"error,omitempty" doc:"code, description, details of a CALLERROR"`
	Failure   string          `json:"failure,omitempty" doc:"Why there was no answer"`
	LatencyUs int64           `json:"latency_us"`
	Findings  json.RawMessage `json:"findings,omitempty" doc:"What was repaired"`
}

type messageQuery struct {
	StationPath
	Limit  int       `query:"limit" minimum:"1" maximum:"200" default:"50" doc:"Items of a page"`
	Before time.Time `query:"before" doc:"Only those before this time: the time of the last one of the page before"`
}

// listMessages returns a station's message log, newest first.
func (s *server) listMessages(ctx context.Context, sc access.Scope, in *messageQuery) (list[Exchange], error) {
	_, err := store.Read(ctx, s.o.DB, func(tx *store.Tx) (stations.Station, error) { return stations.Get(tx, sc, in.ID) })
	if err != nil || s.o.Messages == nil {
		return list[Exchange]{Items: []Exchange{}}, err
	}
	before := in.Before
	if before.IsZero() {
		before = time.Now().Add(24 * time.Hour)
	}
	items, err := s.o.Messages(ctx, in.ID, before, in.Limit)
	if items == nil {
		items = []Exchange{}
	}
	return list[Exchange]{Items: items}, err
}
