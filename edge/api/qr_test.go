package api

import (
	"strings"
	"testing"

	"chargewright/base/secret"
	"chargewright/base/store"
	"chargewright/core/device"
)

func qrSamples(_ *harness, f fixture) map[string]sample {
	path := "/stations/" + f.station + "/dynamic-qr"
	return map[string]sample{"getDynamicQR": {path: path}, "setUpDynamicQR": {path: path, body: `{}`, code: 409}} // it speaks 1.6
}

func TestTheSecretOfDynamicCodesIsNeverShown(t *testing.T) {
	each(t, func(h *harness) {
		h.as(200, put, "/stations/CP1", `{"name":"One","site_id":"site"}`)
		if b := h.as(200, get, "/stations/CP1/dynamic-qr", "").body; b["has_secret"] != false || b["works"] != false {
			h.Errorf("not set up: %v", b)
		}
		keys, err := secret.New(make([]byte, 32))
		if err != nil {
			t.Fatal(err)
		}
		h.atom(func(tx *store.Tx) error {
			d, _, err := device.At(tx, "CP1")
			if err != nil {
				return err
			}
			for name, v := range map[string]string{device.QRValidity: "30", device.QRLength: "8", device.QRSecret: "hush-hush"} {
				if err := device.Learn(tx, d.ID, []device.Known{{Setting: device.Setting{Component: device.QRComponent, Variable: name}, Value: v}}); err != nil {
					return err
				}
			}
			return device.TookQR(tx, keys.Sealer(device.QRVault), d.ID, 0, "hush-hush", false)
		})
		b := h.as(200, get, "/stations/CP1/dynamic-qr?evse_id=1", "").body
		if b["has_secret"] != true || b["works"] != true || b["validity_s"] != 30.0 || b["length"] != 8.0 || b["evse_id"] != 0.0 {
			h.Errorf("set up: %v", b)
		}
		for _, path := range []string{"/stations/CP1/dynamic-qr", "/stations/CP1/settings"} {
			if text := h.as(200, get, path, "").text; strings.Contains(text, "hush-hush") {
				h.Errorf("%s shows the secret: %s", path, text)
			}
		}
		h.as(422, post, "/stations/CP1/dynamic-qr", `{"validity_s":5}`)
		h.as(404, post, "/stations/NOBODY/dynamic-qr", `{}`)
		if o := h.as(200, post, "/stations/CP1/dynamic-qr", `{}`); o.body["status"] != "accepted" {
			h.Errorf("asked: %s", o.text)
		}
	})
}
