package sim

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"testing"
	"time"

	"chargewright/wire/ocpp"
	"chargewright/wire/ocpp/v16"
	"chargewright/wire/ocpp/v21"
)

// root returns a self-signed certificate in PEM.
func root(t *testing.T) string {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{SerialNumber: big.NewInt(0x0a1b), Subject: pkix.Name{CommonName: "Root"}, NotAfter: time.Now().Add(time.Hour), IsCA: true}
	der, err := x509.CreateCertificate(rand.Reader, c, c, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
}

func TestCertificates16(t *testing.T) {
	bubble(t, Config{Version: ocpp.V16}, func(r rig) {
		r.must(r.st.WaitAccepted(r.ctx))
		const use = v16.CertificateUseCentralSystemRootCertificate
		list := func() v16.GetInstalledCertificateIDsResponse {
			return ask[v16.GetInstalledCertificateIDsResponse](r.csms, r.ctx, "CP-1", ocpp.V16, v16.GetInstalledCertificateIDs{CertificateType: use})
		}
		install := func(text string) string {
			return string(ask[v16.InstallCertificateResponse](r.csms, r.ctx, "CP-1", ocpp.V16, v16.InstallCertificate{CertificateType: use, Certificate: text}).Status)
		}
		if got := install("no certificate"); got != rejected {
			t.Error(got)
		}
		if list().Status != v16.GetInstalledCertificateStatusNotFound {
			t.Error("something is installed")
		}
		text := root(t)
		equal(t, "installing twice", []string{install(text), install(text)}, []string{accepted, accepted})
		l := list()
		if len(l.CertificateHashData) != 1 || l.CertificateHashData[0].SerialNumber != "a1b" {
			t.Fatalf("%+v", l)
		}
		h := l.CertificateHashData[0]
		for _, want := range []v16.DeleteCertificateStatus{"Accepted", "NotFound"} {
			if a := ask[v16.DeleteCertificateResponse](r.csms, r.ctx, "CP-1", ocpp.V16, v16.DeleteCertificate{CertificateHashData: h}); a.Status != want {
				t.Errorf("%+v, want %s", a, want)
			}
		}
		if a := ask[v16.CertificateSignedResponse](r.csms, r.ctx, "CP-1", ocpp.V16, v16.CertificateSigned{CertificateChain: text}); a.Status != accepted {
			t.Errorf("%+v", a)
		}
	})
}

func TestCertificates2(t *testing.T) {
	each2(t, Config{}, func(r rig) {
		v := r.st.Version()
		r.must(r.st.WaitAccepted(r.ctx))
		a := ask[v21.InstallCertificateResponse](r.csms, r.ctx, "CP-1", v, v21.InstallCertificate{CertificateType: "CSMSRootCertificate", Certificate: root(r.t)})
		l := ask[v21.GetInstalledCertificateIDsResponse](r.csms, r.ctx, "CP-1", v, v21.GetInstalledCertificateIDs{})
		other := ask[v21.GetInstalledCertificateIDsResponse](r.csms, r.ctx, "CP-1", v,
			v21.GetInstalledCertificateIDs{CertificateType: []v21.GetCertificateIDUseEnum{"V2GRootCertificate"}})
		if a.Status != accepted || len(l.CertificateHashDataChain) != 1 || other.Status != v21.GetInstalledCertificateStatusNotFound {
			r.t.Fatalf("%+v, %+v, %+v", a, l, other)
		}
		d := ask[v21.DeleteCertificateResponse](r.csms, r.ctx, "CP-1", v, v21.DeleteCertificate{CertificateHashData: l.CertificateHashDataChain[0].CertificateHashData})
		s := ask[v21.CertificateSignedResponse](r.csms, r.ctx, "CP-1", v, v21.CertificateSigned{CertificateChain: "rubbish"})
		if d.Status != accepted || s.Status != rejected {
			r.t.Errorf("%+v, %+v", d, s)
		}
		ask[v21.TriggerMessageResponse](r.csms, r.ctx, "CP-1", v, v21.TriggerMessage{RequestedMessage: "SignChargingStationCertificate"})
		r.must(r.st.Flush(r.ctx))
		q := typed[v21.SignCertificate](r.csms, v)
		block, _ := pem.Decode([]byte(q[0].CSR))
		if csr, err := x509.ParseCertificateRequest(block.Bytes); err != nil || csr.Subject.CommonName != "CP-1" || csr.CheckSignature() != nil {
			r.t.Errorf("%+v, %v", csr, err)
		}
	})
}

func TestMessagesAndCost(t *testing.T) {
	each2(t, Config{}, func(r rig) {
		v := r.st.Version()
		out := r.charge()
		m := v21.MessageInfo{ID: 3, Priority: "NormalCycle", Message: v21.MessageContent{Format: "UTF8", Content: "hello"}}
		set := func(m v21.MessageInfo) string {
			return string(ask[v21.SetDisplayMessageResponse](r.csms, r.ctx, "CP-1", v, v21.SetDisplayMessage{Message: m}).Status)
		}
		if got := set(m); got != accepted {
			r.t.Error(got)
		}
		m.ID, m.TransactionID = 4, "unknown"
		if got := set(m); got != "UnknownTransaction" {
			r.t.Error(got)
		}
		for _, want := range []v21.GetDisplayMessagesStatusEnum{"Accepted", "Unknown"} {
			if a := ask[v21.GetDisplayMessagesResponse](r.csms, r.ctx, "CP-1", v, v21.GetDisplayMessages{RequestID: 9}); a.Status != want {
				r.t.Errorf("%+v", a)
			}
			ask[v21.ClearDisplayMessageResponse](r.csms, r.ctx, "CP-1", v, v21.ClearDisplayMessage{ID: 3})
		}
		r.must(r.st.Flush(r.ctx))
		if q := typed[v21.NotifyDisplayMessages](r.csms, v); len(q) != 1 || q[0].MessageInfo[0].Message.Content != "hello" || q[0].RequestID != 9 {
			r.t.Errorf("%+v", q)
		}
		ask[v21.CostUpdatedResponse](r.csms, r.ctx, "CP-1", v, v21.CostUpdated{TotalCost: ocpp.Decimal(1234, 2), TransactionID: out.Transaction})
		if got := r.state().Cost; got != "12.34" {
			r.t.Errorf("cost %q", got)
		}
		if _, err := r.call(r.ctx, "CP-1", v21.CostUpdated{TransactionID: "unknown"}); callError(err) == nil {
			r.t.Errorf("%v", err)
		}
		status := ask[v21.GetTransactionStatusResponse](r.csms, r.ctx, "CP-1", v, v21.GetTransactionStatus{TransactionID: out.Transaction})
		if status.MessagesInQueue || status.OngoingIndicator == nil || !*status.OngoingIndicator {
			r.t.Errorf("%+v", status)
		}
	})
}

func TestProfilesAreReported(t *testing.T) {
	each2(t, Config{}, func(r rig) {
		v := r.st.Version()
		r.charge()
		if got := r.limit(16); got != accepted {
			r.t.Fatal(got)
		}
		get := func(purpose v21.ChargingProfilePurposeEnum) string {
			return string(ask[v21.GetChargingProfilesResponse](r.csms, r.ctx, "CP-1", v, v21.GetChargingProfiles{
				RequestID: 2, ChargingProfile: v21.ChargingProfileCriterion{ChargingProfilePurpose: purpose}}).Status)
		}
		if got := get("TxDefaultProfile"); got != "NoProfiles" {
			r.t.Error(got)
		}
		if got := get("TxProfile"); got != accepted {
			r.t.Error(got)
		}
		r.must(r.st.Flush(r.ctx))
		q := typed[v21.ReportChargingProfiles](r.csms, v)
		if len(q) != 1 || q[0].EVSEID != 1 || q[0].ChargingProfile[0].TransactionID != r.state().Transaction {
			r.t.Errorf("%+v", q)
		}
		c := ask[v21.GetCompositeScheduleResponse](r.csms, r.ctx, "CP-1", v, v21.GetCompositeSchedule{EVSEID: 1, Duration: 600, ChargingRateUnit: "A"})
		if s := c.Schedule; s == nil || len(s.ChargingSchedulePeriod) != 1 || s.ChargingSchedulePeriod[0].Limit.String() != "16" {
			r.t.Errorf("%+v", c)
		}
		clear := func() string {
			return string(ask[v21.ClearChargingProfileResponse](r.csms, r.ctx, "CP-1", v, v21.ClearChargingProfile{
				ChargingProfileCriteria: &v21.ClearChargingProfileType{ChargingProfilePurpose: "TxProfile"}}).Status)
		}
		if a, b := clear(), clear(); a != accepted || b != "Unknown" {
			r.t.Errorf("%s then %s", a, b)
		}
	})
}

func TestLocalListDecidesOffline(t *testing.T) {
	every(t, Config{}, func(r rig) {
		v := r.st.Version()
		r.must(r.st.WaitAccepted(r.ctx))
		send := func(version int64, kind, tag, status string) string {
			if v == ocpp.V16 {
				q := v16.SendLocalList{ListVersion: version, UpdateType: v16.UpdateType(kind)}
				if tag != "" {
					q.LocalAuthorizationList = []v16.AuthorizationData{{IDTag: tag, IDTagInfo: &v16.IDTagInfo{Status: v16.AuthorizationStatus(status)}}}
				}
				return string(ask[v16.SendLocalListResponse](r.csms, r.ctx, "CP-1", v, q).Status)
			}
			q := v21.SendLocalList{VersionNumber: version, UpdateType: v21.UpdateEnum(kind)}
			if tag != "" {
				q.LocalAuthorizationList = []v21.AuthorizationData{{IDToken: v21.IDToken{IDToken: tag, Type: "ISO14443"},
					IDTokenInfo: &v21.IDTokenInfo{Status: v21.AuthorizationStatusEnum(status)}}}
			}
			return string(ask[v21.SendLocalListResponse](r.csms, r.ctx, "CP-1", v, q).Status)
		}
		equal(t, "answers", []string{
			send(2, "Full", "Bad1", "Blocked"), send(2, "Differential", "good1", "Accepted"), send(3, "Differential", "good1", "Accepted"),
		}, []string{accepted, "VersionMismatch", accepted})
		r.must(r.st.GoOffline(r.ctx, time.Hour))
		for _, c := range []struct{ tag, want string }{{"BAD1", "Blocked"}, {"GOOD1", accepted}} {
			if out, err := r.st.Tap(r.ctx, 1, c.tag); err != nil || out.Status != c.want {
				t.Errorf("%s: %+v, %v", c.tag, out, err)
			}
		}
	})
}

func TestDataTransfer(t *testing.T) {
	every(t, Config{}, func(r rig) {
		r.must(r.st.WaitAccepted(r.ctx))
		if r.st.Version() == ocpp.V16 {
			a := ask[v16.DataTransferResponse](r.csms, r.ctx, "CP-1", ocpp.V16, v16.DataTransfer{VendorID: echoVendor, Data: "hi"})
			b := ask[v16.DataTransferResponse](r.csms, r.ctx, "CP-1", ocpp.V16, v16.DataTransfer{VendorID: "someone"})
			if a.Data != "hi" || b.Status != v16.DataTransferStatusUnknownVendorID {
				t.Errorf("%+v, %+v", a, b)
			}
			return
		}
		a := ask[v21.DataTransferResponse](r.csms, r.ctx, "CP-1", r.st.Version(), v21.DataTransfer{VendorID: echoVendor, Data: ocpp.Raw(`{"a":[1]}`)})
		if string(a.Data) != `{"a":[1]}` {
			t.Errorf("%+v", a)
		}
	})
}

func TestClockAlignedSamples(t *testing.T) {
	every(t, Config{}, func(r rig) {
		r.must(r.st.WaitAccepted(r.ctx))
		r.must(r.st.ask(r.ctx, func() {
			r.st.settings.set(clockAlignedDataInterval, "900")
			r.st.changed(clockAlignedDataInterval)
		}))
		time.Sleep(time.Hour + time.Second)
		calls := r.of("MeterValues")
		if len(calls) != 4 {
			t.Fatalf("%d samples in an hour of quarters", len(calls))
		}
		for _, c := range calls {
			if c.at.Truncate(15*time.Minute) != c.at.Truncate(time.Second) {
				t.Errorf("a sample at %v", c.at)
			}
		}
	})
}

func TestTroubles(t *testing.T) {
	for _, name := range Troubles() {
		t.Run(name.Name, func(t *testing.T) {
			bubble(t, Config{Version: ocpp.V201}, func(r rig) {
				r.charge()
				time.Sleep(time.Minute)
				r.must(r.st.Suffer(r.ctx, name.Name, stream(1, "trouble", 0)))
				time.Sleep(2 * time.Minute)
				r.must(r.st.WaitAccepted(r.ctx))
				s, err := r.st.State(r.ctx)
				r.must(err)
				running := name.Name == Cut || name.Name == OfflineMinute
				if !s.Connected || (s.EVSEs[0].Transaction != "") != running {
					t.Errorf("%+v", s)
				}
				m := r.messages()
				if !running && m[len(m)-1].kind != "stop" {
					t.Errorf("%+v", m)
				}
			})
		})
	}
	if err := (&Station{cfg: Config{EVSEs: []EVSE{{}}}}).Suffer(t.Context(), "plague", stream(1, "x", 0)); err == nil {
		t.Error("an unknown trouble is no error")
	}
}
