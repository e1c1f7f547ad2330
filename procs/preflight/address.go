package preflight

import (
	"context"
	"fmt"
	"net"
	"slices"
	"strings"
	"time"
)

// resolving is how long looking up a host name may take.
const resolving = 2 * time.Second

// OwnAddresses are the IP addresses of this machine by which others may reach it, those of
// IPv4 first.
func OwnAddresses() []string {
	list, err := net.InterfaceAddrs()
	if err != nil {
		return nil
	}
	var four, six []string
	for _, a := range list {
		n, is := a.(*net.IPNet)
		switch {
		case !is || !n.IP.IsGlobalUnicast():
		case n.IP.To4() != nil:
			four = append(four, n.IP.String())
		default:
			six = append(six, n.IP.String())
		}
	}
	return append(four, six...)
}

// OwnAddressesText is OwnAddresses in words.
func OwnAddressesText() string {
	list := OwnAddresses()
	if len(list) == 0 {
		return "this machine has none but loopback"
	}
	return "this machine has " + strings.Join(list, ", ")
}

// IsOwn reports whether an IP address is one of this machine. Every address of loopback is.
func IsOwn(ip net.IP) bool {
	return ip.IsLoopback() || slices.Contains(OwnAddresses(), ip.String())
}

// CheckAddress says why an IP address or a host name is not one of this machine. Every address
// of loopback is.
func CheckAddress(address string) error {
	ips := []net.IP{net.ParseIP(address)}
	if ips[0] == nil {
		ctx, cancel := context.WithTimeout(context.Background(), resolving)
		defer cancel()
		found, err := net.DefaultResolver.LookupIP(ctx, "ip", address)
		if err != nil {
			return fmt.Errorf("address %q: there is no such host name here; allowed is an address of this machine; %s", address, OwnAddressesText())
		}
		ips = found
	}
	if slices.ContainsFunc(ips, IsOwn) {
		return nil
	}
	return fmt.Errorf("address %q: it is not one of this machine; %s", address, OwnAddressesText())
}

// AddressTowards is the address of this machine from which it reaches another one; false where
// there is no way to it. Nothing is sent.
func AddressTowards(other string) (string, bool) {
	ctx, cancel := context.WithTimeout(context.Background(), resolving)
	defer cancel()
	conn, err := (&net.Dialer{}).DialContext(ctx, "udp", net.JoinHostPort(other, "9"))
	if err != nil {
		return "", false
	}
	defer func() { _ = conn.Close() }() // nothing was sent
	at, is := conn.LocalAddr().(*net.UDPAddr)
	if !is || at.IP.IsUnspecified() {
		return "", false
	}
	return at.IP.String(), true
}
