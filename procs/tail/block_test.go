package tail

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestAFloodIsHandedOnInBlocks has a block with an event in it, which goes line by line.
func TestAFloodIsHandedOnInBlocks(t *testing.T) {
	var lines, got []string
	blocks := 0
	tl, err := New(filepath.Join(t.TempDir(), "x.log"), func(l []byte) { lines, got = append(lines, string(l)), append(got, string(l)) }, func(b []byte) bool {
		if strings.Contains(string(b), "event") {
			return false
		}
		blocks++
		got = append(got, strings.Split(strings.TrimSuffix(string(b), "\n"), "\n")...)
		return true
	})
	if err != nil {
		t.Fatal(err)
	}
	defer tl.Close()
	out, ended := tl.Open()
	defer ended()
	var want []string
	for n := range 20_000 {
		line := strings.Repeat("x", n%97)
		if n == 10_000 {
			line = "event"
		}
		want = append(want, line)
	}
	all := strings.Join(want, "\n") + "\n"
	for _, piece := range []string{all[:300_001], all[300_001:]} { // within a line
		if _, err := out.WriteString(piece); err != nil {
			t.Fatal(err)
		}
		tl.read()
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %d lines, want the %d that were written, in order", len(got), len(want))
	}
	if blocks < 10 || !slices.Contains(lines, "event") || len(lines) > 2*blockMost {
		t.Errorf("got %d blocks and %d single lines, want most lines in blocks, and the event by itself", blocks, len(lines))
	}
}
