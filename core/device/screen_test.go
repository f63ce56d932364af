package device_test

import (
	"reflect"
	"testing"

	"chargewright/base/store"
	"chargewright/core/access"
	"chargewright/core/device"
)

func known(component, variable, instance, value string) device.Known {
	return device.Known{Setting: device.Setting{Component: component, Variable: variable, Instance: instance}, Value: value}
}

func TestWhatAStationShowsIsReadFromItsSettings(t *testing.T) {
	for name, c := range map[string]struct {
		ks   []device.Known
		want device.Screen
	}{
		"nothing known":       {nil, device.Screen{}},
		"1.6 without the key": {[]device.Known{known("", "SupportedLanguages", "", "en")}, device.Screen{}},
		"1.6 California": {
			[]device.Known{
				known("", "CustomDisplayCostAndPrice", "", "TRUE"), known("", "CustomIdleFeeAfterStop", "", "true"),
				known("", "CustomMultiLanguageMessages", "", "true"), known("", "SupportedLanguages", "", "en-US, de,de-AT"),
			},
			device.Screen{Cost: true, Prices: true, IdleAfterStop: true, Languages: []string{"en", "de"}},
		},
		"1.6 in one language": {
			[]device.Known{known("", "customdisplaycostandprice", "", "true"), known("", "SupportedLanguages", "", "en")}, device.Screen{Cost: true, Prices: true},
		},
		"2.x available and not enabled": {
			[]device.Known{known("TariffCostCtrlr", "Available", "Cost", "true"), known("TariffCostCtrlr", "Enabled", "Cost", "false")}, device.Screen{},
		},
		"2.x costs in euros, messages": {
			[]device.Known{known("TariffCostCtrlr", "Enabled", "Cost", "true"), known("TariffCostCtrlr", "Currency", "", "eur"), known("DisplayMessageCtrlr", "Available", "", "true")},
			device.Screen{Cost: true, Messages: true, Currency: "EUR"},
		},
		"tariffs are not costs": {[]device.Known{known("TariffCostCtrlr", "Available", "Tariff", "true")}, device.Screen{Tariffs: true}},
	} {
		if got := device.ScreenOf(c.ks); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func TestAnotherCurrencyIsNotShown(t *testing.T) {
	for _, c := range []struct {
		shows, currency string
		want            bool
	}{{"EUR", "EUR", true}, {"EUR", "eur", true}, {"EUR", "SEK", false}, {"EUR", "", false}, {"", "SEK", true}} {
		if got := (device.Screen{Cost: true, Currency: c.shows}).Pays(c.currency); got != c.want {
			t.Errorf("a screen of %q shows %q: %v", c.shows, c.currency, got)
		}
	}
}

// What is learnt of settings changes the screen; another firmware makes it unknown.
func TestTheScreenFollowsTheSettings(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		must(t, db, func(tx *store.Tx) error {
			d, err := device.Install(tx, access.DefaultTenant, "CS-1")
			if err != nil {
				return err
			}
			look := func() (device.Screen, bool) {
				s, ok, err := device.ScreenAt(tx, "CS-1")
				if err != nil {
					t.Fatal(err)
				}
				return s, ok
			}
			if _, ok := look(); ok {
				t.Error("known before anything was told")
			}
			if err := device.Learn(tx, d.ID, []device.Known{known("", "HeartbeatInterval", "", "300")}); err != nil {
				return err
			}
			if _, ok := look(); ok {
				t.Error("known by a setting that tells nothing of it")
			}
			if err := device.Asked(tx, "CS-1"); err != nil {
				return err
			}
			if s, ok := look(); !ok || s.Cost || s.Can() {
				t.Errorf("asked, and it told nothing: %+v %v", s, ok)
			}
			if err := device.Learn(tx, d.ID, []device.Known{known("", "CustomDisplayCostAndPrice", "", "true")}); err != nil {
				return err
			}
			if s, ok := look(); !ok || !s.Cost || !s.Prices {
				t.Errorf("told: %+v %v", s, ok)
			}
			if _, err := device.Booted(tx, d, device.Facts{Firmware: "2.0"}); err != nil {
				return err
			}
			if _, ok := look(); ok {
				t.Error("known of another firmware")
			}
			told, err := device.Recall(tx, "CS-1")
			if s, ok := look(); err != nil || !told || !ok || !s.Cost {
				t.Errorf("recalled: %v %+v %v %v", told, s, ok, err)
			}
			return err
		})
	})
}
