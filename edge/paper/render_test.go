package paper

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"fmt"
	"image"
	"image/jpeg"
	"image/png"
	"io"
	"maps"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"

	"chargewright/base/fail"
)

// placed is a piece of text on a page: where it begins, in mm from the left
// and the top, and its size in pt.
type placed struct {
	x, y, size float64
	text       string
}

var (
	fontUse  = regexp.MustCompile(`/F\S+ ([0-9.]+) Tf`)
	showText = regexp.MustCompile(`(?s)BT ([0-9.-]+) ([0-9.-]+) Td \(((?:[^\\()]|\\.)*)\) Tj`)
	object   = regexp.MustCompile(`(?s)stream\r?\n(.*?)\r?\nendstream`)
)

// read takes the text of a PDF of this package apart, page by page.
func read(t testing.TB, pdf []byte) (pages [][]placed) {
	t.Helper()
	if !bytes.HasPrefix(pdf, []byte("%PDF-")) || !bytes.HasSuffix(bytes.TrimSpace(pdf), []byte("%%EOF")) {
		t.Fatal("this is no PDF")
	}
	for _, m := range object.FindAllSubmatch(pdf, -1) {
		z, err := zlib.NewReader(bytes.NewReader(m[1]))
		if err != nil {
			continue
		}
		content, err := io.ReadAll(z)
		if err != nil || !bytes.Contains(content, []byte(" Td (")) {
			continue
		}
		pages = append(pages, readPage(t, content))
	}
	return pages
}

func readPage(t testing.TB, content []byte) (out []placed) {
	size := 0.0
	for len(content) > 0 {
		font, show := fontUse.FindSubmatchIndex(content), showText.FindSubmatchIndex(content)
		if show == nil {
			return out
		}
		if font != nil && font[0] < show[0] {
			size = float(t, content[font[2]:font[3]])
			content = content[font[1]:]
			continue
		}
		out = append(out, placed{
			float(t, content[show[2]:show[3]]) / 72 * 25.4, pageHeight - float(t, content[show[4]:show[5]])/72*25.4, size, unescape(content[show[6]:show[7]]),
		})
		content = content[show[1]:]
	}
	return out
}

func float(t testing.TB, b []byte) float64 {
	v, err := strconv.ParseFloat(string(b), 64)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// unescape reads a PDF string of UTF-16.
func unescape(b []byte) string {
	var raw []byte
	for i := 0; i < len(b); i++ {
		if b[i] == '\\' && i+1 < len(b) {
			i++
			if b[i] == 'r' {
				raw = append(raw, '\r')
				continue
			}
		}
		raw = append(raw, b[i])
	}
	var units []uint16
	for i := 0; i+1 < len(raw); i += 2 {
		units = append(units, binary.BigEndian.Uint16(raw[i:]))
	}
	return string(utf16.Decode(units))
}

func all(pages [][]placed) string {
	var b strings.Builder
	for _, p := range pages {
		for _, t := range p {
			b.WriteString(t.text + "\n")
		}
	}
	return strings.ReplaceAll(b.String(), nbsp, " ")
}

func render(t testing.TB, d *Document) []byte {
	t.Helper()
	b, err := Render(d)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestADocumentTellsWhatItIsGiven(t *testing.T) {
	for name, c := range map[string]struct {
		pages int
		say   []string
		not   []string
	}{
		"receipt": {1, []string{
			"Receipt", "KR-2026-0048213, 19 Nov 2026", "€25.86", "paid by Visa ending 4471", "Einkaufspark Mühlau, Am Markt 3, 12345 Erlental", "DE*KRN*E015202, CCS, 150 kW",
			"KRN-MUE-07", "19 Nov 2026, 17:21:04 to 18:28:19 CET", "…4F2A", "42.470 kWh", "€0.59 / kWh", "€25.06", "Time without charging", "from 18:20, after the first 15 minutes",
			"VAT 19 % on €21.73", "€4.13", "Total with tax", "10,234.118 kWh", "10,276.588 kWh", "Signature verified", "1EMH0012345678, OCMF", "T3871 – T3872",
			"https://transparenz.software", "VAT ID DE123456789", "IBAN DE89 3704 0044 0532 0130 00", "Page 1 of 1", "Made with Chargewright", "Power, up to 148.0 kW", "17:21", "18:28",
			"https://kranich.example/r/7Qm2pX9tKc4WvZ8sBf3LhN",
		}, []string{"Still to pay", "Estimated"}},
		"german": {1, []string{
			"Beleg", "19. November 2026", "25,86 €", "bezahlt per Visa mit Endziffern 4471", "42,470 kWh", "0,59 € / kWh", "Standzeit ohne Laden", "MwSt. 19 % auf 21,73 €",
			"10.234,118 kWh", "Signatur geprüft", "Öffentlicher Schlüssel", "USt-IdNr. DE123456789", "Seite 1 von 1", "„EVDisconnected“",
		}, []string{"Receipt", "€25"}},
		"business": {1, []string{
			"Invoice", "Møller & Søn Transport A/S", "1058 København K", "DK12345678", "K-20417", "PO 4711-8, cost centre Fleet North", "payable by 3 Dec 2026", "1,834.221 kWh",
			"€0.4958 / kWh", "−€20.00", "Still to pay", "€958.01", "VAT 0 %, reverse charge on €958.01", "Reverse charge: VAT is to be accounted for by the recipient (Article 196, Directive 2006/112/EC).",
			"Transfer €958.01 to Sparkasse Erlental, IBAN DE89 3704 0044 0532 0130 00, and quote KR-2026-R00412.",
		}, []string{"The meter", "Total with tax"}},
		"credit": {1, []string{"Rechnungskorrektur", "KR-2026-0048213 vom 19. November 2026", "Summe der Korrektur", "0,80 €", "Zurückgezahlt per Visa mit Endziffern 4471, 21. November 2026"}, []string{"Bezahlt"}},
		"statement": {3, []string{
			"Statement", "1 Oct 2026 to 31 Oct 2026", "01 Oct 2026, 00:00", "27 Oct 2026, 13:00", "Charging", "Paid ahead used", "KR-2026-0048058", "Owed on 1 Oct 2026", "€12.50",
			"Owed on 31 Oct 2026", "Paid ahead on 31 Oct 2026", "€38.00", "−€12.00", "Page 3 of 3", "Statement KR-2026-S00088, 19 Nov 2026", "still open",
		}, []string{"Net\n", "Total"}},
		"yen":  {1, []string{"¥2,761", "¥65 / kWh", "Consumption tax 10 % on ¥2,510", "¥251", "20 Nov 2026, 01:21:04 to 02:28:19 JST", "□ Shinagawa", "Paid by wallet, 20 Nov 2026", "Paid by voucher", "Still to pay", "¥261", "The readings of this station are not signed."}, []string{"Tsuru Charging\n"}},
		"long": {2, []string{"€1,234,567,890.12", "123,456,789.123456\n", "Donaudampfschifffahrtselektrizitätenhauptbetriebs", "Ελληνικά, кириллица, Łódź, Győr, İstanbul, SS and □□."}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			pages := read(t, render(t, samples()[name]))
			if len(pages) != c.pages {
				t.Errorf("%d pages, want %d", len(pages), c.pages)
			}
			text := all(pages)
			flat := strings.ReplaceAll(text, "\n", " ")
			for _, s := range c.say {
				if !strings.Contains(text, s) && !strings.Contains(flat, s) {
					t.Errorf("%q is not said", s)
				}
			}
			for _, s := range c.not {
				if strings.Contains(text, s) {
					t.Errorf("%q is said", s)
				}
			}
		})
	}
}

// Every text stands on the page, between its margins.
func TestNothingLeavesThePage(t *testing.T) {
	font, buf := newFont(t), &sfnt.Buffer{}
	docs := samples()
	docs["thousand"] = statement(MaxRows)
	docs["longest"] = longest()
	for name, d := range docs {
		for i, p := range read(t, render(t, d)) {
			for _, x := range p {
				end := x.x + measured(font, buf, x)
				if x.x < left-0.01 || end > right+4 || x.y < 8 || x.y > 289 {
					t.Errorf("%s page %d: %q stands from %.1f to %.1f, %.1f", name, i+1, x.text, x.x, end, x.y)
				}
			}
		}
	}
}

// longest is a document whose every text is as long as it may be.
func longest() *Document {
	word := strings.Repeat("Wort ", 900)
	d := receipt()
	d.Brand.Name, d.Brand.Helpline, d.Seller.Name, d.Seller.Register, d.Number, d.Reference = word, word, word, word, word, word
	d.Seller.Address, d.Seller.Bank.Name, d.Seller.Bank.IBAN = slices.Repeat([]string{word}, maxAddress), word, strings.Repeat("D", 400)
	d.Buyer = &Buyer{Name: word, Address: slices.Repeat([]string{word}, maxAddress), VAT: word, Customer: word}
	d.Session.Site, d.Session.EVSE, d.Session.Reason, d.Session.ID, d.Session.Signed.Key, d.Session.Signed.Meter = word, word, word, word, strings.Repeat("a", 3900), word
	d.Lines[0] = Line{word, word, "1", word, "1", 1}
	d.Taxes[0].Name, d.Payments[0].Brand, d.Price, d.Notes = word, word, word, slices.Repeat([]string{word}, maxParts)
	return d
}

func newFont(t testing.TB) *sfnt.Font {
	l, err := newLetters()
	if err != nil {
		t.Fatal(err)
	}
	return l.font
}

// measured is the width of a text in mm, bold as if it were regular. Mono is
// told by its sizes.
func measured(f *sfnt.Font, buf *sfnt.Buffer, p placed) float64 {
	if p.size == mono.size || p.size == code.size {
		return 0.6 * float64(utf8.RuneCountInString(p.text)) * p.size * 25.4 / 72
	}
	sum := fixed.Int26_6(0)
	for _, r := range p.text {
		i, _ := f.GlyphIndex(buf, r)
		a, _ := f.GlyphAdvance(buf, i, fixed.I(1000), 0)
		sum += a
	}
	return float64(sum) / 64 / 1000 * p.size * 25.4 / 72
}

func TestSameDocumentSameBytes(t *testing.T) {
	for name := range samples() {
		want := render(t, samples()[name])
		var group sync.WaitGroup
		for range 4 {
			group.Go(func() {
				if got, err := Render(samples()[name]); err != nil || !bytes.Equal(got, want) {
					t.Errorf("%s differs: %v", name, err)
				}
			})
		}
		group.Wait()
	}
}

func TestTheFileSaysWhatItIs(t *testing.T) {
	pdf := render(t, inGerman(receipt()))
	for _, want := range []string{"/Lang (de)", "/CreationDate (D:20261119173000)", "/ModDate (D:20261119173000)", "/URI (https://kranich.example/r/7Qm2pX9tKc4WvZ8sBf3LhN)"} {
		if !bytes.Contains(pdf, []byte(want)) {
			t.Errorf("%s is missing", want)
		}
	}
	for key, want := range map[string]string{"Title": "Beleg KR-2026-0048213", "Author": "Kranich Ladenetz GmbH", "Creator": "Chargewright"} {
		m := regexp.MustCompile(`(?s)/` + key + ` \((.*?)\)\n`).FindSubmatch(pdf)
		if m == nil || strings.TrimPrefix(unescape(m[1]), "\ufeff") != want {
			t.Errorf("%s is %q", key, m)
		}
	}
}

func TestAThousandEventsEachHaveTheirRow(t *testing.T) {
	d := statement(MaxRows)
	begin := time.Now()
	pages := read(t, render(t, d))
	t.Logf("%d pages in %v", len(pages), time.Since(begin))
	text := all(pages)
	for _, r := range d.Account.Rows {
		if r.Number != "" && !strings.Contains(text, r.Number+"\n") {
			t.Fatalf("%s has no row", r.Number)
		}
	}
	for i, p := range pages {
		if want := fmt.Sprintf("Page %d of %d", i+1, len(pages)); !strings.Contains(all([][]placed{p}), want) {
			t.Errorf("page %d does not say %q", i+1, want)
		}
		if head := all([][]placed{p}); !strings.Contains(head, "Place\nDocument\nOwed\nPaid ahead\n") && i < len(pages)-1 {
			t.Errorf("page %d has no head over its rows", i+1)
		}
	}
}

func TestBeyondTheBoundsIsInvalid(t *testing.T) {
	for what, spoil := range map[string]func(*Document){
		"rows":     func(d *Document) { d.Account = &Account{Rows: make([]Row, MaxRows+1)} },
		"lines":    func(d *Document) { d.Lines = make([]Line, MaxLines+1) },
		"power":    func(d *Document) { d.Session.Power = make([]Power, MaxPower+1) },
		"notes":    func(d *Document) { d.Notes = make([]string, maxParts+1) },
		"address":  func(d *Document) { d.Buyer = &Buyer{Address: make([]string, maxAddress+1)} },
		"link":     func(d *Document) { d.Link = strings.Repeat("x", maxLink+1) },
		"currency": func(d *Document) { d.Currency = "XXX" },
		"kind":     func(d *Document) { d.Kind = Statement + 1 },
	} {
		d := receipt()
		spoil(d)
		if _, err := Render(d); !fail.Is(err, fail.Invalid) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func TestAnEmptyDocumentIsStillOne(t *testing.T) {
	for kind := Receipt; kind <= Statement; kind++ {
		if pages := read(t, render(t, &Document{Kind: kind, Currency: "EUR"})); len(pages) != 1 {
			t.Errorf("kind %d has %d pages", kind, len(pages))
		}
	}
}

func TestStrangePowerIsNotDrawn(t *testing.T) {
	d := receipt()
	now := d.Session.Start
	d.Session.Power = []Power{{now, now, 5}, {now.Add(time.Hour), now, 5}, {now, now.Add(time.Hour), -1}, {now.Add(-time.Hour), now.Add(9 * time.Hour), 11_000}}
	if text := all(read(t, render(t, d))); !strings.Contains(text, "up to 11.0 kW") {
		t.Error(text)
	}
	d.Session.Power = []Power{{now, now.Add(time.Hour), 0}}
	if text := all(read(t, render(t, d))); strings.Contains(text, "Power, up to") {
		t.Error("a curve of nothing is drawn")
	}
}

func TestTheVerdictIsSaid(t *testing.T) {
	for v, want := range map[Verdict]string{Verified: "Signature verified", NotVerified: "Signature not verified", Contradicted: "Signature does not match"} {
		d := receipt()
		d.Session.Signed.Verdict = v
		if !strings.Contains(all(read(t, render(t, d))), want) {
			t.Errorf("%q is not said", want)
		}
	}
}

func TestEnergyThatIsNoDifferenceIsShownApart(t *testing.T) {
	d := receipt()
	d.Session.Energy++
	if text := all(read(t, render(t, d))); !strings.Contains(text, "Energy counted\n42.470001 kWh") {
		t.Error(text)
	}
}

func TestLogos(t *testing.T) {
	var jpg, big bytes.Buffer
	if err := jpeg.Encode(&jpg, image.NewGray(image.Rect(0, 0, 40, 20)), nil); err != nil {
		t.Fatal(err)
	}
	if err := png.Encode(&big, image.NewGray(image.Rect(0, 0, maxLogoSide+1, 1))); err != nil {
		t.Fatal(err)
	}
	for what, c := range map[string]struct {
		logo []byte
		ok   bool
	}{
		"png": {logo(), true}, "jpeg": {jpg.Bytes(), true}, "nothing": {nil, false}, "text": {[]byte("<svg/>"), false}, "cut": {logo()[:200], false},
		"large": {make([]byte, maxLogoBytes+1), false}, "wide": {big.Bytes(), false},
	} {
		if err := CheckLogo(c.logo); (err == nil) != c.ok || err != nil && !fail.Is(err, fail.Invalid) {
			t.Errorf("%s: %v", what, err)
		}
		d := receipt()
		d.Brand.Logo = c.logo
		pdf := render(t, d)
		if named := strings.Contains(all(read(t, pdf)), "Kranich Ladenetz\n"); named == c.ok || bytes.Contains(pdf, []byte("/Subtype /Image")) != c.ok {
			t.Errorf("%s: name printed %v", what, named)
		}
	}
}

func TestBothLanguagesSayTheSameThings(t *testing.T) {
	if en, de := slices.Sorted(maps.Keys(english.phrases)), slices.Sorted(maps.Keys(german.phrases)); !slices.Equal(en, de) {
		t.Errorf("%v\n%v", en, de)
	}
	verbs := regexp.MustCompile(`%[a-z]`)
	for key, en := range english.phrases {
		if de := german.phrases[key]; de == "" || fmt.Sprint(verbs.FindAllString(en, -1)) != fmt.Sprint(verbs.FindAllString(de, -1)) {
			t.Errorf("%s: %q and %q", key, en, de)
		}
	}
	if !slices.Equal(slices.Sorted(maps.Keys(english.dimension)), slices.Sorted(maps.Keys(german.dimension))) {
		t.Error("the dimensions differ")
	}
	for name, d := range samples() {
		for _, p := range read(t, render(t, d)) {
			for _, x := range p {
				if _, key := english.phrases[x.text]; key && strings.ToLower(x.text) == x.text && x.text != "to" {
					t.Errorf("%s shows the key %q", name, x.text)
				}
			}
		}
	}
}

// A reader that is not ours finds the same text.
func TestAnotherReaderAgrees(t *testing.T) {
	tool, err := exec.LookPath("pdftotext")
	if err != nil {
		t.Skip("pdftotext is not installed")
	}
	cmd := exec.Command(tool, "-layout", "-", "-")
	cmd.Stdin = bytes.NewReader(render(t, receipt()))
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"KR-2026-0048213", "€25.86", "Einkaufspark Mühlau", "Signature verified"} {
		if !bytes.Contains(out, []byte(want)) {
			t.Errorf("%q is not read in\n%s", want, out)
		}
	}
}

func FuzzAnyTextIsPrintedOnThePage(f *testing.F) {
	for _, s := range []string{"", "a (b) \\ c\\", "漢字 😀", "\xff\x00\r\n", strings.Repeat("W", 500), strings.Repeat("i ", 400), "e\u0301\u202e"} {
		f.Add(s, int64(-1), uint8(3))
	}
	font, buf := newFont(f), &sfnt.Buffer{}
	f.Fuzz(func(t *testing.T, s string, n int64, kind uint8) {
		d := long()
		d.Kind, d.Language, d.Number, d.Reference = Kind(kind%4), Language(s), s, s
		d.Brand = Brand{s, s, []byte(s), s, s, s}
		d.Seller = Seller{s, []string{s, s}, s, s, s, Bank{s, s, s}}
		d.Buyer = &Buyer{s, []string{s, s}, s, s}
		d.Session = &Session{ID: s, Site: s, EVSE: s, Station: s, Connector: s, Token: s, Reason: s, Start: d.Issued, End: d.Issued.Add(time.Duration(n)), Signed: &Signed{s, s, s, s, s, Verdict(kind), s}}
		if kind%4 == uint8(Statement) {
			d.Account = &Account{Opening: n, WalletOpening: n, Rows: []Row{{d.Issued, s, s, s, n, n}}, More: true}
		}
		d.Lines, d.Taxes, d.Payments = []Line{{s, s, s, s, s, n}}, []Tax{{s, s, n, n, s, s}}, []Payment{{Method(kind), s, s, d.Issued, n}}
		d.Net, d.Tax, d.Gross, d.Due, d.Notes, d.Price, d.Link = n, n, n, n, []string{s}, s, s[:min(len(s), maxLink)]
		for i, p := range read(t, render(t, d)) {
			for _, x := range p {
				if end := x.x + measured(font, buf, x); x.x < left-0.01 || end > right+4 || x.y < 8 || x.y > 289 {
					t.Errorf("page %d: %q stands from %.1f to %.1f, %.1f", i+1, x.text, x.x, end, x.y)
				}
			}
		}
	})
}

func FuzzCleanTextCanBeSet(f *testing.F) {
	for _, s := range []string{"", "plain", "漢字", "ẞ", "\x00\n\u200f\xff", "😀", strings.Repeat("ä", maxText)} {
		f.Add(s)
	}
	l, err := newLetters()
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := l.clean(s)
		if !utf8.ValidString(got) || len(got) > 3*maxText+3 {
			t.Fatalf("%q becomes %q", s, got)
		}
		for _, r := range got {
			if i, err := l.font.GlyphIndex(&l.buf, r); err != nil || i == 0 || r > 0xffff {
				t.Fatalf("%q has %q, which no font holds", got, r)
			}
		}
	})
}
