package simpay

import (
	"bytes"
	"embed"
	"html/template"
	"net/http"
	"net/url"
	"strings"

	"chargewright/base/fail"
	"chargewright/base/money"
	"chargewright/core/payment"
)

//go:embed page.html style.css
var files embed.FS

var pages = template.Must(template.ParseFS(files, "page.html"))

// words are the texts of the page in one language.
type words struct {
	Lang, Name, Simulation, NoMoney, Choose, Leave, BankAsks, Confirm, Refuse, Back, Declined, Another string

	pay, hold, save, confirm, over                       string // titles
	payHow, holdHow, saveHow                             string // what happens then
	doPay, doHold, doSave                                string // buttons; %s is the amount
	held, taken, released, saved, refused, expired, left string // ends
	decimal                                              string

	reader, idle, offline, unplug, plug, show, showHow string // of a card reader
}

var english = words{
	Lang: "en", Name: "Simpay", Simulation: "Simulation.", NoMoney: "No money moves and no card is asked for.", Choose: "Pay with", Leave: "Leave without paying",
	BankAsks: "Your bank wants to know that it is you (3-D Secure).", Confirm: "Yes, it is me", Refuse: "No, stop", Back: "Back to the charging site",
	Declined: "The bank declined it:", Another: "Choose another one.",
	pay: "Pay", hold: "Reserve an amount", save: "Save a way to pay", confirm: "Confirm to your bank", over: "This page is closed",
	payHow: "The amount is taken now.", holdHow: "The amount is reserved now. What you charge is taken at the end; the rest is free again.",
	saveHow: "Nothing is taken now. It is kept for charges to come.",
	doPay:   "Pay %s", doHold: "Reserve %s", doSave: "Save",
	held: "The amount is reserved.", taken: "The amount is paid.", released: "Nothing is reserved any more.", saved: "It is saved.", refused: "It was declined.", expired: "Nobody paid in time.",
	left: "You left without paying.", decimal: ".",
	reader: "Card reader", idle: "The reader asks for nothing. This page looks again by itself.", offline: "The reader is not connected.", unplug: "Disconnect the reader", plug: "Connect the reader",
	show: "Show the card", showHow: "The amount is reserved when the card is shown.",
}

var german = words{
	Lang: "de", Name: "Simpay", Simulation: "Simulation.", NoMoney: "Es fließt kein Geld, und es wird nach keiner Karte gefragt.", Choose: "Bezahlen mit", Leave: "Ohne Bezahlen zurück",
	BankAsks: "Ihre Bank möchte wissen, ob Sie es sind (3-D Secure).", Confirm: "Ja, ich bin es", Refuse: "Nein, abbrechen", Back: "Zurück zur Ladesäule",
	Declined: "Die Bank hat abgelehnt:", Another: "Wählen Sie etwas anderes.",
	pay: "Bezahlen", hold: "Betrag reservieren", save: "Zahlungsart speichern", confirm: "Bei der Bank bestätigen", over: "Diese Seite ist geschlossen",
	payHow: "Der Betrag wird jetzt abgebucht.", holdHow: "Der Betrag wird jetzt reserviert. Was Sie laden, wird am Ende abgebucht; der Rest ist wieder frei.",
	saveHow: "Jetzt wird nichts abgebucht. Die Zahlungsart bleibt für spätere Ladungen gespeichert.",
	doPay:   "%s bezahlen", doHold: "%s reservieren", doSave: "Speichern",
	held: "Der Betrag ist reserviert.", taken: "Der Betrag ist bezahlt.", released: "Es ist nichts mehr reserviert.", saved: "Die Zahlungsart ist gespeichert.", refused: "Es wurde abgelehnt.",
	expired: "Es wurde nicht rechtzeitig bezahlt.", left: "Sie sind ohne Bezahlen gegangen.", decimal: ",",
}

func wordsIn(language string) words {
	if language == "de" || strings.HasPrefix(language, "de-") {
		return german
	}
	return english
}

// view is what the page shows of a charge.
type view struct {
	W                                   words
	Base, Title, Amount, Currency, Text string
	No, View, Explain, Action, Button   string
	End, Return, Plug, PlugAct          string
	Refresh                             int // seconds; 0: the page stays as it is
	Cards                               []offer
	origin                              string // that the page may send the buyer to
}

type offer struct {
	Card       Card
	Name, Does string
}

// Handler serves the page on which buyers pay, and a page for each card reader, under
// the path of Options.Base.
// It needs no scripts.
func (s *Sim) Handler() http.Handler {
	mux := http.NewServeMux()
	path := s.path()
	mux.HandleFunc("GET "+path+"/pay/{ref}", s.show)
	mux.HandleFunc("POST "+path+"/pay/{ref}", s.act)
	mux.HandleFunc("GET "+path+"/readers/{reader}", s.showReader)
	mux.HandleFunc("POST "+path+"/readers/{reader}", s.actReader)
	mux.HandleFunc("GET "+path+"/style.css", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "max-age=3600")
		http.ServeFileFS(w, r, files, "style.css")
	})
	return http.NewCrossOriginProtection().Handler(mux)
}

func (s *Sim) path() string {
	u, err := url.Parse(s.o.Base)
	if err != nil {
		return ""
	}
	return u.Path
}

func (s *Sim) show(w http.ResponseWriter, r *http.Request) {
	var v view
	err := s.with(r.PathValue("ref"), func(c *charge) error { v = s.look(c); return nil })
	s.write(w, v, err)
}

// maxForm bounds what the page posts, in bytes.
const maxForm = 4 << 10

// act is a button of the page.
func (s *Sim) act(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if err := r.ParseForm(); err != nil {
		http.Error(w, "the form cannot be read", http.StatusBadRequest)
		return
	}
	act, card := r.PostForm.Get("act"), Card(r.PostForm.Get("card"))
	var v view
	leaves := false
	err := s.with(r.PathValue("ref"), func(c *charge) (err error) {
		leaves, err = s.press(c, act, card)
		v = s.look(c)
		return err
	})
	if err == nil && (leaves || v.View == "end") && v.Return != "" {
		http.Redirect(w, r, v.Return, http.StatusSeeOther)
		return
	}
	if leaves {
		v.End, v.View = v.W.left, "end"
	}
	s.write(w, v, err)
}

// press does what a button says. leaves is true for a buyer who goes without paying.
func (s *Sim) press(c *charge, act string, card Card) (leaves bool, err error) {
	if act == "leave" {
		return true, nil
	}
	if c.Status != payment.Open || c.Reader != "" {
		return false, nil
	}
	if c.Asking != "" {
		card = c.Asking
	}
	k, err := kindOf(card)
	switch {
	case err != nil:
		return false, err
	case c.Asking != "" && act == "refuse":
		s.deny(c, k)
	case c.Asking == "" && act == "pay":
		s.pay(c, k, false)
	case c.Asking != "" && act == "confirm":
		s.pay(c, k, true)
	}
	return false, nil
}

// deny is a buyer who does not confirm to their bank. Who was asked apart from the
// page has no other way to pay on it.
func (s *Sim) deny(c *charge, k kind) {
	const code = "authentication_failed"
	c.No, c.Asking = code, ""
	if k.later.Confirm {
		c.Decline = payment.Decline{Code: code, Text: "the buyer did not confirm"}
		s.turn(c, payment.Refused, "payment.refused")
	}
}

// look is the page of a charge.
func (s *Sim) look(c *charge) view {
	w := wordsIn(c.Language)
	a := money.Amount{Minor: c.Asked, Currency: c.Currency}
	v := view{W: w, Base: s.path(), Text: c.Text, No: c.No, Action: s.path() + "/pay/" + c.Ref, Return: c.Return, View: "choose"}
	if u, err := url.Parse(c.Return); err == nil && c.Return != "" {
		v.origin = u.Scheme + "://" + u.Host
	}
	if c.Asked > 0 {
		v.Amount, v.Currency = strings.Replace(a.Decimal(), ".", w.decimal, 1), string(c.Currency)
	}
	shown := v.Amount + " " + v.Currency
	switch {
	case c.Status != payment.Open || c.Reader != "":
		v.View, v.Title, v.No, v.End = "end", w.over, "", w.end(c)
	case c.Asking != "":
		v.View, v.Title, v.No = "confirm", w.confirm, ""
	case c.Asked == 0:
		v.Title, v.Explain, v.Button = w.save, w.saveHow, w.doSave
	case c.Take:
		v.Title, v.Explain, v.Button = w.pay, w.payHow, strings.Replace(w.doPay, "%s", shown, 1)
	default:
		v.Title, v.Explain, v.Button = w.hold, w.holdHow, strings.Replace(w.doHold, "%s", shown, 1)
	}
	v.Cards = w.offers(func(kind) bool { return true })
	return v
}

// offers are the cards of the page.
func (w words) offers(has func(kind) bool) (list []offer) {
	for _, k := range kinds {
		o := offer{k.card, k.en, k.ens}
		if w.Lang == "de" {
			o.Name, o.Does = k.de, k.des
		}
		if has(k) {
			list = append(list, o)
		}
	}
	return list
}

// end says what became of a charge.
func (w words) end(c *charge) string {
	switch {
	case c.Status == payment.Held:
		return w.held
	case c.Status == payment.Taken:
		return w.taken
	case c.Status == payment.Refused:
		return w.refused
	case c.Status == payment.Expired:
		return w.expired
	case c.Status == payment.Released && c.Asked == 0:
		return w.saved
	}
	return w.released
}

// write sends a page. An unknown charge is 404, a form that is none of ours 400.
func (s *Sim) write(w http.ResponseWriter, v view, err error) {
	if err != nil {
		status := http.StatusBadRequest
		if fail.Is(err, fail.NotFound) {
			status = http.StatusNotFound
		}
		http.Error(w, fail.Say(err), status)
		return
	}
	var b bytes.Buffer
	if err := pages.ExecuteTemplate(&b, "page.html", v); err != nil {
		s.o.Log.Error("simpay: the page cannot be shown", "err", err)
		http.Error(w, "the page cannot be shown", http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action 'self' "+v.origin)
	_, _ = w.Write(b.Bytes()) // a buyer who is gone needs no page
}
