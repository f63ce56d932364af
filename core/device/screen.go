package device

import (
	"reflect"
	"slices"
	"strings"

	"chargewright/base/outbox"
	"chargewright/base/store"
	"chargewright/core/access"
)

// TopicScreen is the event that what the device at a station shows has become known,
// or is another. The key is the station's id.
const TopicScreen = "device.screen"

// Screen is what a device can show its drivers of prices and costs.
type Screen struct {
	Device        string   // whose it is; "" where it is derived from settings alone
	Cost          bool     // what a session costs, so far and in the end
	Prices        bool     // price texts and figures (1.6, California pricing)
	Tariffs       bool     // tariffs by which it rates itself (2.1)
	Messages      bool     // display messages (2.x)
	IdleAfterStop bool     // it tells of the unplugging after a transaction's end (1.6, California pricing)
	Currency      string   // the one it shows; "" any
	Languages     []string // ISO 639-1, of several texts at a time; nil: one text
}

// Can reports whether it shows anything of prices before a session.
func (s Screen) Can() bool { return s.Prices || s.Tariffs || s.Messages }

// Pays reports whether the screen shows amounts in a currency.
func (s Screen) Pays(currency string) bool {
	return s.Currency == "" || strings.EqualFold(s.Currency, currency)
}

// ScreenSettings are the settings that tell what a device shows, for one that
// speaks a version.
func ScreenSettings(version string) []Setting {
	if version == "1.6" {
		return []Setting{
			{Variable: "CustomDisplayCostAndPrice"}, {Variable: "CustomIdleFeeAfterStop"}, {Variable: "CustomMultiLanguageMessages"}, {Variable: "SupportedLanguages"},
		}
	}
	return []Setting{
		{Component: "TariffCostCtrlr", Variable: "Available", Instance: "Cost"}, {Component: "TariffCostCtrlr", Variable: "Enabled", Instance: "Cost"},
		{Component: "TariffCostCtrlr", Variable: "Available", Instance: "Tariff"}, {Component: "TariffCostCtrlr", Variable: "Enabled", Instance: "Tariff"},
		{Component: "TariffCostCtrlr", Variable: "Currency"},
		{Component: "DisplayMessageCtrlr", Variable: "Available"}, {Component: "DisplayMessageCtrlr", Variable: "Enabled"},
	}
}

// SupportedLimits says which limits of a transaction a station keeps by itself (2.1
// E16.FR.12).
var SupportedLimits = Setting{Component: "TxCtrlr", Variable: "SupportedLimits"}

// tells reports whether a setting tells of the screen.
func tells(x Setting) bool {
	version := "2"
	if x.Component == "" {
		version = "1.6"
	}
	return slices.ContainsFunc(ScreenSettings(version), func(y Setting) bool {
		return strings.EqualFold(x.Component, y.Component) && strings.EqualFold(x.Variable, y.Variable)
	})
}

// ScreenOf derives what a device shows from what is known of its settings (1.6
// California pricing 3.1; 2.x part 2 I and O). What is not enabled does not
// count, whatever is available.
func ScreenOf(ks []Known) Screen {
	have := map[string]string{}
	for _, k := range ks {
		if tells(k.Setting) && (k.Attribute == "" || strings.EqualFold(k.Attribute, "Actual")) {
			have[strings.ToLower(k.Component+"."+k.Variable+"."+k.Instance)] = strings.TrimSpace(k.Value)
		}
	}
	yes := func(name string) bool { return strings.EqualFold(have[name], "true") }
	on := func(component, instance string) bool {
		if v := have[component+".enabled."+instance]; v != "" {
			return strings.EqualFold(v, "true")
		}
		return yes(component + ".available." + instance)
	}
	s := Screen{
		Cost: on("tariffcostctrlr", "cost"), Tariffs: on("tariffcostctrlr", "tariff"), Messages: on("displaymessagectrlr", ""),
		Currency: strings.ToUpper(have["tariffcostctrlr.currency."]),
	}
	if yes(".customdisplaycostandprice.") {
		s.Cost, s.Prices, s.IdleAfterStop = true, true, yes(".customidlefeeafterstop.")
		if yes(".custommultilanguagemessages.") {
			for l := range strings.SplitSeq(have[".supportedlanguages."], ",") {
				l, _, _ = strings.Cut(strings.ToLower(strings.TrimSpace(l)), "-")
				if l != "" && !slices.Contains(s.Languages, l) {
					s.Languages = append(s.Languages, l)
				}
			}
		}
	}
	return s
}

// restate derives the screen of a device anew, and lets it be known if it is another.
func restate(tx *store.Tx, device string) error {
	ks, err := Settings(tx, device)
	if err != nil {
		return err
	}
	s := ScreenOf(ks)
	s.Device, s.Currency = device, cut(s.Currency, 10)
	languages := cut(strings.Join(s.Languages, ","), 200)
	s.Languages = unpackLanguages(languages)
	was, err := store.All(tx, scanScreen, screens+`d.id = $1`, device)
	if err != nil || len(was) == 1 && reflect.DeepEqual(was[0].Screen, s) {
		return err
	}
	tx.Write(`INSERT INTO device_screen (device_id, cost, prices, tariffs, messages, idle_after_stop, currency, languages)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (device_id) DO UPDATE SET cost = excluded.cost, prices = excluded.prices, tariffs = excluded.tariffs,
		messages = excluded.messages, idle_after_stop = excluded.idle_after_stop, currency = excluded.currency, languages = excluded.languages`,
		device, s.Cost, s.Prices, s.Tariffs, s.Messages, s.IdleAfterStop, s.Currency, languages)
	at, found, err := store.One(tx, func(r *store.Row) string { return r.Text(0) }, `SELECT station_id FROM device_device WHERE id = $1 AND removed_at IS NULL`, device)
	if err != nil || !found {
		return err
	}
	return outbox.Emit(tx, TopicScreen, at, nil)
}

// Asked records that the device at a station was asked what it shows: what it has
// not told of it does not show.
func Asked(tx *store.Tx, station string) error {
	d, found, err := At(tx, station)
	if err != nil || !found {
		return err
	}
	return restate(tx, d.ID)
}

// Recall derives the screen of the device at a station from the settings on file;
// told is false where none of them tells of it.
func Recall(tx *store.Tx, station string) (told bool, err error) {
	d, found, err := At(tx, station)
	if err != nil || !found {
		return false, err
	}
	ks, err := Settings(tx, d.ID)
	if err != nil || !slices.ContainsFunc(ks, func(k Known) bool { return tells(k.Setting) }) {
		return false, err
	}
	return true, restate(tx, d.ID)
}

// ScreenAt returns what the device at a station shows; known is false where
// nothing is known of it.
func ScreenAt(tx *store.Tx, station string) (s Screen, known bool, err error) {
	all, err := Screens(tx, []string{station})
	s, known = all[station]
	return s, known, err
}

const screens = `SELECT d.station_id, d.id, s.cost, s.prices, s.tariffs, s.messages, s.idle_after_stop, s.currency, s.languages FROM device_device d
	JOIN device_screen s ON s.device_id = d.id WHERE `

type placedScreen struct {
	station string
	Screen
}

func scanScreen(r *store.Row) placedScreen {
	return placedScreen{r.Text(0), Screen{r.Text(1), r.Bool(2), r.Bool(3), r.Bool(4), r.Bool(5), r.Bool(6), r.Text(7), unpackLanguages(r.Text(8))}}
}

func unpackLanguages(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(s, ",")
}

// Screens returns what the devices at some stations show; those of which nothing
// is known are left out.
func Screens(tx *store.Tx, stations []string) (map[string]Screen, error) {
	out := map[string]Screen{}
	for some := range slices.Chunk(stations, 1_000) {
		var args []any
		err := tx.Each(func(r *store.Row) error {
			s := scanScreen(r)
			out[s.station] = s.Screen
			return nil
		}, screens+`d.removed_at IS NULL AND `+access.In("d.station_id", some, &args), args...)
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}
