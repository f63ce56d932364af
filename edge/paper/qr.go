package paper

import (
	"github.com/boombuler/barcode/qr"
)

// qr draws the code of the document's link as vectors, one bar per run of dark
// modules, in a square of size mm. A link that no code holds draws nothing.
func (s *sheet) qr(x, y, size float64) {
	code, err := qr.Encode(s.d.Link, qr.M, qr.Auto)
	if err != nil {
		return
	}
	n := code.Bounds().Dx()
	unit := size / float64(n)
	dark := func(col, row int) bool {
		r, _, _, _ := code.At(col, row).RGBA()
		return r == 0
	}
	for row := range n {
		for col := 0; col < n; col++ {
			from := col
			for col < n && dark(col, row) {
				col++
			}
			if col > from {
				s.box(x+float64(from)*unit, y+float64(row)*unit, float64(col-from)*unit, unit, ink)
			}
		}
	}
	s.pdf.LinkString(x, y, size, size, s.d.Link)
}
