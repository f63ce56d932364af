package simpay

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"chargewright/base/fail"
	"chargewright/base/money"
)

// showReader is the page of a card reader, on which one shows it a card.
func (s *Sim) showReader(w http.ResponseWriter, r *http.Request) {
	v, err := s.lookReader(r.PathValue("reader"), r.Header.Get("Accept-Language"))
	s.write(w, v, err)
}

// actReader shows a card, disconnects the reader or connects it again.
func (s *Sim) actReader(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if err := r.ParseForm(); err != nil {
		http.Error(w, "the form cannot be read", http.StatusBadRequest)
		return
	}
	reader := r.PathValue("reader")
	_, err := s.lookReader(reader, "")
	if err == nil {
		switch r.PostForm.Get("act") {
		case "show":
			err = s.Tap(reader, Card(r.PostForm.Get("card")))
		case "unplug", "plug":
			s.Unplug(reader, r.PostForm.Get("act") == "unplug")
		}
	}
	if err != nil {
		s.write(w, view{}, err)
		return
	}
	http.Redirect(w, r, s.readerPath(reader), http.StatusSeeOther)
}

func (s *Sim) readerPath(reader string) string {
	return s.path() + "/readers/" + url.PathEscape(reader)
}

// idleRefresh is after how many seconds the page of a reader that asks for nothing
// looks again.
const idleRefresh = 2

// lookReader is the page of a reader; one that does not exist is NotFound.
func (s *Sim) lookReader(reader, language string) (view, error) {
	if !slices.Contains(s.o.Readers, reader) {
		return view{}, fail.New(fail.NotFound, "simpay", "there is no reader %q", reader)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lapse()
	c := s.asks(reader)
	if c != nil {
		language = c.Language
	}
	language, _, _ = strings.Cut(language, ",")
	w := wordsIn(language)
	v := view{W: w, Base: s.path(), Title: w.reader + " " + reader, Action: s.readerPath(reader), View: "reader", Plug: w.unplug, PlugAct: "unplug"}
	switch {
	case s.state.Unplugged[reader]:
		v.End, v.Plug, v.PlugAct = w.offline, w.plug, "plug"
	case c == nil:
		v.End, v.Refresh = w.idle, idleRefresh
	default:
		v.Amount, v.Currency, v.Text = strings.Replace(money.Amount{Minor: c.Asked, Currency: c.Currency}.Decimal(), ".", w.decimal, 1), string(c.Currency), c.Text
		v.Explain, v.Button = w.showHow, w.show
		v.Cards = w.offers(func(k kind) bool { return k.method.Kind == "card" && k.card != Challenged })
	}
	return v, nil
}
