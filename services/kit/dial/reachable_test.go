package dial

import "testing"

func TestOnlyTheUsualLoopbackAddressesAreLocalhost(t *testing.T) {
	for address, want := range map[string]string{
		"": Localhost, "localhost": Localhost, "127.0.0.1": Localhost, "::1": Localhost, "0.0.0.0": Localhost, "::": Localhost,
		"127.0.0.2": "127.0.0.2", "10.0.0.1": "10.0.0.1",
	} {
		if got := Reachable(address); got != want {
			t.Errorf("%q: got %s, want %s", address, got, want)
		}
	}
}
