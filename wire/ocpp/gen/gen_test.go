package main

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// What is committed is what the generator writes from the official schemas.
func TestCommittedCodeIsCurrent(t *testing.T) {
	const schemas = "../../../../shared/ocpp-schemas"
	if _, err := os.Stat(schemas); err != nil {
		t.Skip("the official schemas are not beside the repository")
	}
	out := t.TempDir()
	if err := run(schemas, out); err != nil {
		t.Fatal(err)
	}
	written := map[string]bool{}
	err := filepath.WalkDir(out, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name, err := filepath.Rel(out, path)
		if err != nil {
			return err
		}
		written[name] = true
		fresh, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		committed, err := os.ReadFile(filepath.Join("..", name))
		if err != nil || !bytes.Equal(fresh, committed) {
			t.Errorf("%s is not current: run make generate (%v)", name, err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, pattern := range []string{"../zz_*.go", "../*/zz_*.go"} {
		found, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range found {
			if !written[strings.TrimPrefix(path, "../")] {
				t.Errorf("%s is not written by the generator", path)
			}
		}
	}
}

func TestGoNames(t *testing.T) {
	for in, want := range map[string]string{
		"evseId": "EVSEID", "idTag": "IDTag", "transactionId": "TransactionID", "evseIds": "EVSEIDs",
		"ocppCsmsUrl": "OCPPCSMSURL", "limit_L2": "LimitL2", "maxSoC": "MaxSoC", "soc": "SoC", "V2XChargingParameters": "V2XChargingParameters",
		"Energy.Active.Import.Register": "EnergyActiveImportRegister", "L1-N": "L1N", "AC_single_phase": "ACSinglePhase",
		"s309-1P-16A": "S3091P16A", "SignV2GCertificate": "SignV2GCertificate", "IdTokenEnum": "IDTokenEnum",
		"v2xBaseline": "V2xBaseline", "iso15118SchemaVersion": "ISO15118SchemaVersion", "OCSPRequestData": "OCSPRequestData",
	} {
		if got := goName(in); got != want {
			t.Errorf("%s becomes %s, not %s", in, got, want)
		}
	}
}
