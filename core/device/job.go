package device

import (
	"reflect"
	"time"

	"chargewright/base/fail"
	"chargewright/base/id"
	"chargewright/base/store"
	"chargewright/core/access"
)

// Job is one command to many stations.
//
//	running ─▶ done | cancelled
//
// It is done when each of its items has ended.
type Job struct {
	ID        string
	Tenant    string
	Actor     string
	ActorName string
	Kind      string
	Body      string // JSON, masked
	Whole     bool   // nothing of the body was masked
	State     string
	Total     int64
	CreatedAt time.Time
	Count     map[ItemState]int64
}

// The states of a job.
const (
	JobRunning   = "running"
	JobDone      = "done"
	JobCancelled = "cancelled"
)

// Item is a job at one station.
type Item struct {
	Job     string
	N       int64 // place in the job, from 1
	Station string
	State   ItemState
	Status  Status
	Word    string
	Reason  string
	At      time.Time
}

// ItemState is how far an item has come.
//
//	waiting ─▶ asked ─▶ accepted | refused | failed | offline | unknown
//	   └──────▶ cancelled
type ItemState string

// The states of an item.
const (
	ItemWaiting   ItemState = "waiting"
	ItemAsked     ItemState = "asked"
	ItemAccepted  ItemState = "accepted" // the station does it, now or later
	ItemRefused   ItemState = "refused"  // its answer was a no of any kind
	ItemFailed    ItemState = "failed"   // nothing was sent
	ItemOffline   ItemState = "offline"  // nothing was sent: it is not connected
	ItemUnknown   ItemState = "unknown"  // sent, and what became of it is not known
	ItemCancelled ItemState = "cancelled"
)

// ItemStates is the closed set.
var ItemStates = []ItemState{ItemWaiting, ItemAsked, ItemAccepted, ItemRefused, ItemFailed, ItemOffline, ItemUnknown, ItemCancelled}

// Bounds of jobs.
const (
	MaxJobStations = 5_000 // stations of one job
	maxJobs        = 50    // jobs of the people of one tenant that run at one time
)

// jobSignal wakes the runner of this process.
const jobSignal = "device.job"

// StartJob puts a job on record; a runner sends its command to each station.
// The stations are the caller's to have checked; twice the same is Invalid, and
// so are none or more than MaxJobStations.
func StartJob(tx *store.Tx, sc access.Scope, c Command, stations []string) (Job, error) {
	const op = "device.StartJob"
	if len(stations) == 0 || len(stations) > MaxJobStations {
		return Job{}, fail.Field(op, "stations", "they are %d, not 1 to %d", len(stations), MaxJobStations)
	}
	running, _, err := store.One(tx, func(r *store.Row) int64 { return r.Int(0) }, `SELECT COUNT(*) FROM device_job WHERE tenant_id = $1 AND state = $2 AND actor <> $3`,
		sc.Tenant, JobRunning, ownJobs)
	if err != nil {
		return Job{}, err
	}
	if running >= maxJobs {
		return Job{}, fail.New(fail.Busy, op, "%d jobs run already; wait for one of them or cancel it", running)
	}
	return startJob(tx, sc, c, stations)
}

func startJob(tx *store.Tx, sc access.Scope, c Command, stations []string) (Job, error) {
	const op = "device.StartJob"
	body, err := recorded(c)
	if err != nil {
		return Job{}, err
	}
	j := Job{ID: id.New("job"), Tenant: sc.Tenant, Actor: sc.Actor, ActorName: sc.Name, Kind: Kind(c), Body: body, Whole: whole(c, body), State: JobRunning, Total: int64(len(stations)), CreatedAt: tx.Now()}
	tx.Write(`INSERT INTO device_job (id, tenant_id, actor, actor_name, kind, body, whole, state, total, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
		j.ID, j.Tenant, j.Actor, cut(j.ActorName, 200), j.Kind, j.Body, j.Whole, j.State, j.Total, tx.Now())
	seen := make(map[string]bool, len(stations))
	for i, s := range stations {
		if seen[s] {
			return Job{}, fail.Field(op, "stations", "%.60q is named twice", s)
		}
		seen[s] = true
		tx.Write(`INSERT INTO device_job_item (job_id, n, station_id, state, status, word, reason, at) VALUES ($1, $2, $3, $4, '', '', '', NULL)`, j.ID, i+1, s, ItemWaiting)
	}
	tx.Signal(jobSignal)
	j.Count = map[ItemState]int64{ItemWaiting: j.Total}
	return j, nil
}

// whole reports whether the recorded form of a command is the command.
func whole(c Command, body string) bool {
	again, err := ParseCommand(Kind(c), []byte(body))
	return err == nil && reflect.DeepEqual(c, again)
}

// ownJobs is the actor of the jobs that the system starts.
const ownJobs = "display"

// StartOwnJob is StartJob on behalf of the system, which keeps screens up to date; it
// is told from jobs of people by its name and is not counted among them.
func StartOwnJob(tx *store.Tx, tenant string, c Command, stations []string) (Job, error) {
	return startJob(tx, access.Scope{Tenant: tenant, Actor: ownJobs, Name: ownJobs}, c, stations)
}

// WaitsFor reports whether a job of a kind found a station offline and waits for it.
func WaitsFor(tx *store.Tx, station, kind string) (bool, error) {
	_, found, err := store.One(tx, func(*store.Row) bool { return true }, `SELECT 1 FROM device_job_item i JOIN device_job j ON j.id = i.job_id
		WHERE i.station_id = $1 AND i.state = 'offline' AND j.kind = $2 LIMIT 1`, station, kind)
	return found, err
}

// Resume has what a job found offline at a station, which is there again, wait
// anew: of the kind given.
func Resume(tx *store.Tx, station, kind string) error {
	n, err := tx.Exec(`UPDATE device_job_item SET state = $1, reason = '', at = $2 WHERE station_id = $3 AND state = 'offline' AND EXISTS (
		SELECT 1 FROM device_job j WHERE j.id = device_job_item.job_id AND j.kind = $4 AND j.state <> $5)`,
		ItemWaiting, tx.Now(), station, kind, JobCancelled)
	if err != nil || n == 0 {
		return err
	}
	tx.Write(`UPDATE device_job SET state = $1 WHERE state = $2 AND kind = $3 AND id IN (
		SELECT i.job_id FROM device_job_item i WHERE i.station_id = $4 AND i.state = $5)`, JobRunning, JobDone, kind, station, ItemWaiting)
	tx.Signal(jobSignal)
	return nil
}

// Supersede takes a station out of a job: what waits for it there, or found it
// offline, is not sent any more.
func Supersede(tx *store.Tx, job, station string) {
	tx.Write(`UPDATE device_job_item SET state = $1, reason = $2, at = $3 WHERE job_id = $4 AND station_id = $5 AND state IN ($6, $7)`,
		ItemCancelled, "it was overtaken", tx.Now(), job, station, ItemWaiting, ItemOffline)
	endJob(tx, job)
}

// ItemsOf returns the items of some jobs of a tenant at some stations, by job and
// station.
func ItemsOf(tx *store.Tx, tenant string, jobs, stations []string) (map[[2]string]Item, error) {
	out := map[[2]string]Item{}
	args := []any{tenant}
	err := tx.Each(func(r *store.Row) error {
		x := scanItem(r)
		out[[2]string{x.Job, x.Station}] = x
		return nil
	}, `SELECT `+itemColumns+` FROM device_job_item WHERE EXISTS (SELECT 1 FROM device_job j WHERE j.id = device_job_item.job_id AND j.tenant_id = $1) AND `+
		access.In("job_id", jobs, &args)+` AND `+access.In("station_id", stations, &args), args...)
	return out, err
}

// CancelJob ends what still waits of a job; what was asked goes on. A job that
// does not run any more is a Conflict.
func CancelJob(tx *store.Tx, sc access.Scope, job string) (Job, error) {
	j, err := GetJob(tx, sc, job)
	if err != nil {
		return j, err
	}
	if j.State != JobRunning {
		return j, fail.New(fail.Conflict, "device.CancelJob", "the job is %s already", j.State)
	}
	tx.Write(`UPDATE device_job_item SET state = $1, at = $2 WHERE job_id = $3 AND state = $4`, ItemCancelled, tx.Now(), job, ItemWaiting)
	tx.Write(`UPDATE device_job SET state = $1 WHERE id = $2`, JobCancelled, job)
	return GetJob(tx, sc, job)
}

const jobColumns = `id, tenant_id, actor, actor_name, kind, body, whole, state, total, created_at`

func scanJob(r *store.Row) Job {
	return Job{
		ID: r.Text(0), Tenant: r.Text(1), Actor: r.Text(2), ActorName: r.Text(3), Kind: r.Text(4), Body: r.Text(5), Whole: r.Bool(6), State: r.Text(7),
		Total: r.Int(8), CreatedAt: r.Time(9), Count: map[ItemState]int64{},
	}
}

// GetJob returns a job of the scope's tenant. Who sees only some sites sees no
// jobs: they are of the whole network.
func GetJob(tx *store.Tx, sc access.Scope, job string) (Job, error) {
	j, found, err := store.One(tx, scanJob, `SELECT `+jobColumns+` FROM device_job WHERE id = $1 AND tenant_id = $2`, job, sc.Tenant)
	if err == nil && (!found || sc.Limited()) {
		err = fail.New(fail.NotFound, "device.GetJob", "there is no job %q", job)
	}
	if err != nil {
		return Job{}, err
	}
	js := []Job{j}
	return j, countItems(tx, js)
}

// Jobs lists up to limit jobs of the scope's tenant, newest first.
func Jobs(tx *store.Tx, sc access.Scope, before CommandKey, limit int) ([]Job, error) {
	if sc.Limited() {
		return nil, nil
	}
	if before.QueuedAt.IsZero() {
		before.QueuedAt = time.Unix(1<<40, 0)
	}
	js, err := store.All(tx, scanJob, `SELECT `+jobColumns+` FROM device_job WHERE tenant_id = $1 AND (created_at < $2 OR (created_at = $2 AND id < $3))
		ORDER BY created_at DESC, id DESC LIMIT $4`, sc.Tenant, before.QueuedAt, before.ID, limit)
	if err != nil || len(js) == 0 {
		return nil, err
	}
	return js, countItems(tx, js)
}

func countItems(tx *store.Tx, js []Job) error {
	ids, at := make([]string, len(js)), map[string]map[ItemState]int64{}
	for i, j := range js {
		ids[i], at[j.ID] = j.ID, j.Count
	}
	var args []any
	return tx.Each(func(r *store.Row) error {
		at[r.Text(0)][ItemState(r.Text(1))] = r.Int(2)
		return nil
	}, `SELECT job_id, state, COUNT(*) FROM device_job_item WHERE `+access.In("job_id", ids, &args)+` GROUP BY job_id, state`, args...)
}

// JobItems lists up to limit items of a job, in one state or any (""), in their
// order, those after a place (0: from the first on).
func JobItems(tx *store.Tx, sc access.Scope, job string, state ItemState, after int64, limit int) ([]Item, error) {
	if _, err := GetJob(tx, sc, job); err != nil {
		return nil, err
	}
	return store.All(tx, scanItem, `SELECT `+itemColumns+` FROM device_job_item WHERE job_id = $1 AND ($2 = '' OR state = $2) AND n > $3 ORDER BY n LIMIT $4`, job, state, after, limit)
}

const itemColumns = `job_id, n, station_id, state, status, word, reason, at`

func scanItem(r *store.Row) Item {
	return Item{r.Text(0), r.Int(1), r.Text(2), ItemState(r.Text(3)), Status(r.Text(4)), r.Text(5), r.Text(6), r.Time(7)}
}

// takeItems marks up to limit waiting items as asked and returns them. Jobs take
// turns: an item's place in its job comes before the job.
func takeItems(tx *store.Tx, limit int) ([]Item, error) {
	items, err := store.All(tx, scanItem, `SELECT `+itemColumns+` FROM device_job_item WHERE state = 'waiting' ORDER BY n, job_id LIMIT $1`, limit)
	for i := range items {
		items[i].State, items[i].At = ItemAsked, tx.Now()
		keepItem(tx, items[i])
	}
	return items, err
}

// keepItem writes where an item is, and ends its job with its last.
func keepItem(tx *store.Tx, x Item) {
	tx.Write(`UPDATE device_job_item SET state = $1, status = $2, word = $3, reason = $4, at = $5 WHERE job_id = $6 AND n = $7`,
		x.State, x.Status, cut(x.Word, 100), cut(x.Reason, 1000), tx.Now(), x.Job, x.N)
	endJob(tx, x.Job)
}

// endJob ends a job of which nothing waits and nothing is under way.
func endJob(tx *store.Tx, job string) {
	tx.Write(`UPDATE device_job SET state = $1 WHERE id = $2 AND state = $3 AND NOT EXISTS (
		SELECT 1 FROM device_job_item i WHERE i.job_id = device_job.id AND i.state IN ('waiting', 'asked'))`, JobDone, job, JobRunning)
}

// orphans resolves what a process that died had asked: what may be sent again
// waits again, unless its job was cancelled; of the rest it is not known what
// became of it.
func orphans(tx *store.Tx, limit int) (int, error) {
	type orphan struct {
		Item
		kind, job string
	}
	rows, err := store.All(tx, func(r *store.Row) orphan { return orphan{scanItem(r), r.Text(8), r.Text(9)} },
		`SELECT i.job_id, i.n, i.station_id, i.state, i.status, i.word, i.reason, i.at, j.kind, j.state FROM device_job_item i JOIN device_job j ON j.id = i.job_id
		WHERE i.state = 'asked' ORDER BY i.job_id, i.n LIMIT $1`, limit)
	for _, x := range rows {
		x.State, x.Reason = ItemUnknown, "the server restarted before the station answered"
		if kinds[x.kind].again && x.job == JobRunning {
			x.State, x.Reason = ItemWaiting, ""
		}
		keepItem(tx, x.Item)
	}
	return len(rows), err
}

// ForgetJobs deletes jobs that are over their term of 400 days.
func ForgetJobs(tx *store.Tx) {
	limit := tx.Now().AddDate(0, 0, -400)
	tx.Write(`DELETE FROM device_job_item WHERE job_id IN (SELECT j.id FROM device_job j WHERE j.created_at < $1)`, limit)
	tx.Write(`DELETE FROM device_job WHERE created_at < $1`, limit)
}
