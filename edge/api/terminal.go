package api

import (
	"cmp"
	"context"
	"time"

	"chargewright/base/fail"
	"chargewright/base/store"
	"chargewright/core/access"
	"chargewright/core/billing"
	"chargewright/core/payment"
)

func terminalOperations() []operation {
	const tag = "payments"
	return []operation{
		{get, "/terminal-settlements", access.Books, tag, "listTerminalSettlements", "List what stations with a payment terminal settled themselves", "OCPP 2.1 C18 to C23. Newest first.", 0, nil, handle((*server).listSettlements)},
		{post, "/terminal-settlements/{id}/close", access.Money, tag, "closeTerminalSettlement", "Say that a settlement was looked at", "What is booked stays booked. 409: it waits for nobody.", 0, []int{409}, handle((*server).closeSettlement)},
		{get, "/terminal-reports", access.Books, tag, "listTerminalReports", "List the reports of the terminals' provider that were taken over", "The newest 100.", 0, nil, handle((*server).listTerminalReports)},
		{post, "/terminal-reports", access.Money, tag, "takeTerminalReport", "Take over what the terminals' provider paid out",
			"A CSV with the columns reference (of the payment, as the terminal told it), amount, currency, date, payout and, if there is one, fee; other usual names are known. Payouts and fees are booked against clearing/terminal, and each payment is laid beside what its station told: see the reconciliation of terminal. The same file or row again changes nothing. 422: a line cannot be read, and nothing is taken.", 0, nil, handle((*server).takeTerminalReport)},
	}
}

type terminalSettlement struct {
	ID        string     `json:"id"`
	StationID string     `json:"station_id"`
	Tx        string     `json:"transaction_id" doc:"Empty where the payment was cancelled before one began"`
	SessionID *string    `json:"session_id"`
	Reference string     `json:"psp_reference"`
	Outcome   string     `json:"outcome" enum:"Settled,Canceled,Rejected,Failed"`
	Info      string     `json:"info"`
	Amount    string     `json:"amount" doc:"As the station told it, in major units"`
	At        *time.Time `json:"settled_at" doc:"By the station's clock"`
	ReceiptID string     `json:"receipt_id" doc:"Of the terminal"`
	URL       string     `json:"receipt_url" doc:"Of the terminal"`
	VATNumber string     `json:"vat_number"`
	State     string     `json:"state" enum:"waiting,booked,differs,unpaid,void,overdue,strange,closed"`
	Why       string     `json:"why"`
	ClosedBy  *string    `json:"closed_by"`
	Created   time.Time  `json:"created_at"`
}

func showSettlement(s billing.Settlement) terminalSettlement {
	return terminalSettlement{
		s.ID, s.Station, s.Tx, given(s.Session), s.Ref, s.Outcome, s.Info, s.Amount, moment(s.At), s.Receipt, s.URL, s.VAT, string(s.State), s.Why, given(s.By), s.Created.UTC(),
	}
}

type settlementQuery struct {
	Page
	State string `query:"state" enum:"waiting,booked,differs,unpaid,void,overdue,strange,closed,to_close" doc:"Only in this state; to_close: those that a person closes"`
}

func (s *server) listSettlements(ctx context.Context, sc access.Scope, in *settlementQuery) (list[terminalSettlement], error) {
	after, err := in.after(1)
	if err != nil {
		return list[terminalSettlement]{}, err
	}
	return store.Read(ctx, s.o.DB, func(tx *store.Tx) (list[terminalSettlement], error) {
		rows, err := billing.Settlements(tx, sc, billing.SettlementState(in.State), after.at, after.keys[0], in.Limit+1)
		return pageOf(rows, in.Limit, showSettlement, func(x billing.Settlement) place { return byTime(x.Created, x.ID) }), err
	})
}

func (s *server) closeSettlement(ctx context.Context, sc access.Scope, in *struct {
	ID   string `path:"id" maxLength:"100" doc:"The settlement's id"`
	Body struct {
		Reason string `json:"reason" minLength:"1" maxLength:"500"`
	} `nameHint:"CloseSettlement"`
}) (terminalSettlement, error) {
	return store.Do(ctx, s.o.DB, "settlement/"+in.ID, func(tx *store.Tx) (terminalSettlement, error) {
		x, err := billing.CloseSettlement(tx, sc, in.ID, in.Body.Reason)
		return showSettlement(x), err
	})
}

type terminalReport struct {
	Digest  string    `json:"digest" doc:"SHA-256 of the file"`
	Rows    int64     `json:"rows"`
	Fresh   int64     `json:"new" doc:"Rows that no report had before"`
	Strange int64     `json:"strange" doc:"Rows of a payment that an earlier row tells otherwise: booked nowhere"`
	By      string    `json:"taken_by"`
	At      time.Time `json:"taken_at"`
}

func showTerminalReport(r payment.Report) terminalReport {
	return terminalReport{r.Digest, r.Rows, r.Fresh, r.Strange, r.By, r.TakenAt.UTC()}
}

func (s *server) listTerminalReports(ctx context.Context, sc access.Scope, _ *struct{}) (list[terminalReport], error) {
	return store.Read(ctx, s.o.DB, func(tx *store.Tx) (list[terminalReport], error) {
		out := list[terminalReport]{Items: []terminalReport{}}
		rows, err := payment.Reports(tx, sc, 100)
		for _, r := range rows {
			out.Items = append(out.Items, showTerminalReport(r))
		}
		return out, err
	})
}

func (s *server) takeTerminalReport(ctx context.Context, sc access.Scope, in *struct {
	Body struct {
		CSV    string `json:"csv" minLength:"1" maxLength:"240000" doc:"5,000 rows at most; commas, semicolons or tabs between the columns"`
		Entity string `json:"entity_id,omitempty" maxLength:"100" doc:"The legal entity that is paid out; left out: the tenant's first"`
	} `nameHint:"TerminalReportPost"`
}) (terminalReport, error) {
	if sc.Limited() {
		return terminalReport{}, fail.New(fail.Denied, "api.takeTerminalReport", "who sees some sites only takes no report over")
	}
	e, err := store.Read(ctx, s.o.DB, func(tx *store.Tx) (access.Entity, error) {
		return access.GetEntity(tx, sc.Tenant, cmp.Or(in.Body.Entity, access.DefaultEntity))
	})
	if err != nil {
		return terminalReport{}, err
	}
	r, err := payment.TakeReport(ctx, s.o.DB, payment.Books{Tenant: sc.Tenant, Entity: e.ID}, sc.Actor, []byte(in.Body.CSV))
	return showTerminalReport(r), err
}
