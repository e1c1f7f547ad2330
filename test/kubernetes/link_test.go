package kubernetes

import (
	"os/exec"
	"strings"
	"testing"

	"livestream-tui/test/harness"
)

// TestTheProgramLinksNothingOfKubernetes holds that these tests alone need its modules.
func TestTheProgramLinksNothingOfKubernetes(t *testing.T) {
	cmd := exec.Command("go", "list", "-deps", ".")
	cmd.Dir = harness.Root()
	var said strings.Builder
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, said.String())
	}
	packages := strings.Fields(string(out))
	if len(packages) < 100 {
		t.Fatalf("got %d packages, want all of the program's", len(packages))
	}
	for _, name := range packages {
		if strings.HasPrefix(name, "k8s.io/") || strings.HasPrefix(name, "sigs.k8s.io/") {
			t.Errorf("the program links %s", name)
		}
	}
}
