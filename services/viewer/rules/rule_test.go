package rules

import (
	"slices"
	"testing"
)

func TestEveryRuleHasANameOfItsOwn(t *testing.T) {
	seen := map[string]Rule{}
	for r := Sequence; int(r) < Count; r++ {
		if other, taken := seen[r.String()]; taken || r.String() == "" {
			t.Errorf("rule %d: got the name %q, which rule %d has", int(r), r, int(other))
		}
		seen[r.String()] = r
	}
	if got := Rule(Count).String(); got != "rule(13)" {
		t.Errorf("a rule that does not exist: got %q", got)
	}
	if list := Visible(); len(list) != Count-2 || slices.Contains(list, ControlPlane) {
		t.Errorf("visible: got %v, want all but that of the control plane", list)
	}
}
