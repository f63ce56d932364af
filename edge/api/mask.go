package api

import (
	"encoding/json"
	"net/url"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"chargewright/core/access"
	"chargewright/core/device"
)

const (
	masked  = "…"
	longest = 200 // bytes of a text that is kept
)

// hiddenNames are members that never reach the record, in lower case without
// separators; hiddenParts are what a hidden name contains.
var (
	hiddenNames = []string{"token", "code", "key", "otp", "pin", "puk", "psk", "idtoken", "idtag", "parentidtag", "uid", "logo", "recoverycodes"}
	hiddenParts = []string{"password", "passphrase", "secret", "credential", "authorizationkey", "privatekey", "apikey", "sharedkey", "vpnkey", "simpin"}
	// personal are members that name a driver: they stay in their room.
	personal = []string{"name", "email", "phone", "text", "note", "address", "company", "vatid", "evidence"}
)

// change is what is kept of a request's body: JSON of at most access.MaxChange
// bytes, without secrets. Of what people say about themselves only the names of
// the members are kept.
func (s *server) change(op *huma.Operation, body []byte) string {
	var v any
	if len(body) == 0 || json.Unmarshal(body, &v) != nil {
		return "{}"
	}
	m := masker{hidden: s.hidden[op.OperationID]}
	switch area, _ := op.Extensions["x-area"].(string); access.Area(area) {
	case access.Open, access.Self, access.Me:
		m.all = true
	case access.Drivers:
		m.personal = true
	}
	m.personal = m.personal || slices.Contains(op.Tags, "drivers")
	out, err := json.Marshal(m.value(v))
	if err == nil && len(out) > access.MaxChange {
		out, err = json.Marshal(map[string]int{"bytes": len(body)})
	}
	if err != nil {
		return "{}"
	}
	return string(out)
}

// masker takes secrets out of a JSON value.
type masker struct {
	hidden   map[string]bool // members that the description calls write-only
	all      bool            // every text
	personal bool            // what names a driver
}

func (m masker) value(v any) any {
	switch v := v.(type) {
	case map[string]any:
		return m.object(v)
	case []any:
		for i := range v {
			v[i] = m.value(v[i])
		}
	case string:
		if m.all && v != "" {
			return masked
		}
		return plainText(v)
	}
	return v
}

// object masks the members of an object. One that names a setting keeps the
// name, and hides its value if that is a secret.
func (m masker) object(o map[string]any) any {
	settings := settingsOf(o)
	for name, v := range o {
		value := strings.EqualFold(name, "value") || strings.EqualFold(name, "attributeValue")
		switch {
		case value && slices.ContainsFunc(settings, device.SecretSetting):
			o[name] = masked
		case len(settings) > 0 && !m.all && (strings.EqualFold(name, "key") || strings.EqualFold(name, "variable") || strings.EqualFold(name, "name")):
			o[name] = m.value(v)
		case m.hides(name) && v != nil && v != "":
			o[name] = masked
		default:
			o[name] = m.value(v)
		}
	}
	return o
}

func (m masker) hides(name string) bool {
	name = strings.ToLower(strings.ToUpper(name)) // as bodies are read: ſ and K are s and k
	plain := strings.NewReplacer("_", "", "-", "").Replace(name)
	contains := func(part string) bool { return strings.Contains(plain, part) }
	return m.hidden[name] || slices.Contains(hiddenNames, plain) || slices.ContainsFunc(hiddenParts, contains) ||
		m.personal && slices.Contains(personal, plain)
}

// settingsOf are the names of the setting that an object gives a value, as OCPP
// 1.6 (key), 2.x (variable.name) and our commands (variable) spell it. Bodies are
// read whatever the case of their members, so there may be several names.
func settingsOf(o map[string]any) (names []string) {
	value := false
	for name, v := range o {
		value = value || strings.EqualFold(name, "value") || strings.EqualFold(name, "attributeValue")
		if !strings.EqualFold(name, "key") && !strings.EqualFold(name, "variable") {
			continue
		}
		switch v := v.(type) {
		case string:
			names = append(names, v)
		case map[string]any:
			for name, v := range v {
				if s, ok := v.(string); ok && strings.EqualFold(name, "name") {
					names = append(names, s)
				}
			}
		}
	}
	if !value {
		return nil
	}
	return names
}

// plainText cuts a text, and leaves out of an address what often is a secret.
func plainText(s string) string {
	if strings.Contains(s, "://") {
		u, err := url.Parse(s)
		if err != nil {
			return masked
		}
		u.User, u.RawQuery, u.Fragment = nil, "", ""
		s = u.String()
	}
	if len(s) > longest {
		s = strings.ToValidUTF8(s[:longest], "") + masked
	}
	return s
}

// writeOnly notes, for every operation that has a body, the members that its
// description calls write-only.
func (s *server) writeOnly(api huma.API) {
	s.hidden = map[string]map[string]bool{}
	schemas := api.OpenAPI().Components.Schemas.Map()
	for _, path := range api.OpenAPI().Paths {
		for _, op := range []*huma.Operation{path.Put, path.Post, path.Delete} {
			if op == nil || op.RequestBody == nil {
				continue
			}
			seen := map[string]bool{}
			for _, content := range op.RequestBody.Content {
				reach(schemas, content.Schema, seen)
				hideWriteOnly(content.Schema, s.hide(op.OperationID))
			}
			for name := range seen {
				hideWriteOnly(schemas[name], s.hide(op.OperationID))
			}
		}
	}
}

func (s *server) hide(operation string) map[string]bool {
	if s.hidden[operation] == nil {
		s.hidden[operation] = map[string]bool{}
	}
	return s.hidden[operation]
}

func hideWriteOnly(s *huma.Schema, hidden map[string]bool) {
	if s == nil {
		return
	}
	hideWriteOnly(s.Items, hidden)
	for name, p := range s.Properties {
		if p.WriteOnly {
			hidden[name] = true
		}
		hideWriteOnly(p, hidden)
	}
}
