package payment

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"chargewright/base/fail"
	"chargewright/base/money"
	"chargewright/base/store"
	"chargewright/core/access"
)

// Terminal names the provider behind the payment terminals of stations (OCPP 2.1 C18
// to C23). It reports to the operator, who has its reports taken over here.
const Terminal = "terminal"

// Bounds of one report.
const (
	MaxReport     = 240_000 // bytes: what the interface takes
	maxReportRows = 5_000
	maxReportText = 100 // bytes of a reference
	reportChunk   = 200 // rows that are taken in one transaction
)

// ReportRow is one payment of a payout. Amounts are minor units; Gross = Fee + what
// was paid out.
type ReportRow struct {
	Line      int
	Reference string // of the payment, as the terminal told it
	Payout    string
	Currency  money.Currency
	Gross     int64 // negative where it went back
	Fee       int64
	At        time.Time
}

// reportColumns are the names that a column may have, the first is ours.
var reportColumns = [][]string{
	{"reference", "psp_reference", "pspreference", "psp reference", "payment reference", "transaction reference", "transaction id"},
	{"amount", "gross", "gross amount", "gross_amount"},
	{"currency", "currency code", "gross currency"},
	{"date", "payment date", "booking date", "creation date", "settled_at"},
	{"fee", "fees", "commission", "commission amount"},
	{"payout", "payout_reference", "payout reference", "payout id", "batch number", "settlement reference"},
}

// ReadReport reads a report as CSV with a row of names, with commas, semicolons or
// tabs between the columns. The column fee may be missing. Invalid: nothing is taken
// of what cannot be read; the error names the line.
func ReadReport(b []byte) ([]ReportRow, error) {
	if len(b) > MaxReport {
		return nil, fail.Field("payment.ReadReport", "csv", "it is longer than %d bytes", int64(MaxReport))
	}
	b = bytes.TrimPrefix(b, []byte("\xef\xbb\xbf"))
	r := csv.NewReader(bytes.NewReader(b))
	names, _, _ := bytes.Cut(b, []byte("\n"))
	for _, c := range ";\t" {
		if bytes.ContainsRune(names, c) {
			r.Comma = c
			break
		}
	}
	head, err := r.Read()
	if err != nil {
		return nil, badLine(1, "there is no row of names")
	}
	at, err := columnsOf(head)
	if err != nil {
		return nil, err
	}
	var out []ReportRow
	for {
		cells, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, badLine(len(out)+2, "it is no CSV: "+err.Error())
		}
		line, _ := r.FieldPos(0)
		row, why := readRow(cells, at, line)
		if why != "" {
			return nil, badLine(line, why)
		}
		if out = append(out, row); len(out) > maxReportRows {
			return nil, badLine(line, "there are more than "+strconv.Itoa(maxReportRows)+" rows")
		}
	}
	if len(out) == 0 {
		return nil, badLine(1, "there are no rows")
	}
	return out, nil
}

func badLine(line int, why string) error {
	return fail.Field("payment.ReadReport", "csv", "line %d: %s", line, why)
}

// columnsOf finds the columns by their names; -1 is a fee that is not there.
func columnsOf(head []string) ([]int, error) {
	at := make([]int, len(reportColumns))
	for i, names := range reportColumns {
		at[i] = slices.IndexFunc(head, func(h string) bool { return slices.Contains(names, strings.ToLower(strings.TrimSpace(h))) })
		if at[i] < 0 && names[0] != "fee" {
			return nil, badLine(1, "there is no column "+names[0])
		}
	}
	return at, nil
}

func readRow(cells []string, at []int, line int) (r ReportRow, why string) {
	cell := func(i int) string {
		if at[i] < 0 {
			return ""
		}
		return strings.TrimSpace(cells[at[i]])
	}
	r = ReportRow{Line: line, Reference: cell(0), Payout: cell(5)}
	for i, text := range []string{r.Reference, r.Payout} {
		if text == "" || len(text) > maxReportText || strings.ContainsFunc(text, unicode.IsControl) {
			return r, "the " + []string{"reference", "payout reference"}[i] + " is missing, too long, or no text"
		}
	}
	var err error
	if r.Currency, err = money.ParseCurrency(strings.ToUpper(cell(2))); err != nil || !r.Currency.Known() {
		return r, "that is no currency"
	}
	if r.Gross, err = reportAmount(cell(1), r.Currency); err != nil || r.Gross == 0 {
		return r, "that is no amount in " + string(r.Currency)
	}
	if fee := cell(4); fee != "" {
		if r.Fee, err = reportAmount(fee, r.Currency); err != nil || max(r.Fee, -r.Fee) > max(r.Gross, -r.Gross) {
			return r, "that is no fee of the amount"
		}
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02", "2006-01-02 15:04:05", "02.01.2006"} {
		if r.At, err = time.Parse(layout, cell(3)); err == nil {
			break
		}
	}
	if err != nil || r.At.Year() < 2000 || r.At.Year() > 2200 {
		return r, "that is no date (2026-01-31)"
	}
	return r, ""
}

// maxReportAmount bounds an amount, in minor units.
const maxReportAmount = 1_000_000_000_000

// reportAmount reads a decimal with a point or a comma and no other marks.
func reportAmount(text string, c money.Currency) (int64, error) {
	if len(text) > 20 {
		return 0, fail.New(fail.Invalid, "payment.reportAmount", "it is too long")
	}
	n, err := money.ParseDecimal(strings.Replace(text, ",", ".", 1), c.Exponent())
	if err == nil && max(n, -n) > maxReportAmount {
		err = fail.New(fail.Invalid, "payment.reportAmount", "it is too much")
	}
	return n, err
}

// Report is a report that was taken over.
type Report struct {
	Digest  string
	Rows    int64
	Fresh   int64 // rows that no report had before
	Strange int64 // rows of a payment that an earlier row tells otherwise: booked nowhere
	By      string
	TakenAt time.Time
}

const reportColumnsSQL = `digest, row_count, fresh_count, strange_count, taken_by, taken_at`

func scanReport(r *store.Row) Report {
	return Report{r.Text(0), r.Int(1), r.Int(2), r.Int(3), r.Text(4), r.Time(5)}
}

// TakeReport takes over what the provider of the terminals says that it paid out:
// payouts and fees are booked against clearing/terminal, and each payment is laid
// beside what its station told (Items). The same file again changes nothing, nor
// does a row that another file had. The errors are those of ReadReport.
func TakeReport(ctx context.Context, db *store.DB, of Books, by string, b []byte) (Report, error) {
	rows, err := ReadReport(b)
	if err != nil {
		return Report{}, err
	}
	sum := sha256.Sum256(b)
	out := Report{Digest: hex.EncodeToString(sum[:]), Rows: int64(len(rows)), By: by}
	earlier, found, err := readReport(ctx, db, of.Tenant, out.Digest)
	if err != nil || found {
		return earlier, err
	}
	for chunk := range slices.Chunk(rows, reportChunk) {
		n, err := store.Do(ctx, db, "payment/import/"+Terminal, func(tx *store.Tx) (n [2]int64, err error) {
			n[0], n[1], err = takeRows(tx, of, chunk)
			return n, err
		})
		if err != nil {
			return out, err
		}
		out.Fresh, out.Strange = out.Fresh+n[0], out.Strange+n[1]
	}
	return store.Do(ctx, db, "payment/import/"+Terminal, func(tx *store.Tx) (Report, error) {
		out.TakenAt = tx.Now()
		_, err := tx.Exec(`INSERT INTO payment_report (tenant_id, digest, row_count, fresh_count, strange_count, taken_by, taken_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (tenant_id, digest) DO NOTHING`, of.Tenant, out.Digest, out.Rows, out.Fresh, out.Strange, out.By, out.TakenAt)
		return out, err
	})
}

func readReport(ctx context.Context, db *store.DB, tenant, digest string) (Report, bool, error) {
	type found struct {
		Report
		ok bool
	}
	f, err := store.Read(ctx, db, func(tx *store.Tx) (f found, err error) {
		f.Report, f.ok, err = store.One(tx, scanReport, `SELECT `+reportColumnsSQL+` FROM payment_report WHERE tenant_id = $1 AND digest = $2`, tenant, digest)
		return f, err
	})
	return f.Report, f.ok, err
}

// Reports lists up to limit reports of the tenant, newest first. Who sees some sites
// only, and drivers, are shown none.
func Reports(tx *store.Tx, sc access.Scope, limit int) ([]Report, error) {
	if sc.Limited() || sc.Role == access.DriverRole {
		return nil, nil
	}
	return store.All(tx, scanReport, `SELECT `+reportColumnsSQL+` FROM payment_report WHERE tenant_id = $1 ORDER BY taken_at DESC, digest DESC LIMIT $2`, sc.Tenant, limit)
}

// payoutOf is what payouts are kept apart by.
type payoutOf struct {
	name     string
	currency money.Currency
}

// takeRows takes the rows that are new, and books what was paid out for them.
func takeRows(tx *store.Tx, of Books, rows []ReportRow) (fresh, strange int64, err error) {
	paid := map[payoutOf]*Movement{}
	var order []payoutOf
	for _, r := range rows {
		m := r.movement()
		known, err := conflicts(tx, &m)
		if err != nil {
			return 0, 0, err
		}
		n := 0
		if !known {
			if n, err = take(tx, Terminal, of, []Movement{m}); err != nil {
				return 0, 0, err
			}
		}
		if n == 0 {
			continue
		}
		if fresh++; m.Kind == MovedStrange {
			strange++
			continue
		}
		k := payoutOf{r.Payout, r.Currency}
		if paid[k] == nil { // named after its first row here, which no other report has
			paid[k] = &Movement{Ref: "payout/" + r.Payout + "/" + m.Ref, Kind: MovedPayout, Currency: r.Currency, At: r.At}
			order = append(order, k)
		}
		paid[k].Gross -= m.Net
		paid[k].Net -= m.Net
	}
	for _, k := range order {
		if _, err := take(tx, Terminal, of, []Movement{*paid[k]}); err != nil {
			return 0, 0, err
		}
	}
	return fresh, strange, nil
}

// movement is a row as an entry of our balance.
func (r ReportRow) movement() Movement {
	m := Movement{Ref: "charge/" + r.Reference, Kind: MovedCharge, Charge: r.Reference, Gross: r.Gross, Fee: r.Fee, Net: r.Gross - r.Fee, Currency: r.Currency, At: r.At}
	if r.Gross < 0 { // some of it may go back, more than once
		m.Kind = MovedRefund
		m.Ref = "refund/" + r.Reference + "/" + r.Payout
	}
	return m
}

// conflicts reports whether an entry is known as it is. One that is known with other
// content becomes strange: it is kept beside the first and booked nowhere.
func conflicts(tx *store.Tx, m *Movement) (known bool, err error) {
	was, found, err := store.One(tx, func(r *store.Row) [3]string {
		return [3]string{r.Text(0), strconv.FormatInt(r.Int(1), 10), strconv.FormatInt(r.Int(2), 10)}
	}, `SELECT currency, gross_minor, fee_minor FROM payment_movement WHERE provider = $1 AND ref = $2`, Terminal, m.Ref)
	if err != nil || !found {
		return false, err
	}
	is := [3]string{string(m.Currency), strconv.FormatInt(m.Gross, 10), strconv.FormatInt(m.Fee, 10)}
	if was == is {
		return true, nil
	}
	m.Kind, m.Ref = MovedStrange, m.Ref+"/"+strings.Join(is[:], "/")
	return false, nil
}

// TerminalTook lays what a terminal took for a payment, as its station told, beside
// what the provider of the terminals pays out. The caller books it.
func TerminalTook(tx *store.Tx, tenant, reference string, a money.Amount) {
	if a.Minor == 0 {
		return
	}
	tx.Write(`INSERT INTO payment_item (provider, charge, kind, currency, tenant_id, ours_minor, theirs_minor, ours_at) VALUES ($1, $2, $3, $4, $5, $6, 0, $7)
		ON CONFLICT (provider, charge, kind, currency) DO UPDATE SET ours_minor = payment_item.ours_minor + excluded.ours_minor, ours_at = excluded.ours_at`,
		Terminal, reference, MovedCharge, string(a.Currency), tenant, a.Minor, tx.Now())
}
