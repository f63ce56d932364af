package api

import (
	"context"

	"chargewright/base/store"
	"chargewright/core/access"
	"chargewright/core/billing"
	sessions "chargewright/core/session"
)

func correctionOperations() []operation {
	return []operation{
		{post, "/documents/{id}/credits", access.Goodwill, "money", "creditDocument", "Give back of a receipt by a credit note",
			"The same key again gets the same note. 403: more than the policy lets the role give back. 409: nothing is left of the receipt.", 201, []int{409}, handle((*server).creditDocument)},
		{post, "/sessions/{id}/correction/preview", access.Money, "money", "previewCorrection", "Say what a settled session would be billed if it were priced now", "Nothing changes. 409: it is not billed.", 0, []int{409}, handle((*server).previewCorrection)},
		{post, "/sessions/{id}/correction", access.Money, "money", "correctSession", "Bill a settled session anew",
			"A credit note takes the receipt back, and a receipt of the next revision bills what was decided; what was paid and is not due any more goes back as it came. 409: it would cost something else than was looked at, or cannot be priced.",
			201, []int{409}, handle((*server).correctSession)},
	}
}

func (s *server) creditDocument(ctx context.Context, sc access.Scope, in *struct {
	ID   string `path:"id" maxLength:"100" doc:"The receipt's id or its session's"`
	Body struct {
		Key    string `json:"key" minLength:"1" maxLength:"100" doc:"Makes it the only one of the receipt: the same again gets the same note"`
		Minor  int64  `json:"amount_minor,omitempty" minimum:"0" doc:"Gross, in minor units of the receipt's currency; 0 is all that is left"`
		Reason string `json:"reason" minLength:"1" maxLength:"500" doc:"For the payer"`
		To     string `json:"to,omitempty" enum:"payer,wallet" doc:"payer: as it came. wallet: of the driver"`
	} `nameHint:"NewCredit"`
}) (Document, error) {
	b := in.Body
	v, err := store.Do(ctx, s.o.DB, "document/"+in.ID, func(tx *store.Tx) (Document, error) {
		d, err := billing.Credit(tx, sc, in.ID, billing.CreditOrder{Key: b.Key, Gross: b.Minor, Reason: b.Reason, To: billing.Back(b.To), Actor: sc.Actor})
		return showDocument(d), err
	})
	if err == nil && v.SessionID != nil {
		s.o.Live.Publish(topicSession, []byte(*v.SessionID))
	}
	return v, err
}

// DecisionBody is what a person decides about a session.
type DecisionBody struct {
	Decision string `json:"decision" enum:"accept,energy,void" doc:"accept: by its evidence as it is now. energy: of a person's word. void: nothing is billed"`
	EnergyWh int64  `json:"energy_wh,omitempty" minimum:"0" doc:"With energy"`
	Reason   string `json:"reason" minLength:"1" maxLength:"500" doc:"For the payer"`
}

func (b DecisionBody) decision() sessions.Decision {
	return sessions.Decision{Choice: sessions.Choice(b.Decision), Energy: b.EnergyWh, Reason: b.Reason}
}

type correctionPreview struct {
	Receipt  Document       `json:"receipt" doc:"In force"`
	Left     amount         `json:"left" doc:"What is billed now, credit notes deducted"`
	EnergyWh int64          `json:"energy_wh"`
	Held     []string       `json:"held" doc:"Flags by which it cannot be priced"`
	Lines    []documentLine `json:"lines"`
	Net      amount         `json:"net"`
	Tax      amount         `json:"tax"`
	Gross    amount         `json:"gross"`
}

func (s *server) previewCorrection(ctx context.Context, sc access.Scope, in *struct {
	ID   string                 `path:"id" maxLength:"100" doc:"The session's id"`
	Body struct{ DecisionBody } `nameHint:"CorrectionPreviewed"`
}) (correctionPreview, error) {
	a, err := billing.Preview(ctx, s.o.DB, sc, in.ID, in.Body.decision())
	if err != nil {
		return correctionPreview{}, err
	}
	c := a.Receipt.Currency
	v := correctionPreview{
		Receipt: showDocument(a.Receipt), Left: amountOf(a.Left(), c), EnergyWh: a.Energy.WattHours(), Held: flags(a.Flags), Lines: []documentLine{},
		Net: amountOf(a.Net, c), Tax: amountOf(a.Tax, c), Gross: amountOf(a.Gross, c),
	}
	for _, l := range a.Lines {
		v.Lines = append(v.Lines, documentLine{l.Dimension, l.Quantity, l.Unit, l.UnitPrice, amountOf(l.Minor, c)})
	}
	return v, nil
}

func (s *server) correctSession(ctx context.Context, sc access.Scope, in *struct {
	ID   string `path:"id" maxLength:"100" doc:"The session's id"`
	Body struct {
		DecisionBody
		Minor int64 `json:"gross_minor" minimum:"0" doc:"What the preview said that it would cost"`
	} `nameHint:"NewCorrection"`
}) (list[Document], error) {
	docs, err := billing.Correct(ctx, s.o.DB, sc, in.ID, billing.Correction{Decision: in.Body.decision(), Gross: in.Body.Minor})
	if err == nil {
		s.o.Live.Publish(topicSession, []byte(in.ID))
	}
	return pageOf(docs, len(docs), showDocument, nil), err
}
