package service

import (
	"errors"
	"net"
	"strconv"
)

// Admin is the setting of where an AdminRouter serves its admin routes beside its
// socket. The zero value is nowhere else.
type Admin struct {
	Public bool // on the address that players use
	Port   Port // on this port; 0 means no port
}

// UnmarshalText implements encoding.TextUnmarshaler: none, public or a port.
func (a *Admin) UnmarshalText(b []byte) error {
	*a = Admin{}
	switch string(b) {
	case "none":
		return nil
	case "public":
		a.Public = true
		return nil
	}
	if a.Port.UnmarshalText(b) != nil {
		return errors.New("not a place; allowed are none, public, and a port from 1 to 65535")
	}
	return nil
}

// Address returns the AdminAddress of a service whose Address is players; Port is
// bound to host.
func (a Admin) Address(players, host string) string {
	switch {
	case a.Public:
		return players
	case a.Port != 0:
		return net.JoinHostPort(host, strconv.Itoa(int(a.Port)))
	}
	return ""
}

// adminAddress is the address that serves admin routes alone; empty when there is none.
func adminAddress(s Service) string {
	a, ok := s.(AdminRouter)
	if !ok || a.AdminAddress() == s.Address() {
		return ""
	}
	return a.AdminAddress()
}
