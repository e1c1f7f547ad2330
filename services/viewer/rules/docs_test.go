package rules

import (
	"os"
	"strings"
	"testing"
)

// TestTheRulesAreThoseOfTheDocument holds that docs/FAILURES.md has the first ten rules, by
// their names and in their order.
func TestTheRulesAreThoseOfTheDocument(t *testing.T) {
	b, err := os.ReadFile("../../../docs/FAILURES.md")
	if err != nil {
		t.Fatal(err)
	}
	at := 0
	for r := Sequence; r <= ControlPlane; r++ {
		i := strings.Index(string(b[at:]), "\n| "+r.String()+" |")
		if i < 0 {
			t.Fatalf("docs/FAILURES.md has no row %q after the rows before it", r)
		}
		at += i
	}
}
