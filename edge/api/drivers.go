package api

import (
	"context"
	"net/mail"
	"time"

	"chargewright/base/fail"
	"chargewright/base/store"
	"chargewright/core/access"
	drivers "chargewright/core/driver"
	sessions "chargewright/core/session"
)

type token struct {
	UID                 string     `json:"uid" doc:"As it was given; compares without regard to case"`
	Type                string     `json:"type"`
	DriverID            *string    `json:"driver_id"`
	GroupID             string     `json:"group_id" doc:"Members of one group may stop each other's sessions"`
	Status              string     `json:"status" enum:"accepted,blocked"`
	ExpiresAt           *time.Time `json:"expires_at"`
	PrepaidCredit       *int64     `json:"prepaid_credit" doc:"In minor units of the tenant's currency; null: not prepaid"`
	MaxEnergyWh         *int64     `json:"max_energy_wh" doc:"null: no limit"`
	MaxParallelSessions *int64     `json:"max_parallel_sessions" doc:"null: no limit"`
	UpdatedAt           time.Time  `json:"updated_at"`
}

func showToken(t drivers.Token) token {
	v := token{
		UID: t.UID, Type: t.Type, GroupID: t.Group, Status: t.Status, ExpiresAt: moment(t.ExpiresAt), PrepaidCredit: t.PrepaidCredit,
		MaxEnergyWh: t.MaxEnergyWh, MaxParallelSessions: t.MaxParallelSessions, UpdatedAt: t.UpdatedAt.UTC(),
	}
	if t.Driver != "" {
		v.DriverID = &t.Driver
	}
	return v
}

// TokenPath names a token.
type TokenPath struct {
	UID string `path:"uid" minLength:"1" maxLength:"255"`
}

func (s *server) getToken(ctx context.Context, sc access.Scope, in *struct {
	TokenPath
	Reading
}) (token, error) {
	return store.Read(ctx, s.o.DB, func(tx *store.Tx) (token, error) {
		t, err := drivers.GetToken(tx, sc, in.UID)
		return showToken(t), err
	})
}

// TokenFilter narrows a list of tokens.
type TokenFilter struct {
	Q      string `query:"q" maxLength:"100" doc:"Part of the uid, whatever its case"`
	Status string `query:"status" enum:"accepted,blocked" doc:"Only of this status"`
	Driver string `query:"driver" maxLength:"100" doc:"Only of this driver"`
	Group  string `query:"group" maxLength:"255" doc:"Only of this group"`
}

type tokenQuery struct {
	Page
	TokenFilter
}

func (s *server) listTokens(ctx context.Context, sc access.Scope, in *tokenQuery) (list[token], error) {
	after, err := in.after(1)
	if err != nil {
		return list[token]{}, err
	}
	f := drivers.TokenFilter{Text: in.Q, Status: in.Status, Driver: in.Driver, Group: in.Group, After: after.keys[0]}
	return store.Read(ctx, s.o.DB, func(tx *store.Tx) (list[token], error) {
		rows, err := drivers.TokensBy(tx, sc, f, in.Limit+1)
		return pageOf(rows, in.Limit, showToken, func(t drivers.Token) place { return byID(drivers.Key(t.UID)) }), err
	})
}

type tokenGroup struct {
	ID     string `json:"id"`
	Tokens int64  `json:"tokens"`
}

func (s *server) listGroups(ctx context.Context, sc access.Scope, in *pageQuery) (list[tokenGroup], error) {
	after, err := in.after(1)
	if err != nil {
		return list[tokenGroup]{}, err
	}
	return store.Read(ctx, s.o.DB, func(tx *store.Tx) (list[tokenGroup], error) {
		rows, err := drivers.Groups(tx, sc, after.keys[0], in.Limit+1)
		return pageOf(rows, in.Limit, func(g drivers.Group) tokenGroup { return tokenGroup(g) }, func(g drivers.Group) place { return byID(g.ID) }), err
	})
}

type tokenPut struct {
	TokenPath
	Writing
	Body tokenBody
}

type tokenBody struct {
	Type                string     `json:"type,omitempty" maxLength:"20" default:"ISO14443" doc:"As OCPP 2.x spells it: ISO14443, ISO15693, eMAID, Central, KeyCode, Local, MacAddress…"`
	DriverID            *string    `json:"driver_id" required:"false" maxLength:"100"`
	GroupID             string     `json:"group_id,omitempty" maxLength:"255"`
	Status              string     `json:"status,omitempty" enum:"accepted,blocked" default:"accepted"`
	ExpiresAt           *time.Time `json:"expires_at" required:"false"`
	PrepaidCredit       *int64     `json:"prepaid_credit" required:"false" minimum:"0"`
	MaxEnergyWh         *int64     `json:"max_energy_wh" required:"false" minimum:"0"`
	MaxParallelSessions *int64     `json:"max_parallel_sessions" required:"false" minimum:"0"`
}

// putToken replaces a token as a whole: what the body leaves out is unlimited,
// and the token accepted.
func (s *server) putToken(ctx context.Context, sc access.Scope, in *tokenPut) (token, error) {
	b := in.Body
	t := drivers.Token{
		UID: in.UID, Type: b.Type, Group: b.GroupID, Status: b.Status, PrepaidCredit: b.PrepaidCredit, MaxEnergyWh: b.MaxEnergyWh,
		MaxParallelSessions: b.MaxParallelSessions,
	}
	if b.ExpiresAt != nil {
		t.ExpiresAt = *b.ExpiresAt
	}
	if b.DriverID != nil {
		t.Driver = *b.DriverID
	}
	return store.Do(ctx, s.o.DB, "token/"+drivers.Key(in.UID), func(tx *store.Tx) (token, error) {
		now, found, err := drivers.FindToken(tx, sc.Tenant, in.UID)
		if err != nil {
			return token{}, err
		}
		var current any
		if found {
			current = showToken(now)
		}
		if err := in.check(current); err != nil {
			return token{}, err
		}
		if t.Driver != "" {
			if _, err := drivers.GetDriver(tx, sc, t.Driver); err != nil {
				return token{}, asField(err, "driver_id")
			}
		}
		if err := drivers.PutToken(tx, sc, t); err != nil {
			return token{}, err
		}
		now, err = drivers.GetToken(tx, sc, in.UID)
		return showToken(now), err
	})
}

func (s *server) deleteToken(ctx context.Context, sc access.Scope, in *struct{ TokenPath }) error {
	_, err := store.Do(ctx, s.o.DB, "token/"+drivers.Key(in.UID), func(tx *store.Tx) (none, error) {
		return none{}, drivers.DeleteToken(tx, sc, in.UID)
	})
	return err
}

type driver struct {
	ID        string     `json:"id"`
	Name      string     `json:"name"`
	Email     string     `json:"email"`
	Phone     string     `json:"phone"`
	Language  string     `json:"language" doc:"ISO 639-1"`
	CreatedAt time.Time  `json:"created_at"`
	Tokens    int64      `json:"tokens" doc:"How many there are"`
	Sessions  int64      `json:"sessions" doc:"How many there were"`
	LastAt    *time.Time `json:"last_session_at"`
}

func showDriver(d drivers.Driver) driver {
	return driver{ID: d.ID, Name: d.Name, Email: d.Email, Phone: d.Phone, Language: d.Language, CreatedAt: d.CreatedAt.UTC()}
}

// showDrivers completes drivers by what they have and did.
func showDrivers(tx *store.Tx, sc access.Scope, rows []drivers.Driver) ([]driver, error) {
	ids := make([]string, len(rows))
	for i, d := range rows {
		ids[i] = d.ID
	}
	tokens, err := drivers.TokensOfEach(tx, sc, ids)
	if err != nil {
		return nil, err
	}
	use, err := sessions.UseOf(tx, sc, ids)
	if err != nil {
		return nil, err
	}
	out := make([]driver, len(rows))
	for i, d := range rows {
		out[i] = showDriver(d)
		out[i].Tokens, out[i].Sessions, out[i].LastAt = tokens[d.ID], use[d.ID].Sessions, moment(use[d.ID].Last)
	}
	return out, nil
}

func readDriver(tx *store.Tx, sc access.Scope, id string) (driver, error) {
	d, err := drivers.GetDriver(tx, sc, id)
	if err != nil {
		return driver{}, err
	}
	all, err := showDrivers(tx, sc, []drivers.Driver{d})
	if err != nil {
		return driver{}, err
	}
	return all[0], nil
}

// DriverBody is what is known of a driver.
type DriverBody struct {
	Name     string `json:"name" minLength:"1" maxLength:"200"`
	Email    string `json:"email,omitempty" maxLength:"254"`
	Phone    string `json:"phone,omitempty" maxLength:"40"`
	Language string `json:"language,omitempty" pattern:"^([a-z]{2})?$" doc:"ISO 639-1"`
}

// driver is what the body says of a driver.
func (b DriverBody) driver(id string) (drivers.Driver, error) {
	if b.Email != "" {
		if a, err := mail.ParseAddress(b.Email); err != nil || a.Address != b.Email {
			return drivers.Driver{}, fail.Field("api.driver", "email", "it is no email address")
		}
	}
	return drivers.Driver{ID: id, Name: b.Name, Email: b.Email, Phone: b.Phone, Language: b.Language}, nil
}

type driverPost struct {
	Body struct{ DriverBody } `nameHint:"NewDriver"`
}

func (s *server) postDriver(ctx context.Context, sc access.Scope, in *driverPost) (driver, error) {
	d, err := in.Body.driver("")
	if err != nil {
		return driver{}, err
	}
	return store.Do(ctx, s.o.DB, "driver", func(tx *store.Tx) (driver, error) {
		id, err := drivers.CreateDriver(tx, sc, d)
		if err != nil {
			return driver{}, err
		}
		return readDriver(tx, sc, id)
	})
}

type driverPut struct {
	ID string `path:"id" maxLength:"100"`
	Writing
	Body struct{ DriverBody } `nameHint:"ChangeDriver"`
}

// putDriver replaces what is known of a driver: what the body leaves out is
// empty.
func (s *server) putDriver(ctx context.Context, sc access.Scope, in *driverPut) (driver, error) {
	d, err := in.Body.driver(in.ID)
	if err != nil {
		return driver{}, err
	}
	return store.Do(ctx, s.o.DB, "driver", func(tx *store.Tx) (driver, error) {
		now, err := readDriver(tx, sc, in.ID)
		if err != nil {
			return driver{}, err
		}
		if err := in.check(now); err != nil {
			return driver{}, err
		}
		if err := drivers.Update(tx, sc, d); err != nil {
			return driver{}, err
		}
		return readDriver(tx, sc, in.ID)
	})
}

func (s *server) getDriver(ctx context.Context, sc access.Scope, in *struct {
	ID string `path:"id" maxLength:"100"`
	Reading
}) (driver, error) {
	return store.Read(ctx, s.o.DB, func(tx *store.Tx) (driver, error) {
		return readDriver(tx, sc, in.ID)
	})
}

// DriverFilter narrows a list of drivers.
type DriverFilter struct {
	Q string `query:"q" maxLength:"100" doc:"Part of the name, email or phone"`
}

type driverQuery struct {
	Page
	DriverFilter
}

func (s *server) listDrivers(ctx context.Context, sc access.Scope, in *driverQuery) (list[driver], error) {
	after, err := in.after(1)
	if err != nil {
		return list[driver]{}, err
	}
	return store.Read(ctx, s.o.DB, func(tx *store.Tx) (list[driver], error) {
		rows, err := drivers.DriversBy(tx, sc, in.Q, after.at, after.keys[0], in.Limit+1)
		if err != nil {
			return list[driver]{}, err
		}
		all, err := showDrivers(tx, sc, rows)
		return pageOf(all, in.Limit, func(v driver) driver { return v }, func(v driver) place { return byTime(v.CreatedAt, v.ID) }), err
	})
}
