package api

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"chargewright/base/fail"
	"chargewright/base/store"
	"chargewright/core/access"
)

func rightsOperations() []operation {
	const tag = "admin"
	return []operation{
		{get, "/audit", access.Admin, tag, "listAudit", "List what was done by whom", "Every request that changes something or was meant to, newest first, kept for 400 days. It is on record before it is done.", 0, nil, handle((*server).listAudit)},
		{get, "/branding", access.Open, tag, "getBranding", "Read how the tenant shows itself to drivers", "", 0, nil, handleOne((*server).getBranding)},
		{put, "/branding", access.Admin, tag, "putBranding", "Say how the tenant shows itself to drivers", "A logo that is left out keeps the one there is; an empty one takes it away.", 0, nil, handleOne((*server).putBranding)},
		{get, "/branding/logo", access.Open, tag, "getLogo", "Read the logo", "PNG or SVG, harmless in itself and served so that it stays so.", 0, []int{404}, bindLogo},
		{get, "/views", access.Self, "views", "listViews", "List saved views", "One's own and those that others share, by page and name; at most 500.", 0, nil, handle((*server).listViews)},
		{put, "/views/{id}", access.Self, "views", "putView", "Save a view", "The id is the caller's to choose and unique among their own; at most 100.", 0, []int{409}, handleOne((*server).putView)},
		{del, "/views/{id}", access.Self, "views", "deleteView", "Remove one of one's own views", "", 0, nil, handleNone((*server).deleteView)},
	}
}

// branding is how a tenant shows itself.
type branding struct {
	Name       string   `json:"name"`
	Helpline   string   `json:"helpline" doc:"Telephone number; empty when there is none"`
	Email      string   `json:"email"`
	ImprintURL string   `json:"imprint_url"`
	PrivacyURL string   `json:"privacy_url"`
	Languages  []string `json:"languages" enum:"en,de" doc:"That drivers are spoken to in, the default first"`
	LogoURL    *string  `json:"logo_url" doc:"Null when there is none; changes with the logo"`
	GuestsURL  *string  `json:"guests_url" doc:"Where people charge and pay without an account; null where no payments can be made"`
}

func (s *server) showBrand(b access.Brand) branding {
	v := branding{b.Name, b.Helpline, b.Email, b.ImprintURL, b.PrivacyURL, b.Languages, nil, nil}
	if s.o.Till != nil && s.o.Till.Pages() != "" {
		v.GuestsURL = given(s.base() + "/pay")
	}
	if len(b.Logo.Bytes) > 0 {
		sum := sha256.Sum256(b.Logo.Bytes)
		at := prefix + "/branding/logo?v=" + hex.EncodeToString(sum[:6])
		v.LogoURL = &at
	}
	return v
}

// tenantOf is the tenant that somebody sees who may be nobody.
func tenantOf(sc access.Scope) string {
	if sc.Tenant == "" {
		return access.DefaultTenant
	}
	return sc.Tenant
}

func (s *server) brand(ctx context.Context, sc access.Scope) (access.Brand, error) {
	return store.Read(ctx, s.o.DB, func(tx *store.Tx) (access.Brand, error) { return access.GetBrand(tx, tenantOf(sc)) })
}

func (s *server) getBranding(ctx context.Context, sc access.Scope, _ *Reading) (branding, error) {
	b, err := s.brand(ctx, sc)
	return s.showBrand(b), err
}

type brandingPut struct {
	Body struct {
		Name       string   `json:"name" minLength:"1" maxLength:"100"`
		Helpline   string   `json:"helpline,omitempty" maxLength:"40"`
		Email      string   `json:"email,omitempty" maxLength:"200"`
		ImprintURL string   `json:"imprint_url,omitempty" maxLength:"500"`
		PrivacyURL string   `json:"privacy_url,omitempty" maxLength:"500"`
		Languages  []string `json:"languages" enum:"en,de" minItems:"1" maxItems:"2"`
		Logo       *string  `json:"logo,omitempty" maxLength:"131072" writeOnly:"true" doc:"Data URI of image/png or image/svg+xml, 32 KiB at most"`
	} `nameHint:"PutBranding"`
}

func (s *server) putBranding(ctx context.Context, sc access.Scope, in *brandingPut) (branding, error) {
	b := access.Brand{
		Name: in.Body.Name, Helpline: in.Body.Helpline, Email: in.Body.Email, ImprintURL: in.Body.ImprintURL, PrivacyURL: in.Body.PrivacyURL,
		Languages: in.Body.Languages,
	}
	if in.Body.Logo != nil && *in.Body.Logo != "" {
		var err error
		if b.Logo, err = access.ParseLogo(*in.Body.Logo); err != nil {
			return branding{}, err
		}
	}
	return store.Do(ctx, s.o.DB, "brand/"+sc.Tenant, func(tx *store.Tx) (branding, error) {
		if in.Body.Logo == nil {
			old, err := access.GetBrand(tx, sc.Tenant)
			if err != nil {
				return branding{}, err
			}
			b.Logo = old.Logo
		}
		return s.showBrand(b), access.PutBrand(tx, sc, b)
	})
}

// logoPolicy lets a logo that is opened by itself do nothing at all.
const logoPolicy = "default-src 'none'; style-src 'unsafe-inline'; sandbox"

type picture struct {
	ContentType string `header:"Content-Type"`
	Policy      string `header:"Content-Security-Policy"`
	Cache       string `header:"Cache-Control"`
	Body        []byte
}

// bindLogo serves the logo, which is no JSON.
func bindLogo(s *server, api huma.API, op huma.Operation) {
	op.Responses["200"] = &huma.Response{Description: "The picture", Content: map[string]*huma.MediaType{
		"image/png": {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}, "image/svg+xml": {Schema: &huma.Schema{Type: huma.TypeString}},
	}}
	huma.Register(api, op, func(ctx context.Context, _ *struct {
		V string `query:"v" maxLength:"20" doc:"Which logo, so that browsers may keep it; any value is answered with the present one"`
	}) (*picture, error) {
		b, err := s.brand(ctx, scopeOf(ctx))
		if err == nil && len(b.Logo.Bytes) == 0 {
			err = refuse(http.StatusNotFound, fail.NotFound, "there is no logo")
		}
		if err != nil {
			return nil, s.failed(ctx, op, err)
		}
		return &picture{b.Logo.Type, logoPolicy, "private, max-age=86400", b.Logo.Bytes}, nil
	})
}
