package v21

// Values that 2.1 adds to lists it keeps in its appendices instead of its
// schemas, where any other text is allowed too.
const (
	IDTokenDirectPayment IDTokenEnum = "DirectPayment"
	IDTokenEVCCID        IDTokenEnum = "EVCCID"
	IDTokenVIN           IDTokenEnum = "VIN"

	ConnectorCChaoJi      ConnectorEnum = "cChaoJi"
	ConnectorCGBTDC       ConnectorEnum = "cGBT-DC"
	ConnectorCLECCS       ConnectorEnum = "cLECCS"
	ConnectorCMCS         ConnectorEnum = "cMCS"
	ConnectorCNACS        ConnectorEnum = "cNACS"
	ConnectorCNACSCCS1    ConnectorEnum = "cNACS-CCS1"
	ConnectorCCCS1NACS    ConnectorEnum = "cCCS1-NACS"
	ConnectorCUltraChaoJi ConnectorEnum = "cUltraChaoJi"
	ConnectorSType1       ConnectorEnum = "sType1"
)
