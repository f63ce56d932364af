package central

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"chargewright/base/store"
	"chargewright/core/device"
	"chargewright/wire/ocpp"
)

// priceMessage is the id of the first of the two display messages that say prices.
const priceMessage = 7_300_000

// maxPriceText bounds a price text in characters (2.0.1 MessageContent.content).
const maxPriceText = 512

// defaultPrice16 is the value of the key DefaultPrice, or of DefaultPriceText with a
// language (OCA application note for California, 3.1.1 and 3.2).
type defaultPrice16 struct {
	Text     string           `json:"priceText"`
	Charging *chargingPrice16 `json:"chargingPrice,omitempty"`
}

// maxConfiguration16 bounds a value of ChangeConfiguration (1.6 CiString500).
const maxConfiguration16 = 500

// showPrice16 sets the default price, which holds from then on.
func showPrice16(ctx context.Context, t *talk, c device.ShowPrice) (device.Outcome, error) {
	if len(c.Now.Texts) == 0 {
		return device.Outcome{}, oneText(ocpp.V16, 0)
	}
	var rates *chargingPrice16
	if c.Now.Rates != nil {
		rates = ocpp.Ptr(prices16(*c.Now.Rates))
	}
	set := device.SetSettings{Values: []device.Value{{Setting: device.Setting{Variable: "DefaultPrice"}, Value: priced16(c.Now.Texts[0].Content, rates)}}}
	for _, x := range c.Now.Texts[1:] {
		set.Values = append(set.Values, device.Value{Setting: device.Setting{Variable: "DefaultPriceText," + x.Language}, Value: priced16(x.Content, nil)})
	}
	return setSettings16(ctx, t, set)
}

// priced16 is a value that fits: the text is cut where it must be.
func priced16(text string, rates *chargingPrice16) string {
	for n := len([]rune(text)); ; n = n * 9 / 10 {
		b, err := json.Marshal(defaultPrice16{short(text, n), rates})
		if err != nil || len(b) <= maxConfiguration16 || n == 0 {
			return string(b)
		}
	}
}

// showPrice2x says a price by what the station has for it: display messages, and
// in 2.1 tariffs. What went worst is the outcome.
func showPrice2x(s *speech) saying {
	return func(ctx context.Context, t *talk, command device.Command) (device.Outcome, error) {
		c, ok := command.(device.ShowPrice)
		if !ok || len(c.Now.Texts) == 0 || c.Next != nil && len(c.Next.Texts) == 0 || c.Slot < 0 || c.Slot > 1 {
			return device.Outcome{}, oneText(s.version, 0)
		}
		shows, err := store.Read(ctx, t.db, func(tx *store.Tx) (device.Screen, error) {
			shows, _, err := device.ScreenAt(tx, t.station.ID)
			return shows, err
		})
		if err != nil {
			return device.Outcome{}, err
		}
		var steps []device.Command
		if shows.Messages {
			steps = append(steps, messages2x(s.version, c)...)
		}
		if shows.Tariffs && s.version == ocpp.V21 {
			steps = append(steps, tariffs2x(c)...)
		}
		if len(steps) == 0 {
			return device.Outcome{}, unsupported("the station shows no prices")
		}
		out := device.Outcome{Status: device.Accepted}
		for _, x := range steps {
			o, err := s.say[device.Kind(x)](ctx, t, x)
			if err != nil {
				return out, err
			}
			there := o.Word == "DuplicateTariffId" // ids are of one content: it was told before
			if missing := o.Status == device.Unknown && cleans(x); !o.Status.OK() && !missing && !there {
				if o.Reason == "" {
					o.Reason = device.Kind(x)
				}
				out = device.Outcome{Status: o.Status, Word: o.Word, Reason: o.Reason}
			}
		}
		return out, nil
	}
}

// cleans reports whether a step takes something away, which may not be there.
func cleans(c device.Command) bool {
	switch c.(type) {
	case device.ClearMessage, device.ClearTariffs:
		return true
	}
	return false
}

// messages2x are the steps that say prices in messages: what holds now ends when
// the next begins.
func messages2x(v ocpp.Version, c device.ShowPrice) []device.Command {
	show := func(slot int64, texts []device.Text, from, to time.Time) device.Command {
		return device.ShowMessage{ID: priceMessage + slot, Priority: "NormalCycle", State: "Idle", From: from, To: to, Texts: texts2xOf(v, texts)}
	}
	if c.Next == nil {
		return []device.Command{show(c.Slot, c.Now.Texts, time.Time{}, time.Time{}), device.ClearMessage{ID: priceMessage + 1 - c.Slot}}
	}
	return []device.Command{show(c.Slot, c.Now.Texts, time.Time{}, c.Next.From), show(1-c.Slot, c.Next.Texts, c.Next.From, time.Time{})}
}

// texts2xOf are the texts as a version shows them: 2.0.1 one, in which the
// languages follow each other.
func texts2xOf(v ocpp.Version, list []device.Text) []device.Text {
	out := make([]device.Text, 0, len(list))
	var lines []string
	for _, x := range list {
		lines = append(lines, x.Content)
		x.Content = short(x.Content, maxPriceText)
		out = append(out, x)
	}
	if v == ocpp.V201 {
		out = out[:1]
		out[0].Content = short(strings.Join(lines, "\n"), maxPriceText)
	}
	return out
}

// tariffs2x are the steps that give a station the tariffs to rate by.
func tariffs2x(c device.ShowPrice) []device.Command {
	var out []device.Command
	if len(c.Drop) > 0 {
		out = append(out, device.ClearTariffs{Tariffs: c.Drop})
	}
	for _, p := range c.Now.Tariffs {
		out = append(out, device.SetDefaultTariff(p))
	}
	if c.Next != nil {
		for _, p := range c.Next.Tariffs {
			out = append(out, device.SetDefaultTariff(p))
		}
	}
	return out
}
