package holiday

import (
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/rickar/cal/v2"
	"github.com/rickar/cal/v2/at"
	"github.com/rickar/cal/v2/be"
	"github.com/rickar/cal/v2/bg"
	"github.com/rickar/cal/v2/ch"
	"github.com/rickar/cal/v2/cz"
	"github.com/rickar/cal/v2/de"
	"github.com/rickar/cal/v2/dk"
	"github.com/rickar/cal/v2/es"
	"github.com/rickar/cal/v2/fr"
	"github.com/rickar/cal/v2/gb"
	"github.com/rickar/cal/v2/gr"
	"github.com/rickar/cal/v2/hr"
	"github.com/rickar/cal/v2/ie"
	"github.com/rickar/cal/v2/it"
	"github.com/rickar/cal/v2/lt"
	"github.com/rickar/cal/v2/lv"
	"github.com/rickar/cal/v2/nl"
	"github.com/rickar/cal/v2/no"
	"github.com/rickar/cal/v2/pl"
	"github.com/rickar/cal/v2/ro"
	"github.com/rickar/cal/v2/se"
	"github.com/rickar/cal/v2/si"
	"github.com/rickar/cal/v2/sk"
	"github.com/rickar/cal/v2/us"
)

// lists are the holidays of each country and region.
var lists = sync.OnceValue(func() map[string][]*cal.Holiday {
	all := map[string][]*cal.Holiday{
		"AT": at.Holidays, "BE": be.Holidays, "BG": bg.Holidays, "CZ": cz.Holidays, "DE": de.Holidays, "DK": dk.Holidays,
		"ES": es.Holidays, "FR": fr.Holidays, "GB": gb.Holidays, "GR": gr.Holidays, "HR": hr.Holidays, "IE": ie.Holidays,
		"IT": it.Holidays, "LT": lt.Holidays, "LV": lv.Holidays, "NL": nl.Holidays, "NO": no.Holidays, "PL": pl.Holidays,
		"RO": ro.Holidays, "SE": se.Holidays, "SI": si.Holidays, "SK": sk.Holidays, "US": us.Holidays,
		// Of the cantons' holidays these are holidays everywhere.
		"CH":    {ch.Neujahr, ch.Auffahrt, ch.Bundesfeiertag, ch.Weihnachtstag},
		"DE-BB": de.HolidaysBB, "DE-BE": de.HolidaysBE, "DE-BW": de.HolidaysBW, "DE-BY": de.HolidaysBY, "DE-HB": de.HolidaysHB,
		"DE-HE": de.HolidaysHE, "DE-HH": de.HolidaysHH, "DE-MV": de.HolidaysMV, "DE-NI": de.HolidaysNI, "DE-NW": de.HolidaysNW,
		"DE-RP": de.HolidaysRP, "DE-SH": de.HolidaysSH, "DE-SL": de.HolidaysSL, "DE-SN": de.HolidaysSN, "DE-ST": de.HolidaysST,
		"DE-TH": de.HolidaysTH,
		"CH-AG": ch.HolidaysAG, "CH-AI": ch.HolidaysAI, "CH-AR": ch.HolidaysAR, "CH-BE": ch.HolidaysBE, "CH-BL": ch.HolidaysBL,
		"CH-BS": ch.HolidaysBS, "CH-FR": ch.HolidaysFR, "CH-GE": ch.HolidaysGE, "CH-GL": ch.HolidaysGL, "CH-GR": ch.HolidaysGR,
		"CH-JU": ch.HolidaysJU, "CH-LU": ch.HolidaysLU, "CH-NE": ch.HolidaysNE, "CH-NW": ch.HolidaysNW, "CH-OW": ch.HolidaysOW,
		"CH-SG": ch.HolidaysSG, "CH-SH": ch.HolidaysSH, "CH-SO": ch.HolidaysSO, "CH-SZ": ch.HolidaysSZ, "CH-TG": ch.HolidaysTG,
		"CH-TI": ch.HolidaysTI, "CH-UR": ch.HolidaysUR, "CH-VD": ch.HolidaysVD, "CH-VS": ch.HolidaysVS, "CH-ZG": ch.HolidaysZG,
		"CH-ZH": ch.HolidaysZH,
	}
	maps.Copy(all, written)
	for country, since := range later {
		all[country] = append(slices.Clone(all[country]), since...)
	}
	return all
})

// later are holidays that the law gained after the library was written.
var later = map[string][]*cal.Holiday{
	"PL": {from(2025, on("Wigilia Bożego Narodzenia", 12, 24))},
	"RO": {from(2024, on("Boboteaza", 1, 6)), from(2024, on("Sfântul Ioan Botezătorul", 1, 7))},
}

// written are the countries of the Union that the library lacks, by the holidays
// acts of each as of 2026.
var written = map[string][]*cal.Holiday{
	"CY": {
		on("Πρωτοχρονιά", 1, 1), on("Θεοφάνεια", 1, 6), orthodox("Καθαρά Δευτέρα", -48), on("25η Μαρτίου", 3, 25), on("1η Απριλίου", 4, 1),
		orthodox("Μεγάλη Παρασκευή", -2), orthodox("Πάσχα", 0), orthodox("Δευτέρα του Πάσχα", 1), on("Πρωτομαγιά", 5, 1), orthodox("Κατακλυσμός", 50),
		on("Κοίμηση της Θεοτόκου", 8, 15), on("Ημέρα Ανεξαρτησίας", 10, 1), on("Ημέρα του Όχι", 10, 28), on("Χριστούγεννα", 12, 25), on("Δεύτερη μέρα Χριστουγέννων", 12, 26),
	},
	"EE": {
		on("Uusaasta", 1, 1), on("Iseseisvuspäev", 2, 24), easter("Suur reede", -2), easter("Ülestõusmispühade 1. püha", 0), on("Kevadpüha", 5, 1),
		easter("Nelipühade 1. püha", 49), on("Võidupüha", 6, 23), on("Jaanipäev", 6, 24), on("Taasiseseisvumispäev", 8, 20),
		on("Jõululaupäev", 12, 24), on("Esimene jõulupüha", 12, 25), on("Teine jõulupüha", 12, 26),
	},
	"FI": {
		on("Uudenvuodenpäivä", 1, 1), on("Loppiainen", 1, 6), easter("Pitkäperjantai", -2), easter("Pääsiäispäivä", 0), easter("2. pääsiäispäivä", 1),
		on("Vappu", 5, 1), easter("Helatorstai", 39), easter("Helluntaipäivä", 49), saturday("Juhannuspäivä", 6, 20), saturday("Pyhäinpäivä", 10, 31),
		on("Itsenäisyyspäivä", 12, 6), on("Joulupäivä", 12, 25), on("2. joulupäivä", 12, 26),
	},
	"HU": {
		on("Újév", 1, 1), on("Az 1848-as forradalom ünnepe", 3, 15), easter("Nagypéntek", -2), easter("Húsvétvasárnap", 0), easter("Húsvéthétfő", 1),
		on("A munka ünnepe", 5, 1), easter("Pünkösdvasárnap", 49), easter("Pünkösdhétfő", 50), on("Az államalapítás ünnepe", 8, 20),
		on("Az 1956-os forradalom ünnepe", 10, 23), on("Mindenszentek", 11, 1), on("Karácsony", 12, 25), on("Karácsony másnapja", 12, 26),
	},
	"LU": {
		on("Neijoerschdag", 1, 1), easter("Ouschterméindeg", 1), on("Dag vun der Aarbecht", 5, 1), on("Europadag", 5, 9), easter("Christi Himmelfaart", 39),
		easter("Péngschtméindeg", 50), on("Nationalfeierdag", 6, 23), on("Léiffrawëschdag", 8, 15), on("Allerhellgen", 11, 1),
		on("Chrëschtdag", 12, 25), on("Stiefesdag", 12, 26),
	},
	"MT": {
		on("L-Ewwel tas-Sena", 1, 1), on("San Pawl", 2, 10), on("San Ġużepp", 3, 19), on("Jum il-Ħelsien", 3, 31), easter("Il-Ġimgħa l-Kbira", -2),
		on("Jum il-Ħaddiem", 5, 1), on("Sette Giugno", 6, 7), on("L-Imnarja", 6, 29), on("Santa Marija", 8, 15), on("Il-Vitorja", 9, 8),
		on("Jum l-Indipendenza", 9, 21), on("L-Immakulata Kunċizzjoni", 12, 8), on("Jum ir-Repubblika", 12, 13), on("Il-Milied", 12, 25),
	},
	"PT": {
		on("Ano Novo", 1, 1), easter("Sexta-feira Santa", -2), easter("Páscoa", 0), on("Dia da Liberdade", 4, 25), on("Dia do Trabalhador", 5, 1),
		easter("Corpo de Deus", 60), on("Dia de Portugal", 6, 10), on("Assunção de Nossa Senhora", 8, 15), on("Implantação da República", 10, 5),
		on("Todos os Santos", 11, 1), on("Restauração da Independência", 12, 1), on("Imaculada Conceição", 12, 8), on("Natal", 12, 25),
	},
}

func on(name string, m time.Month, d int) *cal.Holiday {
	return &cal.Holiday{Name: name, Type: cal.ObservancePublic, Month: m, Day: d, Func: cal.CalcDayOfMonth}
}

func from(year int, h *cal.Holiday) *cal.Holiday {
	h.StartYear = year
	return h
}

// easter is a day by its distance from Easter Sunday.
func easter(name string, days int) *cal.Holiday {
	return &cal.Holiday{Name: name, Type: cal.ObservancePublic, Offset: days, Func: cal.CalcEasterOffset}
}

func orthodox(name string, days int) *cal.Holiday {
	h := easter(name, days)
	h.Julian = true
	return h
}

// saturday is the first one from a date on.
func saturday(name string, m time.Month, d int) *cal.Holiday {
	return &cal.Holiday{Name: name, Type: cal.ObservancePublic, Month: m, Day: d, Weekday: time.Saturday, Offset: 1, Func: cal.CalcWeekdayFrom}
}
