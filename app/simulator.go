package app

import (
	"context"
	"crypto/rand"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"chargewright/base/fail"
	"chargewright/base/store"
	"chargewright/core/access"
	"chargewright/core/device"
	"chargewright/core/driver"
	"chargewright/core/station"
	"chargewright/edge/api"
	"chargewright/edge/central"
	"chargewright/sim"
	"chargewright/wire/ocpp"
)

// simulator runs simulated stations inside this process. They come by real
// WebSockets to our own listener, as any station does. What runs is not kept
// over a restart; the stations stay, and are offline then.
type simulator struct {
	s *Server

	mu      sync.Mutex
	tenant  string
	running []string
	stop    context.CancelFunc
	ended   chan struct{}
}

// Start furnishes the stations and sends them on their way. There is one
// simulation at a time: another is a Conflict.
func (m *simulator) Start(ctx context.Context, sc access.Scope, o api.Simulation) ([]string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.stop != nil {
		return nil, fail.New(fail.Conflict, "app.simulator", "%d simulated stations are running; stop them first", len(m.running))
	}
	network, passwords, err := m.network(o)
	if err != nil {
		return nil, err
	}
	_, err = store.Do(ctx, m.s.DB, "simulator", func(tx *store.Tx) (struct{}, error) {
		return struct{}{}, m.furnish(tx, sc, o.Site, network.Plan(), passwords)
	})
	if err != nil {
		return nil, err
	}
	m.tenant, m.running, m.ended = sc.Tenant, nil, make(chan struct{})
	for _, p := range network.Plan() {
		m.running = append(m.running, p.ID)
	}
	run, stop := context.WithCancel(context.WithoutCancel(ctx))
	m.stop = stop
	go func(ended chan struct{}) {
		defer close(ended)
		if err := network.Run(run); err != nil {
			m.s.log.Error("the simulation ended", "err", err)
		}
	}(m.ended)
	return slices.Clone(m.running), nil
}

// simulatorCards are the tokens of the simulated drivers.
var simulatorCards = []string{"SIMCARD1", "SIMCARD2", "SIMCARD3"}

func (m *simulator) network(o api.Simulation) (*sim.Network, map[string]string, error) {
	var versions []ocpp.Version
	if o.Protocol != "" {
		v, ok := ocpp.ParseSubprotocol("ocpp" + o.Protocol)
		if !ok {
			return nil, nil, fail.Field("app.simulator", "protocol", "%q is none of 1.6, 2.0.1 and 2.1", o.Protocol)
		}
		versions = []ocpp.Version{v}
	}
	passwords := map[string]string{}
	n, err := sim.NewNetwork(sim.NetworkOptions{
		URL: "ws://" + m.s.Addr + "/ocpp/", Stations: o.Stations, Versions: versions, Prefix: "SIM", Tokens: simulatorCards,
		Password: func(id string) string {
			if passwords[id] == "" {
				passwords[id] = rand.Text()
			}
			return passwords[id]
		},
		Idle: 20 * time.Second, First: 5 * time.Second, Screens: true, Trouble: -1, Seed: uint64(time.Now().UnixNano()), Log: m.s.log,
	})
	return n, passwords, err
}

// furnish makes what the stations and their drivers need; what an earlier
// simulation left is used again.
func (m *simulator) furnish(tx *store.Tx, sc access.Scope, site string, plan []sim.Config, passwords map[string]string) error {
	for _, uid := range simulatorCards {
		err := driver.PutToken(tx, sc, driver.Token{UID: uid, Type: "ISO14443", Status: driver.StatusAccepted})
		if err != nil {
			return err
		}
	}
	for _, p := range plan {
		if err := m.place(tx, sc, site, p); err != nil {
			return err
		}
		d, found, err := device.At(tx, p.ID)
		if err == nil && !found {
			d, err = device.Install(tx, sc.Tenant, p.ID)
		}
		if err == nil {
			err = device.SetPassword(tx, m.s.Keys.Verifier(central.VerifierName), d.ID, passwords[p.ID])
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// place creates the station where it is not yet.
func (m *simulator) place(tx *store.Tx, sc access.Scope, site string, p sim.Config) error {
	st, found, err := station.Find(tx, p.ID)
	switch {
	case err != nil:
		return err
	case found && st.Tenant != sc.Tenant:
		return fail.New(fail.Conflict, "app.simulator", "the identity %s is taken", p.ID)
	case found:
		return nil
	}
	if site == "" {
		sites, err := station.SitesAfter(tx, sc, "", 1)
		if err != nil {
			return err
		}
		if len(sites) == 0 {
			return fail.Field("app.simulator", "site_id", "there is no site yet; create one first")
		}
		site = sites[0].ID
	}
	if _, err := station.GetSite(tx, sc, site); err != nil {
		return err
	}
	err = station.Create(tx, station.Station{
		ID: p.ID, Tenant: sc.Tenant, Site: site, Name: "Simulated " + strings.TrimPrefix(p.ID, "SIM-"), Onboarding: station.Accepted,
	})
	for i, e := range p.EVSEs {
		if err == nil {
			err = station.SetEVSE(tx, p.ID, int64(i+1), fmt.Sprintf("%s*%d", strings.ReplaceAll(p.ID, "-", "*"), i+1), e.MaxW)
		}
	}
	return err
}

// Running returns the stations of the tenant that are being simulated.
func (m *simulator) Running(tenant string) []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.tenant != tenant {
		return nil
	}
	return slices.Clone(m.running)
}

// Stop ends the tenant's simulation and waits for it; none is nothing to do.
// An empty tenant is every tenant.
func (m *simulator) Stop(tenant string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.stop == nil || tenant != "" && tenant != m.tenant {
		return
	}
	m.stop()
	<-m.ended
	m.stop, m.tenant, m.running = nil, "", nil
}
