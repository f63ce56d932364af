package sim

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"
)

// The settings a station acts upon, by their 1.6 names. 2.x reaches them as
// variables of components.
const (
	allowOfflineTxForUnknownID      = "AllowOfflineTxForUnknownId"
	authorizationCacheEnabled       = "AuthorizationCacheEnabled"
	authorizeRemoteTxRequests       = "AuthorizeRemoteTxRequests"
	authorizationKey                = "AuthorizationKey"
	clockAlignedDataInterval        = "ClockAlignedDataInterval"
	connectionTimeOut               = "ConnectionTimeOut"
	heartbeatInterval               = "HeartbeatInterval"
	localAuthListEnabled            = "LocalAuthListEnabled"
	localAuthorizeOffline           = "LocalAuthorizeOffline"
	localPreAuthorize               = "LocalPreAuthorize"
	meterValuesSampledData          = "MeterValuesSampledData"
	meterValueSampleInterval        = "MeterValueSampleInterval"
	stopTransactionOnEVDisconnect   = "StopTransactionOnEVSideDisconnect"
	stopTransactionOnInvalidID      = "StopTransactionOnInvalidId"
	transactionMessageAttempts      = "TransactionMessageAttempts"
	transactionMessageRetryInterval = "TransactionMessageRetryInterval"
	webSocketPingInterval           = "WebSocketPingInterval"
)

// setting is one configuration key.
type setting struct {
	name     string
	value    string
	form     settingForm
	readonly bool
	hidden   bool // write-only
	reboot   bool // takes effect after a reboot
}

type settingForm uint8

const (
	asText settingForm = iota
	asNumber
	asBool
	asJSON // or nothing
)

// settings are a station's configuration in a fixed order.
type settings struct {
	order []string
	byKey map[string]*setting // lower case
}

func newSettings(c Config) settings {
	connectors := 0
	for _, e := range c.EVSEs {
		connectors += e.Connectors
	}
	sample := strconv.Itoa(int(c.Sample / time.Second))
	t := settings{byKey: map[string]*setting{}}
	for _, k := range append([]setting{
		{name: allowOfflineTxForUnknownID, value: "true", form: asBool},
		{name: authorizationCacheEnabled, value: "false", form: asBool, readonly: true},
		{name: authorizationKey, value: c.Password, hidden: true},
		{name: authorizeRemoteTxRequests, value: "false", form: asBool},
		{name: "BlinkRepeat", value: "0", form: asNumber},
		{name: clockAlignedDataInterval, value: "0", form: asNumber},
		{name: connectionTimeOut, value: "120", form: asNumber},
		{name: "ConnectorPhaseRotation", value: "Unknown"},
		{name: "GetConfigurationMaxKeys", value: "50", form: asNumber, readonly: true},
		{name: heartbeatInterval, value: "300", form: asNumber},
		{name: "LightIntensity", value: "80", form: asNumber},
		{name: localAuthListEnabled, value: "true", form: asBool},
		{name: "LocalAuthListMaxLength", value: strconv.Itoa(maxListed), form: asNumber, readonly: true},
		{name: localAuthorizeOffline, value: "true", form: asBool},
		{name: localPreAuthorize, value: "false", form: asBool},
		{name: meterValuesSampledData, value: "Energy.Active.Import.Register,Power.Active.Import,Current.Import,Voltage,SoC"},
		{name: "MeterValuesAlignedData", value: "Energy.Active.Import.Register"},
		{name: meterValueSampleInterval, value: sample, form: asNumber},
		{name: "MinimumStatusDuration", value: "0", form: asNumber},
		{name: "NumberOfConnectors", value: strconv.Itoa(connectors), form: asNumber, readonly: true},
		{name: "ResetRetries", value: "1", form: asNumber},
		{name: "SecurityProfile", value: map[bool]string{true: "1", false: "0"}[c.Password != ""], form: asNumber, reboot: true},
		{name: "SendLocalListMaxLength", value: strconv.Itoa(maxListed), form: asNumber, readonly: true},
		{name: stopTransactionOnEVDisconnect, value: "true", form: asBool, readonly: true},
		{name: stopTransactionOnInvalidID, value: "true", form: asBool},
		{name: "StopTxnAlignedData", value: "", readonly: true},
		{name: "StopTxnSampledData", value: "Energy.Active.Import.Register", readonly: true},
		{name: "SupportedFeatureProfiles", readonly: true,
			value: "Core,FirmwareManagement,LocalAuthListManagement,Reservation,SmartCharging,RemoteTrigger"},
		{name: transactionMessageAttempts, value: "3", form: asNumber},
		{name: transactionMessageRetryInterval, value: "20", form: asNumber},
		{name: "UnlockConnectorOnEVSideDisconnect", value: "true", form: asBool},
		{name: webSocketPingInterval, value: "60", form: asNumber},
		{name: "ChargeProfileMaxStackLevel", value: strconv.Itoa(maxStack), form: asNumber, readonly: true},
		{name: "ChargingScheduleAllowedChargingRateUnit", value: "Current,Power", readonly: true},
		{name: "ChargingScheduleMaxPeriods", value: strconv.Itoa(maxPeriods), form: asNumber, readonly: true},
		{name: "MaxChargingProfilesInstalled", value: strconv.Itoa(maxProfiles), form: asNumber, readonly: true},
		{name: "ReserveConnectorZeroSupported", value: "true", form: asBool, readonly: true},
		{name: "CpoName", value: ""},
	}, append(screenSettings(c), qrSettings(c)...)...) {
		t.order = append(t.order, k.name)
		t.byKey[strings.ToLower(k.name)] = &k
	}
	return t
}

func (t settings) find(name string) *setting { return t.byKey[strings.ToLower(name)] }

// set changes a setting on behalf of the CSMS. The answer is Accepted,
// Rejected, RebootRequired or NotSupported (unknown).
func (t settings) set(name, value string) string {
	k := t.find(name)
	switch {
	case k == nil:
		return "NotSupported"
	case k.readonly || !k.form.fits(value):
		return rejected
	}
	k.value = value
	if k.form == asBool {
		k.value = strings.ToLower(value)
	}
	if k.reboot {
		return "RebootRequired"
	}
	return accepted
}

func (f settingForm) fits(value string) bool {
	switch f {
	case asNumber:
		n, err := strconv.Atoi(value)
		return err == nil && n >= 0 && n <= 1<<30
	case asBool:
		return strings.EqualFold(value, "true") || strings.EqualFold(value, "false")
	case asJSON:
		return len(value) <= 2_000 && (value == "" || json.Valid([]byte(value)))
	}
	return len(value) <= 500
}

func (t settings) put(name string, d time.Duration) {
	t.find(name).value = strconv.Itoa(int(d / time.Second))
}

func (t settings) number(name string) int {
	n, err := strconv.Atoi(t.find(name).value)
	if err != nil {
		return 0
	}
	return n
}

func (t settings) seconds(name string) time.Duration {
	return time.Duration(t.number(name)) * time.Second
}

func (t settings) on(name string) bool { return t.find(name).value == "true" }

func (t settings) lists(name, item string) bool {
	for _, v := range strings.Split(t.find(name).value, ",") {
		if strings.TrimSpace(v) == item {
			return true
		}
	}
	return false
}

// changed lets a new value take effect at once.
func (s *Station) changed(name string) {
	switch {
	case strings.EqualFold(name, heartbeatInterval):
		s.setHeart()
	case strings.EqualFold(name, webSocketPingInterval):
		s.setPing()
	case strings.EqualFold(name, clockAlignedDataInterval):
		s.setAligned()
	case strings.EqualFold(name, authorizationKey):
		s.cfg.Password = s.settings.find(authorizationKey).value
	case strings.EqualFold(name, meterValueSampleInterval):
		for _, e := range s.evses {
			if e.tx != nil && e.tx.flowing {
				e.tx.setSampler()
			}
		}
	}
}
