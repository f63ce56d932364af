package sim

import (
	"context"
	"slices"

	"chargewright/wire/ocpp"
	"chargewright/wire/ocpp/v21"
)

func (v *speaker2) installCertificate(_ context.Context, s *Station, q *v21.InstallCertificate) (v21.InstallCertificateResponse, error) {
	status := s.install(string(q.CertificateType), q.Certificate)
	return v21.InstallCertificateResponse{Status: v21.InstallCertificateStatusEnum(status)}, nil
}

func (v *speaker2) deleteCertificate(_ context.Context, s *Station, q *v21.DeleteCertificate) (v21.DeleteCertificateResponse, error) {
	h := q.CertificateHashData
	status := s.uninstall(string(h.HashAlgorithm), h.IssuerNameHash, h.IssuerKeyHash, h.SerialNumber)
	return v21.DeleteCertificateResponse{Status: v21.DeleteCertificateStatusEnum(status)}, nil
}

func (v *speaker2) listCertificates(_ context.Context, s *Station, q *v21.GetInstalledCertificateIDs) (v21.GetInstalledCertificateIDsResponse, error) {
	r := v21.GetInstalledCertificateIDsResponse{Status: v21.GetInstalledCertificateStatusNotFound}
	for _, c := range s.stores.certificates {
		use := v21.GetCertificateIDUseEnum(c.use)
		if len(q.CertificateType) > 0 && !slices.Contains(q.CertificateType, use) {
			continue
		}
		r.Status = v21.GetInstalledCertificateStatusAccepted
		r.CertificateHashDataChain = append(r.CertificateHashDataChain, v21.CertificateHashDataChain{
			CertificateType: use,
			CertificateHashData: v21.CertificateHashData{
				HashAlgorithm: v21.HashAlgorithmEnum(c.algorithm), IssuerNameHash: c.name, IssuerKeyHash: c.key, SerialNumber: c.serial,
			},
		})
	}
	return r, nil
}

func (v *speaker2) certificateSigned(_ context.Context, _ *Station, q *v21.CertificateSigned) (v21.CertificateSignedResponse, error) {
	if _, err := parsePEM(q.CertificateChain); err != nil {
		return v21.CertificateSignedResponse{Status: v21.CertificateSignedStatusRejected, StatusInfo: reason("InvalidCertificate")}, nil
	}
	return v21.CertificateSignedResponse{Status: v21.CertificateSignedStatusAccepted}, nil
}

func (v *speaker2) setMessage(_ context.Context, s *Station, q *v21.SetDisplayMessage) (v21.SetDisplayMessageResponse, error) {
	m := q.Message
	if m.TransactionID != "" && s.transaction(m.TransactionID) == nil {
		return v21.SetDisplayMessageResponse{Status: v21.DisplayMessageStatusUnknownTransaction}, nil
	}
	s.dropMessage(m.ID)
	if len(s.stores.messages) >= maxMessages {
		return v21.SetDisplayMessageResponse{Status: v21.DisplayMessageStatusRejected, StatusInfo: reason("TooManyElements")}, nil
	}
	s.stores.messages = append(s.stores.messages, m)
	return v21.SetDisplayMessageResponse{Status: v21.DisplayMessageStatusAccepted}, nil
}

func (s *Station) dropMessage(id int64) bool {
	n := len(s.stores.messages)
	s.stores.messages = slices.DeleteFunc(s.stores.messages, func(m v21.MessageInfo) bool { return m.ID == id })
	return len(s.stores.messages) < n
}

func (v *speaker2) getMessages(_ context.Context, s *Station, q *v21.GetDisplayMessages) (v21.GetDisplayMessagesResponse, error) {
	var out []v21.MessageInfo
	for _, m := range s.stores.messages {
		if (len(q.ID) == 0 || slices.Contains(q.ID, m.ID)) && (q.Priority == "" || q.Priority == m.Priority) &&
			(q.State == "" || q.State == m.State) {
			out = append(out, m)
		}
	}
	if len(out) == 0 {
		return v21.GetDisplayMessagesResponse{Status: v21.GetDisplayMessagesStatusUnknown}, nil
	}
	s.later(func() {
		s.send(v21.NotifyDisplayMessages{MessageInfo: out, RequestID: q.RequestID, TBC: ocpp.Ptr(false)}, nil)
	})
	return v21.GetDisplayMessagesResponse{Status: v21.GetDisplayMessagesStatusAccepted}, nil
}

func (v *speaker2) clearMessage(_ context.Context, s *Station, q *v21.ClearDisplayMessage) (v21.ClearDisplayMessageResponse, error) {
	if !s.dropMessage(q.ID) {
		return v21.ClearDisplayMessageResponse{Status: v21.ClearMessageStatusUnknown}, nil
	}
	return v21.ClearDisplayMessageResponse{Status: v21.ClearMessageStatusAccepted}, nil
}
