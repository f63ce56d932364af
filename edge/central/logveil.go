package central

import (
	"bytes"
	"encoding/json"
	"net/url"
	"strings"

	"chargewright/core/device"
)

// veiled stands for what the message log does not show.
const veiled = "…"

// veil takes out of a payload what commands do not keep either: the values of
// secret settings, and passwords and queries in addresses. A payload without
// them comes back as it is; of one with them the order of members is lost.
func veil(payload json.RawMessage) json.RawMessage {
	if !device.SecretSetting(string(payload)) && !bytes.Contains(payload, []byte("://")) && !bytes.Contains(payload, []byte(`\`)) {
		return payload
	}
	d := json.NewDecoder(bytes.NewReader(payload))
	d.UseNumber()
	var v any
	if d.Decode(&v) != nil {
		return payload
	}
	out, changed := veilValue(v)
	if !changed {
		return payload
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if e.Encode(out) != nil {
		return payload
	}
	return bytes.TrimSpace(b.Bytes())
}

func veilValue(v any) (out any, changed bool) {
	switch v := v.(type) {
	case map[string]any:
		return v, veilObject(v)
	case []any:
		for i := range v {
			x, is := veilValue(v[i])
			v[i], changed = x, changed || is
		}
		return v, changed
	case string:
		u, err := url.Parse(v)
		if err != nil || u.Host == "" || u.User == nil && u.RawQuery == "" {
			return v, false
		}
		safe := device.Address(v).Masked()
		return safe, safe != v
	}
	return v, false
}

// veilObject hides what a secret name of it stands for: the value of the setting
// that it names (1.6 key, 2.x variable), or a member of that name.
func veilObject(o map[string]any) (changed bool) {
	secret := device.SecretSetting(namedSetting(o))
	for name, v := range o {
		text, isText := v.(string)
		value := strings.EqualFold(name, "value") || strings.EqualFold(name, "attributeValue")
		switch {
		case isText && text != "" && (secret && value || device.SecretSetting(name)):
			o[name], changed = veiled, true
		case secret && strings.EqualFold(name, "variableAttribute"):
			changed = veilAttributes(v) || changed
		default:
			x, is := veilValue(v)
			o[name], changed = x, changed || is
		}
	}
	return changed
}

// veilAttributes hides the values of a secret variable of a report (2.x B07).
func veilAttributes(v any) (changed bool) {
	all, _ := v.([]any)
	for _, a := range all {
		if o, ok := a.(map[string]any); ok && o["value"] != nil && o["value"] != "" {
			o["value"], changed = veiled, true
		}
	}
	return changed
}

// namedSetting is the name of the setting that an object tells of, "" for none.
func namedSetting(o map[string]any) string {
	if key, ok := o["key"].(string); ok {
		return key
	}
	variable, _ := o["variable"].(map[string]any)
	name, _ := variable["name"].(string)
	return name
}
