package api

import (
	"context"

	"chargewright/base/fail"
	"chargewright/core/access"
)

// Simulator runs simulated stations beside the server, for a first look.
type Simulator interface {
	// Start makes the stations and lets them charge; it returns their ids.
	Start(ctx context.Context, sc access.Scope, o Simulation) ([]string, error)
	Running(tenant string) []string
	Stop(tenant string)
}

// Simulation says what is simulated.
type Simulation struct {
	Stations int
	Site     string // "": the tenant's first
	Protocol string // "": all in turn
}

func simulatorOperations() []operation {
	const tag, path = "admin", "/simulator"
	return []operation{
		{get, path, access.Admin, tag, "getSimulator", "Read which stations are simulated", "404 where the simulator is switched off.", 0, []int{404}, handle((*server).getSimulator)},
		{post, path, access.Admin, tag, "startSimulator", "Run simulated stations", "They connect to this server as any station does and begin to charge within a minute. A restart ends them; the stations stay.", 201, []int{404, 409}, handle((*server).startSimulator)},
		{del, path, access.Admin, tag, "stopSimulator", "Stop the simulated stations", "They go offline; what they did stays.", 0, []int{404}, handleNone((*server).stopSimulator)},
	}
}

type simulated struct {
	Running []string `json:"running" nullable:"false" doc:"Ids of the stations"`
}

func (s *server) simulator() (Simulator, error) {
	if s.o.Simulator == nil {
		return nil, fail.New(fail.NotFound, "api.simulator", "the simulator is switched off")
	}
	return s.o.Simulator, nil
}

func (s *server) getSimulator(_ context.Context, sc access.Scope, _ *struct{}) (simulated, error) {
	m, err := s.simulator()
	if err != nil {
		return simulated{}, err
	}
	return simulated{append([]string{}, m.Running(sc.Tenant)...)}, nil
}

type simulatorPost struct {
	Body struct {
		Stations int    `json:"stations" minimum:"1" maximum:"20"`
		SiteID   string `json:"site_id,omitempty" maxLength:"100" doc:"The tenant's first site, unless named"`
		Protocol string `json:"protocol,omitempty" enum:"1.6,2.0.1,2.1" doc:"All three in turn, unless named"`
	} `nameHint:"StartSimulator"`
}

func (s *server) startSimulator(ctx context.Context, sc access.Scope, in *simulatorPost) (simulated, error) {
	m, err := s.simulator()
	if err != nil {
		return simulated{}, err
	}
	ids, err := m.Start(ctx, sc, Simulation{in.Body.Stations, in.Body.SiteID, in.Body.Protocol})
	if err != nil {
		return simulated{}, asField(err, "site_id")
	}
	for _, id := range ids {
		s.o.Live.Publish(topicStation, []byte(id))
	}
	return simulated{ids}, nil
}

func (s *server) stopSimulator(_ context.Context, sc access.Scope, _ *struct{}) error {
	m, err := s.simulator()
	if err == nil {
		m.Stop(sc.Tenant)
	}
	return err
}
