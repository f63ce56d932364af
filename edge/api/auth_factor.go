package api

import (
	"context"

	"chargewright/base/store"
	"chargewright/core/access"
)

type totpBegun struct {
	Secret string `json:"secret" doc:"Base 32, for typing"`
	URI    string `json:"uri" doc:"otpauth:// for a QR code"`
}

func (s *server) beginTOTP(ctx context.Context, sc access.Scope, _ *struct{}) (totpBegun, error) {
	if _, err := staff(ctx, sc); err != nil {
		return totpBegun{}, err
	}
	return store.Do(ctx, s.o.DB, "sign-in", func(tx *store.Tx) (totpBegun, error) {
		issuer, err := access.TenantName(tx, sc.Tenant)
		if err != nil {
			return totpBegun{}, err
		}
		secret, uri, err := s.o.SignIn.BeginTOTP(tx, sc, issuer)
		return totpBegun{secret, uri}, err
	})
}

type recovery struct {
	Codes []string `json:"recovery_codes" doc:"Shown here once; each is good once in place of a code"`
}

func (s *server) confirmTOTP(ctx context.Context, sc access.Scope, in *struct {
	Body struct {
		Code string `json:"code" maxLength:"10" writeOnly:"true"`
	} `nameHint:"ConfirmTOTP"`
}) (recovery, error) {
	v, err := staff(ctx, sc)
	if err != nil {
		return recovery{}, err
	}
	type done struct {
		codes []string
		token string
	}
	d, err := store.Do(ctx, s.o.DB, "sign-in", func(tx *store.Tx) (d done, err error) {
		if d.codes, err = s.o.SignIn.ConfirmTOTP(tx, sc, v.session, in.Body.Code); err != nil {
			return d, err
		}
		d.token, err = access.Renew(tx, v.session)
		return d, err
	})
	if err != nil {
		return recovery{}, err
	}
	s.setCookie(v, d.token, sc.Kind)
	return recovery{d.codes}, nil
}

func (s *server) removeTOTP(ctx context.Context, sc access.Scope, in *struct {
	Body struct {
		Password string `json:"password" maxLength:"1000" writeOnly:"true" doc:"Empty where there is none"`
	} `nameHint:"RemoveTOTP"`
}) error {
	v, err := staff(ctx, sc)
	if err != nil {
		return err
	}
	m, err := s.meOf(ctx, sc)
	if err != nil {
		return err
	}
	if err := s.knows(ctx, sc, m, in.Body.Password, "password"); err != nil {
		return err
	}
	token, err := store.Do(ctx, s.o.DB, "sign-in", func(tx *store.Tx) (string, error) {
		access.RemoveTOTP(tx, sc.Actor)
		return access.Renew(tx, v.session)
	})
	if err == nil {
		s.setCookie(v, token, sc.Kind)
	}
	return err
}
