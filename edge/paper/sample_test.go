package paper

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"strings"
	"time"

	"chargewright/base/energy"
)

func berlin() *time.Location {
	l, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		panic(err)
	}
	return l
}

func at(hour, minute, second int) time.Time {
	return time.Date(2026, 11, 19, hour, minute, second, 0, berlin())
}

// receipt is a charging session that was paid by card.
func receipt() *Document {
	var power []Power
	for i := range 67 {
		w := int64(148_000)
		if i < 3 {
			w = int64(i) * 40_000
		} else if i > 20 {
			w = max(20_000, 148_000-int64(i-20)*3_000)
		}
		start := at(17, 21, 4).Add(time.Duration(i) * time.Minute)
		power = append(power, Power{start, start.Add(time.Minute), w})
	}
	return &Document{
		Kind: Receipt, Language: English, Number: "KR-2026-0048213", Issued: at(18, 30, 0), Zone: berlin(), Currency: "EUR",
		Brand: Brand{Name: "Kranich Ladenetz", Color: "#0a665c", Helpline: "+49 30 5550 1234", Mail: "hilfe@kranich.example", Web: "kranich.example"},
		Seller: Seller{
			Name: "Kranich Ladenetz GmbH", Address: []string{"Hafenstraße 14", "12345 Erlental", "Germany"}, VAT: "DE123456789", TaxID: "123/456/78901",
			Register: "HRB 12345, Amtsgericht Erlental", Bank: Bank{"Sparkasse Erlental", "DE89370400440532013000", "COBADEFFXXX"},
		},
		Session: &Session{
			ID: "ses_0193a5c2-7f1e-7c3a-9d21-4f5a6b7c8d9e", Site: "Einkaufspark Mühlau", Address: "Am Markt 3, 12345 Erlental", Station: "KRN-MUE-07",
			EVSE: "DE*KRN*E015202", Connector: "CCS, 150 kW", Token: "4F2A", Start: at(17, 21, 4), End: at(18, 28, 19), Reason: "EVDisconnected",
			Energy: 42_470_000, First: 10_234_118_000, Last: 10_276_588_000, Power: power,
			Signed: &Signed{
				Meter: "1EMH0012345678", Format: "OCMF", Begin: "T3871", End: "T3872", Verdict: Verified, Software: "https://transparenz.software",
				Key: "3059301306072a8648ce3d020106082a8648ce3d03010703420004" + strings.Repeat("9ae3d1f07b", 13)[:128],
			},
		},
		Lines: []Line{
			{What: "ENERGY", Quantity: "42.47", Unit: "kWh", UnitPrice: "0.59", Minor: 2506},
			{What: "PARKING_TIME", Detail: "from 18:20, after the first 15 minutes", Quantity: "8", Unit: "min", UnitPrice: "0.1", Minor: 80},
		},
		Taxes: []Tax{{Name: "VAT", Percent: "19", Net: 2173, Minor: 413}}, Net: 2173, Tax: 413, Gross: 2586,
		Payments: []Payment{{By: ByCard, Brand: "Visa", Last4: "4471", At: at(18, 30, 0), Minor: 2586}},
		Price:    "€0.59 per kWh; €0.10 per minute without charging, after 15 minutes. Prices include 19 % VAT.",
		Link:     "https://kranich.example/r/7Qm2pX9tKc4WvZ8sBf3LhN",
	}
}

func inGerman(d *Document) *Document {
	d.Language = German
	d.Seller.Address[2] = "Deutschland"
	d.Taxes[0].Name = "MwSt."
	if len(d.Lines) > 1 {
		d.Lines[1].Detail = "ab 18:20 Uhr, nach den ersten 15 Minuten"
	}
	d.Price = "0,59 € je kWh; 0,10 € je Minute ohne Laden, nach 15 Minuten. Preise enthalten 19 % MwSt."
	return d
}

// business is an invoice under reverse charge, payable by transfer.
func business() *Document {
	d := receipt()
	d.Kind, d.Number, d.DueBy, d.Reference = Invoice, "KR-2026-R00412", at(0, 0, 0).AddDate(0, 0, 14), "PO 4711-8, cost centre Fleet North"
	d.Buyer = &Buyer{Name: "Møller & Søn Transport A/S", Address: []string{"Att. Kreditorbogholderi", "Havnegade 1", "1058 København K", "Denmark"}, VAT: "DK12345678", Customer: "K-20417"}
	d.Lines = []Line{
		{What: "Charging in October 2026, 14 vehicles", Detail: "31 sessions at 12 sites, listed in statement KR-2026-S00088", Quantity: "1834.221", Unit: "kWh", UnitPrice: "0.4958", Minor: 90941},
		{What: "Platform fee", Quantity: "14", UnitPrice: "4.9", Minor: 6860},
		{What: "Loyalty discount", UnitPrice: "", Minor: -2000},
	}
	d.Session, d.Price, d.Payments = nil, "", nil
	d.Taxes = []Tax{{Name: "VAT", Percent: "0", Net: 95801, Why: "AE"}}
	d.Net, d.Tax, d.Gross, d.Due = 95801, 0, 95801, 95801
	d.Notes = []string{"Reverse charge: VAT is to be accounted for by the recipient (Article 196, Directive 2006/112/EC)."}
	return d
}

func credit() *Document {
	d := inGerman(receipt())
	d.Kind, d.Number, d.Corrects = CreditNote, "KR-2026-G00031", Reference{"KR-2026-0048213", at(18, 30, 0)}
	d.Issued = at(9, 0, 0).AddDate(0, 0, 2)
	d.Session, d.Price = nil, ""
	d.Lines = d.Lines[1:]
	d.Taxes = []Tax{{Name: "MwSt.", Percent: "19", Net: 67, Minor: 13}}
	d.Net, d.Tax, d.Gross = 67, 13, 80
	d.Payments = []Payment{{By: ByCard, Brand: "Visa", Last4: "4471", Minor: 80, At: d.Issued}}
	d.Notes = []string{"Die Standzeit war durch eine Störung der Säule verursacht."}
	return d
}

func statement(n int) *Document {
	d := business()
	d.Kind, d.Number, d.Notes = Statement, "KR-2026-S00088", nil
	d.From, d.To = time.Date(2026, 10, 1, 0, 0, 0, 0, berlin()), time.Date(2026, 11, 1, 0, 0, 0, 0, berlin())
	d.Lines, d.Taxes, d.Reference, d.Net, d.Tax = nil, nil, "", 0, 0
	a := &Account{Opening: 1250, WalletOpening: 5000, WalletClosing: 3800, Sessions: (n + 1) / 2}
	d.Gross = a.Opening
	for i := range n {
		minor := int64(900 + i*37%4000)
		r := Row{
			At: d.From.Add(time.Duration(i) * 11 * time.Hour), What: "settlement", Place: fmt.Sprintf("Einkaufspark Mühlau %02d", i%40), Number: fmt.Sprintf("KR-2026-%07d", 48000+i),
			Minor: minor,
		}
		switch {
		case i%8 == 7:
			r = Row{At: r.At, What: "wallet", Minor: -1200, Wallet: -1200}
		case i%2 == 1:
			r = Row{At: r.At, What: "payment", Minor: -minor}
		default:
			a.Energy += energy.Energy(minor * 16_949_000 / 1000)
		}
		a.Rows = append(a.Rows, r)
		d.Gross += r.Minor
	}
	d.Account, d.Due, d.DueBy = a, 0, time.Time{}
	return d
}

func yen() *Document {
	d := receipt()
	d.Currency, d.Zone = "JPY", time.FixedZone("JST", 9*3600)
	d.Brand = Brand{Name: "Tsuru Charging", Color: "#2450b8", Helpline: "0120-000-000", Logo: logo()}
	d.Seller = Seller{Name: "Tsuru Charging K.K.", Address: []string{"1-2-3 Marunouchi, Chiyoda-ku", "Tokyo 100-0005", "Japan"}, TaxID: "T1234567890123"}
	d.Session.Site, d.Session.Address = "鶴 Shinagawa", "4-10-18 Takanawa, Minato-ku, Tokyo"
	d.Session.Signed, d.Session.Estimated = nil, true
	d.Lines = []Line{{What: "ENERGY", Quantity: "42.47", Unit: "kWh", UnitPrice: "65", Minor: 2761}}
	d.Taxes, d.Net, d.Tax, d.Gross = []Tax{{Name: "Consumption tax", Percent: "10", Net: 2510, Minor: 251}}, 2510, 251, 2761
	d.Payments = []Payment{{By: ByWallet, At: at(18, 30, 0), Minor: 2000}, {By: ByVoucher, Minor: 500}}
	d.Due = 261
	d.Price = "¥65 per kWh, tax included."
	return d
}

func long() *Document {
	d := business()
	word := "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"
	d.Brand.Name = "Gemeinnützige Genossenschaft für Elektromobilität und Ladeinfrastruktur Oberes Erlental eG"
	d.Buyer.Name = word + " & Söhne Verwaltungs-GmbH & Co. Kommanditgesellschaft auf Aktien"
	d.Reference = strings.Repeat("AB-4711/", 30)
	d.Lines[0].What, d.Lines[0].Detail = word+" "+word, strings.Repeat("Every session of every vehicle, each with its own receipt. ", 5)
	d.Lines[1].UnitPrice, d.Lines[1].Quantity = "123456.123456", "123456789.123456"
	d.Gross, d.Due = 123456789012, 123456789012
	d.Notes = []string{strings.Repeat("Ελληνικά, кириллица, Łódź, Győr, İstanbul, ẞ and 漢字. ", 6)}
	d.Link = "https://kranich.example/" + strings.Repeat("a1", 130)
	return d
}

// logo is a small picture with transparent corners.
func logo() []byte {
	img := image.NewNRGBA(image.Rect(0, 0, 360, 90))
	for y := range 90 {
		for x := range 360 {
			if x < 90 && (x-45)*(x-45)+(y-45)*(y-45) < 44*44 {
				img.Set(x, y, color.NRGBA{0x24, 0x50, 0xb8, 0xff})
			} else if x > 110 && y > 25 && y < 65 && x/14%2 == 0 {
				img.Set(x, y, color.NRGBA{0x14, 0x20, 0x1c, 0xff})
			}
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		panic(err)
	}
	return b.Bytes()
}

func samples() map[string]*Document {
	return map[string]*Document{
		"receipt": receipt(), "german": inGerman(receipt()), "business": business(), "credit": credit(), "statement": statement(60), "yen": yen(), "long": long(),
	}
}
