package api

import (
	"context"
	"time"

	"chargewright/base/store"
	"chargewright/core/access"
)

// Key describes an API key.
type Key struct {
	ID        string     `json:"id"`
	Label     string     `json:"label"`
	Role      string     `json:"role" enum:"owner,operator,finance,technician,support,viewer,host"`
	Sites     []string   `json:"sites,omitzero" nullable:"true" doc:"Of a host: the only sites it sees; absent for the others, who see all"`
	CreatedAt time.Time  `json:"created_at"`
	RevokedAt *time.Time `json:"revoked_at"`
}

type newKey struct {
	Key
	Secret string `json:"secret" doc:"Shown here once and kept nowhere"`
}

func showKey(k access.Key) Key {
	return Key{k.ID, k.Label, string(k.Role), k.Sites, k.CreatedAt.UTC(), moment(k.RevokedAt)}
}

type keyPost struct {
	Body struct {
		Role  string   `json:"role" enum:"owner,operator,finance,technician,support,viewer,host"`
		Label string   `json:"label,omitempty" maxLength:"100" doc:"Who uses it"`
		Sites []string `json:"sites,omitempty" maxItems:"1000" doc:"Of a host: the only sites it sees"`
	} `nameHint:"CreateKey"`
}

func (s *server) postKey(ctx context.Context, sc access.Scope, in *keyPost) (newKey, error) {
	return store.Do(ctx, s.o.DB, "keys/"+sc.Tenant, func(tx *store.Tx) (newKey, error) {
		if err := sitesExist(tx, sc, in.Body.Sites); err != nil {
			return newKey{}, err
		}
		secret, err := access.CreateKey(tx, sc.Tenant, access.Role(in.Body.Role), in.Body.Label, in.Body.Sites...)
		if err != nil {
			return newKey{}, err
		}
		k, err := access.KeyOf(tx, sc, secret)
		return newKey{showKey(k), secret}, err
	})
}

func (s *server) getKey(ctx context.Context, sc access.Scope, in *struct {
	ID string `path:"id" maxLength:"100"`
	Reading
}) (Key, error) {
	return store.Read(ctx, s.o.DB, func(tx *store.Tx) (Key, error) {
		k, err := access.GetKey(tx, sc, in.ID)
		return showKey(k), err
	})
}

func (s *server) listKeys(ctx context.Context, sc access.Scope, in *pageQuery) (list[Key], error) {
	after, err := in.after(1)
	if err != nil {
		return list[Key]{}, err
	}
	return store.Read(ctx, s.o.DB, func(tx *store.Tx) (list[Key], error) {
		rows, err := access.KeysBefore(tx, sc, after.at, after.keys[0], in.Limit+1)
		return pageOf(rows, in.Limit, showKey, func(k access.Key) place { return byTime(k.CreatedAt, k.ID) }), err
	})
}

func (s *server) deleteKey(ctx context.Context, sc access.Scope, in *struct {
	ID string `path:"id" maxLength:"100"`
}) error {
	_, err := store.Do(ctx, s.o.DB, "keys/"+sc.Tenant, func(tx *store.Tx) (none, error) {
		return none{}, access.Revoke(tx, sc, in.ID)
	})
	return err
}

type status struct {
	Version string `json:"version" doc:"Of the product"`
	Healthy bool   `json:"healthy" doc:"Whether the server can do its work"`
	Role    string `json:"role" doc:"The caller's"`
}

func (s *server) getStatus(ctx context.Context, sc access.Scope, _ *struct{}) (status, error) {
	return status{s.o.Version, s.o.Healthy(ctx) == nil, string(sc.Role)}, nil
}
