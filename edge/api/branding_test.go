package api

import (
	"fmt"
	"strings"
	"testing"

	"chargewright/core/access"
)

func TestBranding(t *testing.T) {
	each(t, func(h *harness) {
		if r := h.send("", get, prefix+"/branding", ""); r.code != 200 || r.body["name"] != "Test" || r.body["logo_url"] != nil {
			h.Errorf("before any: %d %s", r.code, r.text)
		}
		h.as(404, get, "/branding/logo", "")
		logo := `<svg xmlns='http://www.w3.org/2000/svg'><path d='M0 0h9'/></svg>`
		h.as(200, put, "/branding", `{"name":"Volt","helpline":"+49 30 1","languages":["de"],"logo":"data:image/svg+xml,`+logo+`"}`)
		r := h.send("", get, prefix+"/branding", "")
		at, _ := r.body["logo_url"].(string)
		if r.body["name"] != "Volt" || fmt.Sprint(r.body["languages"]) != "[de]" || !strings.HasPrefix(at, "/api/v1/branding/logo?v=") {
			h.Errorf("afterwards: %s", r.text)
		}
		p := h.send("", get, at, "")
		if p.code != 200 || p.header.Get("Content-Type") != "image/svg+xml" || !strings.Contains(p.header.Get("Content-Security-Policy"), "sandbox") ||
			!strings.Contains(p.header.Get("Content-Security-Policy"), "default-src 'none'") || p.header.Get("X-Content-Type-Options") != "nosniff" || !strings.HasPrefix(p.text, "<svg") {
			h.Errorf("the logo: %d %v %s", p.code, p.header, p.text)
		}
		if r := h.as(200, put, "/branding", `{"name":"Volt","languages":["de"]}`); r.body["logo_url"] != at {
			h.Errorf("without a word of the logo: %s", r.text)
		}
		for _, bad := range []string{
			`"logo":"data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>"`, `"logo":"https://example.org/x.png"`,
			`"email":"nobody"`, `"imprint_url":"javascript:1"`, `"helpline":"call me"`,
		} {
			h.as(422, put, "/branding", `{"name":"Volt","languages":["de"],`+bad+`}`)
		}
		if r := h.send(h.other, get, prefix+"/branding", ""); r.body["name"] != "Other" {
			h.Errorf("the other tenant's: %s", r.text)
		}
		if r := h.as(200, put, "/branding", `{"name":"Volt","languages":["de"],"logo":""}`); r.body["logo_url"] != nil {
			h.Errorf("taken away: %s", r.text)
		}
		h.as(404, get, "/branding/logo", "")
	})
}

func TestSavedViews(t *testing.T) {
	each(t, func(h *harness) {
		h.as(200, put, "/views/a", `{"page":"stations","name":"Faulted","query":"status=faulted","shared":true}`)
		h.as(200, put, "/views/b", `{"page":"stations","name":"Mine","query":""}`)
		if r := h.as(200, get, "/views?page=stations", ""); len(r.items(h.T)) != 2 || !strings.Contains(r.text, `"own":true`) {
			h.Errorf("one's own: %s", r.text)
		}
		if r := h.as(200, get, "/views?page=sessions", ""); len(r.items(h.T)) != 0 {
			h.Errorf("of another page: %s", r.text)
		}
		if r := h.send(h.keys[access.Viewer], get, prefix+"/views", ""); len(r.items(h.T)) != 1 || !strings.Contains(r.text, `"own":false`) {
			h.Errorf("what is shared: %s", r.text)
		}
		if r := h.send(h.keys[access.Viewer], del, prefix+"/views/a", ""); r.code != 404 {
			h.Errorf("another's is removed: %d", r.code)
		}
		for _, key := range []string{h.keys[access.Host], h.other} {
			if r := h.send(key, get, prefix+"/views", ""); len(r.items(h.T)) != 0 {
				h.Errorf("a stranger sees %s", r.text)
			}
		}
		if r := h.send(h.keys[access.Host], put, prefix+"/views/a", `{"page":"p","name":"n","query":"","shared":true}`); r.code != 403 {
			h.Errorf("a host shares: %d", r.code)
		}
		h.as(204, del, "/views/a", "")
		h.as(404, del, "/views/a", "")
	})
}
