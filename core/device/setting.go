package device

import (
	"strings"
	"time"

	"chargewright/base/store"
)

// Known is a setting as a device last reported or took it.
type Known struct {
	Setting
	Value    string // secrets are masked
	ReadOnly bool
	SeenAt   time.Time
}

// maxSettings bounds the settings kept of one device.
const maxSettings = 5_000

// Learn records settings that a device reported, or took from us. Beyond
// maxSettings only those on file are kept up to date.
func Learn(tx *store.Tx, device string, ks []Known) error {
	shows := false
	for _, k := range ks {
		shows = shows || tells(k.Setting)
		if SecretSetting(k.Variable) {
			k.Value = mask(k.Value)
		}
		if k.Attribute == "" {
			k.Attribute = "Actual"
		}
		args := []any{
			device, cut(k.Component, 200), cut(k.ComponentInstance, 200), k.EVSE, k.Connector, cut(k.Variable, 200), cut(k.Instance, 200), cut(k.Attribute, 20),
			cut(k.Value, 2500), k.ReadOnly, tx.Now(),
		}
		n, err := tx.Exec(`UPDATE device_setting SET value = $9, read_only = $10, seen_at = $11 WHERE device_id = $1 AND component = $2
			AND component_instance = $3 AND evse = $4 AND connector = $5 AND variable = $6 AND instance = $7 AND attribute = $8`, args...)
		if err != nil {
			return err
		}
		if n > 0 {
			continue
		}
		_, err = tx.Exec(`INSERT INTO device_setting (device_id, component, component_instance, evse, connector, variable, instance, attribute, value, read_only, seen_at)
			SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11 WHERE (SELECT COUNT(*) FROM device_setting WHERE device_id = $1) < $12`, append(args, maxSettings)...)
		if err != nil {
			return err
		}
	}
	if shows {
		return restate(tx, device)
	}
	return nil
}

// Settings lists what is known of a device's settings, in order of their names.
func Settings(tx *store.Tx, device string) ([]Known, error) {
	return store.All(tx, func(r *store.Row) Known {
		return Known{Setting{r.Text(0), r.Text(1), r.Int(2), r.Int(3), r.Text(4), r.Text(5), r.Text(6)}, r.Text(7), r.Bool(8), r.Time(9)}
	}, `SELECT component, component_instance, evse, connector, variable, instance, attribute, value, read_only, seen_at FROM device_setting
		WHERE device_id = $1 ORDER BY component, component_instance, evse, connector, variable, instance, attribute`, device)
}

// SettingOf returns the value of a setting, "" where it is not known. Names compare
// without regard to case, as OCPP has it.
func SettingOf(tx *store.Tx, device string, s Setting) (string, error) {
	if s.Attribute == "" {
		s.Attribute = "Actual"
	}
	v, _, err := store.One(tx, func(r *store.Row) string { return r.Text(0) }, `SELECT value FROM device_setting WHERE device_id = $1 AND LOWER(component) = $2
		AND LOWER(component_instance) = $3 AND evse = $4 AND connector = $5 AND LOWER(variable) = $6 AND LOWER(instance) = $7 AND attribute = $8
		ORDER BY seen_at DESC, component, variable LIMIT 1`,
		device, strings.ToLower(s.Component), strings.ToLower(s.ComponentInstance), s.EVSE, s.Connector, strings.ToLower(s.Variable), strings.ToLower(s.Instance), s.Attribute)
	return v, err
}
