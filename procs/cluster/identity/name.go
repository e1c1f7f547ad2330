package identity

import (
	"fmt"
	"net"
	"regexp"
	"strings"

	"livestream-tui/services/cluster"
)

// nameMost is how long the name of a machine may be.
const nameMost = 32

// What may be set.
const (
	allowedNames     = "allowed are up to 32 lower-case letters, digits and -, a letter or digit first"
	allowedAddresses = "allowed is an IP address of this machine, or a host name, without a port"
)

// CheckName says what is wrong with the name of a machine.
func CheckName(name string) error {
	if !cluster.IsMachine(name) {
		return fmt.Errorf("name %q: %s", name, allowedNames)
	}
	return nil
}

// NameFrom makes the name of a machine from that of its host: studio-1 of Studio_1.example.com.
// Where nothing is left, it is a.
func NameFrom(host string) string {
	host, _, _ = strings.Cut(strings.ToLower(host), ".")
	name := strings.Trim(strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return '-'
	}, host), "-")
	name = strings.TrimRight(name[:min(len(name), nameMost)], "-")
	if name == "" {
		return "a"
	}
	return name
}

// hostName matches names of hosts (RFC 1123, 2.1).
var hostName = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*$`)

// allDigits matches what is meant as an IP address and is none.
var allDigits = regexp.MustCompile(`^[0-9.]+$`)

// CheckAddress says what is wrong with the address of a machine.
func CheckAddress(address string) error {
	if ip := net.ParseIP(address); ip != nil {
		if ip.IsUnspecified() || ip.IsMulticast() || ip.Equal(net.IPv4bcast) {
			return fmt.Errorf("address %q: no machine can be reached there; %s", address, allowedAddresses)
		}
		return nil
	}
	if len(address) > 253 || !hostName.MatchString(address) || allDigits.MatchString(address) {
		return fmt.Errorf("address %q: %s", address, allowedAddresses)
	}
	return nil
}

// IsLoopback reports whether only this machine itself can reach an address.
func IsLoopback(address string) bool {
	ip := net.ParseIP(address)
	return address == "localhost" || ip != nil && ip.IsLoopback()
}
