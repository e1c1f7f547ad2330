package report

import "testing"

func TestStatesTravelAsTheirNames(t *testing.T) {
	for s := Unknown; s <= Down; s++ {
		var back State
		if b, err := s.MarshalText(); err != nil || back.UnmarshalText(b) != nil || back != s {
			t.Errorf("state %s: got %s, %v", s, back, err)
		}
	}
	var s State
	if err := s.UnmarshalText([]byte("fine")); err == nil {
		t.Errorf("state fine: got %s, want an error", s)
	}
	if got := State(99).String(); got != "state(99)" {
		t.Errorf("an unknown state: got %s, want state(99)", got)
	}
}

func TestIsSignal(t *testing.T) {
	long := "a123456789012345678901234567890123456789012345678901234567890123"
	for name, want := range map[string]bool{
		"live01": true, "0": true, "A-b_c": true, long: true,
		"": false, long + "4": false, "-a": false, "_a": false, ".live": false, "a.b": false, "a/b": false, "..": false, "a b": false, "é": false, "a\n": false,
	} {
		if got := IsSignal(name); got != want {
			t.Errorf("IsSignal(%q): got %t, want %t", name, got, want)
		}
	}
}
