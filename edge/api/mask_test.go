package api

import (
	"strings"
	"testing"

	"github.com/danielgtaylor/huma/v2"

	"chargewright/core/device"
)

// What a command is read from in any case is hidden in any case.
func TestMaskKnowsEveryCase(t *testing.T) {
	const secret = "0123456789abcdef"
	s := &server{}
	op := &huma.Operation{OperationID: "postCommand", Extensions: map[string]any{"x-area": "stations"}}
	for _, body := range []string{
		`{"values":[{"variable":"AuthorizationKey","value":"` + secret + `"}]}`,
		`{"values":[{"Variable":"AuthorizationKey","value":"` + secret + `"}]}`,
		`{"Values":[{"VARIABLE":"AuthorizationKey","Value":"` + secret + `"}]}`,
		`{"values":[{"variable":"x","Variable":"AuthorizationKey","value":"` + secret + `"}]}`,
		`{"values":[{"variable":"x","value":"1","VALUE":"` + secret + `","VARIABLE":"AuthorizationKey"}]}`,
	} {
		c, err := device.ParseCommand("set_settings", []byte(body))
		if err != nil {
			t.Fatal(err)
		}
		if v := c.(device.SetSettings).Values[0]; v.Variable != "AuthorizationKey" || string(v.Value) != secret {
			t.Fatalf("%s is read as %+v", body, v)
		}
		if got := s.change(op, []byte(body)); strings.Contains(got, secret) {
			t.Errorf("on record: %s", got)
		}
	}
}
