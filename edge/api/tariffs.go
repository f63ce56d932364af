package api

import (
	"bytes"
	"context"
	"slices"
	"time"

	"chargewright/base/fail"
	"chargewright/base/store"
	"chargewright/core/access"
	"chargewright/core/billing"
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
	return tariff.Offered(tx, sc.Tenant, at)
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
	Name string    `query:"name" maxLength:"200" doc:"For people; the id, unless given"`
	From time.Time `query:"from" doc:"From when on it holds, up to two years ahead; at once, unless given. The first version of a tariff holds at once"`
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
		if _, err := tariff.PutFrom(tx, sc.Tenant, in.Name, t, in.From); err != nil {
			return tariffView{}, err
		}
		if err := billing.Lawful(tx, sc); err != nil {
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

// withdrawTariff takes back a version that is planned, unless what then goes on
// is not lawful where it is offered.
func (s *server) withdrawTariff(ctx context.Context, sc access.Scope, in *struct {
	TariffPath
	From time.Time `query:"from" required:"true" doc:"From when on it would hold, as the list of versions says"`
}) error {
	_, err := store.Do(ctx, s.o.DB, "tariff/"+in.ID, func(tx *store.Tx) (none, error) {
		if err := tariff.Withdraw(tx, sc.Tenant, in.ID, in.From); err != nil {
			return none{}, err
		}
		return none{}, billing.Lawful(tx, sc) // the version before it goes on
	})
	return err
}

type tariffVersion struct {
	Version   string     `json:"version"`
	Currency  string     `json:"currency"`
	From      *time.Time `json:"from" doc:"From when on it holds, until the next does; null: since ever"`
	CreatedAt time.Time  `json:"created_at" doc:"When it was published or planned"`
	State     string     `json:"state" enum:"planned,current,past" doc:"current: it holds for sessions that begin now"`
	Current   bool       `json:"current"`
}

func (s *server) listTariffVersions(ctx context.Context, sc access.Scope, in *struct{ TariffPath }) (list[tariffVersion], error) {
	return store.Read(ctx, s.o.DB, func(tx *store.Tx) (list[tariffVersion], error) {
		v := list[tariffVersion]{Items: []tariffVersion{}}
		if err := seesTariff(tx, sc, in.ID); err != nil {
			return v, err
		}
		if _, _, err := tariff.Get(tx, sc.Tenant, in.ID); err != nil {
			return v, err
		}
		all, err := tariff.Versions(tx, sc.Tenant, in.ID)
		state := "planned"
		for _, x := range all {
			switch {
			case state == "planned" && !x.From.After(tx.Now()):
				state = "current"
			case state == "current":
				state = "past"
			}
			v.Items = append(v.Items, tariffVersion{string(x.Version), x.Currency, moment(x.From), x.CreatedAt.UTC(), state, state == "current"})
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

// rateTariff prices the session of a rate file.
func (s *server) rateTariff(_ context.Context, _ access.Scope, in *struct{ Body document }) ([]byte, error) {
	return tariff.RateFile(bytes.NewReader(in.Body))
}
