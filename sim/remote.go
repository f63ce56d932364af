package sim

// startRemotely takes a remote start on EVSE n, or, for 0, on the first free
// one, plugged ones first. It returns nil if there is none; else the start
// follows the answer.
func (s *Station) startRemotely(n int64, g *grant) *evse {
	var found *evse
	for _, e := range s.evses {
		if n != 0 && n != int64(e.n) || !e.free(g.token, "") {
			continue
		}
		if found == nil || found.car == nil && e.car != nil {
			found = e
		}
	}
	if found == nil || s.registration.status != accepted {
		return nil
	}
	e := found
	if e.car == nil {
		select {
		case e.called <- struct{}{}:
		default:
		}
	}
	s.later(func() {
		if !s.settings.on(authorizeRemoteTxRequests) {
			e.allow(g)
			return
		}
		e.authorize(g.token, func(v verdict) {
			if v.ok() && e.free(g.token, v.parent) {
				g.parent = v.parent
				e.allow(g)
			}
		})
	})
	return e
}

// bindProfiles gives a transaction its id in the profiles that came with it.
func (s *Station) bindProfiles(t *transaction) {
	for _, p := range s.profiles {
		if p.forTx == t && p.original != nil {
			p.original.TransactionID = t.id
		}
	}
}
