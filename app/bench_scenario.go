package app

import (
	"bytes"
	"slices"
	"strconv"
	"time"

	"chargewright/base/fail"
)

const (
	unitMessage = "message"
	unitSession = "session"

	settlementName = "settlement"

	benchToken = "BENCH-TOKEN"
	// meterValuesEach is how many meter values a session has between start and stop.
	meterValuesEach = 10
)

// scenario is what a station does again and again.
type scenario struct {
	name     string
	unit     string
	durable  bool // each message is in the database before its answer
	protocol string
	first    int // the first station's number
	prepare  func(*benchClient) error
	step     func(*benchClient) error // one unit; nil: no station is connected, the server works off a backlog
}

// server returns the kind of server that the scenario needs.
func (s scenario) server() string {
	switch {
	case s.name == echoName:
		return echoName
	case s.step == nil:
		return backlogName
	}
	return ownName
}

// from returns the scenario for the stations from number n on.
func (s scenario) from(n int) scenario {
	s.first = n
	return s
}

func benchScenarios() []scenario {
	return []scenario{
		echoScenario(),
		{name: "heartbeat", unit: unitMessage, protocol: "ocpp1.6", prepare: (*benchClient).boot16, step: (*benchClient).heartbeat},
		{name: "metervalues", unit: unitMessage, durable: true, protocol: "ocpp1.6", prepare: (*benchClient).begin16, step: (*benchClient).meter16},
		{name: "transaction", unit: unitMessage, durable: true, protocol: "ocpp2.0.1", prepare: (*benchClient).begin201, step: (*benchClient).updated201},
		{name: "sessions", unit: unitSession, durable: true, protocol: "ocpp1.6", prepare: (*benchClient).boot16, step: (*benchClient).session16},
		{name: settlementName, unit: unitSession, durable: true},
	}
}

func scenarioNamed(name string) (scenario, bool) {
	all := benchScenarios()
	i := slices.IndexFunc(all, func(s scenario) bool { return s.name == name })
	if i < 0 {
		return scenario{}, false
	}
	return all[i], true
}

func echoScenario() scenario {
	return scenario{name: echoName, unit: unitMessage, protocol: "ocpp1.6", prepare: func(*benchClient) error { return nil }, step: (*benchClient).echo}
}

// idleScenario boots, sends a Heartbeat and stays.
func idleScenario() scenario {
	return scenario{name: "idle", unit: unitMessage, protocol: "ocpp1.6", prepare: (*benchClient).boot16, step: (*benchClient).heartbeat}
}

// echoText makes the message of the echo 300 bytes long.
var echoText = bytes.Repeat([]byte("x"), 263)

func (c *benchClient) echo() error {
	c.head("DataTransfer")
	c.text(`{"vendorId":"`)
	c.buf = append(c.buf, echoText[:263-len(c.message)]...)
	c.text(`"}]`)
	answer, err := c.exchange()
	if err == nil && !bytes.Equal(answer, c.buf) {
		err = fail.New(fail.Internal, "bench", "the echo is not what was sent")
	}
	return err
}

func (c *benchClient) boot16() error {
	c.head("BootNotification")
	c.text(`{"chargePointVendor":"Bench","chargePointModel":"One","chargePointSerialNumber":"1","firmwareVersion":"1.0"}]`)
	answer, err := c.call()
	if err == nil && !bytes.Contains(answer, []byte(`"Accepted"`)) {
		err = fail.New(fail.Conflict, "bench", "not accepted: %.200s", answer)
	}
	return err
}

func (c *benchClient) heartbeat() error {
	c.head("Heartbeat")
	c.text(`{}]`)
	_, err := c.call()
	return err
}

// begin16 boots and starts a transaction.
func (c *benchClient) begin16() error {
	if err := c.boot16(); err != nil {
		return err
	}
	return c.start16()
}

func (c *benchClient) start16() error {
	c.tick()
	c.head("StartTransaction")
	c.text(`{"connectorId":1,"idTag":"` + benchToken + `","meterStart":`)
	c.number(c.register)
	c.text(`,"timestamp":"`)
	c.time()
	c.text(`"}]`)
	answer, err := c.call()
	if err != nil {
		return err
	}
	_, rest, found := bytes.Cut(answer, []byte(`"transactionId":`))
	if end := bytes.IndexAny(rest, ",}"); found && end > 0 {
		c.transaction, err = strconv.ParseInt(string(rest[:end]), 10, 64)
	}
	if err != nil || c.transaction == 0 || !bytes.Contains(answer, []byte(`"Accepted"`)) {
		return fail.New(fail.Conflict, "bench", "not started: %.200s", answer)
	}
	return nil
}

// measurands16 are the values beside the register in a MeterValues.
var measurands16 = []string{
	`"measurand":"Power.Active.Import","unit":"W"`,
	`"measurand":"Current.Import","phase":"L1","unit":"A"`, `"measurand":"Current.Import","phase":"L2","unit":"A"`, `"measurand":"Current.Import","phase":"L3","unit":"A"`,
	`"measurand":"Voltage","phase":"L1-N","unit":"V"`, `"measurand":"Voltage","phase":"L2-N","unit":"V"`, `"measurand":"Voltage","phase":"L3-N","unit":"V"`,
	`"measurand":"SoC","unit":"Percent","location":"EV"`, `"measurand":"Temperature","unit":"Celsius","location":"Body"`,
}

// meter16 sends ten values, of which one is the energy register.
func (c *benchClient) meter16() error {
	c.tick()
	c.head("MeterValues")
	c.text(`{"connectorId":1,"transactionId":`)
	c.number(c.transaction)
	c.text(`,"meterValue":[{"timestamp":"`)
	c.time()
	c.text(`","sampledValue":[{"value":"`)
	c.number(c.register)
	c.text(`","context":"Sample.Periodic","format":"Raw","measurand":"Energy.Active.Import.Register","location":"Outlet","unit":"Wh"}`)
	for i, m := range measurands16 {
		c.text(`,{"value":"`)
		c.number(10 + (c.register+int64(i)*7)%220)
		c.text(`.5","context":"Sample.Periodic","format":"Raw",`)
		c.text(m)
		c.text(`}`)
	}
	c.text(`]}]}]`)
	_, err := c.call()
	return err
}

func (c *benchClient) stop16() error {
	c.tick()
	c.head("StopTransaction")
	c.text(`{"transactionId":`)
	c.number(c.transaction)
	c.text(`,"idTag":"` + benchToken + `","meterStop":`)
	c.number(c.register)
	c.text(`,"timestamp":"`)
	c.time()
	c.text(`","reason":"Local"}]`)
	_, err := c.call()
	return err
}

// session16 is a session from start to stop, of five minutes by the station's clock:
// what is shorter is a failed start and costs nothing.
func (c *benchClient) session16() error {
	err := c.start16()
	c.at, c.register = c.at.Add(5*time.Minute), c.register+3000
	for i := 0; i < meterValuesEach && err == nil; i++ {
		err = c.meter16()
	}
	if err == nil {
		err = c.stop16()
	}
	return err
}

// begin201 boots and starts a transaction.
func (c *benchClient) begin201() error {
	c.head("BootNotification")
	c.text(`{"reason":"PowerUp","chargingStation":{"vendorName":"Bench","model":"One","serialNumber":"1","firmwareVersion":"1.0"}}]`)
	answer, err := c.call()
	if err != nil || !bytes.Contains(answer, []byte(`"Accepted"`)) {
		return fail.New(fail.Conflict, "bench", "not accepted: %.200s %v", answer, err)
	}
	c.head("TransactionEvent")
	c.event("Started", "Authorized")
	c.text(`,"evse":{"id":1,"connectorId":1},"idToken":{"idToken":"` + benchToken + `","type":"ISO14443"}}]`)
	answer, err = c.call()
	if err == nil && !bytes.Contains(answer, []byte(`"Accepted"`)) {
		err = fail.New(fail.Conflict, "bench", "not started: %.200s", answer)
	}
	return err
}

// measurands201 are the values beside the register in a TransactionEvent.
var measurands201 = []string{
	`"measurand":"Power.Active.Import","unitOfMeasure":{"unit":"W"}`,
	`"measurand":"Current.Import","phase":"L1","unitOfMeasure":{"unit":"A"}`, `"measurand":"Current.Import","phase":"L2","unitOfMeasure":{"unit":"A"}`,
	`"measurand":"Current.Import","phase":"L3","unitOfMeasure":{"unit":"A"}`,
	`"measurand":"Voltage","phase":"L1-N","unitOfMeasure":{"unit":"V"}`, `"measurand":"Voltage","phase":"L2-N","unitOfMeasure":{"unit":"V"}`,
	`"measurand":"Voltage","phase":"L3-N","unitOfMeasure":{"unit":"V"}`,
	`"measurand":"SoC","location":"EV","unitOfMeasure":{"unit":"Percent"}`, `"measurand":"Power.Offered","unitOfMeasure":{"unit":"W"}`,
}

// event writes what the TransactionEvents of a transaction have in common.
func (c *benchClient) event(kind, trigger string) {
	c.tick()
	c.text(`{"eventType":"`)
	c.text(kind)
	c.text(`","timestamp":"`)
	c.time()
	c.text(`","triggerReason":"`)
	c.text(trigger)
	c.text(`","seqNo":`)
	c.number(c.sequence)
	c.sequence++
	c.text(`,"transactionInfo":{"transactionId":"`)
	c.text(c.id)
	c.text(`-T","chargingState":"Charging"}`)
}

// updated201 sends ten values, of which one is the energy register.
func (c *benchClient) updated201() error {
	c.head("TransactionEvent")
	c.event("Updated", "MeterValuePeriodic")
	c.text(`,"meterValue":[{"timestamp":"`)
	c.time()
	c.text(`","sampledValue":[{"value":`)
	c.number(c.register)
	c.text(`,"context":"Sample.Periodic","measurand":"Energy.Active.Import.Register","location":"Outlet","unitOfMeasure":{"unit":"Wh"}}`)
	for i, m := range measurands201 {
		c.text(`,{"value":`)
		c.number(10 + (c.register+int64(i)*7)%220)
		c.text(`.5,"context":"Sample.Periodic",`)
		c.text(m)
		c.text(`}`)
	}
	c.text(`]}]}]`)
	_, err := c.call()
	return err
}

// tick lets a tenth of a second of the station's time pass, at 36 kW.
func (c *benchClient) tick() {
	c.at = c.at.Add(100 * time.Millisecond)
	c.register++
}
