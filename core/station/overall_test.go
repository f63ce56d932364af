package station

import "testing"

func TestOverall(t *testing.T) {
	up := Station{Connected: true, Status: Available}
	of := func(ss ...Status) (cs []Connector) {
		for _, s := range ss {
			cs = append(cs, Connector{Status: s})
		}
		return cs
	}
	for _, c := range []struct {
		s    Station
		cs   []Connector
		want Status
	}{
		{Station{Status: Available}, of(Charging), Offline},
		{up, nil, Unknown},
		{up, of(Available, Available), Available},
		{up, of(Available, Charging), Charging},
		{up, of(Charging, Faulted), Faulted},
		{up, of(Unavailable, Charging), Unavailable},
		{Station{Connected: true, Status: Faulted}, of(Available), Faulted},
		{up, of("something new", Reserved), Reserved},
	} {
		if got := Overall(c.s, c.cs); got != c.want {
			t.Errorf("%+v with %v is %s, want %s", c.s, c.cs, got, c.want)
		}
	}
}
