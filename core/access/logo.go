package access

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"image/png"
	"io"
	"net/url"
	"slices"
	"strings"

	"chargewright/base/fail"
)

// Logo is a picture that can be shown to anybody without harm; the zero Logo is
// none.
type Logo struct {
	Type  string // "image/png" or "image/svg+xml"
	Bytes []byte
}

const (
	maxLogo  = 32 << 10 // bytes
	maxSide  = 2_000    // pixels of a PNG
	svgDepth = 32       // elements within each other
)

// ParseLogo reads a data URI of PNG or SVG. A PNG is decoded and written anew, so
// that nothing but the picture is left. An SVG may only have elements and
// attributes that draw: scripts, styles, text of other places and references out
// of the file are refused, never repaired.
func ParseLogo(uri string) (Logo, error) {
	const op = "access.ParseLogo"
	head, body, ok := strings.Cut(uri, ",")
	kind, coding, _ := strings.Cut(strings.TrimPrefix(head, "data:"), ";")
	if !ok || !strings.HasPrefix(head, "data:") || len(uri) > 4*maxLogo {
		return Logo{}, fail.Field(op, "logo", "must be a data URI of image/png or image/svg+xml of at most 32 KiB")
	}
	var raw []byte
	var err error
	if strings.HasSuffix(coding, "base64") {
		raw, err = base64.StdEncoding.DecodeString(body)
	} else {
		body, err = url.PathUnescape(body)
		raw = []byte(body)
	}
	if err != nil || len(raw) > maxLogo {
		return Logo{}, fail.Field(op, "logo", "must be readable and have at most 32 KiB")
	}
	switch kind {
	case "image/png":
		raw, err = cleanPNG(raw)
	case "image/svg+xml":
		raw, err = cleanSVG(raw)
	default:
		err = errors.New("must be of image/png or image/svg+xml")
	}
	if err != nil {
		return Logo{}, fail.Field(op, "logo", "%s", err)
	}
	return Logo{kind, raw}, nil
}

func cleanPNG(raw []byte) ([]byte, error) {
	c, err := png.DecodeConfig(bytes.NewReader(raw))
	if err != nil || c.Width > maxSide || c.Height > maxSide {
		return nil, errors.New("must be a PNG of at most 2,000 by 2,000 pixels")
	}
	img, err := png.Decode(bytes.NewReader(raw))
	if err != nil {
		return nil, errors.New("the PNG cannot be read")
	}
	var out bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&out, img); err != nil || out.Len() > 2*maxLogo {
		return nil, errors.New("the PNG cannot be written within 64 KiB")
	}
	return out.Bytes(), nil
}

const svgSpace = "http://www.w3.org/2000/svg"

// What an SVG may be made of.
var (
	svgElements = []string{
		"svg", "g", "path", "rect", "circle", "ellipse", "line", "polyline", "polygon", "title", "desc", "defs",
		"linearGradient", "radialGradient", "stop", "clipPath",
	}
	svgAttributes = []string{
		"id", "version", "viewBox", "width", "height", "x", "y", "x1", "y1", "x2", "y2", "cx", "cy", "r", "rx", "ry", "fx", "fy", "d", "points", "transform",
		"fill", "fill-opacity", "fill-rule", "stroke", "stroke-width", "stroke-opacity", "stroke-linecap", "stroke-linejoin", "stroke-miterlimit",
		"stroke-dasharray", "stroke-dashoffset", "opacity", "color", "offset", "stop-color", "stop-opacity", "gradientUnits", "gradientTransform",
		"spreadMethod", "clip-path", "clip-rule", "clipPathUnits", "preserveAspectRatio", "role", "aria-label", "focusable", "href",
	}
)

// cleanSVG returns the file without comments and declarations, or says what in it
// cannot be allowed.
func cleanSVG(raw []byte) ([]byte, error) {
	in, depth, roots := xml.NewDecoder(bytes.NewReader(raw)), 0, 0
	var out bytes.Buffer
	for {
		t, err := in.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, errors.New("the SVG cannot be read")
		}
		switch t := t.(type) {
		case xml.StartElement:
			if depth++; depth == 1 {
				roots++
			}
			if depth > svgDepth || roots > 1 || (depth == 1) != (t.Name.Local == "svg") {
				return nil, errors.New("the SVG must be one svg element, not nested deeply")
			}
			if err := writeElement(&out, t, depth == 1); err != nil {
				return nil, err
			}
		case xml.EndElement:
			depth--
			out.WriteString("</" + t.Name.Local + ">")
		case xml.CharData:
			if depth > 0 {
				if err := xml.EscapeText(&out, t); err != nil {
					return nil, err
				}
			}
		case xml.ProcInst:
			if t.Target != "xml" {
				return nil, errors.New("the SVG holds an instruction")
			}
		case xml.Directive:
			return nil, errors.New("the SVG holds a declaration")
		}
	}
	if roots != 1 || depth != 0 {
		return nil, errors.New("the SVG must be one svg element")
	}
	return out.Bytes(), nil
}

// writeElement writes the beginning of an element, or says why not.
func writeElement(out *bytes.Buffer, e xml.StartElement, root bool) error {
	if e.Name.Space != svgSpace && e.Name.Space != "" || !slices.Contains(svgElements, e.Name.Local) {
		return errors.New("the SVG holds the element " + clip(e.Name.Local, 40) + ", which is not allowed")
	}
	out.WriteString("<" + e.Name.Local)
	if root {
		out.WriteString(` xmlns="` + svgSpace + `"`)
	}
	for i, a := range e.Attr {
		if a.Name.Space == "xmlns" || a.Name.Local == "xmlns" {
			continue
		}
		twice := slices.ContainsFunc(e.Attr[:i], func(b xml.Attr) bool { return b.Name.Local == a.Name.Local && b.Name.Space != "xmlns" })
		if err := checkAttribute(e.Name.Local, a); err != nil || twice {
			return cmp.Or(err, errors.New("the SVG names an attribute twice"))
		}
		out.WriteString(" " + a.Name.Local + `="`)
		if err := xml.EscapeText(out, []byte(a.Value)); err != nil {
			return err
		}
		out.WriteString(`"`)
	}
	out.WriteString(">")
	return nil
}

// checkAttribute says why an element may not have an attribute. Only gradients
// refer to each other: elements that repeat others would let a small file draw
// without end.
func checkAttribute(element string, a xml.Attr) error {
	name, value := a.Name.Local, strings.ToLower(a.Value)
	switch {
	case !slices.Contains(svgAttributes, name), a.Name.Space != "" && (name != "href" || a.Name.Space != "http://www.w3.org/1999/xlink"):
		return errors.New("the SVG holds the attribute " + clip(name, 40) + ", which is not allowed")
	case name == "href" && (!strings.HasPrefix(value, "#") || !strings.HasSuffix(element, "Gradient")):
		return errors.New("the SVG refers to something outside itself")
	case strings.Count(value, "url(") != strings.Count(value, "url(#"), strings.Contains(value, `\`), strings.Contains(value, "/*"):
		return errors.New("the SVG refers to something outside itself")
	}
	return nil
}
