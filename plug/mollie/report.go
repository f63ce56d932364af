package mollie

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"chargewright/base/fail"
	"chargewright/core/payment"
)

// movement is a balance transaction (docs.mollie.com/reference/list-balance-transactions).
type movement struct {
	ID            string         `json:"id"`
	Type          string         `json:"type"`
	ResultAmount  *amount        `json:"resultAmount"`
	InitialAmount *amount        `json:"initialAmount"`
	Context       map[string]any `json:"context"`
	CreatedAt     time.Time      `json:"createdAt"`
}

// perPage and maxSheets bound a report: 10,000 movements.
const (
	perPage   = "100"
	maxSheets = 100
)

// Movements implements payment.Reporter: the transactions of the primary balance.
// It takes Options.Reports: API keys may not read balances. Mollie lists the newest
// first and knows no time to start at, so that the first call walks back to since
// and notes where each page begins; the cursor is those places, the oldest last.
// More than 10,000 is Invalid, and a later since will do.
func (p *Provider) Movements(ctx context.Context, since time.Time, after string) ([]payment.Movement, string, error) {
	if p.o.Reports == "" {
		return nil, "", fail.New(fail.Denied, "mollie.Movements", "there is no access token for reports")
	}
	if after != "" {
		places := strings.Split(after, ",")
		last := len(places) - 1
		if !movementRef.MatchString(places[last]) {
			return nil, "", fail.Field("mollie.Movements", "after", "it is no cursor of a report")
		}
		sheet, _, err := p.sheet(ctx, "&from="+places[last])
		if err != nil {
			return nil, "", err
		}
		list, err := readSheet(sheet, since)
		return list, strings.Join(places[:last], ","), err
	}
	var places []string
	from := ""
	for range maxSheets {
		sheet, next, err := p.sheet(ctx, from)
		if err != nil {
			return nil, "", err
		}
		oldest := next == "" || slices.ContainsFunc(sheet, func(m movement) bool { return m.CreatedAt.Before(since) })
		if !oldest {
			places, from = append(places, sheet[0].ID), next
			continue
		}
		list, err := readSheet(sheet, since)
		return list, strings.Join(places, ","), err
	}
	return nil, "", fail.Field("mollie.Movements", "since", "there are more than 10,000 movements since then; name a later time")
}

// sheet is one page, newest first, and the parameters of the next.
func (p *Provider) sheet(ctx context.Context, from string) ([]movement, string, error) {
	if strings.HasPrefix(p.o.Key, "test_") {
		from += "&testmode=true"
	}
	var page struct {
		Embedded struct {
			Transactions []movement `json:"balance_transactions"`
		} `json:"_embedded"`
		Links struct {
			Next *link `json:"next"`
		} `json:"_links"`
	}
	if err := p.call(ctx, http.MethodGet, "/balances/primary/transactions?limit="+perPage+from, "", nil, &page); err != nil {
		return nil, "", err
	}
	further, ok := next(page.Links.Next)
	list := page.Embedded.Transactions
	for _, m := range list {
		if !movementRef.MatchString(m.ID) {
			return nil, "", fail.New(fail.Unavailable, "mollie.Movements", "Mollie lists what is no movement")
		}
	}
	if !ok || len(list) == 0 {
		further = ""
	}
	return list, further, nil
}

// next reads where the next page begins: of the address only that is used, so
// that no answer leads the key elsewhere.
func next(l *link) (string, bool) {
	if l == nil {
		return "", false
	}
	u, err := url.Parse(l.Href)
	if err != nil || u.Query().Get("from") == "" {
		return "", false
	}
	return "&from=" + url.QueryEscape(u.Query().Get("from")), true
}

// readSheet reads a page, oldest first, without what was before since.
func readSheet(sheet []movement, since time.Time) ([]payment.Movement, error) {
	out := make([]payment.Movement, 0, len(sheet))
	for _, m := range slices.Backward(sheet) {
		if m.CreatedAt.Before(since) {
			continue
		}
		gross, err := m.InitialAmount.read()
		if err != nil {
			return nil, err
		}
		net, err := m.ResultAmount.read()
		if err != nil {
			return nil, err
		}
		if net.Currency != gross.Currency {
			return nil, fail.New(fail.Internal, "mollie.Movements", "a movement in %s changes the balance in %s", gross.Currency, net.Currency)
		}
		out = append(out, payment.Movement{
			Ref: m.ID, Kind: kindOf(m.Type), Charge: paymentOf(m.Context), Gross: gross.Minor, Fee: gross.Minor - net.Minor, Net: net.Minor,
			Currency: net.Currency, At: m.CreatedAt.UTC(), AvailableAt: m.CreatedAt.UTC(), // Mollie does not say when
		})
	}
	return out, nil
}

// paymentOf is the payment in the context of a movement: a member of it, or of
// the object that is named for the kind.
func paymentOf(of map[string]any) string {
	if ref, ok := of["paymentId"].(string); ok {
		return ref
	}
	for _, inner := range of {
		if m, ok := inner.(map[string]any); ok {
			if ref, ok := m["paymentId"].(string); ok {
				return ref
			}
		}
	}
	return ""
}

func kindOf(name string) payment.MovementKind {
	switch name {
	case "payment", "capture", "failed-payment":
		return payment.MovedCharge
	case "refund", "returned-refund":
		return payment.MovedRefund
	case "chargeback", "chargeback-reversal", "unauthorized-direct-debit":
		return payment.MovedDispute
	case "outgoing-transfer", "canceled-outgoing-transfer", "canceled-transfer", "returned-transfer":
		return payment.MovedPayout
	case "invoice-compensation", "fee-prepayment", "application-fee", "invoice-rounding-compensation":
		return payment.MovedFee
	}
	return payment.MovedOther
}
