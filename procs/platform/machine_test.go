package platform_test

import (
	"testing"

	"livestream-tui/layouts"
	"livestream-tui/procs/platform"
)

// TestPackagersOfOtherMachinesHaveNames: a machine's own snapshot has no processes of others.
func TestPackagersOfOtherMachinesHaveNames(t *testing.T) {
	own := platform.Process{Status: platform.Status{Name: "server1"}, Role: layouts.Packager, Port: 8080, Address: "http://10.0.0.1:8080"}
	s := platform.Snapshot{Processes: []platform.Process{own}, Machines: []platform.Machine{
		{Name: "a", Own: true, Packagers: map[string]string{"http://10.0.0.1:8080": "server1", "http://10.0.0.1:9999": "gone"}},
		{Name: "b", Packagers: map[string]string{"http://10.0.0.2:8080": "server1"}},
	}}
	for url, want := range map[string]string{
		"http://10.0.0.1:8080": "server1", "http://10.0.0.2:8080": "b/server1", "http://10.0.0.2:9090": "10.0.0.2:9090", "http://10.0.0.1:9999": "10.0.0.1:9999",
	} {
		if got := s.Packager(url); got != want {
			t.Errorf("%s: got %s, want %s", url, got, want)
		}
	}
}
