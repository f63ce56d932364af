package monitor

import (
	"fmt"
	"testing"
	"time"

	"chargewright/base/energy"
	"chargewright/base/store"
	"chargewright/base/store/storetest"
	"chargewright/core/access"
	"chargewright/core/station"
	"chargewright/schema"
)

// BenchmarkPicture reads an installation of 50,000 stations with 100,000 EVSEs
// at 5,000 sites, every tenth of which was heard of.
func BenchmarkPicture(b *testing.B) {
	db := storetest.SQLite(b, schema.FS)
	h := build(b, db)
	now := time.Now()
	for at := 0; at < 5_000; at += 100 {
		h.do(func(tx *store.Tx) error {
			for i := at; i < at+100; i++ {
				site := fmt.Sprintf("site%05d", i)
				if err := station.PutSite(tx, station.Site{ID: site, Tenant: tenant, Entity: access.DefaultEntity, Name: site, Country: "DE", Zone: "Europe/Berlin"}); err != nil {
					return err
				}
				for j := range 10 {
					id := fmt.Sprintf("N%05d-%d", i, j)
					if err := station.Create(tx, station.Station{ID: id, Tenant: tenant, Site: site, Name: id, Onboarding: station.Accepted}); err != nil {
						return err
					}
					for e := int64(1); e <= 2; e++ {
						if err := station.SetStatus(tx, station.Report{Station: id, EVSE: e, Connector: 1, Status: station.Available}); err != nil {
							return err
						}
					}
					if j == 0 {
						h.Measured(id, now, []energy.Reading{say(now, "Power.Active.Import", "9000", "W", "")})
					}
				}
			}
			return nil
		})
	}
	b.Run("read", func(b *testing.B) {
		for b.Loop() {
			if len(h.paint().Sites(owner)) != 5_002 {
				b.Fatal("not all sites")
			}
		}
	})
	b.Run("shared", func(b *testing.B) {
		for b.Loop() {
			p, err := h.Picture(b.Context())
			if err != nil || len(p.Sites(owner)) != 5_002 {
				b.Fatal(err)
			}
		}
	})
}
