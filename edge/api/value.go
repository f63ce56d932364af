package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"time"

	"github.com/danielgtaylor/huma/v2"
	jsonv2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"chargewright/base/money"
)

// amount is money in minor units.
type amount struct {
	Minor    int64  `json:"amount_minor" doc:"In minor units of the currency"`
	Currency string `json:"currency" doc:"ISO 4217"`
}

func amountOf(minor int64, c money.Currency) amount { return amount{minor, string(c)} }

// nullable is a value or null.
type nullable[T any] struct{ v *T }

func of[T any](v T) nullable[T] { return nullable[T]{&v} }

// MarshalJSON implements json.Marshaler.
func (n nullable[T]) MarshalJSON() ([]byte, error) {
	if n.v == nil {
		return []byte("null"), nil
	}
	return marshal(n.v)
}

// Schema implements huma.SchemaProvider.
func (nullable[T]) Schema(r huma.Registry) *huma.Schema {
	return &huma.Schema{OneOf: []*huma.Schema{r.Schema(reflect.TypeFor[T](), true, ""), {Type: "null"}}}
}

// document is a JSON object kept as it came.
type document []byte

// MarshalJSON implements json.Marshaler; no document is {}.
func (d document) MarshalJSON() ([]byte, error) {
	if len(d) == 0 {
		return []byte("{}"), nil
	}
	return d, nil
}

// UnmarshalJSON implements json.Unmarshaler.
func (d *document) UnmarshalJSON(b []byte) error {
	*d = append((*d)[:0], b...)
	return nil
}

// Schema implements huma.SchemaProvider.
func (document) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: "object", AdditionalProperties: true}
}

// documentOf is the document of a text that should be a JSON object; one that
// is none is wrapped as {"text": …}.
func documentOf(text string) document {
	if v := jsontext.Value(text); v.IsValid() && v.Kind() == '{' {
		return document(text)
	}
	b, err := json.Marshal(map[string]string{"text": text})
	if err != nil {
		return nil
	}
	return b
}

// moment is nil for the zero time.
func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}

// marshal writes a value as every answer is written.
func marshal(v any) ([]byte, error) {
	return jsonv2.Marshal(v, jsonv2.Deterministic(true), jsontext.EscapeForHTML(true))
}

// unmarshal reads a body strictly: one JSON value, no member twice, names as
// they are spelled, all of them known.
func unmarshal(b []byte, v any) error {
	err := jsonv2.Unmarshal(b, v, jsonv2.RejectUnknownMembers(true))
	var syntax *jsontext.SyntacticError
	var meaning *jsonv2.SemanticError
	switch {
	case err == nil:
		return nil
	case errors.Is(err, jsontext.ErrDuplicateName):
		return errors.New("an object names a member twice")
	case errors.As(err, &syntax):
		return fmt.Errorf("it is not valid JSON at byte %d", syntax.ByteOffset)
	case errors.As(err, &meaning):
		return fmt.Errorf("%s does not belong there", meaning.JSONPointer)
	}
	return errors.New("it cannot be read")
}

// inner is the type of the value.
func (nullable[T]) inner() reflect.Type { return reflect.TypeFor[T]() }

// given is a text, nil where there is none.
func given(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
