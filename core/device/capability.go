package device

import (
	"slices"
	"strings"
)

// Capability is something a device can do, derived from its settings.
type Capability string

// The capabilities.
const (
	CanReserve      Capability = "reservation"
	CanSmartCharge  Capability = "smart_charging"
	CanLocalList    Capability = "local_list"
	CanFirmware     Capability = "firmware"
	CanTrigger      Capability = "remote_trigger"
	CanDisplay      Capability = "display"
	CanCost         Capability = "tariff_and_cost"
	CanPlugCharge   Capability = "plug_and_charge"
	CanMonitor      Capability = "monitoring"
	CanV2X          Capability = "v2x"
	CanDER          Capability = "der_control"
	CanWebPayment   Capability = "web_payment"
	CanBatterySwap  Capability = "battery_swap"
	CanPaymentLocal Capability = "payment_terminal"
)

// profiles16 maps SupportedFeatureProfiles (1.6 §9.1).
var profiles16 = map[string]Capability{
	"reservation": CanReserve, "smartcharging": CanSmartCharge, "localauthlistmanagement": CanLocalList,
	"firmwaremanagement": CanFirmware, "remotetrigger": CanTrigger,
}

// controllers2x maps the controllers whose variable Available or Enabled says
// that a block is there (2.x part 2 appendices, device model).
var controllers2x = map[string]Capability{
	"reservationctrlr": CanReserve, "smartchargingctrlr": CanSmartCharge, "localauthlistctrlr": CanLocalList, "displaymessagectrlr": CanDisplay,
	"tariffcostctrlr": CanCost, "iso15118ctrlr": CanPlugCharge, "monitoringctrlr": CanMonitor,
	"v2xchargingctrlr": CanV2X, "acderctrlr": CanDER, "dcderctrlr": CanDER, "webpaymentsctrlr": CanWebPayment, "batteryswapctrlr": CanBatterySwap, "paymentctrlr": CanPaymentLocal,
}

// Capabilities derives what a device can do from what is known of its settings.
// Nothing known gives none: it is no proof that it cannot. Triggering and
// firmware belong to every 2.x device.
func Capabilities(ks []Known) []Capability {
	have := map[Capability]bool{}
	for _, k := range ks {
		name, yes := strings.ToLower(k.Variable), strings.EqualFold(strings.TrimSpace(k.Value), "true")
		switch {
		case k.Component == "" && name == "supportedfeatureprofiles":
			for p := range strings.SplitSeq(k.Value, ",") {
				if c, ok := profiles16[strings.ToLower(strings.TrimSpace(p))]; ok {
					have[c] = true
				}
			}
		case k.Component != "":
			have[CanTrigger], have[CanFirmware] = true, true
			if c, ok := controllers2x[strings.ToLower(k.Component)]; ok && yes && (name == "available" || name == "enabled") {
				have[c] = true
			}
		}
	}
	out := make([]Capability, 0, len(have))
	for c := range have {
		out = append(out, c)
	}
	slices.Sort(out)
	return out
}
