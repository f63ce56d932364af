package access

import "chargewright/base/store"

// Names returns how the tenant's users and API keys are called, by id; who has
// no name, is gone, or is somebody else (a driver, the server) is left out. At
// most 10,000 ids.
func Names(tx *store.Tx, tenant string, ids []string) (map[string]string, error) {
	names := map[string]string{}
	type one struct{ id, name string }
	for _, q := range []string{`SELECT id, name FROM access_user WHERE tenant_id = $1 AND `, `SELECT id, label FROM access_key WHERE tenant_id = $1 AND `} {
		args := []any{tenant}
		in := In("id", ids, &args)
		rows, err := store.All(tx, func(r *store.Row) one { return one{r.Text(0), r.Text(1)} }, q+in, args...)
		if err != nil {
			return nil, err
		}
		for _, r := range rows {
			if r.name != "" {
				names[r.id] = r.name
			}
		}
	}
	return names, nil
}
