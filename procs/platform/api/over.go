package api

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/hashicorp/go-hclog"

	"livestream-tui/layouts"
	"livestream-tui/procs/platform"
	"livestream-tui/services/kit/httpx"
	"livestream-tui/services/kit/text"
)

// The same API over another transport than a control socket: between the machines of a
// cluster.

// Over returns a platform to which transport carries requests. whose is what error messages
// call it, such as "machine b". The errors of transport are for people. It cannot subscribe:
// an answer has an end. Nothing is asked yet.
func Over(transport http.RoundTripper, whose string) *Remote {
	return &Remote{whose: whose, timeout: answerTimeout, client: &http.Client{
		Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// Handler returns what answers the requests of clients of p by another transport than a
// control socket. layout is the one that p runs. A command is taken from whoever WithMachine
// says.
func Handler(p platform.Platform, layout layouts.Layout, log hclog.Logger) http.Handler {
	return (&server{platform: p, layout: layout, log: log, timeouts: defaultTimeouts()}).routes()
}

// Cluster is a platform that also reaches those of other machines. Its server passes on what
// clients ask of a machine's own.
type Cluster interface {
	// Machine returns the platform of one machine. The error lists the machines.
	Machine(ctx context.Context, name string) (platform.Platform, error)
}

// loginTimeout is how long a connection of DialBy may take at first: somebody may have to log
// in.
const loginTimeout = time.Minute

// DialBy returns the platform of another host, to which connect makes a connection. whose is
// what error messages call it.
func DialBy(ctx context.Context, connect func(ctx context.Context) (net.Conn, error), whose string) (*Remote, error) {
	login, cancel := context.WithTimeout(ctx, loginTimeout)
	defer cancel()
	first, err := connect(login)
	if err != nil {
		return nil, fmt.Errorf("%s cannot be reached: %w", whose, cleanError{err})
	}
	ready := make(chan net.Conn, 1)
	ready <- first
	r := &Remote{whose: whose, timeout: farTimeout, client: httpx.New(httpx.Options{Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		select {
		case c := <-ready:
			return c, nil
		default:
			return connect(ctx)
		}
	}})}
	if _, err := r.fetchSnapshot(ctx); err != nil {
		return nil, err
	}
	return r, nil
}

// farTimeout is how long a platform of another host may take to answer.
const farTimeout = 5 * time.Second

// DialMachine returns the own platform of a machine of a cluster, through the platform that
// serves the control socket at path. The error wraps ErrNoPlatform when no platform does.
// It cannot subscribe.
func DialMachine(ctx context.Context, path, machine string) (*Remote, error) {
	r := newRemote(path, answerTimeout)
	r.prefix, r.whose = "/machines/"+url.PathEscape(machine), "machine "+machine
	if _, err := r.fetchSnapshot(ctx); err != nil {
		return nil, err
	}
	return r, nil
}

// pass answers a request for the platform of another machine, which comes with the same paths
// under that machine's.
func (s *server) pass(w http.ResponseWriter, r *http.Request) {
	c, is := s.platform.(Cluster)
	if !is {
		s.refuse(w, http.StatusNotFound, errors.New("this platform reaches no other machines: it runs on one, or this is the socket for watching"))
		return
	}
	p, err := c.Machine(r.Context(), r.PathValue("machine"))
	if err != nil {
		s.refuse(w, http.StatusConflict, err)
		return
	}
	one := &server{platform: p, layout: s.layout, log: s.log, timeouts: s.timeouts}
	if l, is := p.(interface {
		Layout(ctx context.Context) (layouts.Layout, error)
	}); is && r.PathValue("rest") == "layout" {
		if one.layout, err = l.Layout(r.Context()); err != nil {
			s.refuse(w, http.StatusBadGateway, err)
			return
		}
	}
	http.StripPrefix("/machines/"+r.PathValue("machine"), one.routes()).ServeHTTP(w, r)
}

// machineKey is the key of a machine in a request's context.
type machineKey struct{}

// WithMachine returns the context of a request that another machine of the cluster passes on.
// The machine vouches for what the request says of its client.
func WithMachine(ctx context.Context, machine string) context.Context {
	return context.WithValue(ctx, machineKey{}, machine)
}

// vouched returns the source of a command that another machine passes on; false for one
// that comes from a client of this machine.
func vouched(ctx context.Context, by platform.Actor) (platform.Actor, bool) {
	machine, is := ctx.Value(machineKey{}).(string)
	if !is {
		return by, false
	}
	by.Key = text.Clean(by.Key[:min(len(by.Key), keyMost)])
	by.User, by.Via, by.Machine = text.Clean(by.User), platform.Via(text.Clean(string(by.Via))), machine
	return by, true
}
