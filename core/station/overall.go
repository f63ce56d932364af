package station

// Offline is what a station that is not connected is as a whole, whatever it
// said last.
const Offline Status = "offline"

// worst orders statuses by how much a person should care.
var worst = []Status{Offline, Faulted, Unavailable, Charging, SuspendedEVSE, SuspendedEV, Finishing, Preparing, Occupied, Reserved, Available, Unknown}

// Overall derives how a station is doing: offline when it is not connected,
// else the worst of what it says of itself and of its connectors.
func Overall(s Station, cs []Connector) Status {
	if !s.Connected {
		return Offline
	}
	seen := map[Status]bool{}
	if s.Status == Faulted || s.Status == Unavailable {
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
