package api

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"chargewright/base/fail"
	"chargewright/base/live"
	"chargewright/base/store"
	"chargewright/core/access"
	stations "chargewright/core/station"
)

func messageOperations() []operation {
	const tag = "messages"
	return []operation{
		{get, "/messages", access.Read, tag, "searchMessages", "Read the OCPP messages of all stations",
			"Newest first. One answer looks at 5,000 exchanges at most, and 31 days back from before: more says that older ones remain, which next, given as before, goes on to.", 0, nil, handle((*server).searchMessages)},
		{get, "/messages/actions", access.Read, tag, "listActions", "List the actions seen in messages", "Sorted.", 0, nil, handle((*server).listActions)},
	}
}

// MessageSearch narrows what is read of the message logs. Zero fields do not
// narrow.
type MessageSearch struct {
	Station, Action, Text string
	FromUs                *bool
	Errors                bool
	Before                time.Time
	Limit                 int
	// Sees says which of some stations the reader sees.
	Sees func(ctx context.Context, stations []string) (map[string]bool, error)
}

// MessagesFound is what a MessageSearch found, newest first.
type MessagesFound struct {
	Items   []StationExchange
	Scanned int
	More    bool
	Next    time.Time
}

// StationExchange is an exchange and its station.
type StationExchange struct {
	Exchange
	StationID string `json:"station_id"`
}

// MessageFilter narrows what is read of the message logs.
type MessageFilter struct {
	Station   string `query:"station" maxLength:"48" doc:"Only of this station"`
	Action    string `query:"action" maxLength:"60" doc:"Only of this OCPP action"`
	Direction string `query:"direction" enum:"in,out" doc:"in: the station's calls; out: this server's"`
	Errors    bool   `query:"errors" doc:"Only those answered by a CALLERROR, or not at all"`
	Q         string `query:"q" maxLength:"100" doc:"Part of the message id, the action, the request or the answer, whatever its case"`
}

type searchQuery struct {
	MessageFilter
	Limit  int       `query:"limit" minimum:"1" maximum:"200" default:"50" doc:"Items of a page; a few more where several are of one time"`
	Before time.Time `query:"before" doc:"Only those before this time"`
}

type messageList struct {
	Items   []StationExchange `json:"items"`
	Scanned int               `json:"scanned" doc:"Exchanges looked at"`
	More    bool              `json:"more" doc:"Older ones remain"`
	Next    *time.Time        `json:"next" doc:"The before of the next page; null at the end"`
}

func (s *server) searchMessages(ctx context.Context, sc access.Scope, in *searchQuery) (messageList, error) {
	v := messageList{Items: []StationExchange{}}
	if s.o.Search == nil {
		return v, nil
	}
	q := MessageSearch{Station: in.Station, Action: in.Action, Text: in.Q, Errors: in.Errors, Before: in.Before, Limit: in.Limit}
	if in.Direction != "" {
		out := in.Direction == "out"
		q.FromUs = &out
	}
	if q.Before.IsZero() {
		q.Before = time.Now().Add(time.Minute)
	}
	q.Sees = func(ctx context.Context, ids []string) (map[string]bool, error) {
		return store.Read(ctx, s.o.DB, func(tx *store.Tx) (map[string]bool, error) { return stations.Seen(tx, sc, ids) })
	}
	if in.Station != "" {
		if sees, err := q.Sees(ctx, []string{in.Station}); err != nil || !sees[in.Station] {
			return v, err
		}
	}
	found, err := s.o.Search(ctx, q)
	v.Items, v.Scanned, v.More = append(v.Items, found.Items...), found.Scanned, found.More
	if found.More {
		v.Next = moment(found.Next)
	}
	return v, err
}

func (s *server) listActions(context.Context, access.Scope, *struct{}) (list[string], error) {
	v := list[string]{Items: []string{}}
	if s.o.Actions != nil {
		v.Items = append(v.Items, s.o.Actions()...)
	}
	return v, nil
}

// topicMessage is the topic of messages as they come. They are told by a hub of
// their own: they are so many that they would push all else out of its memory.
const topicMessage = "message"

// topicsOf reads the topics that a reader of live events asks for; nil is all
// but messages. Messages are read alone.
func topicsOf(text string) ([]string, error) {
	topics := commas(text)
	for _, t := range topics {
		if !slices.Contains([]string{topicStation, topicSession, TopicPayment, TopicClaim, topicMessage}, t) {
			return nil, fail.Field("api.events", "topics", "%.60q is none of station, session, payment, claim, message", t)
		}
	}
	if slices.Contains(topics, topicMessage) && len(topics) > 1 {
		return nil, fail.Field("api.events", "topics", "message is read in a stream of its own")
	}
	return topics, nil
}

// messageEvent is the data of a live event about a message.
type messageEvent struct {
	StationID string    `json:"station_id"`
	At        time.Time `json:"at"`
}

// MessageEvent is the data of an event of Options.MessageLive.
func MessageEvent(station string, at time.Time) []byte {
	b, err := json.Marshal(messageEvent{station, at.UTC()})
	if err != nil {
		return nil // a text and a time always have a JSON form
	}
	return b
}

// about is what an event speaks of: for a message its station.
func about(e live.Event) live.Event {
	if e.Topic != topicMessage {
		return e
	}
	var m messageEvent
	if json.Unmarshal(e.Data, &m) != nil {
		return live.Event{}
	}
	e.Topic, e.Data = topicStation, []byte(m.StationID)
	return e
}
