package sim

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/hex"
	"encoding/pem"
	"slices"
	"strings"

	"chargewright/base/fail"
)

// certificate is an installed root, known by the hashes of OCPP's
// CertificateHashData (RFC 6960 §4.1.1, SHA-256).
type certificate struct {
	use       string
	algorithm string
	name      string
	key       string
	serial    string
}

func parsePEM(text string) (*x509.Certificate, error) {
	block, _ := pem.Decode([]byte(text))
	if block == nil || block.Type != "CERTIFICATE" {
		return nil, fail.New(fail.Invalid, "sim.certificate", "the text holds no PEM certificate")
	}
	c, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return nil, fail.Wrap(fail.Invalid, "sim.certificate", err)
	}
	return c, nil
}

// install keeps a root certificate and answers as both versions spell it.
func (s *Station) install(use, text string) string {
	parsed, err := parsePEM(text)
	if err != nil || len(s.stores.certificates) >= maxCertificates {
		return rejected
	}
	var info struct {
		Algorithm pkix.AlgorithmIdentifier
		Key       asn1.BitString
	}
	if _, err := asn1.Unmarshal(parsed.RawSubjectPublicKeyInfo, &info); err != nil {
		return rejected
	}
	name, key := sha256.Sum256(parsed.RawIssuer), sha256.Sum256(info.Key.Bytes)
	c := certificate{use, "SHA256", hex.EncodeToString(name[:]), hex.EncodeToString(key[:]), parsed.SerialNumber.Text(16)}
	if !slices.Contains(s.stores.certificates, c) {
		s.stores.certificates = append(s.stores.certificates, c)
	}
	return accepted
}

// uninstall removes a certificate by its hashes.
func (s *Station) uninstall(algorithm, name, key, serial string) string {
	before := len(s.stores.certificates)
	s.stores.certificates = slices.DeleteFunc(s.stores.certificates, func(c certificate) bool {
		return c.algorithm == algorithm && strings.EqualFold(c.name, name) && strings.EqualFold(c.key, key) &&
			strings.EqualFold(strings.TrimLeft(c.serial, "0"), strings.TrimLeft(serial, "0"))
	})
	if len(s.stores.certificates) == before {
		return "NotFound"
	}
	return accepted
}

// request returns a fresh certificate signing request in PEM.
func (s *Station) request() (string, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return "", fail.Wrap(fail.Internal, "sim.certificate", err)
	}
	der, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{
		Subject: pkix.Name{CommonName: orText(s.cfg.Serial, s.cfg.ID), Organization: []string{"Chargewright Simulation"}},
	}, key)
	if err != nil {
		return "", fail.Wrap(fail.Internal, "sim.certificate", err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: der})), nil
}
