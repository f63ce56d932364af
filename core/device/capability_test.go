package device

import (
	"fmt"
	"testing"
)

func TestCapabilities(t *testing.T) {
	known := func(component, variable, value string) Known {
		return Known{Setting: Setting{Component: component, Variable: variable}, Value: value}
	}
	for _, c := range []struct {
		ks   []Known
		want string
	}{
		{nil, "[]"},
		{[]Known{known("", "SupportedFeatureProfiles", "Core, SmartCharging,Reservation,Unheard")}, "[reservation smart_charging]"},
		{[]Known{known("", "HeartbeatInterval", "60")}, "[]"},
		{[]Known{known("SmartChargingCtrlr", "Available", "true"), known("ReservationCtrlr", "Available", "false")}, "[firmware remote_trigger smart_charging]"},
		{[]Known{known("smartchargingctrlr", "enabled", "TRUE"), known("SmartChargingCtrlr", "Entries", "true")}, "[firmware remote_trigger smart_charging]"},
	} {
		if got := fmt.Sprint(Capabilities(c.ks)); got != c.want {
			t.Errorf("%v: %s, want %s", c.ks, got, c.want)
		}
	}
}
