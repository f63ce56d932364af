package payment_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"chargewright/base/fail"
	"chargewright/base/money"
	"chargewright/base/store"
	"chargewright/core/ledger"
	"chargewright/core/payment"
)

const reportHead = "reference,amount,currency,date,fee,payout\n"

func TestAReportIsReadOrRefusedByItsLine(t *testing.T) {
	day := time.Date(2026, 1, 31, 0, 0, 0, 0, time.UTC)
	for text, want := range map[string]any{
		reportHead + "P,5.36,EUR,2026-01-31,0.10,PO-1":                                               payment.ReportRow{Line: 2, Reference: "P", Payout: "PO-1", Currency: "EUR", Gross: 536, Fee: 10, At: day},
		reportHead + "P,-5.36,eur,31.01.2026,,PO-1\n":                                                payment.ReportRow{Line: 2, Reference: "P", Payout: "PO-1", Currency: "EUR", Gross: -536, Fee: 0, At: day},
		"\xef\xbb\xbfPSP Reference;Gross;Currency;Payment Date;Payout ID\r\nP;5,36;EUR;2026-01-31;7": payment.ReportRow{Line: 2, Reference: "P", Payout: "7", Currency: "EUR", Gross: 536, Fee: 0, At: day},
		"payout\tfees\tdate\tcurrency\tamount\tpspreference\n7\t1\t2026-01-31 00:00:00\tJPY\t500\tP": payment.ReportRow{Line: 2, Reference: "P", Payout: "7", Currency: "JPY", Gross: 500, Fee: 1, At: day},
		"":                                 "line 1",
		reportHead:                         "line 1: there are no rows",
		"reference,amount,currency,date\n": "line 1: there is no column payout",
		reportHead + "P,5.361,EUR,2026-01-31,0,PO":                     "line 2: that is no amount",
		reportHead + "P,0,EUR,2026-01-31,0,PO":                         "line 2: that is no amount",
		reportHead + "P,\"1,234.00\",EUR,2026-01-31,0,PO":              "line 2: that is no amount",
		reportHead + "P,1e18,EUR,2026-01-31,0,PO":                      "line 2: that is no amount",
		reportHead + "P,5,XXQ,2026-01-31,0,PO":                         "line 2: that is no currency",
		reportHead + "P,5,EUR,2026-31-01,0,PO":                         "line 2: that is no date",
		reportHead + "P,5,EUR,0026-01-01,0,PO":                         "line 2: that is no date",
		reportHead + "P,5,EUR,2026-01-31,6,PO":                         "line 2: that is no fee",
		reportHead + "P,5,EUR,2026-01-31,0,":                           "line 2: the payout reference",
		reportHead + ",5,EUR,2026-01-31,0,PO":                          "line 2: the reference",
		reportHead + "P,5,EUR,2026-01-31,0,PO\nP,5,EUR\n":              "line 3: it is no CSV",
		reportHead + strings.Repeat("P,5,EUR,2026-01-31,0,PO\n", 5001): "line 5002: there are more than",
		strings.Repeat("x", payment.MaxReport+1):                       "longer than",
	} {
		rows, err := payment.ReadReport([]byte(text))
		if row, ok := want.(payment.ReportRow); ok {
			if err != nil || len(rows) != 1 || rows[0] != row {
				t.Errorf("%.80q: %+v %v", text, rows, err)
			}
			continue
		}
		if !fail.Is(err, fail.Invalid) || !strings.Contains(fail.Say(err), want.(string)) {
			t.Errorf("%.80q: %v, not %q", text, err, want)
		}
	}
}

func FuzzReport(f *testing.F) {
	f.Add([]byte(reportHead + "P,5.36,EUR,2026-01-31,0.10,PO-1\nQ,-1,JPY,2026-01-31,,PO-1"))
	f.Add([]byte("\xef\xbb\xbfpayout;date;fee;currency;amount;reference\n\"a\"\"b\";2026-01-31;-0,01;KWD;1,234;x"))
	f.Fuzz(func(t *testing.T, b []byte) {
		rows, err := payment.ReadReport(b)
		if err != nil {
			if !fail.Is(err, fail.Invalid) {
				t.Fatal(err)
			}
			return
		}
		for _, r := range rows {
			if r.Reference == "" || r.Payout == "" || r.Gross == 0 || !r.Currency.Known() || r.At.IsZero() || max(r.Fee, -r.Fee) > max(r.Gross, -r.Gross) {
				t.Fatalf("%+v", r)
			}
		}
	})
}

// told is what a terminal took by the word of its station, booked as billing does.
func (b *bench) told(reference string, minor int64) {
	b.Helper()
	b.must(func(tx *store.Tx) error {
		payment.TerminalTook(tx, ours.Tenant, reference, eur(minor))
		_, _, err := ledger.Post(tx, ledger.Journal{Tenant: ours.Tenant, Entity: books.Entity, Cause: "told/" + reference, Kind: "claim", Postings: []ledger.Posting{
			{Account: "clearing/terminal", Amount: eur(minor)}, {Account: guest, Amount: eur(-minor)},
		}})
		return err
	})
}

func (b *bench) handsIn(rows ...string) payment.Report {
	b.Helper()
	r, err := payment.TakeReport(b.Context(), b.db, books, "usr_1", []byte(reportHead+strings.Join(rows, "\n")))
	if err != nil {
		b.Fatal(err)
	}
	return r
}

func (b *bench) terminal() string {
	b.Helper()
	var out []string
	for _, i := range see(b, func(tx *store.Tx) ([]payment.Item, error) {
		return payment.Items(tx, ours, payment.Terminal, false, payment.Item{}, 100)
	}) {
		out = append(out, fmt.Sprintf("%s %s %s", i.Charge, i.Kind, i.Match()))
	}
	return strings.Join(out, ", ")
}

func (b *bench) inAccount(name string) (n int64) {
	b.Helper()
	for _, x := range see(b, func(tx *store.Tx) ([]ledger.Balance, error) { return ledger.Balances(tx, ours.Tenant, name) }) {
		n += x.Minor
	}
	return n
}

// What terminals took and was paid out is even; what is not is named.
func TestAReportIsLaidBesideWhatStationsTold(t *testing.T) {
	each(t, func(b *bench) {
		for ref, minor := range map[string]int64{"A": 500, "B": 700, "C": 900} {
			b.told(ref, minor)
		}
		r := b.handsIn("A,5.00,EUR,2026-01-31,0.10,PO-1", "B,6.00,EUR,2026-01-31,0.10,PO-1", "D,4.00,EUR,2026-01-31,0.10,PO-1")
		if r.Rows != 3 || r.Fresh != 3 || r.Strange != 0 {
			t.Errorf("%+v", r)
		}
		if got, want := b.terminal(), "A charge matched, B charge differs, C charge in_transit, D charge not_ours"; got != want {
			t.Errorf("%s, not %s", got, want)
		}
		if bank, fees, clearing := b.inAccount("bank/terminal"), b.inAccount("fees/terminal"), b.inAccount("clearing/terminal"); bank != 1470 || fees != 30 || clearing != 600 {
			t.Errorf("bank %d, fees %d, clearing %d", bank, fees, clearing)
		}
		if n := b.count(`SELECT COUNT(*) FROM ledger_journal WHERE cause LIKE 'movement/terminal/payout/%'`); n != 1 {
			t.Errorf("the payout is booked in %d journals", n)
		}
		again := b.handsIn("A,5.00,EUR,2026-01-31,0.10,PO-1", "B,6.00,EUR,2026-01-31,0.10,PO-1", "D,4.00,EUR,2026-01-31,0.10,PO-1")
		if again != r {
			t.Errorf("again: %+v, not %+v", again, r)
		}
		// Another file has a row of before, one that contradicts it, and a payment that went back.
		more := b.handsIn("A,5.00,EUR,2026-01-31,0.10,PO-1", "A,5.50,EUR,2026-01-31,0.10,PO-1", "C,9.00,EUR,2026-02-01,0,PO-2", "A,-2.00,EUR,2026-02-01,0,PO-2")
		if more.Fresh != 3 || more.Strange != 1 {
			t.Errorf("%+v", more)
		}
		if got, want := b.terminal(), "A charge matched, A refund not_ours, A strange not_ours, B charge differs, C charge matched, D charge not_ours"; got != want {
			t.Errorf("%s, not %s", got, want)
		}
		if bank, clearing := b.inAccount("bank/terminal"), b.inAccount("clearing/terminal"); bank != 1470+700 || clearing != 600-700 {
			t.Errorf("bank %d, clearing %d", bank, clearing)
		}
		if off := see(b, ledger.Unbalanced); off != 0 {
			t.Errorf("%d journals are off", off)
		}
	})
}

// However a report is cut, repeated and mixed, the books end alike, and nothing is off.
func TestReportsInAnyOrderBookAlike(t *testing.T) {
	each(t, func(b *bench) {
		dice := rand.New(rand.NewPCG(1, 2))
		var rows []string
		sum, fees := int64(0), int64(0)
		for i := range 60 {
			gross := 100 + dice.Int64N(5000)
			fee := dice.Int64N(100)
			ref := fmt.Sprintf("R-%02d", i)
			if i%3 > 0 {
				b.told(ref, gross)
			}
			sum, fees = sum+gross-fee, fees+fee
			at := money.Amount{Minor: gross, Currency: "EUR"}.Decimal()
			rows = append(rows, fmt.Sprintf("%s,%s,EUR,2026-01-31,%s,PO-%d", ref, at, money.Amount{Minor: fee, Currency: "EUR"}.Decimal(), i%4))
		}
		for range 12 {
			dice.Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
			b.handsIn(rows[:1+dice.IntN(len(rows))]...)
		}
		b.handsIn(rows...)
		if bank, cost := b.inAccount("bank/terminal"), b.inAccount("fees/terminal"); bank != sum || cost != fees {
			t.Errorf("bank %d of %d, fees %d of %d", bank, sum, cost, fees)
		}
		for _, c := range see(b, func(tx *store.Tx) ([]payment.Check, error) { return payment.Checks(tx, ours.Tenant, payment.Terminal) }) {
			if c.Off != 0 || c.Clearing != c.InTransit {
				t.Errorf("%+v", c)
			}
		}
		if off := see(b, ledger.Unbalanced); off != 0 {
			t.Errorf("%d journals are off", off)
		}
	})
}
