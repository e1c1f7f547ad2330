package service

import (
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"net"
	"net/http"
	"strconv"
	"strings"
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

// AdminTokenVariable is the setting of the bearer token for routes that command a service
// over TCP. A supervisor makes one up where there is none.
const AdminTokenVariable = "ADMIN_TOKEN"

// Bearer lets only requests with a bearer token (RFC 6750) through to next. An empty token
// lets none through.
func Bearer(token string, next http.HandlerFunc) http.HandlerFunc {
	want := sha256.Sum256([]byte(token))
	return func(w http.ResponseWriter, r *http.Request) {
		scheme, given, _ := strings.Cut(r.Header.Get("Authorization"), " ")
		got := sha256.Sum256([]byte(strings.TrimSpace(given))) // hashes are equally long: the comparison tells nothing
		isBearer := strings.EqualFold(scheme, "Bearer")
		if isBearer && token != "" && subtle.ConstantTimeCompare(got[:], want[:]) == 1 {
			next(w, r)
			return
		}
		challenge, why := `Bearer realm="livestream-tui"`, "a bearer token is needed: that of "+AdminTokenVariable
		switch {
		case token == "":
			why = AdminTokenVariable + " is not set: nothing is commanded here"
		case isBearer:
			challenge, why = challenge+`, error="invalid_token"`, "the bearer token is not that of "+AdminTokenVariable
		}
		w.Header().Set("WWW-Authenticate", challenge)
		WriteError(w, http.StatusUnauthorized, why)
	}
}
