package app

import (
	"bytes"
	"testing"

	"github.com/alecthomas/kong"
	"go.yaml.in/yaml/v3"
)

// What config print shows are all the settings of the configuration.
func TestConfigPrintShowsEverySetting(t *testing.T) {
	var c configPrintCmd
	k, err := kong.New(&c)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := k.Parse(nil); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := c.Run(terminal{out: &out}); err != nil {
		t.Fatal(err)
	}
	printed := map[string]any{}
	if err := yaml.Unmarshal(out.Bytes(), &printed); err != nil {
		t.Fatal(err)
	}
	for _, f := range k.Model.Flags {
		if _, ok := printed[f.Name]; !ok && f.Name != "help" && !f.Hidden {
			t.Errorf("%s is not printed", f.Name)
		}
	}
}
