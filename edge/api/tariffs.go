package api

import (
	"bytes"
	"context"
	"time"

	"chargewright/base/fail"
	"chargewright/base/store"
	"chargewright/core/access"
	stations "chargewright/core/station"
	"chargewright/core/tariff"
)

type tariffView struct {
	ID        string    `json:"id"`
	Name      string    `json:"name"`
	Version   string    `json:"version" doc:"Hash of the tariff's meaning"`
	Currency  string    `json:"currency"`
	UpdatedAt time.Time `json:"updated_at"`
}

func showTariff(t tariff.Summary) tariffView {
	return tariffView{t.ID, t.Name, string(t.Version), t.Currency, t.UpdatedAt.UTC()}
}

// TariffPath names a tariff.
type TariffPath struct {
	ID string `path:"id" minLength:"1" maxLength:"36"`
}

func (s *server) listTariffs(ctx context.Context, sc access.Scope, in *pageQuery) (list[tariffView], error) {
	after, err := in.after(1)
	if err != nil {
		return list[tariffView]{}, err
	}
	return store.Read(ctx, s.o.DB, func(tx *store.Tx) (list[tariffView], error) {
		rows, err := tariff.List(tx, sc.Tenant, tariff.Cursor{UpdatedAt: after.at, ID: after.keys[0]}, in.Limit+1)
		return pageOf(rows, in.Limit, showTariff, func(t tariff.Summary) place { return byTime(t.UpdatedAt, t.ID) }), err
	})
}

func (s *server) getTariff(ctx context.Context, sc access.Scope, in *struct {
	TariffPath
	Reading
}) ([]byte, error) {
	return store.Read(ctx, s.o.DB, func(tx *store.Tx) ([]byte, error) {
		t, _, err := tariff.Get(tx, sc.Tenant, in.ID)
		if err != nil {
			return nil, err
		}
		return t.Original, nil
	})
}

func (s *server) getTariffVersion(ctx context.Context, sc access.Scope, in *struct {
	TariffPath
	Version string `path:"version" maxLength:"64"`
	Reading
}) ([]byte, error) {
	return store.Read(ctx, s.o.DB, func(tx *store.Tx) ([]byte, error) {
		t, err := tariff.GetVersion(tx, sc.Tenant, in.ID, tariff.Version(in.Version))
		if err != nil {
			return nil, err
		}
		return t.Original, nil
	})
}

type tariffPut struct {
	TariffPath
	Writing
	Name string `query:"name" maxLength:"200" doc:"For people; the id, unless given"`
	Body document
}

// putTariff makes the body the tariff's current version. The If-Match of the
// object that GET answers guards it.
func (s *server) putTariff(ctx context.Context, sc access.Scope, in *tariffPut) (tariffView, error) {
	t, err := tariff.Parse(in.Body)
	if err != nil {
		return tariffView{}, err
	}
	if t.ID != in.ID {
		return tariffView{}, fail.Field("api.putTariff", "id", "it is not the id in the path")
	}
	return store.Do(ctx, s.o.DB, "tariff/"+in.ID, func(tx *store.Tx) (tariffView, error) {
		now, _, err := tariff.Get(tx, sc.Tenant, in.ID)
		var current any
		switch {
		case err == nil:
			current = document(now.Original)
		case !fail.Is(err, fail.NotFound):
			return tariffView{}, err
		}
		if err := in.check(current); err != nil {
			return tariffView{}, err
		}
		if _, err := tariff.Put(tx, sc.Tenant, in.Name, t); err != nil {
			return tariffView{}, err
		}
		_, v, err := tariff.Get(tx, sc.Tenant, in.ID)
		return showTariff(v), err
	})
}

func (s *server) deleteTariff(ctx context.Context, sc access.Scope, in *struct{ TariffPath }) error {
	_, err := store.Do(ctx, s.o.DB, "tariff/"+in.ID, func(tx *store.Tx) (none, error) {
		return none{}, tariff.Delete(tx, sc.Tenant, in.ID)
	})
	return err
}

type sentence struct {
	Language string `json:"language"`
	Sentence string `json:"sentence"`
}

func (s *server) getSentence(ctx context.Context, sc access.Scope, in *struct {
	TariffPath
	Language string `query:"lang" default:"en" pattern:"^[a-z]{2}$" doc:"ISO 639-1; English where the tariff has no text of its own"`
}) (sentence, error) {
	return store.Read(ctx, s.o.DB, func(tx *store.Tx) (sentence, error) {
		t, _, err := tariff.Get(tx, sc.Tenant, in.ID)
		if err != nil {
			return sentence{}, err
		}
		return sentence{in.Language, tariff.Sentence(t, in.Language)}, nil
	})
}

type assignment struct {
	Kind     string `json:"kind" enum:"tenant,site,station"`
	Place    string `json:"place"`
	TariffID string `json:"tariff_id"`
}

type assignmentPut struct {
	Kind  string `path:"kind" enum:"tenant,site,station"`
	Place string `path:"place" maxLength:"100" doc:"The id of the site or station; of the tenant: default"`
	Body  struct {
		TariffID string `json:"tariff_id" maxLength:"36" doc:"Empty takes the assignment away"`
	} `nameHint:"AssignTariff"`
}

// putAssignment says which tariff applies at a place of the caller's tenant.
func (s *server) putAssignment(ctx context.Context, sc access.Scope, in *assignmentPut) (assignment, error) {
	return store.Do(ctx, s.o.DB, "tariff/"+in.Body.TariffID, func(tx *store.Tx) (assignment, error) {
		p := tariff.Place{Kind: in.Kind, ID: in.Place}
		var err error
		switch in.Kind {
		case tariff.OfStation:
			_, err = stations.Get(tx, sc, in.Place)
		case tariff.OfSite:
			_, err = stations.GetSite(tx, sc, in.Place)
		default:
			if in.Place != "default" && in.Place != sc.Tenant {
				err = fail.New(fail.NotFound, "api.putAssignment", "there is no tenant %q", in.Place)
			}
			p.ID = sc.Tenant
		}
		if err != nil {
			return assignment{}, err
		}
		err = asField(tariff.Assign(tx, sc.Tenant, p, in.Body.TariffID), "tariff_id")
		return assignment{in.Kind, p.ID, in.Body.TariffID}, err
	})
}

// rateTariff prices the session of a rate file.
func (s *server) rateTariff(_ context.Context, _ access.Scope, in *struct{ Body document }) ([]byte, error) {
	return tariff.RateFile(bytes.NewReader(in.Body))
}
