package station

import (
	"slices"

	"chargewright/base/fail"
	"chargewright/base/store"
)

// Standards are the connectors there are, in the words of OCPI 2.2.1 and 2.3.0
// (ConnectorType).
var Standards = []string{
	"CHADEMO", "CHAOJI", "DOMESTIC_A", "DOMESTIC_B", "DOMESTIC_C", "DOMESTIC_D", "DOMESTIC_E", "DOMESTIC_F", "DOMESTIC_G", "DOMESTIC_H",
	"DOMESTIC_I", "DOMESTIC_J", "DOMESTIC_K", "DOMESTIC_L", "DOMESTIC_M", "DOMESTIC_N", "DOMESTIC_O", "GBT_AC", "GBT_DC",
	"IEC_60309_2_single_16", "IEC_60309_2_three_16", "IEC_60309_2_three_32", "IEC_60309_2_three_64", "IEC_62196_T1", "IEC_62196_T1_COMBO",
	"IEC_62196_T2", "IEC_62196_T2_COMBO", "IEC_62196_T3A", "IEC_62196_T3C", "MCS", "NEMA_5_20", "NEMA_6_30", "NEMA_6_50", "NEMA_10_30",
	"NEMA_10_50", "NEMA_14_30", "NEMA_14_50", "PANTOGRAPH_BOTTOM_UP", "PANTOGRAPH_TOP_DOWN", "SAE_J3400", "TESLA_R", "TESLA_S",
}

// SetStandard records what plug or socket a connector is, one of Standards or
// "" for unknown. A connector never seen is added, its status unknown.
func SetStandard(tx *store.Tx, station string, evse, connector int64, standard string) error {
	const op = "station.SetStandard"
	switch {
	case standard != "" && !slices.Contains(Standards, standard):
		return fail.Field(op, "standard", "%.40q is no connector standard; they are those of OCPI, such as IEC_62196_T2", standard)
	case evse < 1 || evse > MaxEVSE:
		return fail.Field(op, "evse_id", "%d is not within 1…%d", evse, MaxEVSE)
	case connector < 1 || connector > MaxConnector:
		return fail.Field(op, "connector_id", "%d is not within 1…%d", connector, MaxConnector)
	}
	_, err := tx.Exec(`INSERT INTO station_connector (station_id, evse, connector, standard, status, error_code, vendor_error, info)
		VALUES ($1, $2, $3, $4, $5, '', '', '')
		ON CONFLICT (station_id, evse, connector) DO UPDATE SET standard = excluded.standard`, station, evse, connector, standard, Unknown)
	return err
}

// LearnStandard is SetStandard by the station's own word: it fills in what
// nobody said, of a connector that is known.
func LearnStandard(tx *store.Tx, station string, evse, connector int64, standard string) {
	if slices.Contains(Standards, standard) {
		tx.Write(`UPDATE station_connector SET standard = $1 WHERE station_id = $2 AND evse = $3 AND connector = $4 AND standard = ''`,
			standard, station, evse, max(connector, 1))
	}
}
