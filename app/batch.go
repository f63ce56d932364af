package app

import (
	"context"
	"time"

	"chargewright/base/fail"
	"chargewright/core/device"
	"chargewright/edge/api"
	"chargewright/edge/central"
)

// batch sends the commands of jobs until ctx ends or the server closes: what
// waits then is not to be found offline by the closing, but to go on afterwards.
func (s *Server) batch(ctx context.Context) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		select {
		case <-ctx.Done():
		case <-s.closing:
			cancel()
		}
	}()
	if err := s.runner.Run(ctx); err != nil && ctx.Err() == nil {
		s.log.Error("jobs are not worked on", "err", err)
	}
}

// newRunner returns what sends the commands of jobs.
func (s *Server) newRunner(c device.Commander) *device.Runner {
	return device.NewRunner(s.DB, c, s.log, nil)
}

// messageRing is how many message events a reader may be behind.
const messageRing = 4_096

// toldMessage tells those who follow the messages that one is in the log.
func (s *Server) toldMessage(station string, at time.Time) {
	s.messageLive.Publish("message", api.MessageEvent(station, at))
}

// searchMessages shows the message logs of all stations to the API.
func (s *Server) searchMessages(ctx context.Context, q api.MessageSearch) (api.MessagesFound, error) {
	f, err := s.messages.Search(ctx, central.Search{
		Station: q.Station, Action: q.Action, FromUs: q.FromUs, Errors: q.Errors, Text: q.Text, Before: q.Before, Limit: q.Limit, Sees: q.Sees,
	})
	out := api.MessagesFound{Scanned: f.Scanned, More: f.More, Next: f.Next, Items: make([]api.StationExchange, len(f.Items))}
	for i, x := range f.Items {
		out.Items[i] = api.StationExchange{Exchange: showExchange(x.Exchange), StationID: x.Station}
	}
	return out, fail.Wrap(fail.Unavailable, "app.searchMessages", err)
}

func showExchange(r central.Exchange) api.Exchange {
	x := api.Exchange{
		At: r.At.UTC(), FromUs: r.FromUs, MessageID: r.MessageID, Action: r.Action, Request: r.Request, Response: r.Response,
		Failure: r.Failure, LatencyUs: r.Micros,
	}
	if r.Error != nil {
		x.Error = jsonOf(r.Error)
	}
	if len(r.Findings) > 0 {
		x.Findings = jsonOf(r.Findings)
	}
	return x
}
