package device

import "chargewright/base/store"

// maxProfileCommands bounds the commands that ProfileCommands returns.
const maxProfileCommands = 1_000

// ProfileCommands returns the commands about charging profiles that the device
// standing at a station accepted, in the order of its answers; of more than
// 1,000 the newest. They are of the kinds set_charging_profile,
// clear_charging_profiles, update_schedule and remote_start.
func ProfileCommands(tx *store.Tx, tenant, station string) ([]Record, error) {
	d, found, err := At(tx, station)
	if err != nil || !found {
		return nil, err
	}
	return store.All(tx, scanRecord, `SELECT `+recordColumns+` FROM (
		SELECT `+recordColumns+` FROM device_command
		WHERE tenant_id = $1 AND station_id = $2 AND device_id = $3 AND state = 'answered' AND answered_at IS NOT NULL AND status IN ('accepted', 'scheduled', 'reboot_required')
			AND kind IN ('set_charging_profile', 'clear_charging_profiles', 'update_schedule', 'remote_start')
		ORDER BY queued_at DESC, id DESC LIMIT $4) newest ORDER BY answered_at, queued_at, id`, tenant, station, d.ID, maxProfileCommands)
}
