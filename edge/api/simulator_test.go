package api

import (
	"context"
	"slices"
	"testing"

	"chargewright/base/fail"
	"chargewright/core/access"
)

// puppets is a simulator that remembers what it was asked.
type puppets struct {
	tenant  string
	running []string
	asked   Simulation
}

func (p *puppets) Start(_ context.Context, sc access.Scope, o Simulation) ([]string, error) {
	if p.running != nil {
		return nil, fail.New(fail.Conflict, "puppets", "they run already")
	}
	p.asked, p.tenant, p.running = o, sc.Tenant, []string{"SIM-001"}
	return p.running, nil
}

func (p *puppets) Running(tenant string) []string {
	if tenant != p.tenant {
		return nil
	}
	return p.running
}

func (p *puppets) Stop(tenant string) {
	if tenant == p.tenant {
		p.running = nil
	}
}

func simulatorSamples(*harness, fixture) map[string]sample {
	const at = "/simulator"
	return map[string]sample{"getSimulator": {path: at}, "startSimulator": {path: at, body: `{"stations":1}`}, "stopSimulator": {path: at}}
}

func TestSimulator(t *testing.T) {
	each(t, func(h *harness) {
		h.furnish()
		if r := h.as(200, get, "/simulator", ""); r.text != `{"running":[]}` {
			h.Errorf("at first: %s", r.text)
		}
		h.as(422, post, "/simulator", `{"stations":21}`)
		h.as(422, post, "/simulator", `{"stations":1,"protocol":"1.5"}`)
		if r := h.as(201, post, "/simulator", `{"stations":3,"site_id":"s","protocol":"2.1"}`); r.text != `{"running":["SIM-001"]}` {
			h.Errorf("started: %s", r.text)
		}
		if h.puppets.asked != (Simulation{3, "s", "2.1"}) {
			h.Errorf("asked %+v", h.puppets.asked)
		}
		h.as(409, post, "/simulator", `{"stations":1}`)
		if r := h.send(h.other, get, prefix+"/simulator", ""); r.text != `{"running":[]}` {
			h.Errorf("another tenant: %s", r.text)
		}
		if r := h.send(h.other, del, prefix+"/simulator", ""); r.code != 204 || !slices.Equal(h.puppets.running, []string{"SIM-001"}) {
			h.Errorf("another tenant stopped it: %d %s", r.code, r.text)
		}
		h.as(204, del, "/simulator", "")
		h.as(201, post, "/simulator", `{"stations":1}`)
	})
}
