package central

import (
	"context"
	"strings"
	"time"

	"chargewright/base/fail"
	"chargewright/base/link"
	"chargewright/base/store"
	"chargewright/core/access"
	"chargewright/core/device"
	"chargewright/core/notify"
	"chargewright/core/station"
	"chargewright/wire/ocpp"
)

// profileOf is the security profile a handshake arrives under (1.6 security
// whitepaper §2, 2.x part 2 A), 0 to 2. A station's certificate proves nothing:
// nobody verifies that it names the station, so profile 3 is not reached and a
// device ordered to it is refused.
func profileOf(h link.Hello) int64 {
	switch {
	case h.TLS && h.HasAuth:
		return 2
	case h.HasAuth:
		return 1
	}
	return 0
}

type judged struct {
	station station.Station
	device  device.Device
	right   bool   // the credentials fit
	fresh   bool   // and are the new ones of two
	refused string // a station.Refused… reason, "" when let in
}

// Hello judges a handshake. Whatever the reason of a refusal, the same error
// is returned after the same work; the reason is on file for the operator.
func (c *Central) Hello(ctx context.Context, h link.Hello) (link.Welcome, error) {
	profile := profileOf(h)
	j, err := store.Read(ctx, c.o.DB, func(tx *store.Tx) (judged, error) { return c.judge(tx, h, profile) })
	if err != nil {
		return link.Welcome{}, err
	}
	if j.refused != "" || j.device.ID == "" || j.fresh || j.right && profile > j.device.SecurityProfile {
		if j, err = store.Do(ctx, c.o.DB, h.StationID, func(tx *store.Tx) (judged, error) { return c.settle(tx, h, profile) }); err != nil {
			return link.Welcome{}, err
		}
	}
	if j.refused != "" {
		c.log.InfoContext(ctx, "handshake refused", "station", h.StationID, "remote", h.Remote, "reason", j.refused)
		return link.Welcome{}, fail.New(fail.Denied, "central.Hello", "the station may not connect")
	}
	return link.Welcome{StationID: j.station.ID, Epoch: j.station.Epoch + 1, Secured: j.right}, nil
}

// judge looks a handshake up and weighs it. The credentials are checked for
// unknown stations too, against nothing: equal time.
func (c *Central) judge(tx *store.Tx, h link.Hello, profile int64) (judged, error) {
	st, found, err := station.Find(tx, h.StationID)
	if err != nil {
		return judged{}, err
	}
	d, _, err := device.At(tx, h.StationID)
	if err != nil {
		return judged{}, err
	}
	j := judged{station: st, device: d}
	known, fresh := d.Knows(c.verifier, h.Password)
	j.right = known && h.HasAuth && h.User == h.StationID
	j.fresh = j.right && fresh
	switch {
	case !found && !c.o.AcceptUnknown:
		j.refused = station.RefusedUnknown
	case profile < d.SecurityProfile:
		j.refused = station.RefusedProfile
	case d.Verifier != "" && !j.right, d.Verifier == "" && h.HasAuth && !c.o.AcceptUnknown:
		j.refused = station.RefusedPassword
	}
	return j, nil
}

// settle writes what a handshake leaves behind: the record of a refusal, a
// station let in for the first time, a security profile proved.
func (c *Central) settle(tx *store.Tx, h link.Hello, profile int64) (judged, error) {
	j, err := c.judge(tx, h, profile)
	if err != nil {
		return j, err
	}
	if j.refused != "" {
		return j, station.Refuse(tx, station.Refusal{
			Identity: h.StationID, Reason: j.refused, Remote: h.Remote, Path: h.Path, Protocols: strings.Join(h.Offered, " "),
		})
	}
	if j.station.ID == "" {
		j.station = station.Station{ID: h.StationID, Tenant: access.DefaultTenant, Site: c.o.DefaultSite, Name: h.StationID, Onboarding: station.Accepted}
		if err := station.Create(tx, j.station); err != nil {
			return j, err
		}
	}
	if j.device.ID == "" {
		if j.device, err = device.Install(tx, j.station.Tenant, j.station.ID); err != nil {
			return j, err
		}
	}
	if j.fresh {
		if err := device.Renewed(tx, j.device); err != nil {
			return j, err
		}
	}
	if j.right {
		device.RaiseProfile(tx, j.device.ID, profile)
	}
	return j, nil
}

// Open records that the socket is up. Whether the station was accepted is
// known from before: on a mere reconnection it does not boot again.
func (c *Central) Open(ctx context.Context, p link.Peer) error {
	ok, err := store.Do(ctx, c.o.DB, p.StationID, func(tx *store.Tx) (bool, error) {
		st, _, err := station.Find(tx, p.StationID)
		if err != nil {
			return false, err
		}
		d, _, err := device.At(tx, p.StationID)
		if err != nil {
			return false, err
		}
		booted := st.Boot == station.Accepted || p.Subprotocol == ocpp.V16.Subprotocol()
		err = station.Opened(tx, station.Connection{
			Station: p.StationID, Epoch: p.Epoch, Node: c.o.Node, Remote: p.Remote, Protocol: versionOf(p.Subprotocol), Profile: d.SecurityProfile,
		})
		if err == nil {
			err = tell(tx, st, notify.StationConnected, map[string]string{"remote": p.Remote})
		}
		return booted && st.Onboarding == station.Accepted, err
	})
	if err == nil {
		c.accepted.Store(p, ok)
		if ok {
			c.o.Arrived(p.StationID, false)
		}
		c.o.Changed("station", p.StationID)
	}
	return err
}

// Closed records that the socket is gone. It tries for a while: the record must
// not depend on the database being up at that moment.
func (c *Central) Closed(ctx context.Context, p link.Peer, reason string) {
	c.accepted.Delete(p)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	_, err := store.Do(ctx, c.o.DB, p.StationID, func(tx *store.Tx) (done, error) {
		st, found, err := station.Find(tx, p.StationID)
		station.Closed(tx, p.StationID, p.Epoch, reason)
		if err != nil || !found || !st.Connected || st.Epoch != p.Epoch {
			return done{}, err
		}
		return done{}, tell(tx, st, notify.StationDisconnected, map[string]string{"reason": reason})
	})
	if err != nil {
		c.log.WarnContext(ctx, "the end of a connection was not recorded", "station", p.StationID, "err", err)
	}
	c.o.Changed("station", p.StationID)
}

// versionOf names a subprotocol's version as the core does: "1.6", "2.0.1", "2.1".
func versionOf(subprotocol string) string {
	for _, v := range []ocpp.Version{ocpp.V16, ocpp.V201, ocpp.V21} {
		if v.Subprotocol() == subprotocol {
			return v.String()
		}
	}
	return subprotocol
}
