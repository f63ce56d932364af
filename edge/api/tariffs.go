package api

import (
	"bytes"
	"context"
	"slices"
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
		rows, err := tariffsFor(tx, sc, tariff.Cursor{UpdatedAt: after.at, ID: after.keys[0]}, in.Limit+1)
		return pageOf(rows, in.Limit, showTariff, func(t tariff.Summary) place { return byTime(t.UpdatedAt, t.ID) }), err
	})
}

// tariffsFor lists the tariffs that the scope sees: where it sees some sites
// only, those that apply at the stations there.
func tariffsFor(tx *store.Tx, sc access.Scope, after tariff.Cursor, limit int) ([]tariff.Summary, error) {
	if !sc.Limited() {
		return tariff.List(tx, sc.Tenant, after, limit)
	}
	ids, err := applying(tx, sc)
	if err != nil {
		return nil, err
	}
	return tariff.ListSome(tx, sc.Tenant, ids, after, limit)
}

// seesTariff refuses a tariff that the scope does not see, as one that is not
// there.
func seesTariff(tx *store.Tx, sc access.Scope, id string) error {
	if !sc.Limited() {
		return nil
	}
	ids, err := applying(tx, sc)
	if err == nil && !slices.Contains(ids, id) {
		err = fail.New(fail.NotFound, "api.seesTariff", "there is no tariff %q", id)
	}
	return err
}

// maxApplying bounds the stations whose tariffs a host is shown.
const maxApplying = 10_000

// applying returns the ids of the tariffs at the stations that the scope sees.
func applying(tx *store.Tx, sc access.Scope) ([]string, error) {
	rows, err := stations.List(tx, sc, "", maxApplying)
	if err != nil {
		return nil, err
	}
	at := make(map[string]string, len(rows))
	for _, r := range rows {
		at[r.ID] = r.Site
	}
	return tariff.Applying(tx, sc.Tenant, at)
}

func (s *server) getTariff(ctx context.Context, sc access.Scope, in *struct {
	TariffPath
	Reading
}) ([]byte, error) {
	return store.Read(ctx, s.o.DB, func(tx *store.Tx) ([]byte, error) {
		if err := seesTariff(tx, sc, in.ID); err != nil {
			return nil, err
		}
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
		if err := seesTariff(tx, sc, in.ID); err != nil {
			return nil, err
		}
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

type tariffVersion struct {
	Version   string    `json:"version"`
	Currency  string    `json:"currency"`
	CreatedAt time.Time `json:"created_at"`
	Current   bool      `json:"current" doc:"It holds for sessions that begin now"`
}

func (s *server) listTariffVersions(ctx context.Context, sc access.Scope, in *struct{ TariffPath }) (list[tariffVersion], error) {
	return store.Read(ctx, s.o.DB, func(tx *store.Tx) (list[tariffVersion], error) {
		v := list[tariffVersion]{Items: []tariffVersion{}}
		if err := seesTariff(tx, sc, in.ID); err != nil {
			return v, err
		}
		_, now, err := tariff.Get(tx, sc.Tenant, in.ID)
		if err != nil {
			return v, err
		}
		all, err := tariff.Versions(tx, sc.Tenant, in.ID)
		for _, x := range all {
			v.Items = append(v.Items, tariffVersion{string(x.Version), x.Currency, x.CreatedAt.UTC(), x.Version == now.Version})
		}
		return v, err
	})
}

type sentence struct {
	Language string   `json:"language"`
	Sentence string   `json:"sentence"`
	Details  []string `json:"details" doc:"Every price and when it holds, in the order in which the first that fits is taken; then limits"`
}

func (s *server) getSentence(ctx context.Context, sc access.Scope, in *struct {
	TariffPath
	Language string `query:"lang" default:"en" pattern:"^[a-z]{2}$" doc:"ISO 639-1; English where the tariff has no text of its own"`
	Version  string `query:"version" maxLength:"64" doc:"The current one, unless given"`
}) (sentence, error) {
	return store.Read(ctx, s.o.DB, func(tx *store.Tx) (sentence, error) {
		if err := seesTariff(tx, sc, in.ID); err != nil {
			return sentence{}, err
		}
		t, err := (*tariff.Tariff)(nil), error(nil)
		if in.Version != "" {
			t, err = tariff.GetVersion(tx, sc.Tenant, in.ID, tariff.Version(in.Version))
		} else {
			t, _, err = tariff.Get(tx, sc.Tenant, in.ID)
		}
		if err != nil {
			return sentence{}, err
		}
		return sentence{in.Language, tariff.Sentence(t, in.Language), append([]string{}, tariff.Details(t, in.Language)...)}, nil
	})
}

type assignment struct {
	Kind     string `json:"kind" enum:"tenant,site,station"`
	Place    string `json:"place"`
	TariffID string `json:"tariff_id"`
}

// listAssignments lists where tariffs apply. Of a caller who sees some sites
// only, those at their sites and stations and of the tenant as a whole.
func (s *server) listAssignments(ctx context.Context, sc access.Scope, _ *struct{}) (list[assignment], error) {
	return store.Read(ctx, s.o.DB, func(tx *store.Tx) (list[assignment], error) {
		v := list[assignment]{Items: []assignment{}}
		all, err := tariff.Assignments(tx, sc.Tenant)
		if err != nil {
			return v, err
		}
		mine, err := seesPlaces(tx, sc)
		if err != nil {
			return v, err
		}
		for _, a := range all {
			if mine(a.Place) {
				v.Items = append(v.Items, assignment{a.Kind, a.ID, a.Tariff})
			}
		}
		return v, nil
	})
}

// seesPlaces returns whether the scope sees a place of its tenant.
func seesPlaces(tx *store.Tx, sc access.Scope) (func(tariff.Place) bool, error) {
	if !sc.Limited() {
		return func(tariff.Place) bool { return true }, nil
	}
	rows, err := stations.List(tx, sc, "", maxApplying)
	if err != nil {
		return nil, err
	}
	at := map[tariff.Place]bool{{Kind: tariff.OfTenant, ID: sc.Tenant}: len(rows) > 0}
	for _, r := range rows {
		at[tariff.Place{Kind: tariff.OfStation, ID: r.ID}] = true
		at[tariff.Place{Kind: tariff.OfSite, ID: r.Site}] = true
	}
	return func(p tariff.Place) bool { return at[p] }, nil
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
