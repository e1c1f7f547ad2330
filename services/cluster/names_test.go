package cluster

import (
	"strings"
	"testing"
)

func TestMachineNames(t *testing.T) {
	for name, want := range map[string]bool{
		"a": true, "edge-1": true, "1": true, strings.Repeat("a", 32): true,
		"": false, "-a": false, "A": false, "a.b": false, "a b": false, "ä": false, "a_b": false, strings.Repeat("a", 33): false,
	} {
		if got := IsMachine(name); got != want {
			t.Errorf("%q: got %t, want %t", name, got, want)
		}
	}
}

func TestAServerIsNamedByItsURL(t *testing.T) {
	for base, want := range map[string]string{
		"http://10.0.0.1:8080":  "10-0-0-1-8080",
		"https://[::1]:9090":    "1--9090",
		"http://localhost:8080": "localhost-8080",
	} {
		got := NameOf(base)
		if got == "" || CheckSubject(SubjectFrontier+got) != nil {
			t.Errorf("%s: got %q, which is no word of a subject", base, got)
		}
		if base != "https://[::1]:9090" && got != want {
			t.Errorf("%s: got %q, want %q", base, got, want)
		}
	}
}
