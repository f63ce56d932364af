package api

import (
	"encoding/json"
	"math"
	"strconv"

	"github.com/danielgtaylor/huma/v2"

	"chargewright/core/monitor"
)

// point is a value at a time in ms since 1970; no value is a gap.
type point struct {
	Ms    int64
	Value float64
	Gap   bool
}

// series is a line of a chart, written as [[ms, value or null], …].
type series []point

// seriesOf shows a line.
func seriesOf(line []monitor.Point) series {
	out := make(series, len(line))
	for i, p := range line {
		out[i] = point{p.At.UnixMilli(), math.Round(p.V*100) / 100, p.Gap}
	}
	return out
}

// MarshalJSON implements json.Marshaler.
func (s series) MarshalJSON() ([]byte, error) {
	b := make([]byte, 0, 2+24*len(s))
	b = append(b, '[')
	for i, p := range s {
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendInt(append(b, '['), p.Ms, 10)
		if p.Gap {
			b = append(b, ",null]"...)
			continue
		}
		b = append(strconv.AppendFloat(append(b, ','), p.Value, 'f', -1, 64), ']')
	}
	return append(b, ']'), nil
}

// Schema implements huma.SchemaProvider.
func (series) Schema(huma.Registry) *huma.Schema {
	return pairs(&huma.Schema{Type: "number", Nullable: true})
}

// pricePoint is a price from a time in ms on, written as [ms, "0.59"].
type pricePoint struct {
	Ms    int64
	Price string
}

// MarshalJSON implements json.Marshaler.
func (p pricePoint) MarshalJSON() ([]byte, error) { return json.Marshal([]any{p.Ms, p.Price}) }

// Schema implements huma.SchemaProvider.
func (pricePoint) Schema(huma.Registry) *huma.Schema { return pair(&huma.Schema{Type: "string"}) }

func pairs(value *huma.Schema) *huma.Schema {
	return &huma.Schema{Type: "array", Items: pair(value)}
}

// pair is [ms, value].
func pair(value *huma.Schema) *huma.Schema {
	two := 2
	return &huma.Schema{
		Type: "array", MinItems: &two, MaxItems: &two,
		Items: &huma.Schema{OneOf: []*huma.Schema{{Type: "integer", Format: "int64"}, value}},
	}
}
