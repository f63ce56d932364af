package api

import (
	"context"
	"time"

	"chargewright/base/store"
	"chargewright/core/access"
	"chargewright/core/billing"
)

func terminalOperations() []operation {
	const tag = "payments"
	return []operation{
		{get, "/terminal-settlements", access.Books, tag, "listTerminalSettlements", "List what stations with a payment terminal settled themselves", "OCPP 2.1 C18 to C23. Newest first.", 0, nil, handle((*server).listSettlements)},
		{post, "/terminal-settlements/{id}/close", access.Money, tag, "closeTerminalSettlement", "Say that a settlement was looked at", "What is booked stays booked. 409: it waits for nobody.", 0, []int{409}, handle((*server).closeSettlement)},
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
