package preflight

import (
	"strings"
	"testing"
)

func TestTheAddressesOfThisMachine(t *testing.T) {
	for _, own := range append(OwnAddresses(), "127.0.0.1", "127.0.0.2", "::1", "localhost") {
		if err := CheckAddress(own); err != nil {
			t.Errorf("%s: got %v, want that this machine has it", own, err)
		}
	}
	for address, want := range map[string]string{
		"192.0.2.77":     `address "192.0.2.77": it is not one of this machine; this machine has`, // TEST-NET-1 (RFC 5737)
		"nosuch.invalid": `address "nosuch.invalid": there is no such host name here`,
	} {
		if err := CheckAddress(address); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q in it", address, err, want)
		}
	}
	if at, is := AddressTowards("127.0.0.1"); !is || at != "127.0.0.1" {
		t.Errorf("towards loopback: got %q, %t", at, is)
	}
	if at, is := AddressTowards("nosuch.invalid"); is {
		t.Errorf("towards nowhere: got %q", at)
	}
}
