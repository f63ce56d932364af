package sim

import "strings"

// maxListed bounds the local authorisation list.
const maxListed = 10_000

// localList is the local authorisation list.
type localList struct {
	version int64
	entries map[string]verdict // lower case
}

// update applies a SendLocalList; an entry without status is removed. It
// reports false when the list would be too long.
func (l *localList) update(full bool, version int64, put map[string]verdict, remove []string) bool {
	next := map[string]verdict{}
	if !full {
		for k, v := range l.entries {
			next[k] = v
		}
	}
	for k, v := range put {
		next[strings.ToLower(k)] = v
	}
	for _, k := range remove {
		delete(next, strings.ToLower(k))
	}
	if len(next) > maxListed {
		return false
	}
	l.version, l.entries = version, next
	return true
}

// tap presents a token. The outcome goes to told, which is buffered.
func (e *evse) tap(token string, told chan Outcome) {
	if t := e.tx; t != nil {
		e.tapAgain(t, token, told)
		return
	}
	if e.grant != nil && sameToken(e.grant.token, token) {
		told <- Outcome{Status: accepted}
		return
	}
	if !e.free(token, "") && (e.reserved == nil || e.reserved.parent == "") {
		told <- Outcome{Status: map[bool]string{true: "Reserved", false: "Occupied"}[e.reserved != nil]}
		return
	}
	g := &grant{token: token, kind: tagKind, trigger: "Authorized", told: told}
	e.authorize(token, func(v verdict) {
		switch {
		case !v.ok():
			told <- Outcome{Status: v.status}
		case !e.free(token, v.parent):
			told <- Outcome{Status: "Occupied"}
		default:
			g.parent = v.parent
			e.allow(g)
		}
	})
}

// tapAgain stops a transaction for the token that started it, or for another
// of its group.
func (e *evse) tapAgain(t *transaction, token string, told chan Outcome) {
	why := stopping{reason: "Local", trigger: "StopAuthorized", token: token}
	if sameToken(t.token, token) {
		e.stop(why)
		told <- Outcome{Status: accepted, Transaction: t.id}
		return
	}
	e.authorize(token, func(v verdict) {
		switch {
		case !v.ok():
			told <- Outcome{Status: v.status}
		case t.parent == "" || !sameToken(t.parent, v.parent):
			told <- Outcome{Status: "Occupied"}
		default:
			e.stopIf(t, why)
			told <- Outcome{Status: accepted, Transaction: t.id}
		}
	})
}

// authorize asks the CSMS, or decides offline by the list and the settings.
func (e *evse) authorize(token string, decide func(verdict)) {
	s := e.s
	if !s.online || s.registration.status != accepted {
		decide(s.offlineVerdict(token))
		return
	}
	if v, ok := s.list.entries[strings.ToLower(token)]; ok && v.status == accepted &&
		s.settings.on(localPreAuthorize) && s.settings.on(localAuthListEnabled) {
		decide(v)
		return
	}
	s.send(s.talk.authorize(token), func(payload []byte, err error) {
		if err != nil {
			if callError(err) != nil {
				decide(verdict{status: "Invalid"})
				return
			}
			decide(s.offlineVerdict(token))
			return
		}
		v, err := s.talk.authorized(payload)
		if err != nil {
			s.log.Warn("the answer to Authorize cannot be read", "err", err)
			v = verdict{status: "Invalid"}
		}
		decide(v)
	})
}

func (s *Station) offlineVerdict(token string) verdict {
	if v, ok := s.list.entries[strings.ToLower(token)]; ok && s.settings.on(localAuthListEnabled) {
		return v
	}
	if s.settings.on(localAuthorizeOffline) && s.settings.on(allowOfflineTxForUnknownID) {
		return verdict{status: accepted}
	}
	return verdict{status: "Invalid"}
}
