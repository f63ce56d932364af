package api

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"testing"
	"time"

	"pgregory.net/rapid"

	"chargewright/base/money"
	"chargewright/base/store"
	"chargewright/core/access"
	"chargewright/core/device"
	drivers "chargewright/core/driver"
	"chargewright/core/ledger"
	stations "chargewright/core/station"
)

// pages reads a list to its end and returns the value of a member of each item.
func (h *harness) pages(path, member string, limit int) []string {
	h.Helper()
	var out []string
	cursor := ""
	for range 200 {
		u, err := url.Parse(path)
		if err != nil {
			h.Fatal(err)
		}
		q := u.Query()
		q.Set("limit", strconv.Itoa(limit))
		if cursor != "" {
			q.Set("cursor", cursor)
		}
		u.RawQuery = q.Encode()
		r := h.as(200, get, u.String(), "")
		items := r.items(h.T)
		if len(items) > limit {
			h.Fatalf("%s: %d items of %d", path, len(items), limit)
		}
		for _, x := range items {
			m, _ := x.(map[string]any)
			out = append(out, fmt.Sprint(m[member]))
		}
		next, more := r.body["next"].(string)
		if !more {
			return out
		}
		if len(items) != limit {
			h.Fatalf("%s: a page of %d items has a next one", path, len(items))
		}
		cursor = next
	}
	h.Fatalf("%s does not end", path)
	return nil
}

// lists are all the lists with a cursor, the member that tells items apart,
// and how many items crowd makes.
var lists = []struct {
	path, member string
	want         int
}{
	{"/stations", "id", 7}, {"/sites", "id", 7}, {"/tokens", "uid", 7}, {"/drivers", "id", 7}, {"/sessions", "id", 7}, {"/sessions?station=S3", "id", 1},
	{"/sessions?open=true", "id", 5}, {"/sessions?token=CARD-2", "id", 1}, {"/tariffs", "id", 7}, {"/keys", "id", len(access.Roles)},
	{"/stations/S0/connections", "epoch", 7}, {"/stations/S0/notices", "received_at", 7}, {"/stations/S0/notices?action=B", "received_at", 3},
	{"/stations/S0/findings", "path", 7}, {"/stations/S0/devices", "id", 7}, {"/refusals", "station_id", 7}, {"/ledger/balances", "account", 7}, {"/ledger/balances?prefix=tax/", "account", 1}, {"/documents", "id", 2}, {"/cdrs", "id", 2},
}

func (h *harness) crowd() {
	h.Helper()
	h.as(200, put, "/tariffs/T1", tariffBody)
	h.as(200, put, "/tariff-assignments/tenant/default", `{"tariff_id":"T1"}`)
	for i := range 6 {
		h.as(200, put, fmt.Sprintf("/sites/site%d", i), `{"name":"x","country":"DE","time_zone":"UTC"}`)
		h.as(200, put, fmt.Sprintf("/tariffs/A%d", i), fmt.Sprintf(`{"id":"A%d","currency":"EUR","elements":[{"price_components":[{"type":"FLAT","price":%d,"step_size":1}]}],"last_updated":"2026-01-01T00:00:00Z"}`, i, i))
	}
	for i := range 7 {
		h.as(200, put, fmt.Sprintf("/stations/S%d", i), `{}`)
		h.as(200, put, fmt.Sprintf("/tokens/Card-%d", i), `{}`)
		h.as(201, post, "/drivers", `{"name":"x"}`)
		id := h.charge(fmt.Sprintf("S%d", i), 1, fmt.Sprintf("CARD-%d", i), noon)
		if i < 2 {
			h.end(id, 1, noon.Add(time.Hour))
		}
	}
	h.atom(func(tx *store.Tx) error {
		var d device.Device
		for range 6 {
			var err error
			if d, err = device.Install(tx, access.DefaultTenant, "S0"); err != nil {
				return err
			}
		}
		for i := range 7 {
			n := strconv.Itoa(i)
			if err := device.Found(tx, d.ID, []device.Finding{{Action: "A", Kind: "unknown_member", Path: "/" + n + "\n"}}); err != nil {
				return err
			}
			// Two notices share a time, so that the order needs its second key.
			note := device.Notice{Action: string(rune('A' + i%2)), Body: `{"n":` + n + `}`, ReceivedAt: noon.Add(time.Duration(i) * time.Microsecond)}
			if err := device.Note(tx, d.ID, note); err != nil {
				return err
			}
			if err := stations.Opened(tx, stations.Connection{Station: "S0", Epoch: int64(i + 1), Protocol: "1.6"}); err != nil {
				return err
			}
			if err := stations.Refuse(tx, stations.Refusal{Identity: "N" + n, Reason: stations.RefusedUnknown}); err != nil {
				return err
			}
		}
		j := ledger.Journal{Tenant: access.DefaultTenant, Entity: access.DefaultEntity, Cause: "test", Kind: "test"}
		for i, a := range []string{"a/1", "a/2", "b"} {
			j.Postings = append(j.Postings, ledger.Posting{Account: a, Amount: money.Amount{Minor: []int64{1, 2, -3}[i], Currency: "EUR"}})
		}
		_, _, err := ledger.Post(tx, j)
		return err
	})
}

// Pages of any size make up the whole list: nothing twice, nothing left out.
func TestPagesMakeUpTheList(t *testing.T) {
	each(t, func(h *harness) {
		h.crowd()
		for _, l := range lists {
			whole := h.pages(l.path, l.member, MaxPage)
			if len(whole) != l.want {
				h.Errorf("%s has %d items, want %d: %v", l.path, len(whole), l.want, whole)
			}
			unique := slices.Clone(whole)
			slices.Sort(unique)
			if unique = slices.Compact(unique); len(unique) != len(whole) {
				h.Errorf("%s names one item twice: %v", l.path, whole)
			}
			for _, limit := range []int{1, 2, 3} {
				if parts := h.pages(l.path, l.member, limit); !slices.Equal(parts, whole) {
					h.Errorf("%s by %d: %v, whole: %v", l.path, limit, parts, whole)
				}
			}
		}
		if s := h.pages("/sessions", "station_id", 3); s[0] != "S6" || s[6] != "S0" {
			h.Errorf("sessions are not newest first: %v", s)
		}
	})
}

// A page stays true while the list grows at its head.
func TestPagesWhileTheListGrows(t *testing.T) {
	each(t, func(h *harness) {
		for range 4 {
			h.as(201, post, "/drivers", `{"name":"x"}`)
		}
		whole := h.pages("/drivers", "id", 10)
		first := h.as(200, get, "/drivers?limit=2", "")
		h.as(201, post, "/drivers", `{"name":"late"}`)
		next, _ := first.body["next"].(string)
		rest := h.as(200, get, "/drivers?limit=2&cursor="+next, "").items(h.T)
		last, _ := rest[1].(map[string]any)
		if len(rest) != 2 || last["id"] != whole[3] {
			h.Errorf("the second page is %v of %v", rest, whole)
		}
	})
}

func TestCursorsReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := place{}
		if rapid.Bool().Draw(t, "timed") {
			p.at = time.UnixMicro(rapid.Int64Range(0, 1<<53).Draw(t, "µs")).UTC()
		}
		p.keys = rapid.SliceOfN(rapid.String(), 1, 3).Draw(t, "keys")
		got, err := Page{Cursor: *p.cursor()}.after(len(p.keys))
		if err != nil || !got.at.Equal(p.at) || !slices.Equal(got.keys, p.keys) {
			t.Fatalf("%v reads back as %v, %v", p, got, err)
		}
		if _, err := (Page{Cursor: *p.cursor()}).after(len(p.keys) + 1); err == nil {
			t.Fatal("a cursor of another list is taken")
		}
	})
}

func FuzzCursor(f *testing.F) {
	f.Add(*byTime(noon, "ses_1").cursor())
	f.Add("%%%")
	f.Add("")
	f.Fuzz(func(t *testing.T, c string) {
		p, err := Page{Cursor: c}.after(1)
		if err != nil {
			return
		}
		again, err := Page{Cursor: *p.cursor()}.after(1)
		if err != nil || !again.at.Equal(p.at) || !slices.Equal(again.keys, p.keys) {
			t.Fatalf("%q is %v, and that is %v, %v", c, p, again, err)
		}
	})
}

func TestBadPages(t *testing.T) {
	each(t, func(h *harness) {
		for _, q := range []string{"limit=0", "limit=201", "limit=x", "limit=-1", "cursor=!", "cursor=AAAA", "cursor=eA", "nonsense=1",
			"cursor=" + *place{keys: []string{"a", "b", "c"}}.cursor()} {
			for _, l := range []string{"/sessions", "/stations", "/tokens"} {
				if r := h.send(h.keys[access.Viewer], get, prefix+l+"?"+q, ""); r.code != 422 || r.body["field"] == nil {
					h.Errorf("%s?%s: %d %s", l, q, r.code, r.text)
				}
			}
		}
		if drivers.Key(" A ") != "a" {
			h.Error("tokens do not compare as their list is ordered")
		}
	})
}
