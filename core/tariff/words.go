package tariff

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"chargewright/base/money"
)

// Languages are those that prices are said in.
var Languages = []string{"en", "de", "fr", "nl", "es", "it"}

// words are what one language says of prices. A % stands for a price or a time.
type words struct {
	lang                                                          string
	free, from, plusTax, net, atMost, atLeast, beforeTax, details string
	perMinute, perHour, since, before, upTo, afterStart           string
	reserved, expired, perReservation, plugged                    string
	otherwise, then, between, seeDetails                          string
	spot, and, fallback                                           string // of a price that follows an index
	holiday                                                       map[Holiday]string
	per, of, short                                                map[Dimension]string
	day                                                           [7]string
	comma, signAfter, signApart                                   bool
}

func wordsOf(lang string) *words {
	if i := slices.Index(Languages, lang); i > 0 {
		return &vocabulary[i]
	}
	return &vocabulary[0]
}

func (w *words) decimal(s string) string {
	if w.comma {
		return strings.Replace(s, ".", ",", 1)
	}
	return s
}

// span says a range of numbers in a unit of 10^scale parts.
func (w *words) span(r Range, scale int, unit string) string {
	number := func(n int64) string { return w.decimal(money.FormatDecimal(n, scale, 0)) }
	switch {
	case !r.used():
		return ""
	case r.Max == 0:
		return w.since + number(r.Min) + unit
	case r.Min == 0:
		return w.upTo + number(r.Max) + unit
	}
	return number(r.Min) + "–" + number(r.Max) + unit
}

// lasting says a range of seconds since the start, in minutes where it is of
// whole ones.
func (w *words) lasting(r Range) string {
	switch {
	case !r.used():
		return ""
	case r.Min%60 == 0 && r.Max%60 == 0:
		return w.span(Range{r.Min / 60, r.Max / 60}, 0, " min") + w.afterStart
	}
	return w.span(r, 0, " s") + w.afterStart
}

// days names the days of a set, those that follow each other from first to
// last; "" is every day.
func (w *words) days(set uint8) string {
	week := []time.Weekday{1, 2, 3, 4, 5, 6, 0}
	if set&everyDay == everyDay {
		return ""
	}
	var out []string
	for i := 0; i < 7; i++ {
		if set&(1<<week[i]) == 0 {
			continue
		}
		k := i
		for k < 6 && set&(1<<week[k+1]) != 0 {
			k++
		}
		switch name := w.day[week[i]]; {
		case k > i+1:
			out = append(out, name+"–"+w.day[week[k]])
		case k == i+1:
			out = append(out, name, w.day[week[k]])
		default:
			out = append(out, name)
		}
		i = k
	}
	return strings.Join(out, " ")
}

// clockTime writes a minute of the day.
func clockTime(minute int) string { return fmt.Sprintf("%d:%02d", minute/60, minute%60) }

// endTime is clockTime of an end, where 0 is midnight.
func endTime(minute int) string {
	if minute == 0 {
		return "24:00"
	}
	return clockTime(minute)
}

func date(d int) string { return fmt.Sprintf("%04d-%02d-%02d", d/10000, d/100%100, d%100) }

// dates says a range of days; its end is exclusive.
func (w *words) dates(start, end int) string {
	switch {
	case start == 0 && end == 0:
		return ""
	case end == 0:
		return w.since + date(start)
	case start == 0:
		return w.before + date(end)
	}
	last := Date(dayOf(int64(end)).AddDate(0, 0, -1))
	if last == start {
		return date(start)
	}
	return date(start) + "–" + date(last)
}

// vocabulary has the words of each of Languages.
var vocabulary = []words{
	{
		lang: "en", free: "free of charge", from: "from ", plusTax: ", plus tax", net: "prices without tax", atMost: "at most ", atLeast: "at least ",
		beforeTax: " before tax", details: "; see details", seeDetails: "see details", perMinute: " per minute", perHour: " per hour",
		reserved: "while reserved", expired: "if the reservation expires", perReservation: " per reservation", plugged: " at the charge point",
		since: "from ", before: "before ", upTo: "up to ", afterStart: " after the start",
		otherwise: "% otherwise", then: "then %", between: "from % to %",
		spot: "spot price", and: " and ", fallback: "where none is known ",
		holiday: map[Holiday]string{OnlyHolidays: "on public holidays", NoHolidays: "not on public holidays"},
		per:     map[Dimension]string{Energy: " per kWh", Flat: " per session", Time: " of charging", ParkingTime: " after charging ends"},
		of:      map[Dimension]string{Energy: ": energy", Flat: ": session", Time: ": charging time", ParkingTime: ": time after charging ends"},
		short:   map[Dimension]string{Energy: "/kWh", Flat: " per session", Time: " charging", ParkingTime: " after charging"},
		day:     [7]string{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"},
	},
	{
		lang: "de", free: "kostenlos", from: "ab ", plusTax: ", zzgl. Steuer", net: "Preise ohne Steuer", atMost: "höchstens ", atLeast: "mindestens ",
		beforeTax: " vor Steuer", details: "; siehe Details", seeDetails: "siehe Details", perMinute: " pro Minute", perHour: " pro Stunde",
		reserved: "während der Reservierung", expired: "wenn die Reservierung verfällt", perReservation: " pro Reservierung", plugged: " am Ladepunkt",
		since: "ab ", before: "vor ", upTo: "bis ", afterStart: " nach dem Start",
		otherwise: "sonst %", then: "danach %", between: "von % bis %",
		spot: "Börsenpreis", and: " und ", fallback: "wo keiner bekannt ist ",
		holiday: map[Holiday]string{OnlyHolidays: "an Feiertagen", NoHolidays: "nicht an Feiertagen"},
		per:     map[Dimension]string{Energy: " pro kWh", Flat: " pro Ladevorgang", Time: " Ladezeit", ParkingTime: " nach Ladeende"},
		of:      map[Dimension]string{Energy: ": Energie", Flat: ": Ladevorgang", Time: ": Ladezeit", ParkingTime: ": Zeit nach Ladeende"},
		short:   map[Dimension]string{Energy: "/kWh", Flat: " pro Ladevorgang", Time: " Laden", ParkingTime: " nach Laden"},
		day:     [7]string{"So", "Mo", "Di", "Mi", "Do", "Fr", "Sa"}, comma: true, signAfter: true,
	},
	{
		lang: "fr", free: "gratuit", from: "à partir de ", plusTax: ", hors taxes", net: "prix hors taxes", atMost: "au plus ", atLeast: "au moins ",
		beforeTax: " hors taxes", details: "; voir les détails", seeDetails: "voir les détails", perMinute: " par minute", perHour: " par heure",
		reserved: "pendant la réservation", expired: "si la réservation expire", perReservation: " par réservation", plugged: " à la borne",
		since: "à partir de ", before: "avant le ", upTo: "jusqu’à ", afterStart: " après le début",
		otherwise: "sinon %", then: "puis %", between: "de % à %",
		spot: "prix de marché", and: " et ", fallback: "à défaut ",
		holiday: map[Holiday]string{OnlyHolidays: "les jours fériés", NoHolidays: "hors jours fériés"},
		per:     map[Dimension]string{Energy: " par kWh", Flat: " par session", Time: " de charge", ParkingTime: " après la fin de la charge"},
		of:      map[Dimension]string{Energy: " : énergie", Flat: " : session", Time: " : temps de charge", ParkingTime: " : temps après la charge"},
		short:   map[Dimension]string{Energy: "/kWh", Flat: " par session", Time: " de charge", ParkingTime: " après charge"},
		day:     [7]string{"dim", "lun", "mar", "mer", "jeu", "ven", "sam"}, comma: true, signAfter: true,
	},
	{
		lang: "nl", free: "gratis", from: "vanaf ", plusTax: ", exclusief btw", net: "prijzen exclusief btw", atMost: "maximaal ", atLeast: "minimaal ",
		beforeTax: " exclusief btw", details: "; zie details", seeDetails: "zie details", perMinute: " per minuut", perHour: " per uur",
		reserved: "tijdens de reservering", expired: "als de reservering verloopt", perReservation: " per reservering", plugged: " aan het laadpunt",
		since: "vanaf ", before: "vóór ", upTo: "tot ", afterStart: " na de start",
		otherwise: "anders %", then: "daarna %", between: "van % tot %",
		spot: "beursprijs", and: " en ", fallback: "als die onbekend is ",
		holiday: map[Holiday]string{OnlyHolidays: "op feestdagen", NoHolidays: "niet op feestdagen"},
		per:     map[Dimension]string{Energy: " per kWh", Flat: " per laadsessie", Time: " laden", ParkingTime: " na het laden"},
		of:      map[Dimension]string{Energy: ": energie", Flat: ": laadsessie", Time: ": laadtijd", ParkingTime: ": tijd na het laden"},
		short:   map[Dimension]string{Energy: "/kWh", Flat: " per laadsessie", Time: " laden", ParkingTime: " na laden"},
		day:     [7]string{"zo", "ma", "di", "wo", "do", "vr", "za"}, comma: true, signApart: true,
	},
	{
		lang: "es", free: "gratis", from: "desde ", plusTax: ", impuestos no incluidos", net: "precios sin impuestos", atMost: "como máximo ", atLeast: "como mínimo ",
		beforeTax: " sin impuestos", details: "; ver detalles", seeDetails: "ver detalles", perMinute: " por minuto", perHour: " por hora",
		reserved: "durante la reserva", expired: "si la reserva caduca", perReservation: " por reserva", plugged: " en el punto de recarga",
		since: "desde ", before: "antes del ", upTo: "hasta ", afterStart: " tras el inicio",
		otherwise: "si no, %", then: "después %", between: "de % a %",
		spot: "precio de mercado", and: " y ", fallback: "si no se conoce ",
		holiday: map[Holiday]string{OnlyHolidays: "en festivos", NoHolidays: "salvo festivos"},
		per:     map[Dimension]string{Energy: " por kWh", Flat: " por sesión", Time: " de carga", ParkingTime: " tras finalizar la carga"},
		of:      map[Dimension]string{Energy: ": energía", Flat: ": sesión", Time: ": tiempo de carga", ParkingTime: ": tiempo tras la carga"},
		short:   map[Dimension]string{Energy: "/kWh", Flat: " por sesión", Time: " de carga", ParkingTime: " tras carga"},
		day:     [7]string{"dom", "lun", "mar", "mié", "jue", "vie", "sáb"}, comma: true, signAfter: true,
	},
	{
		lang: "it", free: "gratis", from: "da ", plusTax: ", imposte escluse", net: "prezzi imposte escluse", atMost: "al massimo ", atLeast: "almeno ",
		beforeTax: " imposte escluse", details: "; vedi dettagli", seeDetails: "vedi dettagli", perMinute: " al minuto", perHour: " all’ora",
		reserved: "durante la prenotazione", expired: "se la prenotazione scade", perReservation: " per prenotazione", plugged: " al punto di ricarica",
		since: "da ", before: "prima del ", upTo: "fino a ", afterStart: " dopo l’inizio",
		otherwise: "altrimenti %", then: "poi %", between: "dalle % alle %",
		spot: "prezzo di mercato", and: " e ", fallback: "se non è noto ",
		holiday: map[Holiday]string{OnlyHolidays: "nei giorni festivi", NoHolidays: "esclusi i festivi"},
		per:     map[Dimension]string{Energy: " per kWh", Flat: " a sessione", Time: " di ricarica", ParkingTime: " dopo la fine della ricarica"},
		of:      map[Dimension]string{Energy: ": energia", Flat: ": sessione", Time: ": tempo di ricarica", ParkingTime: ": tempo dopo la ricarica"},
		short:   map[Dimension]string{Energy: "/kWh", Flat: " a sessione", Time: " di ricarica", ParkingTime: " dopo carica"},
		day:     [7]string{"dom", "lun", "mar", "mer", "gio", "ven", "sab"}, comma: true, signAfter: true,
	},
}

// fill puts the words into the places of a template, in order.
func fill(template string, with ...string) string {
	for _, s := range with {
		template = strings.Replace(template, "%", s, 1)
	}
	return template
}
