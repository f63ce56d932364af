package api

import (
	"context"
	"slices"
	"strconv"
	"time"

	"chargewright/base/fail"
	"chargewright/base/store"
	"chargewright/core/access"
	"chargewright/core/device"
	stations "chargewright/core/station"
)

func jobOperations() []operation {
	const tag, path = "jobs", "/jobs/{id}"
	return []operation{
		{post, "/jobs", access.Stations, tag, "postJob", "Send a command to many stations",
			"To the stations named, or to those of a filter as the list of stations takes it; at most 5,000. It goes on after a restart of the server; a command that does something at each sending, and was under way then, ends as unknown and is not sent again. What holds a secret or a token's number does not outlive the server's process.",
			202, []int{429}, handle((*server).postJob)},
		{get, "/jobs", access.Stations, tag, "listJobs", "List jobs", "Newest first. Who sees some sites only sees none.", 0, nil, handle((*server).listJobs)},
		{get, path, access.Stations, tag, "getJob", "Read a job", "", 0, nil, handle((*server).getJob)},
		{get, path + "/results", access.Stations, tag, "listResults", "List how a job ended at its stations", "In the order of its stations.", 0, nil, handle((*server).listResults)},
		{post, path + "/cancel", access.Stations, tag, "cancelJob", "Cancel a job", "What waits is not sent; what was sent goes on. 409: it does not run any more.", 0, []int{409}, handle((*server).cancelJob)},
	}
}

type job struct {
	ID        string    `json:"id"`
	Kind      string    `json:"kind"`
	Body      document  `json:"body" doc:"Secrets and numbers of tokens masked"`
	State     string    `json:"state" enum:"running,done,cancelled"`
	Total     int64     `json:"total"`
	Waiting   int64     `json:"waiting" doc:"Not asked yet, or being asked"`
	Accepted  int64     `json:"accepted"`
	Refused   int64     `json:"refused" doc:"The station's answer was a no of any kind"`
	Failed    int64     `json:"failed" doc:"Nothing was sent"`
	Offline   int64     `json:"offline" doc:"Nothing was sent: not connected"`
	Unknown   int64     `json:"unknown" doc:"Sent, and what became of it is unknown"`
	Cancelled int64     `json:"cancelled"`
	CreatedAt time.Time `json:"created_at"`
	Actor     string    `json:"actor"`
	ActorName string    `json:"actor_name"`
}

func showJob(j device.Job) job {
	return job{
		ID: j.ID, Kind: j.Kind, Body: documentOf(j.Body), State: j.State, Total: j.Total, Waiting: j.Count[device.ItemWaiting] + j.Count[device.ItemAsked],
		Accepted: j.Count[device.ItemAccepted], Refused: j.Count[device.ItemRefused], Failed: j.Count[device.ItemFailed], Offline: j.Count[device.ItemOffline],
		Unknown: j.Count[device.ItemUnknown], Cancelled: j.Count[device.ItemCancelled], CreatedAt: j.CreatedAt.UTC(), Actor: j.Actor, ActorName: j.ActorName,
	}
}

type jobPost struct {
	Body struct {
		Kind     string         `json:"kind" minLength:"1" maxLength:"60" doc:"As of POST /stations/{id}/commands/{kind}"`
		Body     *document      `json:"body,omitempty" doc:"The command; none is {}"`
		Stations []string       `json:"stations,omitempty" maxItems:"5000" doc:"Ids"`
		Filter   *StationFilter `json:"filter,omitempty" doc:"Instead of stations: all of the list with this filter"`
	} `nameHint:"NewJob"`
}

func (s *server) postJob(ctx context.Context, sc access.Scope, in *jobPost) (job, error) {
	const op = "api.postJob"
	if s.o.Jobs == nil {
		return job{}, fail.New(fail.Unavailable, op, "this server sends no commands")
	}
	b := in.Body
	if (b.Filter == nil) == (len(b.Stations) == 0) {
		return job{}, fail.Field(op, "stations", "name the stations or give a filter, one of the two")
	}
	body := []byte("{}")
	if b.Body != nil {
		body = *b.Body
	}
	cmd, err := device.ParseCommand(b.Kind, body)
	if err != nil {
		return job{}, err
	}
	at, err := store.Read(ctx, s.o.DB, func(tx *store.Tx) ([]string, error) {
		if b.Filter == nil {
			return knownStations(tx, sc, b.Stations)
		}
		rows, err := stations.Search(tx, sc, b.Filter.filter(), stations.ByID, stations.Key{}, device.MaxJobStations+1)
		ids := make([]string, len(rows))
		for i, r := range rows {
			ids[i] = r.ID
		}
		return ids, err
	})
	if err != nil {
		return job{}, err
	}
	j, err := s.o.Jobs.Start(ctx, sc, cmd, at)
	return showJob(j), err
}

// knownStations returns ids of stations that the scope sees, each once; one that
// it does not see is a fault of the member that names it.
func knownStations(tx *store.Tx, sc access.Scope, ids []string) ([]string, error) {
	ids = slices.Clone(ids)
	slices.Sort(ids)
	ids = slices.Compact(ids)
	for part := range slices.Chunk(ids, stations.MaxValues) {
		seen, err := stations.Seen(tx, sc, part)
		if err != nil {
			return nil, err
		}
		for _, id := range part {
			if !seen[id] {
				return nil, fail.Field("api.postJob", "stations", "there is no station %.60q", id)
			}
		}
	}
	return ids, nil
}

func (s *server) listJobs(ctx context.Context, sc access.Scope, in *pageQuery) (list[job], error) {
	after, err := in.after(1)
	if err != nil {
		return list[job]{}, err
	}
	return store.Read(ctx, s.o.DB, func(tx *store.Tx) (list[job], error) {
		rows, err := device.Jobs(tx, sc, device.CommandKey{QueuedAt: after.at, ID: after.keys[0]}, in.Limit+1)
		return pageOf(rows, in.Limit, showJob, func(j device.Job) place { return byTime(j.CreatedAt, j.ID) }), err
	})
}

// JobPath names a job.
type JobPath struct {
	ID string `path:"id" maxLength:"100"`
}

func (s *server) getJob(ctx context.Context, sc access.Scope, in *struct{ JobPath }) (job, error) {
	return store.Read(ctx, s.o.DB, func(tx *store.Tx) (job, error) {
		j, err := device.GetJob(tx, sc, in.ID)
		return showJob(j), err
	})
}

func (s *server) cancelJob(ctx context.Context, sc access.Scope, in *struct{ JobPath }) (job, error) {
	return store.Do(ctx, s.o.DB, "job", func(tx *store.Tx) (job, error) {
		j, err := device.CancelJob(tx, sc, in.ID)
		return showJob(j), err
	})
}

type jobResult struct {
	StationID string     `json:"station_id"`
	State     string     `json:"state" enum:"waiting,asked,accepted,refused,failed,offline,unknown,cancelled"`
	Status    string     `json:"status" doc:"Of the command; empty where there is none"`
	Word      string     `json:"word" doc:"The station's own word"`
	Reason    string     `json:"reason"`
	At        *time.Time `json:"at" doc:"Since when its state is what it is; null while it waits"`
}

func showItem(x device.Item) jobResult {
	return jobResult{x.Station, string(x.State), string(x.Status), x.Word, x.Reason, moment(x.At)}
}

// ResultQuery narrows the results of a job.
type ResultQuery struct {
	State string `query:"state" enum:"waiting,asked,accepted,refused,failed,offline,unknown,cancelled" doc:"Only in this state"`
}

type resultPage struct {
	JobPath
	Page
	ResultQuery
}

func (s *server) listResults(ctx context.Context, sc access.Scope, in *resultPage) (list[jobResult], error) {
	after, err := in.after(1)
	if err != nil {
		return list[jobResult]{}, err
	}
	n := int64(0)
	if after.keys[0] != "" {
		if n, err = strconv.ParseInt(after.keys[0], 10, 64); err != nil {
			return list[jobResult]{}, badCursor()
		}
	}
	return store.Read(ctx, s.o.DB, func(tx *store.Tx) (list[jobResult], error) {
		rows, err := device.JobItems(tx, sc, in.ID, device.ItemState(in.State), n, in.Limit+1)
		return pageOf(rows, in.Limit, showItem, func(x device.Item) place { return byID(strconv.FormatInt(x.N, 10)) }), err
	})
}
