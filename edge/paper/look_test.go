package paper

import (
	"os"
	"path/filepath"
	"testing"
)

// TestLeaveToLookAt writes the samples where a person can look at them. It
// runs when PAPER_OUT names a directory.
func TestLeaveToLookAt(t *testing.T) {
	dir := os.Getenv("PAPER_OUT")
	if dir == "" {
		t.Skip("PAPER_OUT is not set")
	}
	for name, d := range samples() {
		b, err := Render(d)
		if err != nil {
			t.Fatal(name, err)
		}
		if err := os.WriteFile(filepath.Join(dir, name+".pdf"), b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
