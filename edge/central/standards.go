package central

import (
	"strings"

	"chargewright/base/store"
	"chargewright/core/device"
	"chargewright/core/station"
)

// standards are the connectors that OCPP 2.x names (ConnectorEnumType, in 2.1
// the values of ConnectorEnumStringType) in the words of OCPI.
var standards = map[string]string{
	"cccs1": "IEC_62196_T1_COMBO", "cccs2": "IEC_62196_T2_COMBO", "cg105": "CHADEMO", "cchaoji": "CHAOJI", "cultrachaoji": "CHAOJI",
	"ctype1": "IEC_62196_T1", "ctype2": "IEC_62196_T2", "stype2": "IEC_62196_T2", "stype3": "IEC_62196_T3C",
	"s309-1p-16a": "IEC_60309_2_single_16", "s309-3p-16a": "IEC_60309_2_three_16", "s309-3p-32a": "IEC_60309_2_three_32",
	"sbs1361": "DOMESTIC_G", "scee-7-7": "DOMESTIC_E", "ctesla": "TESLA_S", "cnacs": "SAE_J3400", "cnacs-ccs1": "IEC_62196_T1_COMBO",
	"cccs1-nacs": "IEC_62196_T1_COMBO", "stype1": "IEC_62196_T1",
	"cgbt-dc": "GBT_DC", "cgbt": "GBT_DC", "cmcs": "MCS", "pan": "PANTOGRAPH_TOP_DOWN", "opptcharge": "PANTOGRAPH_TOP_DOWN",
}

// learnStandards takes what a station's device model says of its plugs
// (variable ConnectorType of the component Connector, 2.x part 2, referenced
// components): it fills in what no operator said.
func learnStandards(tx *store.Tx, id string, ks []device.Known) {
	for _, k := range ks {
		if !strings.EqualFold(k.Component, "Connector") || !strings.EqualFold(k.Variable, "ConnectorType") || k.EVSE == 0 {
			continue
		}
		if s := standards[strings.ToLower(k.Value)]; s != "" {
			station.LearnStandard(tx, id, k.EVSE, k.Connector, s)
		}
	}
}
