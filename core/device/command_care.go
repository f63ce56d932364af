package device

import (
	"encoding/json"
	"strings"
	"time"
)

// Setting names a configuration key (1.6: Variable alone) or a variable of a
// component (2.x: both).
type Setting struct {
	Component         string `json:"component,omitempty"`
	ComponentInstance string `json:"component_instance,omitempty"`
	EVSE              int64  `json:"evse,omitempty"`
	Connector         int64  `json:"connector,omitempty"`
	Variable          string `json:"variable,omitempty"` // "" in a report is all of the component
	Instance          string `json:"instance,omitempty"`
	Attribute         string `json:"attribute,omitempty"` // Target, MinSet, MaxSet; "" is Actual
}

// Value is a setting with the value it is to have.
type Value struct {
	Setting
	Value string `json:"value"`
}

// MarshalJSON masks the values of passwords, keys and PINs.
func (v Value) MarshalJSON() ([]byte, error) {
	type plain Value
	if SecretSetting(v.Variable) {
		v.Value = mask(v.Value)
	}
	return json.Marshal(plain(v))
}

// SecretSetting reports whether the value of a setting of that name is not to be
// shown or kept.
func SecretSetting(name string) bool {
	name = strings.ToLower(name)
	for _, s := range []string{"password", "authorizationkey", "secret", "psk", "vpnkey", "simpin", "privatekey", "sharedkey"} {
		if strings.Contains(name, s) {
			return true
		}
	}
	return false
}

// GetSettings reads settings, however many. Data: []SettingResult in no
// promised order.
type GetSettings struct {
	Settings []Setting `json:"settings"`
}

// SetSettings writes settings, however many; none may be named twice. Data:
// []SettingResult. The status is the worst of them.
type SetSettings struct {
	Values []Value `json:"values"`
}

// SettingResult is a setting as a station answers for it.
type SettingResult struct {
	Setting
	Value    string `json:"value,omitempty"` // of GetSettings
	ReadOnly bool   `json:"read_only,omitempty"`
	Status   Status `json:"status"`
	Word     string `json:"word,omitempty"`
	Reason   string `json:"reason,omitempty"`
}

// ReportSettings asks for many settings: by Base, or (2.x) those that are named
// and meet a criterion (active, available, enabled, problem). A 1.6 station
// answers at once with all keys (Data: []SettingResult); a 2.x station in parts
// that carry Outcome.Request.
type ReportSettings struct {
	Request  int64     `json:"request,omitempty"` // 0: one is made
	Base     string    `json:"base,omitempty"`    // configuration, full, summary
	Settings []Setting `json:"settings,omitempty"`
	Criteria []string  `json:"criteria,omitempty"`
}

// SetNetworkProfile writes how a station connects (2.x); it takes effect when
// its network priority names the slot.
type SetNetworkProfile struct {
	Slot            int64   `json:"slot"`
	Version         string  `json:"version"` // "1.6", "2.0.1", "2.1"
	URL             string  `json:"url"`
	Interface       string  `json:"interface"` // Wired0…3, Wireless0…3, Any (2.1)
	Timeout         int64   `json:"timeout_s"` // s
	SecurityProfile int64   `json:"security_profile"`
	Identity        string  `json:"identity,omitempty"` // 2.1
	Password        Secret  `json:"password,omitempty"` // 2.1
	APN             *APN    `json:"apn,omitempty"`
	VPN             *Tunnel `json:"vpn,omitempty"`
}

// APN is an access point of a mobile network.
type APN struct {
	Name           string `json:"name"`
	User           string `json:"user,omitempty"`
	Password       Secret `json:"password,omitempty"`
	PIN            Secret `json:"pin,omitempty"` // digits
	Network        string `json:"network,omitempty"`
	OnlyNetwork    bool   `json:"only_network,omitempty"`
	Authentication string `json:"authentication"` // PAP, CHAP, NONE, AUTO
}

// Tunnel is a virtual private network.
type Tunnel struct {
	Server   string `json:"server"`
	User     string `json:"user"`
	Group    string `json:"group,omitempty"`
	Password Secret `json:"password"`
	Key      Secret `json:"key"`
	Type     string `json:"type"` // IKEv2, IPSec, L2TP, PPTP
}

// SendTokens writes the local list: all of it, or (not Full) the changes. A
// Full one without tokens empties the list. A list too long for one message
// goes in several, each raising the version by one. Data: TokenListVersion, the
// version the station holds now. When changes fail, send it all.
type SendTokens struct {
	Version int64         `json:"version"`
	Full    bool          `json:"full,omitempty"`
	Tokens  []ListedToken `json:"tokens,omitempty"`
}

// MarshalJSON tells how many tokens there are and not which.
func (c SendTokens) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Version int64 `json:"version"`
		Full    bool  `json:"full"`
		Count   int   `json:"count"`
	}{c.Version, c.Full, len(c.Tokens)})
}

// ListedToken is a token of a local list. An empty Status takes it off the list.
type ListedToken struct {
	Token
	Status    string    `json:"status,omitempty"` // Accepted, Blocked, Expired, Invalid …, as OCPP spells them
	ExpiresAt time.Time `json:"expires_at,omitzero"`
}

// ListVersion asks for the version of the local list. Data: TokenListVersion.
type ListVersion struct{}

// TokenListVersion is the version of a local list: 0 empty, −1 not supported (1.6).
type TokenListVersion int64

// ClearCache empties the authorisation cache.
type ClearCache struct{}

// CustomerInformation asks what a station keeps of a customer, named in one of
// three ways, or has it cleared (2.x). The report carries Outcome.Request.
type CustomerInformation struct {
	Request     int64            `json:"request,omitempty"` // 0: one is made
	Report      bool             `json:"report,omitempty"`
	Clear       bool             `json:"clear,omitempty"`
	Token       *Token           `json:"token,omitempty"`
	Certificate *CertificateHash `json:"certificate,omitempty"`
	Customer    Secret           `json:"customer,omitempty"` // an identifier of the station's own
}

// Monitor watches a setting (2.x).
type Monitor struct {
	ID          *int64     `json:"id,omitempty"` // nil adds one
	On          Setting    `json:"on"`
	Type        string     `json:"type"` // as OCPP spells it: UpperThreshold, Delta, Periodic …
	Value       Micro      `json:"value"`
	Severity    int64      `json:"severity"` // 0 worst … 9
	Transaction bool       `json:"transaction,omitempty"`
	Stream      *StreamSet `json:"stream,omitempty"` // 2.1
}

// StreamSet is how often an event stream sends (2.1).
type StreamSet struct {
	Interval *int64 `json:"interval_s,omitempty"` // s
	Values   *int64 `json:"values,omitempty"`
}

// SetMonitors adds or replaces monitors (2.x). Data: []MonitorResult.
type SetMonitors struct {
	Monitors []Monitor `json:"monitors"`
}

// ClearMonitors removes monitors (2.x). Data: []MonitorResult.
type ClearMonitors struct {
	IDs []int64 `json:"ids"`
}

// MonitorResult is a monitor as a station answers for it.
type MonitorResult struct {
	ID     int64   `json:"id,omitempty"`
	On     Setting `json:"on,omitzero"`
	Type   string  `json:"type,omitempty"`
	Status Status  `json:"status"`
	Word   string  `json:"word,omitempty"`
	Reason string  `json:"reason,omitempty"`
}

// ReportMonitors asks for the monitors in force, in parts that carry
// Outcome.Request (2.x). Criteria: threshold, delta, periodic.
type ReportMonitors struct {
	Request  int64     `json:"request,omitempty"` // 0: one is made
	Settings []Setting `json:"settings,omitempty"`
	Criteria []string  `json:"criteria,omitempty"`
}

// SetMonitoringBase activates a set of monitors: All, FactoryDefault,
// HardWiredOnly (2.x).
type SetMonitoringBase struct {
	Base string `json:"base"`
}

// SetMonitoringLevel has events reported up to a severity, 0…9 (2.x).
type SetMonitoringLevel struct {
	Severity int64 `json:"severity"`
}

// AdjustStream changes an event stream (2.1).
type AdjustStream struct {
	ID int64 `json:"id"`
	StreamSet
}

// ListStreams asks for the event streams (2.1). Data: []Stream.
type ListStreams struct{}

// Stream is an event stream of a station.
type Stream struct {
	ID      int64 `json:"id"`
	Monitor int64 `json:"monitor"`
	StreamSet
}

// UpdateFirmware has firmware loaded and installed. With a certificate and a
// signature it is the signed update of 1.6 security and 2.x. Progress carries
// Outcome.Request, but for the unsigned update of 1.6.
type UpdateFirmware struct {
	Request     int64     `json:"request,omitempty"` // 0: one is made
	Location    Address   `json:"location"`
	LoadAt      time.Time `json:"load_at,omitzero"` // zero: at once
	InstallAt   time.Time `json:"install_at,omitzero"`
	Certificate string    `json:"certificate,omitempty"` // PEM
	Signature   string    `json:"signature,omitempty"`   // base64
	Attempts
}

// Attempts bound how often a station tries a transfer; nil leaves it to it.
type Attempts struct {
	Retries       *int64 `json:"retries,omitempty"`
	RetryInterval *int64 `json:"retry_interval_s,omitempty"` // s
}

// PublishFirmware has a local controller offer firmware to its stations (2.x).
type PublishFirmware struct {
	Request  int64   `json:"request,omitempty"` // 0: one is made
	Location Address `json:"location"`
	Checksum string  `json:"checksum"` // MD5, hex
	Attempts
}

// UnpublishFirmware ends a PublishFirmware (2.x).
type UnpublishFirmware struct {
	Checksum string `json:"checksum"`
}

// GetLog has a log uploaded. Data: LogFile. Progress carries Outcome.Request,
// but for the diagnostics of 1.6.
type GetLog struct {
	Request  int64     `json:"request,omitempty"` // 0: one is made
	Log      Log       `json:"log"`
	Location Address   `json:"location"`
	From     time.Time `json:"from,omitzero"`
	To       time.Time `json:"to,omitzero"`
	Attempts
}

// Log is a kind of log.
type Log string

// The logs.
const (
	Diagnostics   Log = "diagnostics"
	SecurityLog   Log = "security"
	DataCollector Log = "data_collector" // 2.1
)

// LogFile is the name of the file a station will upload.
type LogFile string

// CertificateUse is what a certificate is for.
type CertificateUse string

// The uses. Roots are installed; V2GChain is only listed; the last three are
// what a station asks to be signed.
const (
	CSMSRoot         CertificateUse = "csms_root"
	ManufacturerRoot CertificateUse = "manufacturer_root"
	V2GRoot          CertificateUse = "v2g_root"
	MORoot           CertificateUse = "mo_root"
	OEMRoot          CertificateUse = "oem_root" // 2.1
	V2GChain         CertificateUse = "v2g_chain"
	StationLeaf      CertificateUse = "station"
	V2GLeaf          CertificateUse = "v2g"
	V2G20Leaf        CertificateUse = "v2g20" // 2.1
)

// InstallCertificate installs a root certificate.
type InstallCertificate struct {
	Use CertificateUse `json:"use"`
	PEM string         `json:"pem"`
}

// DeleteCertificate removes a certificate. The use matters to 1.6 alone, which
// has two messages for it: V2GRoot, MORoot and V2GChain belong to Plug & Charge.
type DeleteCertificate struct {
	Use  CertificateUse  `json:"use,omitempty"`
	Hash CertificateHash `json:"hash"`
}

// CertificateHash names a certificate by hashes of its issuer and its serial
// number (security whitepaper §5.2).
type CertificateHash struct {
	Algorithm  string `json:"algorithm"` // SHA256, SHA384, SHA512
	IssuerName string `json:"issuer_name"`
	IssuerKey  string `json:"issuer_key"`
	Serial     string `json:"serial"` // hex, without leading zeros
}

// ListCertificates asks for installed certificates of those uses, or of any (of
// 1.6: of the two roots its security extension knows). Data: []Certificate.
type ListCertificates struct {
	Uses []CertificateUse `json:"uses,omitempty"`
}

// Certificate is a certificate a station holds.
type Certificate struct {
	Use      CertificateUse    `json:"use"`
	Hash     CertificateHash   `json:"hash"`
	Children []CertificateHash `json:"children,omitempty"`
}

// SignedCertificate answers a station's request to sign: the chain, leaf first,
// in PEM.
type SignedCertificate struct {
	Use     CertificateUse `json:"use,omitempty"`     // "" is StationLeaf
	Request int64          `json:"request,omitempty"` // of the request to sign (2.1)
	Chain   string         `json:"chain"`
}

// ShowMessage puts a message on the display, in one or (2.1) several languages
// (2.x).
type ShowMessage struct {
	ID          int64     `json:"id"`
	Priority    string    `json:"priority"`        // AlwaysFront, InFront, NormalCycle
	State       string    `json:"state,omitempty"` // Charging, Faulted, Idle, Unavailable; Suspended, Discharging (2.1)
	From        time.Time `json:"from,omitzero"`
	To          time.Time `json:"to,omitzero"`
	Transaction string    `json:"transaction,omitempty"`
	Display     *Setting  `json:"display,omitempty"` // the component; nil the main display
	Texts       []Text    `json:"texts"`
}

// Text is a text for people.
type Text struct {
	Format   string `json:"format"` // ASCII, HTML, URI, UTF8, QRCODE (2.1)
	Language string `json:"language,omitempty"`
	Content  string `json:"content"`
}

// ClearMessage takes a message off the display (2.x).
type ClearMessage struct {
	ID int64 `json:"id"`
}

// GetMessages asks for messages on display, in parts that carry
// Outcome.Request (2.x).
type GetMessages struct {
	Request  int64   `json:"request,omitempty"` // 0: one is made
	IDs      []int64 `json:"ids,omitempty"`
	Priority string  `json:"priority,omitempty"`
	State    string  `json:"state,omitempty"`
}

func (GetSettings) command() string         { return "get_settings" }
func (SetSettings) command() string         { return "set_settings" }
func (ReportSettings) command() string      { return "report_settings" }
func (SetNetworkProfile) command() string   { return "set_network_profile" }
func (SendTokens) command() string          { return "send_tokens" }
func (ListVersion) command() string         { return "list_version" }
func (ClearCache) command() string          { return "clear_cache" }
func (CustomerInformation) command() string { return "customer_information" }
func (SetMonitors) command() string         { return "set_monitors" }
func (ClearMonitors) command() string       { return "clear_monitors" }
func (ReportMonitors) command() string      { return "report_monitors" }
func (SetMonitoringBase) command() string   { return "set_monitoring_base" }
func (SetMonitoringLevel) command() string  { return "set_monitoring_level" }
func (AdjustStream) command() string        { return "adjust_stream" }
func (ListStreams) command() string         { return "list_streams" }
func (UpdateFirmware) command() string      { return "update_firmware" }
func (PublishFirmware) command() string     { return "publish_firmware" }
func (UnpublishFirmware) command() string   { return "unpublish_firmware" }
func (GetLog) command() string              { return "get_log" }
func (InstallCertificate) command() string  { return "install_certificate" }
func (DeleteCertificate) command() string   { return "delete_certificate" }
func (ListCertificates) command() string    { return "list_certificates" }
func (SignedCertificate) command() string   { return "signed_certificate" }
func (ShowMessage) command() string         { return "show_message" }
func (ClearMessage) command() string        { return "clear_message" }
func (GetMessages) command() string         { return "get_messages" }
