package paper

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"codeberg.org/go-pdf/fpdf"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/gomedium"
	"golang.org/x/image/font/gofont/gomono"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/sfnt"

	"chargewright/base/fail"
)

// A4 in mm, and where the text stands on it.
const (
	pageWidth, pageHeight = 210.0, 297.0
	left, right           = 20.0, 190.0
	width                 = right - left
	bottom                = 268.0 // the content ends here, the foot begins
)

// style is how a text is set: family, size in pt, colour.
type style struct {
	family string // "text", "medium", "bold", "mono"
	size   float64
	color  rgb
}

var (
	body   = style{"text", 9.5, ink}
	quiet  = style{"text", 9.5, ink2}
	strong = style{"bold", 9.5, ink}
	medium = style{"medium", 9.5, ink}
	small  = style{"text", 8, ink2}
	tiny   = style{"text", 6.8, ink3}
	mono   = style{"mono", 8.6, ink}
	code   = style{"mono", 6.7, ink2}
)

func (s style) in(c rgb) style         { s.color = c; return s }
func (s style) at(size float64) style  { s.size = size; return s }
func (s style) leading() float64       { return s.size * 0.3528 * 1.32 }
func (s style) as(family string) style { s.family = family; return s }

// canvas draws on pages with a running line y, in mm from the top.
type canvas struct {
	pdf  *fpdf.Fpdf
	y    float64
	turn func() // begins the next page
}

// newCanvas opens an empty A4 document with the fonts.
func newCanvas() *canvas {
	f := fpdf.New("P", "mm", "A4", "")
	f.SetAutoPageBreak(false, 0)
	f.SetMargins(0, 0, 0)
	f.SetCellMargin(0)
	f.SetCatalogSort(true)
	for _, font := range fonts {
		f.AddUTF8FontFromBytes(font.family, "", bytes.Clone(font.ttf)) // it pads tables in place
	}
	return &canvas{pdf: f}
}

var fonts = []struct {
	family string
	ttf    []byte
}{{"text", goregular.TTF}, {"medium", gomedium.TTF}, {"bold", gobold.TTF}, {"mono", gomono.TTF}}

// letters tells which characters the fonts hold; all four hold the same.
type letters struct {
	font *sfnt.Font
	buf  sfnt.Buffer
}

func newLetters() (*letters, error) {
	f, err := sfnt.Parse(goregular.TTF)
	return &letters{font: f}, fail.Wrap(fail.Internal, "paper.fonts", err)
}

// maxText bounds one text in bytes.
const maxText = 4000

// clean returns a text as it can be set: bounded, in one line unless lines are
// kept, with a box for every other character that the fonts lack.
func (l *letters) clean(s string) string {
	if len(s) > maxText {
		s = strings.ToValidUTF8(s[:maxText], "") + "…"
	}
	s = strings.ReplaceAll(s, "ẞ", "SS") // the capital sharp s, which the fonts lack
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t' || r == '\r':
			return ' '
		case r < ' ' || r >= 0x7f && r < 0xa0 || r == 0xad || r >= 0x200b && r <= 0x200f || r >= 0x202a && r <= 0x202e:
			return -1 // controls, and marks that have no width
		}
		if i, err := l.font.GlyphIndex(&l.buf, r); err != nil || i == 0 || r > 0xffff {
			return '□'
		}
		return r
	}, s)
}

func (c *canvas) use(s style) {
	c.pdf.SetFont(s.family, "", s.size)
	c.pdf.SetTextColor(s.color[0], s.color[1], s.color[2])
}

// text sets one line with its baseline a leading below y.
func (c *canvas) text(x, y float64, s style, t string) {
	if t == "" {
		return
	}
	c.use(s)
	c.pdf.Text(x, y+s.size*0.3528, t)
}

// textRight sets one line that ends at x.
func (c *canvas) textRight(x, y float64, s style, t string) {
	c.text(x-c.measure(s, t), y, s, t)
}

func (c *canvas) measure(s style, t string) float64 {
	c.use(s)
	return c.pdf.GetStringWidth(t)
}

// wrap breaks a text into lines of at most w, words longer than that within
// themselves. There is always one line.
func (c *canvas) wrap(s style, t string, w float64) []string {
	c.use(s)
	var lines []string
	line := ""
	for _, word := range strings.Split(t, " ") {
		next := word
		if line != "" {
			next = line + " " + word
		}
		if c.pdf.GetStringWidth(next) <= w {
			line = next
			continue
		}
		if line != "" {
			lines = append(lines, line)
		}
		for c.pdf.GetStringWidth(word) > w && utf8.RuneCountInString(word) > 1 {
			n := c.fitting(word, w)
			lines, word = append(lines, word[:n]), word[n:]
		}
		line = word
	}
	return append(lines, line)
}

// wrapTo is wrap with at most n lines; the last shows that more was said.
func (c *canvas) wrapTo(s style, t string, w float64, n int) []string {
	lines := c.wrap(s, t, w)
	if len(lines) <= n {
		return lines
	}
	last := lines[n-1]
	for last != "" && c.measure(s, last+"…") > w {
		_, size := utf8.DecodeLastRuneInString(last)
		last = last[:len(last)-size]
	}
	return append(lines[:n-1], last+"…")
}

// fitting is how many bytes of a word fit into w, at least one character.
func (c *canvas) fitting(word string, w float64) int {
	n := 0
	for i, r := range word {
		end := i + utf8.RuneLen(r)
		if n > 0 && c.pdf.GetStringWidth(word[:end]) > w {
			break
		}
		n = end
	}
	return n
}

// paragraph sets a wrapped text of at most n lines at x and returns its height.
func (c *canvas) paragraph(x, y, w float64, s style, t string, n int) float64 {
	if t == "" {
		return 0
	}
	top := y
	for _, l := range c.wrapTo(s, t, w, n) {
		c.text(x, y, s, l)
		y += s.leading()
	}
	return y - top
}

// flow sets a wrapped text at the running line, over pages where it must; a
// short one stays together.
func (c *canvas) flow(x, w float64, s style, t string) {
	if t == "" {
		return
	}
	lines := c.wrap(s, t, w)
	c.need(float64(min(len(lines), 6)) * s.leading())
	for _, l := range lines {
		c.need(s.leading())
		c.text(x, c.y, s, l)
		c.y += s.leading()
	}
}

// need begins a new page unless h still fits on this one.
func (c *canvas) need(h float64) {
	if c.y+h > bottom {
		c.turn()
	}
}

func (c *canvas) line(x1, x2, y, thick float64, color rgb) {
	c.pdf.SetDrawColor(color[0], color[1], color[2])
	c.pdf.SetLineWidth(thick)
	c.pdf.Line(x1, y, x2, y)
}

func (c *canvas) box(x, y, w, h float64, color rgb) {
	c.pdf.SetFillColor(color[0], color[1], color[2])
	c.pdf.Rect(x, y, w, h, "F")
}

// point is a place in mm.
type point struct{ x, y float64 }

// shape draws a path: "F" fills it with the colour, "D" draws its line.
func (c *canvas) shape(points []point, how string, color rgb, thick float64) {
	c.pdf.SetFillColor(color[0], color[1], color[2])
	c.pdf.SetDrawColor(color[0], color[1], color[2])
	c.pdf.SetLineWidth(thick)
	c.pdf.MoveTo(points[0].x, points[0].y)
	for _, p := range points[1:] {
		c.pdf.LineTo(p.x, p.y)
	}
	if how == "F" {
		c.pdf.ClosePath()
	}
	c.pdf.DrawPath(how)
}
