package api

import (
	"bytes"
	"encoding/json"
	"net/http"
	"reflect"

	"github.com/danielgtaylor/huma/v2"

	"chargewright/base/fail"
	"chargewright/core/access"
)

// overview is the description before its operations.
func overview() *huma.OpenAPI {
	registry := huma.NewMapRegistry("#/components/schemas/", huma.DefaultSchemaNamer)
	registry.Schema(reflect.TypeFor[problem](), true, "")
	return &huma.OpenAPI{
		OpenAPI: "3.1.0",
		Info: &huma.Info{
			Title: "Chargewright", Version: "1",
			Description: "The REST interface of the Chargewright charging station management system. Money is {amount_minor, currency}, decimals are strings, times are RFC 3339 with Z. Lists answer {items, next}; next is the cursor of the next page. Errors are RFC 9457 problems.",
			License:     &huma.License{Name: "Apache-2.0", Identifier: "Apache-2.0"},
		},
		Servers: []*huma.Server{{URL: "/"}},
		Tags: []*huma.Tag{
			{Name: "stations", Description: "Places, the devices that stand there, and OCPP to them"},
			{Name: "sites", Description: "Where stations stand"},
			{Name: "tokens", Description: "What drivers identify with"},
			{Name: "drivers", Description: "People who charge"},
			{Name: "reservations", Description: "What stations keep free, for whom and until when"},
			{Name: "sessions", Description: "Charging sessions and their evidence"},
			{Name: "money", Description: "Receipts, charge detail records and the ledger"},
			{Name: "payments", Description: "What providers of payments took and gave back, what is owed, and whether the books agree"},
			{Name: "terminals", Description: "Card readers at sites, and visits that begin there"},
			{Name: "tariffs", Description: "Prices and where they apply"},
			{Name: "tax", Description: "Registrations, rates, and which tax applies"},
			{Name: "events", Description: "What changes, as it changes"},
			{Name: "auth", Description: "Signing in, and one's own account"},
			{Name: "me", Description: "What a driver sees and does"},
			{Name: "public", Description: "Where to charge, for everybody"},
			{Name: "live", Description: "What happens now: power, states, cost"},
			{Name: "webhooks", Description: "Telling other systems of events"},
			{Name: "mails", Description: "What is mailed to people"},
			{Name: "views", Description: "Lists as people saved them"},
			{Name: "messages", Description: "OCPP messages of all stations"},
			{Name: "support", Description: "Help for who calls, and what waits for a person"},
			{Name: "jobs", Description: "One command to many stations"},
			{Name: "exports", Description: "Lists as files"},
			{Name: "admin", Description: "API keys and the server itself"},
		},
		Components: &huma.Components{
			Schemas: registry, Responses: problems(),
			SecuritySchemes: map[string]*huma.SecurityScheme{
				"key": {Type: "http", Scheme: "bearer", Description: "An API key: Authorization: Bearer KEY"},
			},
		},
	}
}

// describe completes the description and writes it, members in a fixed order.
func describe(api huma.API) ([]byte, error) {
	spec := api.OpenAPI()
	spec.AddOperation(eventsOperation())
	spec.AddOperation(publicEventsOperation())
	spec.AddOperation(ownEventsOperation())
	schemas := spec.Components.Schemas.Map()
	delete(schemas, "ErrorModel")
	delete(schemas, "ErrorDetail")
	taken := map[string]bool{}
	for _, path := range spec.Paths {
		for _, op := range []*huma.Operation{path.Put, path.Post} {
			if op != nil && op.RequestBody != nil {
				reach(schemas, op.RequestBody.Content["application/json"].Schema, taken)
			}
		}
	}
	for name, s := range schemas {
		solid(s)
		if !taken[name] {
			s.AdditionalProperties = nil // what we answer may grow
		}
	}
	b, err := json.Marshal(spec)
	if err != nil {
		return nil, fail.Wrap(fail.Internal, "api.describe", err)
	}
	var out bytes.Buffer
	if err := json.Indent(&out, b, "", "  "); err != nil {
		return nil, fail.Wrap(fail.Internal, "api.describe", err)
	}
	out.WriteByte('\n')
	return out.Bytes(), nil
}

// problems are the failures that operations refer to.
func problems() map[string]*huma.Response {
	out := map[string]*huma.Response{}
	for _, code := range []int{400, 401, 403, 404, 409, 412, 413, 415, 422, 429, 500, 502, 503, 504} {
		out[problemName(code)] = &huma.Response{Description: http.StatusText(code), Content: map[string]*huma.MediaType{
			"application/problem+json": {Schema: &huma.Schema{Ref: "#/components/schemas/Problem"}},
		}}
	}
	return out
}

// reach notes the named schemas that s is made of.
func reach(schemas map[string]*huma.Schema, s *huma.Schema, seen map[string]bool) {
	if s == nil {
		return
	}
	if name := (schemaRef{s.Ref}).name(); name != "" && !seen[name] {
		seen[name] = true
		reach(schemas, schemas[name], seen)
	}
	reach(schemas, s.Items, seen)
	for _, p := range s.Properties {
		reach(schemas, p, seen)
	}
}

// solid says that lists are never null.
func solid(s *huma.Schema) {
	if s == nil {
		return
	}
	if s.Type == huma.TypeArray {
		s.Nullable = false
		solid(s.Items)
	}
	for _, p := range s.Properties {
		solid(p)
	}
}

// eventsOperation documents the event stream, which a plain handler serves.
func eventsOperation() *huma.Operation {
	o := operation{method: http.MethodGet, path: "/events", area: access.Read, tag: "events", id: "events", summary: "Follow live events",
		about: "Server-sent events: station, session, payment and claim name what changed (the last two to those who see the books of all sites), and data is {\"id\": …}. The query topics names the only ones wanted, separated by commas; topics=message follows the OCPP messages instead, and data is {\"station_id\": …, \"at\": …}. Ids are epoch-n; a reader that comes back with Last-Event-ID misses nothing. The event snapshot, at the beginning and after a gap, tells the reader to read everything again. The event beat comes every 15 seconds; the stream ends when the key is revoked or the server closes."}
	op := o.describe()
	delete(op.Responses, "422")
	op.Parameters = []*huma.Param{{
		Name: "Last-Event-ID", In: "header", Description: "The id of the last event that was read", Schema: &huma.Schema{Type: huma.TypeString},
	}}
	op.Responses["200"] = &huma.Response{Description: "The stream", Content: map[string]*huma.MediaType{
		"text/event-stream": {Schema: &huma.Schema{Type: huma.TypeString}},
	}}
	return &op
}

// Shapes that others embed. The specification is made by reflection, which leaves
// out the members of what is embedded under a name that is not exported.
type (
	Assignment   = assignment
	Buyer        = buyer
	Card         = card
	Claim        = claim
	DocumentLink = documentLink
	FullDocument = fullDocument
	PaymentRow   = paymentRow
	Wallet       = wallet
	Webhook      = webhook
)
