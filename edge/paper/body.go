package paper

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// title sets what the document is, and beside it what it comes to.
func (s *sheet) title() {
	d := s.d
	big := style{"bold", 25, ink}
	total := s.money(d.Gross, d.Currency)
	for s.measure(big, total) > 95 {
		big.size--
	}
	name := style{"bold", min(22, big.size), ink}
	for s.measure(name, s.kinds[d.Kind]) > width-s.measure(big, total)-8 {
		name.size--
	}
	s.text(left, s.y+1.2, name, s.kinds[d.Kind])
	s.textRight(right, s.y, big, total)
	s.y += 11.5
	sub := strings.Join(present(d.Number, s.date(d.Issued)), ", ")
	caption := s.caption()
	h := s.paragraph(left, s.y, 84, quiet.at(10), s.clean(sub), 3)
	for i, l := range s.wrapTo(quiet.at(10), s.clean(caption), 84, 3) {
		s.textRight(right, s.y+float64(i)*quiet.at(10).leading(), quiet.at(10), l)
		h = max(h, float64(i+1)*quiet.at(10).leading())
	}
	s.y += h + 2.2
	s.line(left, right, s.y, 0.6, ink)
	s.y += 3
}

// caption says below the total how it is or was paid.
func (s *sheet) caption() string {
	d, paid, owed, by := s.d, "paidShort", "pay", "payBy"
	if d.Kind == CreditNote {
		paid, owed, by = "backShort", "toBack", ""
	}
	switch {
	case d.Due > 0 && by != "" && !d.DueBy.IsZero():
		return fmt.Sprintf(s.say(by), s.date(d.DueBy))
	case d.Due > 0:
		return s.say(owed)
	case len(d.Payments) == 1:
		return fmt.Sprintf(s.say(paid), s.method(d.Payments[0]))
	case len(d.Payments) == 0 && d.Gross == 0:
		return s.say("settled")
	case d.Account != nil && d.Gross < 0:
		return s.say("yours")
	case d.Account != nil:
		return s.say("open")
	}
	return ""
}

// fact is a name with what it stands for.
type fact struct {
	name, value string
	mono        bool
}

// facts sets what the document is about, one row each.
func (s *sheet) facts() {
	s.rows(s.about(), left, 30, width)
	s.y += 2
}

func (s *sheet) about() []fact {
	d := s.d
	var fs []fact
	if d.Corrects.Number != "" {
		text := d.Corrects.Number
		if !d.Corrects.Issued.IsZero() {
			text = fmt.Sprintf(s.say("correctsDoc"), text, s.date(d.Corrects.Issued))
		}
		fs = append(fs, fact{name: s.say("corrects"), value: text})
	}
	fs = append(fs, fact{name: s.say("reference"), value: d.Reference})
	if b := d.Buyer; b != nil {
		fs = append(fs, fact{name: s.say("customer"), value: b.Customer}, fact{name: s.say("yourvat"), value: b.VAT})
	}
	if !d.DueBy.IsZero() {
		fs = append(fs, fact{name: s.say("dueby"), value: s.date(d.DueBy)})
	}
	if !d.From.IsZero() && !d.To.IsZero() {
		last := d.To.In(s.zone).Add(-time.Nanosecond)
		fs = append(fs, fact{name: s.say("period"), value: s.date(d.From) + " " + s.say("to") + " " + s.day(last)})
	}
	if a := d.Account; a != nil {
		fs = append(fs, fact{name: s.say("sessions"), value: s.number(strconv.Itoa(a.Sessions))}, fact{name: s.say("energy"), value: s.wh(a.Energy) + nbsp + "kWh"})
	}
	if c := d.Session; c != nil {
		fs = append(fs, fact{name: s.say("where"), value: strings.Join(present(c.Site, c.Address), ", ")},
			fact{name: s.say("plug"), value: strings.Join(present(c.EVSE, c.Connector), ", "), mono: c.EVSE != ""})
		if c.Station != c.EVSE {
			fs = append(fs, fact{name: s.say("station"), value: c.Station, mono: true})
		}
		if !c.Start.IsZero() && !c.End.IsZero() {
			fs = append(fs, fact{name: s.say("when"), value: s.span(c.Start.In(s.zone), c.End.In(s.zone))})
		}
		if c.Token != "" {
			fs = append(fs, fact{name: s.say("token"), value: "…" + strings.TrimLeft(c.Token, "…"), mono: true})
		}
	}
	return fs
}

// rows sets facts in two columns from x, the names gap wide.
func (s *sheet) rows(fs []fact, x, gap, w float64) {
	for _, f := range fs {
		if f.value == "" {
			continue
		}
		st := body
		if f.mono {
			st = mono
		}
		lines := s.wrap(st, s.clean(f.value), w-gap)
		s.need(body.leading())
		s.text(x, s.y, quiet, f.name)
		for _, l := range lines {
			s.need(body.leading())
			s.text(x+gap, s.y, st, l)
			s.y += body.leading()
		}
	}
}

// estimated warns, in the tone that asks for a person.
func (s *sheet) estimated() {
	if s.d.Session == nil || !s.d.Session.Estimated {
		return
	}
	st := body.at(9).in(warn)
	lines := s.wrap(st, s.say("estimated"), width-8)
	h := float64(len(lines))*st.leading() + 4
	s.need(h + 3)
	s.box(left, s.y, width, h, warnSoft)
	for i, l := range lines {
		s.text(left+4, s.y+2+float64(i)*st.leading(), st, l)
	}
	s.y += h + 3
}

// curve draws the power over the session on a graduated rule.
func (s *sheet) curve() {
	c := s.d.Session
	if c == nil || len(c.Power) == 0 || !c.End.After(c.Start) {
		return
	}
	top := int64(0)
	for _, p := range c.Power {
		top = max(top, p.Watt)
	}
	if top <= 0 {
		return
	}
	const h = 15.0
	s.need(h + 12)
	s.y += 2
	base := s.y + h
	at := func(t time.Time) float64 {
		share := float64(t.Sub(c.Start)) / float64(c.End.Sub(c.Start))
		return left + width*min(max(share, 0), 1)
	}
	for _, run := range runs(c.Power) {
		s.stretch(run, at, base, h/float64(top))
	}
	s.line(left, right, base, 0.25, edgeTone)
	for i := range 41 {
		tick := 1.0
		if i%10 == 0 {
			tick = 2
		}
		x := left + width*float64(i)/40
		s.shape([]point{{x, base}, {x, base + tick}}, "D", edgeTone, 0.15)
	}
	start, end := c.Start.In(s.zone), c.End.In(s.zone)
	s.text(left, base+2.6, small, start.Format("15:04"))
	s.textRight(right, base+2.6, small, end.Format("15:04"))
	peak := fmt.Sprintf(s.say("curve"), s.number(fmt.Sprintf("%d.%d", top/1000, top%1000/100))+nbsp+"kW")
	s.text(left+width/2-s.measure(small, peak)/2, base+2.6, small, peak)
	s.y = base + 9
}

// runs are the stretches of power that touch one another: a gap stays a gap.
func runs(ps []Power) [][]Power {
	var out [][]Power
	for _, p := range ps {
		if !p.End.After(p.Start) || p.Watt < 0 {
			continue
		}
		if n := len(out); n > 0 && out[n-1][len(out[n-1])-1].End.Equal(p.Start) {
			out[n-1] = append(out[n-1], p)
			continue
		}
		out = append(out, []Power{p})
	}
	return out
}

// stretch draws one run as steps; scale is mm per W.
func (s *sheet) stretch(run []Power, at func(time.Time) float64, base, scale float64) {
	var top []point
	for _, p := range run {
		y := base - float64(p.Watt)*scale
		top = append(top, point{at(p.Start), y}, point{at(p.End), y})
	}
	area := append([]point{{top[0].x, base}}, top...)
	s.shape(append(area, point{top[len(top)-1].x, base}), "F", energySoft, 0.1)
	s.shape(top, "D", energyFill, 0.45)
}

// charges sets the table: of a statement its account, else the lines.
func (s *sheet) charges() {
	d := s.d
	if d.Account != nil {
		s.statement(d.Account)
		return
	}
	t := table{s: s, columns: []column{{s.say("what"), 78, false}, {s.say("quantity"), 30, true}, {s.say("price"), 34, true}, {s.say("amount"), 28, true}}}
	t.head()
	for _, l := range d.Lines {
		price := s.unitPrice(l.UnitPrice, l.Unit, d.Currency)
		t.row(l.Detail, s.what(l.What), s.quantity(l.Quantity, l.Unit), price, s.money(l.Minor, d.Currency))
	}
	if len(d.Lines) == 0 {
		t.row("", s.say("nothing"), "", "", "")
	}
}

// statement lists what happened to an account. The column of the wallet is there
// if it was used.
func (s *sheet) statement(a *Account) {
	wallet := a.WalletOpening != 0 || a.WalletClosing != 0
	for _, r := range a.Rows {
		wallet = wallet || r.Wallet != 0
	}
	columns := []column{{s.say("when"), 32, false}, {s.say("what"), 34, false}, {s.say("place"), 45, false}, {s.say("document"), 34, false}, {s.say("owed"), 25, true}}
	if wallet {
		columns = []column{{s.say("when"), 31, false}, {s.say("what"), 30, false}, {s.say("place"), 34, false}, {s.say("document"), 33, false}, {s.say("owed"), 21, true}, {s.say("wallet"), 21, true}}
	}
	t := table{s: s, columns: columns, size: 8.4}
	t.head()
	row := func(r Row, when string) {
		cells := []string{when, s.entry(r.What), r.Place, r.Number, s.change(r.Minor), s.change(r.Wallet)}
		t.row("", cells[:len(columns)]...)
	}
	for _, r := range a.Rows {
		row(r, s.moment(r.At.In(s.zone)))
	}
	if a.More {
		t.row("", append([]string{"", s.say("more")}, make([]string, len(columns)-2)...)...)
	}
	if len(a.Rows) == 0 {
		t.row("", append([]string{"", s.say("noEvents")}, make([]string, len(columns)-2)...)...)
	}
	s.y += 2
}

// change writes an amount of a statement; one of nothing is left out.
func (s *sheet) change(minor int64) string {
	if minor == 0 {
		return ""
	}
	return s.money(minor, s.d.Currency)
}

// balances set what was and is owed, and what was and is paid ahead.
func (s *sheet) balances(a *Account, sum func(style, string, int64)) {
	d := s.d
	first, last := s.date(d.From), s.day(d.To.In(s.zone).Add(-time.Nanosecond))
	sum(quiet, fmt.Sprintf(s.say("owedOn"), first), a.Opening)
	if a.WalletOpening != 0 || a.WalletClosing != 0 {
		sum(quiet, fmt.Sprintf(s.say("walletOn"), first), a.WalletOpening)
		sum(quiet, fmt.Sprintf(s.say("walletOn"), last), a.WalletClosing)
	}
	s.grand(fmt.Sprintf(s.say("owedOn"), last), d.Gross)
}

// column is one of a table; its width includes the gap to the next.
type column struct {
	title string
	width float64
	right bool
}

// table sets rows of wrapped cells with hairlines, its head again on each page.
type table struct {
	s       *sheet
	columns []column
	size    float64 // of the text in pt, 0 for that of the body
}

const (
	columnGap = 3.0
	maxCell   = 20 // lines of a cell; with its detail it fits on a page
)

func (t *table) head() {
	s := t.s
	s.need(16)
	s.y += 1.5
	x := left
	for _, c := range t.columns {
		if c.right {
			s.textRight(x+c.width, s.y, small, c.title)
		} else {
			s.text(x, s.y, small, c.title)
		}
		x += c.width
	}
	s.y += small.leading() + 1
	s.line(left, right, s.y, 0.2, hair)
}

// cell is the text of one cell as it is set.
type cell struct {
	style
	lines []string
}

// cell wraps a text for a column; a number is set smaller instead, for it is
// never broken.
func (t *table) cell(i int, text string) cell {
	s, c, st := t.s, t.columns[i], body
	if t.size > 0 {
		st = body.at(t.size)
	}
	text = s.clean(text)
	if !c.right {
		return cell{st, s.wrapTo(st, text, c.width-columnGap, maxCell)}
	}
	for st.size > 4 && s.measure(st, text) > c.width-1.5 {
		st.size -= 0.5
	}
	return cell{st, s.wrapTo(st, text, c.width, 1)}
}

func (c cell) height() float64 { return float64(len(c.lines)) * c.leading() }

// row sets one row; detail stands small below the first cell.
func (t *table) row(detail string, texts ...string) {
	s := t.s
	cells, h := make([]cell, len(texts)), 0.0
	for i, text := range texts {
		cells[i] = t.cell(i, text)
		h = max(h, cells[i].height())
	}
	var below []string
	if detail != "" {
		below = s.wrapTo(small, s.clean(detail), t.columns[0].width-columnGap, maxCell)
		h = max(h, cells[0].height()+float64(len(below))*small.leading())
	}
	t.fit(h + 2.6)
	x, y := left, s.y+1.3
	for i, c := range cells {
		for j, l := range c.lines {
			if t.columns[i].right {
				s.textRight(x+t.columns[i].width, y, c.style, l)
			} else {
				s.text(x, y+float64(j)*c.leading(), c.style, l)
			}
		}
		x += t.columns[i].width
	}
	for j, l := range below {
		s.text(left, y+cells[0].height()+float64(j)*small.leading(), small, l)
	}
	s.y += h + 2.6
	s.line(left, right, s.y, 0.1, hair)
}

// fit turns the page for a row that does not fit, and repeats the head.
func (t *table) fit(h float64) {
	if t.s.y+h > bottom {
		t.s.turn()
		t.head()
	}
}

// totals sets net, taxes, total, what was paid and what is due.
func (s *sheet) totals() {
	d := s.d
	s.need(min(float64(len(d.Taxes)+2)*5.2+10, 100))
	s.y += 2
	sum := func(st style, name string, minor int64) {
		lines := s.wrapTo(st, s.clean(name), width-45, 4)
		s.need(float64(len(lines)) * 5.2)
		s.textRight(right, s.y, st, s.money(minor, d.Currency))
		for _, l := range lines {
			s.text(left, s.y, st, l)
			s.y += 5.2
		}
	}
	if d.Account != nil {
		s.balances(d.Account, sum)
		s.paid(sum)
		return
	}
	sum(quiet, s.say("net"), d.Net)
	for _, t := range d.Taxes {
		sum(quiet, fmt.Sprintf(s.say("taxOn"), s.taxName(t), s.money(t.Net, d.Currency)), t.Minor)
	}
	s.grand(s.say(s.grandName()), d.Gross)
	s.paid(sum)
}

// grand sets the sum of the document under a strong line.
func (s *sheet) grand(name string, minor int64) {
	s.need(12)
	s.y += 1.2
	s.line(left, right, s.y, 0.6, ink)
	s.y += 2.2
	st := style{"bold", 12.5, ink}
	s.text(left, s.y, st, name)
	s.textRight(right, s.y, st, s.money(minor, s.d.Currency))
	s.y += 8
}

func (s *sheet) grandName() string {
	switch {
	case s.d.Kind == CreditNote:
		return "creditTotal"
	case s.d.Tax != 0:
		return "totalTax"
	}
	return "total"
}

func (s *sheet) paid(sum func(style, string, int64)) {
	d, paid, paidAt, due := s.d, "paid", "paidAt", "due"
	if d.Kind == CreditNote {
		paid, paidAt, due = "back", "backAt", "backDue"
	}
	for _, p := range d.Payments {
		name := fmt.Sprintf(s.say(paid), s.method(p))
		if !p.At.IsZero() {
			name = fmt.Sprintf(s.say(paidAt), s.method(p), s.date(p.At))
		}
		sum(quiet, name, p.Minor)
	}
	if d.Due != 0 {
		sum(strong, s.say(due), d.Due)
	}
	if d.Due > 0 && d.Collected {
		s.y += 1
		s.flow(left, width, small, s.say("collected")+".")
	} else if d.Due > 0 && d.Kind != CreditNote && d.Seller.Bank.IBAN != "" {
		b := d.Seller.Bank
		to := b.Name
		if to == "" {
			to = d.Seller.Name
		}
		s.y += 1
		s.flow(left, width, small, s.clean(fmt.Sprintf(s.say("transfer"), s.money(d.Due, d.Currency), to, grouped(b.IBAN), d.Number)))
	}
	s.y += 2
}

func (s *sheet) notes() {
	for _, n := range s.d.Notes {
		s.y += 1
		s.flow(left, width, medium, s.clean(n))
	}
	if len(s.d.Notes) > 0 {
		s.y += 2
	}
}

// evidence sets the meter's readings beside the record of their signature.
func (s *sheet) evidence() {
	c := s.d.Session
	if c == nil || s.d.Kind == CreditNote { // the receipt has it
		return
	}
	const gap = 74.0
	x := left + gap
	s.need(max(30, s.recordHeight(c, width-gap)))
	s.y += 2
	top, page := s.y, s.page
	s.text(left, top, strong, s.say("meter"))
	y := top + 6
	for _, r := range s.register(c) {
		st := body
		if r.mono {
			st = strong
		}
		s.text(left, y, quiet, r.name)
		s.textRight(left+gap-14, y, st, r.value)
		y += 5
	}
	s.y = top
	s.text(x, s.y, strong, s.say("proof"))
	s.y += 6
	s.record(c, x, width-gap)
	if s.page == page {
		s.y = max(s.y, y)
	}
	s.y += 3
}

// register lists the readings; the one that was billed is set strong.
func (s *sheet) register(c *Session) []fact {
	fs := []fact{
		{s.say("atStart"), s.kwh(c.First), false}, {s.say("atEnd"), s.kwh(c.Last), false}, {s.say("difference"), s.kwh(c.Last - c.First), c.Energy == c.Last-c.First},
	}
	if c.Energy != c.Last-c.First {
		fs = append(fs, fact{s.say("counted"), s.kwh(c.Energy), true})
	}
	return fs
}

func (s *sheet) recordHeight(c *Session, w float64) float64 {
	h := 20.0
	if c.Signed != nil {
		h += 22 + float64(len(s.wrap(code, s.clean(c.Signed.Key), w)))*code.leading()
	}
	return min(h, 200)
}

// record sets the signed values' reference: verdict, meter, pages, key.
func (s *sheet) record(c *Session, x, w float64) {
	if g := c.Signed; g == nil {
		s.flow(x, w, quiet, s.say("unsigned"))
	} else {
		s.verdict(g.Verdict, x)
		s.rows([]fact{
			{s.say("serial"), strings.Join(present(g.Meter, g.Format), ", "), true},
			{s.say("pages"), strings.Join(present(g.Begin, g.End), " – "), true},
		}, x, 26, w)
		if g.Key != "" {
			s.need(8)
			s.text(x, s.y, quiet, s.say("key"))
			s.y += body.leading()
			s.flow(x, w, code, s.clean(g.Key))
			s.y += 1
		}
		if g.Software != "" {
			s.rows([]fact{{s.say("check"), g.Software, false}}, x, 26, w)
		}
	}
	if c.Reason != "" {
		s.flow(x, w, small, s.clean(s.say("reason")+": "+fmt.Sprintf(s.say("quote"), c.Reason)))
	}
	if c.ID != "" {
		s.flow(x, w, small, s.clean(s.say("session")+" "+c.ID))
	}
}

// verdict says it by shape, word and tone.
func (s *sheet) verdict(v Verdict, x float64) {
	s.need(6)
	y := s.y
	word, tone := "notVerified", ink2
	switch v {
	case Verified:
		word, tone = "verified", energyTone
		s.shape([]point{{x + 0.4, y + 2}, {x + 1.4, y + 3}, {x + 3.2, y + 0.7}}, "D", energyFill, 0.55)
	case Contradicted:
		word, tone = "contradicted", fault
		s.shape([]point{{x, y + 3.2}, {x + 1.8, y}, {x + 3.6, y + 3.2}}, "F", fault, 0.1)
	default:
		s.pdf.SetDrawColor(ink3[0], ink3[1], ink3[2])
		s.pdf.SetLineWidth(0.35)
		s.pdf.Circle(x+1.7, y+1.8, 1.4, "D")
	}
	s.text(x+5, y, medium.in(tone), s.say(word))
	s.y += 5.4
}

// online sets the price that was accepted, whom to ask, and the code of the
// link to the document.
func (s *sheet) online() {
	d := s.d
	const size = 24.0
	w := width
	if d.Link != "" {
		w -= size + 8
	}
	contact := strings.Join(present(d.Brand.Helpline, d.Brand.Mail), ", ")
	if d.Price == "" && d.Link == "" && contact == "" {
		return
	}
	s.need(size + 6)
	s.y += 1
	s.line(left, right, s.y, 0.2, hair)
	s.y += 3
	top, page := s.y, s.page
	if d.Link != "" {
		s.qr(right-size, top, size)
	}
	if d.Price != "" {
		s.text(left, s.y, small.as("medium").in(ink), s.say("tariff"))
		s.y += small.leading()
		for _, l := range strings.Split(d.Price, "\n") {
			s.flow(left, w, small, s.clean(l))
		}
		s.y += 1.6
	}
	if d.Link != "" {
		s.text(left, s.y, small.as("medium").in(ink), s.say("fetch"))
		s.y += small.leading()
		for _, l := range s.wrap(small, s.clean(d.Link), w) {
			s.need(small.leading())
			s.text(left, s.y, small, l)
			s.pdf.LinkString(left, s.y, s.measure(small, l), small.leading(), d.Link)
			s.y += small.leading()
		}
		s.y += 1.6
	}
	if contact != "" {
		s.flow(left, w, small, s.clean(fmt.Sprintf(s.say("questions"), contact, d.Number)))
	}
	if d.Link != "" && s.page == page {
		s.y = max(s.y, top+size)
	}
}
