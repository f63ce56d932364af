package station

import (
	"strings"

	"chargewright/base/store"
)

// Offline is what a station that is not connected is as a whole, whatever it
// said last.
const Offline Status = "offline"

// worst orders statuses by how much a person should care.
var worst = []Status{Offline, Faulted, Unavailable, Charging, SuspendedEVSE, SuspendedEV, Finishing, Preparing, Occupied, Reserved, Available, Unknown}

// wholes are the statuses of the station as a whole that count.
var wholes = map[Status]bool{Faulted: true, Unavailable: true}

// Overall derives how a station is doing: offline when it is not connected,
// else the worst of what it says of itself and of its connectors. The column
// overall holds it: see restate.
func Overall(s Station, cs []Connector) Status {
	if !s.Connected {
		return Offline
	}
	seen := map[Status]bool{}
	if wholes[s.Status] {
		seen[s.Status] = true
	}
	for _, c := range cs {
		seen[c.Status] = true
	}
	for _, w := range worst {
		if seen[w] {
			return w
		}
	}
	return Unknown
}

// overallSQL is Overall in SQL, made of the same order.
var overallSQL = func() string {
	var b strings.Builder
	b.WriteString(`CASE WHEN NOT station_station.connected THEN '` + string(Offline) + `'`)
	for _, w := range worst {
		if w == Offline || w == Unknown {
			continue
		}
		b.WriteString(` WHEN `)
		if wholes[w] {
			b.WriteString(`station_station.status = '` + string(w) + `' OR `)
		}
		b.WriteString(`EXISTS (SELECT 1 FROM station_connector c WHERE c.station_id = station_station.id AND c.status = '` + string(w) + `') THEN '` + string(w) + `'`)
	}
	b.WriteString(` ELSE '` + string(Unknown) + `' END`)
	return b.String()
}()

// restate brings the column overall up to date after a status or connection
// changed, and overall_at with it when it is another.
func restate(tx *store.Tx, station string) {
	tx.Write(`UPDATE station_station SET overall = `+overallSQL+`, overall_at = $1 WHERE id = $2 AND overall <> `+overallSQL, tx.Now(), station)
}
