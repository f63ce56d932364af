package pay

import (
	"net/http"
	"net/url"
	"strconv"

	"chargewright/base/fail"
	"chargewright/base/store"
	"chargewright/core/access"
	"chargewright/core/device"
	"chargewright/core/station"
)

// scan takes the dynamic code of an EVSE and leads to its page.
func (s *server) scan(w http.ResponseWriter, r *http.Request) {
	lang := tongue(r, "")
	t := vocabulary[lang]
	evse, err := strconv.ParseInt(r.PathValue("evse"), 10, 64)
	if err != nil || evse < 1 {
		s.trouble(w, r, lang, fail.New(fail.NotFound, "pay.scan", "%q is no EVSE", r.PathValue("evse")), "/pay")
		return
	}
	type opened struct {
		worth device.Scanned
		code  string
	}
	at := r.PathValue("station")
	o, err := store.Do(r.Context(), s.DB, at, func(tx *store.Tx) (o opened, err error) {
		e, err := station.ByCode(tx, access.DefaultTenant, at+":"+strconv.FormatInt(evse, 10))
		if err != nil {
			return o, err
		}
		if o.code = e.Number; o.code == "" {
			o.code = at + ":" + strconv.FormatInt(evse, 10)
		}
		o.worth, err = device.OpenQR(tx, s.Seals, device.Scan{Station: e.Station, EVSE: e.EVSE, Version: r.PathValue("version"), Code: r.PathValue("code"), Remote: s.remote(r)})
		return o, err
	})
	switch {
	case err != nil:
		s.trouble(w, r, lang, err, "/pay")
	case o.worth == device.ScanGood:
		to := url.URL{Path: "/pay/" + o.code, RawQuery: asked(r.URL.Query()).Encode()}
		http.Redirect(w, r, to.String(), http.StatusSeeOther)
	case o.worth == device.ScanOften:
		s.show(w, r, http.StatusTooManyRequests, view{T: t, Lang: lang, Title: t.Pay, Problem: t.TooOften, Back: "/pay"})
	default:
		s.show(w, r, http.StatusGone, view{T: t, Lang: lang, Title: t.Pay, Problem: t.CodeOver, Back: "/pay"})
	}
}
