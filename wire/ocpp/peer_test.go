package ocpp_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/lorenzodonini/ocpp-go/ocpp1.6/core"
	types16 "github.com/lorenzodonini/ocpp-go/ocpp1.6/types"
	"github.com/lorenzodonini/ocpp-go/ocpp2.0.1/availability"
	"github.com/lorenzodonini/ocpp-go/ocpp2.0.1/provisioning"
	"github.com/lorenzodonini/ocpp-go/ocpp2.0.1/transactions"
	types201 "github.com/lorenzodonini/ocpp-go/ocpp2.0.1/types"

	"chargewright/wire/ocpp"
)

// What a station that nobody here wrote sends is read without a finding and
// means the same.
func TestPeerMessages(t *testing.T) {
	at := time.Date(2024, 5, 1, 12, 0, 0, 0, time.UTC)
	at16, at201 := types16.NewDateTime(at), types201.NewDateTime(at)
	for _, c := range []struct {
		version ocpp.Version
		request interface{ GetFeatureName() string }
	}{
		{ocpp.V16, core.NewBootNotificationRequest("M", "V")},
		{ocpp.V16, core.NewAuthorizationRequest("04A1")},
		{ocpp.V16, core.NewHeartbeatRequest()},
		{ocpp.V16, core.NewStartTransactionRequest(1, "04A1", 100, at16)},
		{ocpp.V16, core.NewStopTransactionRequest(120, at16, 5)},
		{ocpp.V16, core.NewStatusNotificationRequest(1, core.NoError, core.ChargePointStatusCharging)},
		{ocpp.V16, core.NewMeterValuesRequest(1, []types16.MeterValue{{Timestamp: at16, SampledValue: []types16.SampledValue{
			{Value: "12", Measurand: types16.MeasurandEnergyActiveImportRegister, Unit: types16.UnitOfMeasureWh}}}})},
		{ocpp.V201, provisioning.NewBootNotificationRequest(provisioning.BootReasonPowerUp, "M", "V")},
		{ocpp.V201, availability.NewStatusNotificationRequest(at201, availability.ConnectorStatusOccupied, 1, 1)},
		{ocpp.V201, transactions.NewTransactionEventRequest(transactions.TransactionEventStarted, at201,
			transactions.TriggerReasonCablePluggedIn, 0, transactions.Transaction{TransactionID: "t"})},
	} {
		payload, err := json.Marshal(c.request)
		if err != nil {
			t.Fatal(err)
		}
		message, found, err := kindOf(c.version, c.request.GetFeatureName()).decode(payload)
		if err != nil || len(found) > 0 {
			t.Errorf("%s: findings %v, error %v", payload, found, err)
			continue
		}
		if _, err := ocpp.Encode(c.version, message); err != nil {
			t.Errorf("%s: %v", payload, err)
		}
	}
}
