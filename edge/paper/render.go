package paper

import (
	"bytes"
	"fmt"
	"image"
	"image/draw"
	_ "image/jpeg" // logos come as JPEG
	"image/png"
	"strings"
	"time"

	"codeberg.org/go-pdf/fpdf"

	"chargewright/base/fail"
)

// Bounds of a document. Beyond them Render is Invalid.
const (
	MaxRows    = 1000 // of a statement
	MaxLines   = 500
	MaxPower   = 1000 // stretches of a curve
	maxParts   = 50   // tax groups, payments, notes
	maxAddress = 8    // lines of an address
	maxLink    = 300  // bytes; a QR code of it stays legible
)

// Bounds of a logo.
const (
	maxLogoBytes = 1 << 20
	maxLogoSide  = 2000 // pixels
)

// sheet lays out one document.
type sheet struct {
	*canvas
	*words
	d     *Document
	known *letters
	zone  *time.Location
	brand rgb
	logo  *fpdf.ImageInfoType
	page  int
	pages int // of the whole; 0 while they are being counted
}

// Render returns the document as PDF 1.4. The bytes depend on the document
// alone. A document beyond the bounds, or with an unknown currency, is Invalid.
func Render(d *Document) ([]byte, error) {
	if err := bounded(d); err != nil {
		return nil, err
	}
	known, err := newLetters()
	if err != nil {
		return nil, err
	}
	logo := readLogo(d.Brand.Logo)
	counted, err := layout(d, known, logo, 0)
	if err != nil {
		return nil, err
	}
	s, err := layout(d, known, logo, counted.page)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	if err := s.pdf.Output(&out); err != nil {
		return nil, fail.Wrap(fail.Internal, "paper.Render", err)
	}
	return out.Bytes(), nil
}

func bounded(d *Document) error {
	address := len(d.Seller.Address)
	if d.Buyer != nil {
		address = max(address, len(d.Buyer.Address))
	}
	power, rows := 0, 0
	if d.Account != nil {
		rows = len(d.Account.Rows)
	}
	if d.Session != nil {
		power = len(d.Session.Power)
	}
	for _, b := range []struct {
		field    string
		n, limit int
	}{
		{"rows", rows, MaxRows}, {"lines", len(d.Lines), MaxLines}, {"power", power, MaxPower}, {"taxes", len(d.Taxes), maxParts},
		{"payments", len(d.Payments), maxParts}, {"notes", len(d.Notes), maxParts}, {"address", address, maxAddress}, {"link", len(d.Link), maxLink},
	} {
		if b.n > b.limit {
			return fail.Field("paper.Render", b.field, "are more than %d", b.limit)
		}
	}
	if !d.Currency.Known() {
		return fail.Field("paper.Render", "currency", "%q is not known", d.Currency)
	}
	if d.Kind > Statement {
		return fail.Field("paper.Render", "kind", "%d is none", d.Kind)
	}
	return nil
}

// newSheet opens the pages of a document; pages is how many it has, 0 if that is
// what is asked.
func newSheet(d *Document, known *letters, logo []byte, pages int) *sheet {
	s := &sheet{canvas: newCanvas(), words: languages[d.Language], d: d, known: known, zone: d.Zone, pages: pages}
	if s.words == nil {
		s.words = &english
	}
	if s.zone == nil {
		s.zone = time.UTC
	}
	s.brand = parseColor(d.Brand.Color)
	s.describe()
	if logo != nil {
		s.logo = s.pdf.RegisterImageOptionsReader("logo", fpdf.ImageOptions{ImageType: "PNG"}, bytes.NewReader(logo))
	}
	s.turn = s.next
	return s
}

// layout sets the whole document.
func layout(d *Document, known *letters, logo []byte, pages int) (*sheet, error) {
	s := newSheet(d, known, logo, pages)
	s.first()
	s.title()
	s.facts()
	s.estimated()
	s.curve()
	s.charges()
	s.totals()
	s.notes()
	s.evidence()
	s.online()
	s.foot()
	return s, fail.Wrap(fail.Internal, "paper.Render", s.pdf.Error())
}

// describe sets the metadata of the file.
func (s *sheet) describe() {
	title := strings.TrimSpace(s.kinds[s.d.Kind] + " " + s.d.Number)
	s.pdf.SetTitle(s.clean(title), true)
	s.pdf.SetAuthor(s.clean(s.d.Seller.Name), true)
	s.pdf.SetCreator("Chargewright", true)
	s.pdf.SetProducer("Chargewright", true)
	s.pdf.SetLang(s.tag)
	s.pdf.SetCreationDate(s.d.Issued.UTC())
	s.pdf.SetModificationDate(s.d.Issued.UTC())
}

func (s *sheet) clean(t string) string { return s.known.clean(t) }

func (s *sheet) date(t time.Time) string { return s.day(t.In(s.zone)) }

// CheckLogo tells whether a logo can be printed: PNG or JPEG, at most 1 MiB and
// 2,000 pixels on each side. Otherwise it is Invalid and says why.
func CheckLogo(b []byte) error {
	_, err := decodeLogo(b)
	return err
}

func decodeLogo(b []byte) (image.Image, error) {
	if len(b) > maxLogoBytes {
		return nil, fail.Field("paper.CheckLogo", "logo", "is larger than 1 MiB")
	}
	c, _, err := image.DecodeConfig(bytes.NewReader(b))
	if err != nil {
		return nil, fail.Field("paper.CheckLogo", "logo", "is neither PNG nor JPEG")
	}
	if c.Width < 1 || c.Height < 1 || c.Width > maxLogoSide || c.Height > maxLogoSide {
		return nil, fail.Field("paper.CheckLogo", "logo", "has %d × %d pixels; %d on each side are the most", c.Width, c.Height, maxLogoSide)
	}
	img, _, err := image.Decode(bytes.NewReader(b))
	if err != nil {
		return nil, fail.Field("paper.CheckLogo", "logo", "is damaged")
	}
	return img, nil
}

// readLogo returns a logo as the plain PNG that a PDF takes, nil if it is none.
func readLogo(b []byte) []byte {
	if len(b) == 0 {
		return nil
	}
	img, err := decodeLogo(b)
	if err != nil {
		return nil
	}
	plain := image.NewNRGBA(image.Rect(0, 0, img.Bounds().Dx(), img.Bounds().Dy()))
	draw.Draw(plain, plain.Rect, img, img.Bounds().Min, draw.Src)
	var out bytes.Buffer
	if png.Encode(&out, plain) != nil {
		return nil
	}
	return out.Bytes()
}

// first opens the first page: brand, seller, and the buyer where a window of an
// envelope would show them.
func (s *sheet) first() {
	s.open()
	if s.logo != nil {
		h := 15.0
		w := h * s.logo.Width() / s.logo.Height()
		if w > 70 {
			w, h = 70, 70*s.logo.Height()/s.logo.Width()
		}
		s.pdf.ImageOptions("logo", left, 14, w, h, false, fpdf.ImageOptions{ImageType: "PNG"}, 0, "")
	} else {
		name := s.d.Brand.Name
		if name == "" {
			name = s.d.Seller.Name
		}
		s.paragraph(left, 14, 90, style{"bold", 15, s.brand}, s.clean(name), 3)
	}
	y := 14.0
	for i, l := range append([]string{s.d.Seller.Name}, s.d.Seller.Address...) {
		st := small
		if i == 0 {
			st = small.as("medium").in(ink)
		}
		for _, part := range s.wrapTo(st, s.clean(l), 70, 2) {
			s.textRight(right, y, st, part)
			y += st.leading()
		}
	}
	s.y = max(y, 32) + 6
	s.buyer()
}

func (s *sheet) buyer() {
	b := s.d.Buyer
	if b == nil {
		return
	}
	y := max(s.y, 46)
	from := strings.Join(append([]string{s.d.Seller.Name}, s.d.Seller.Address...), " · ")
	from = s.wrapTo(tiny, s.clean(from), 85, 1)[0]
	s.text(left, y, tiny, from)
	s.line(left, left+s.measure(tiny, from), y+3.1, 0.1, hair)
	y += 5
	for i, l := range append([]string{b.Name}, b.Address...) {
		st, most := body.at(10), 2
		if i == 0 {
			st, most = st.as("medium"), 4
		}
		y += s.paragraph(left, y, 85, st, s.clean(l), most)
	}
	s.y = max(y+8, 80)
}

// open begins a page with what every page has at its top.
func (s *sheet) open() {
	s.pdf.AddPage()
	s.page++
	s.box(0, 0, pageWidth, 2.4, s.brand)
}

// next closes the page and begins another that says what it continues.
func (s *sheet) next() {
	s.foot()
	s.open()
	name := s.d.Brand.Name
	if name == "" {
		name = s.d.Seller.Name
	}
	s.text(left, 11, strong.in(s.brand), s.wrapTo(strong, s.clean(name), 80, 1)[0])
	title := fmt.Sprintf(s.say("continued"), s.kinds[s.d.Kind], s.d.Number, s.date(s.d.Issued))
	s.textRight(right, 11.4, small, s.wrapTo(small, s.clean(title), 85, 1)[0])
	s.line(left, right, 17.5, 0.2, hair)
	s.y = 22
}

// foot closes a page: who sells, their numbers, their bank, the page's number.
func (s *sheet) foot() {
	const top = 273.0
	s.line(left, right, top, 0.2, hair)
	v := s.d.Seller
	x := left
	column := func(w float64, parts ...string) {
		var lines []string
		for _, p := range present(parts...) {
			lines = append(lines, s.wrapTo(tiny, s.clean(p), w-4, 2)...)
		}
		for i, l := range lines[:min(len(lines), 4)] {
			s.text(x, top+2+float64(i)*tiny.leading(), tiny, l)
		}
		x += w
	}
	column(52, v.Name, v.Register, strings.Join(present(s.d.Brand.Web, s.d.Brand.Mail), ", "))
	column(40, label(s.say("vat"), v.VAT), label(s.say("taxid"), v.TaxID))
	column(50, v.Bank.Name, label(s.say("iban"), grouped(v.Bank.IBAN)), label(s.say("bic"), v.Bank.BIC))
	s.textRight(right, top+2, tiny, fmt.Sprintf(s.say("page"), s.page, max(s.pages, s.page)))
	made := s.say("made")
	s.textRight(right, top+2+tiny.leading(), tiny, made)
	s.mark(right-s.measure(tiny, made)-3.6, top+1.9+tiny.leading(), 2.8)
}

// mark draws the product's mark, a C cut from a graduated rule with its pointer.
func (s *sheet) mark(x, y, size float64) {
	draw := func(color rgb, points ...float64) {
		var at []point
		for i := 0; i < len(points); i += 2 {
			at = append(at, point{x + points[i]*size/24, y + points[i+1]*size/24})
		}
		s.shape(at, "F", color, 0.1)
	}
	draw(ink, 2.5, 3, 20.5, 3, 20.5, 6.6, 6.2, 6.6, 6.2, 9.2, 8.7, 9.2, 8.7, 10.4, 6.2, 10.4, 6.2, 11.4, 10.4, 11.4, 10.4, 12.6, 6.2, 12.6,
		6.2, 13.6, 8.7, 13.6, 8.7, 14.8, 6.2, 14.8, 6.2, 17.4, 20.5, 17.4, 20.5, 21, 2.5, 21)
	draw(energyFill, 21.4, 8.6, 21.4, 15.4, 14, 12)
}

func present(parts ...string) (out []string) {
	for _, p := range parts {
		if p != "" {
			out = append(out, p)
		}
	}
	return out
}

func label(name, value string) string {
	if value == "" {
		return ""
	}
	return name + " " + value
}

// grouped writes an IBAN in groups of four.
func grouped(iban string) string {
	iban = strings.ReplaceAll(iban, " ", "")
	var out []string
	for len(iban) > 4 {
		out, iban = append(out, iban[:4]), iban[4:]
	}
	return strings.Join(append(out, iban), nbsp)
}
