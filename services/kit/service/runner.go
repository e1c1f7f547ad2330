// Package runner is how any service of the platform runs: its environment, its
// log, its listener, its health routes, its metrics, and its orderly end.
package service

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"github.com/gorilla/mux"
	"github.com/hashicorp/go-hclog"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"livestream-tui/services/kit/fastpath"
)

// Service is one service of the platform. Its package offers ConfigFromEnv and
// New; what New returns is run by Run.
type Service interface {
	// Address is where to listen, host:port; empty for a service without a port.
	Address() string
	// Routes adds the service's own routes. Called once, before Run.
	Routes(r *mux.Router)
	// Ready reports whether the service does its work, and if not, why, in
	// words for an operator. Safe for concurrent use, never blocks.
	Ready() (ok bool, reason string)
	// Run does the work beside the routes until ctx is cancelled, and returns
	// when everything that it started has ended. A nil return before ctx is
	// cancelled ends the service too.
	Run(ctx context.Context) error
}

// Controlled is a Service that can be told what to do, over its socket and never
// over its address: who reaches the socket is the user who started the platform.
type Controlled interface {
	Service
	// ControlRoutes adds routes to the socket's. Called once, before Run.
	ControlRoutes(r *mux.Router)
}

// Lasting is a Service whose open responses need its work to go on after another
// incarnation has taken over.
type Lasting interface {
	Service
	// HandedOver is called when that has happened. What would never end must end
	// now; Run's context is cancelled when every connection has ended, or
	// HANDOVER_TIMEOUT is over. Called once at most.
	HandedOver()
}

// PlayersOnly is a Service whose address is for strangers: there are its own routes
// and whether it lives and is ready, without a word of why. The rest, metrics and
// what it adds, is on its socket and on an address of its own.
type PlayersOnly interface {
	Service
	// AdminAddress is where the rest is served, host:port; empty: on the socket alone.
	// The service's own address: there too, for all who reach it.
	AdminAddress() string
	// AdminRoutes adds the service's routes that are not for players. Called before
	// Run, once for each place where they are served.
	AdminRoutes(r *mux.Router)
}

// Direct is a Service that has whole responses ready.
type Direct interface {
	Service
	// Answer is a fastpath.Answer: it returns the response to a GET or a HEAD of target,
	// path and query as they were sent; nil for one that the routes are to answer. It
	// must not block, nor keep target. Safe for concurrent use.
	Answer(target []byte) *fastpath.Response
}

// Common is the settings of every service.
type Common struct {
	LogFormat string `env:"LOG_FORMAT" envDefault:"text" doc:"text for people, json for a supervisor"`
	LogLevel  string `env:"LOG_LEVEL" envDefault:"info" doc:"trace, debug, info, warn or error"`
	// Socket is the unix socket that serves health and metrics to the supervisor; none
	// when empty. A supervisor that listens there itself hands down the connections.
	Socket string `env:"SERVICE_SOCKET" doc:"unix socket for health, readiness and metrics; set by the supervisor"`
	// Drain is how long open responses may go on after a stop was asked for;
	// zero breaks them off at once.
	Drain time.Duration `env:"DRAIN_TIMEOUT" envDefault:"2s" doc:"how long open responses may go on at a stop"`
	// Handover is how long connections may go on after another incarnation has
	// taken over the socket; zero breaks them off at once.
	Handover time.Duration `env:"HANDOVER_TIMEOUT" envDefault:"10s" doc:"how long connections may go on after another incarnation of the service has taken over"`
	// ReadyWait is how long a socket that was handed down is not answered on
	// while the service is not ready; zero answers at once.
	ReadyWait time.Duration `env:"READY_WAIT" envDefault:"3s" doc:"how long a service that was handed its listening socket waits to be ready before it answers there"`
}

// CommonFromEnv reads the settings that every service has.
func CommonFromEnv(e Environment) (Common, error) {
	var c Common
	var p Problems
	Parse(e, &c, &p)
	p.Require(c.LogFormat == "text" || c.LogFormat == "json", "LOG_FORMAT", c.LogFormat, "allowed are text and json")
	p.Require(hclog.LevelFromString(c.LogLevel) != hclog.NoLevel, "LOG_LEVEL", c.LogLevel, "allowed are trace, debug, info, warn and error")
	p.Require(c.Drain >= 0, "DRAIN_TIMEOUT", c.Drain, "allowed is 0s or more")
	p.Require(c.Handover >= 0, "HANDOVER_TIMEOUT", c.Handover, "allowed is 0s or more")
	p.Require(c.ReadyWait >= 0, "READY_WAIT", c.ReadyWait, "allowed is 0s or more")
	return c, p.Err()
}

// Kit is what every service is given.
type Kit struct {
	// Name is the instance's name in logs and on the screen: "server1".
	Name string
	Log  hclog.Logger
	// Metrics takes the service's own metrics; already holds Go's and the process's.
	Metrics *prometheus.Registry
	// Env is the whole environment, for settings and for child processes.
	Env Environment
}

// NewKit makes the kit of the service called name, which logs to w.
func NewKit(name string, c Common, e Environment, w io.Writer) Kit {
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return Kit{
		Name: name,
		Log: hclog.New(&hclog.LoggerOptions{
			Name:       name,
			Level:      hclog.LevelFromString(c.LogLevel),
			Output:     w,
			JSONFormat: c.LogFormat == "json",
			TimeFormat: timeFormat(c.LogFormat),
		}),
		Metrics: registry,
		Env:     e,
	}
}

func timeFormat(format string) string {
	if format == "json" {
		return "2006-01-02T15:04:05.000000Z07:00"
	}
	return "2006-01-02 15:04:05"
}

// Run listens, serves s and runs it until ctx is cancelled, then drains and
// returns. A listening socket that was handed down (sd_listen_fds(3)) is used
// instead of one of its own. Errors of the listeners come back before anything
// runs.
func Run(ctx context.Context, s Service, k Kit, c Common) error {
	if b, ok := s.(Bounded); ok && k.Env["GOMEMLIMIT"] == "" {
		defer bound(b, debug.SetMemoryLimit)()
	}
	own := Handler(s, k)
	var servers servers
	if addr := s.Address(); addr != "" {
		list, held, err := listen(addr, k)
		if err != nil {
			return err
		}
		var answer fastpath.Answer
		if d, ok := s.(Direct); ok {
			answer = d.Answer
		}
		for _, l := range list {
			srv := newServer(l, answer, own, k.Log)
			srv.held = held
			servers.public = append(servers.public, srv)
		}
		k.Log.Info("listening", "address", list[0].Addr().String())
		warnBeyondLoopback(k.Log, list[0].Addr())
	}
	if addr := adminAddress(s); addr != "" {
		shared := servers.held()
		l, err := listenAdmin(withoutName(addr), shared)
		if err != nil {
			servers.close()
			return fmt.Errorf("cannot listen on %s for operators: %w; free the port or set another", addr, reason(err))
		}
		handler := AdminHandler(s, k)
		for _, l := range withMirror(l, shared, k.Log) {
			servers.admin = append(servers.admin, newServer(l, nil, handler, k.Log))
		}
		k.Log.Info("listening for operators", "address", l.Addr().String())
		warnBeyondLoopback(k.Log, l.Addr())
	}
	for _, srv := range servers.all() {
		srv.listener.KeepBelow(descriptorsForConnections())
	}
	l, err := listenOnSocket(k.Env, c.Socket)
	if err != nil {
		servers.close()
		return err
	}
	if l != nil {
		var handOver func()
		if len(servers.public) > 0 {
			handOver = servers.handOver
		}
		servers.socket = newServer(l, nil, socketHandler(s, k, handOver), k.Log)
	}
	return serve(ctx, s, &servers, c)
}

// listen returns what a service at addr is reached by: the sockets that were handed
// down, or one of its own; and the other loopback address, where they have only one.
func listen(addr string, k Kit) (list []net.Listener, held bool, err error) {
	list, err = inherit(k.Env, k.Name)
	if err != nil {
		return nil, false, err
	}
	held = len(list) > 0
	if !held {
		l, err := net.Listen("tcp", withoutName(addr))
		if err != nil {
			return nil, false, fmt.Errorf("cannot listen on %s: %w; free the port or set another", addr, reason(err))
		}
		list = []net.Listener{l}
	}
	if len(list) == 1 {
		list = withMirror(list[0], held, k.Log)
	}
	return list, held, nil
}

// servers are what a service is reached by; empty or nil for none.
type servers struct {
	public []*server // its address, and the other loopback's
	admin  []*server // what is not for players, where it has an address of its own
	socket *server   // its unix socket
}

func (s *servers) all() []*server {
	list := slices.Concat(s.public, s.admin)
	if s.socket != nil {
		list = append(list, s.socket)
	}
	return list
}

// held reports whether whoever started us holds what players are served on.
func (s *servers) held() bool { return len(s.public) > 0 && s.public[0].held }

// handOver notes that another process serves the same sockets from now on. Safe for
// concurrent use.
func (s *servers) handOver() {
	for _, srv := range s.public {
		srv.over.Store(true)
	}
}

// close closes what was never served.
func (s *servers) close() {
	for _, srv := range s.all() {
		_ = srv.listener.Close()
	}
}

func serve(asked context.Context, s Service, all *servers, c Common) error {
	// The work may outlive the question for its end.
	ctx, cancel := context.WithCancel(context.WithoutCancel(asked))
	defer cancel()
	broken := make(chan error, len(all.all()))
	var serving sync.WaitGroup
	for _, srv := range all.all() {
		serving.Go(func() {
			if srv.held {
				awaitReady(ctx, asked, s, c.ReadyWait)
			}
			if err := srv.serve(); err != nil {
				broken <- err
				cancel() // a service that cannot be reached does no work
			}
		})
	}
	ran := make(chan error, 1)
	go func() { ran <- s.Run(ctx) }()
	var err error
	select {
	case err = <-ran:
	case <-asked.Done():
		err = wind(s, all, c, cancel, ran)
	}
	cancel()
	if asked.Err() != nil && errors.Is(err, context.Canceled) {
		err = nil // it was asked to end
	}
	var ending sync.WaitGroup
	for _, srv := range all.all() {
		ending.Go(func() { srv.shutdown(c.Drain) })
	}
	ending.Wait()
	serving.Wait()
	select {
	case err = <-broken: // why Run was told to end
	default:
	}
	return err
}

// wind takes no more connections and ends the work: at once, or, where another
// incarnation has taken over and it is needed, after the last response.
func wind(s Service, all *servers, c Common, cancel func(), ran <-chan error) error {
	for _, srv := range all.admin {
		srv.refuse() // the other waits for the address
	}
	if len(all.public) == 0 {
		cancel()
		return <-ran
	}
	for _, srv := range all.public {
		srv.refuse()
	}
	lasting, ok := s.(Lasting)
	if !all.public[0].handed() {
		cancel()
		return <-ran
	}
	if ok {
		lasting.HandedOver()
	} else {
		cancel()
	}
	var ending sync.WaitGroup
	for _, srv := range all.public {
		ending.Go(func() { srv.finish(c.Handover) })
	}
	ending.Wait()
	cancel()
	return <-ran
}

// readyPoll is how often a service that is not ready yet is asked again.
const readyPoll = 2 * time.Millisecond

// awaitReady returns when s is ready, after most, or when one of the contexts ends.
func awaitReady(ctx, asked context.Context, s Service, most time.Duration) {
	limit := time.NewTimer(most)
	defer limit.Stop()
	tick := time.NewTicker(readyPoll)
	defer tick.Stop()
	for {
		if ready, _ := s.Ready(); ready {
			return
		}
		select {
		case <-tick.C:
		case <-limit.C:
			return
		case <-asked.Done():
			return
		case <-ctx.Done():
			return
		}
	}
}

// listenOnSocket listens for the supervisor: by what it hands down, else on the socket
// at path; nil for neither.
func listenOnSocket(e Environment, path string) (net.Listener, error) {
	l, err := Connections(e)
	if l != nil || err != nil || path == "" {
		return l, err
	}
	if l, err = listenUnix(path); err != nil {
		return nil, fmt.Errorf("SERVICE_SOCKET=%q: cannot listen: %w", path, reason(err))
	}
	return l, nil
}

// listenUnix replaces a socket that a dead incarnation left behind, and nothing
// but a socket.
func listenUnix(path string) (net.Listener, error) {
	old, err := os.Lstat(path)
	switch {
	case errors.Is(err, os.ErrNotExist):
	case err != nil:
		return nil, err
	case old.Mode()&os.ModeSocket == 0:
		return nil, errors.New("something other than a socket is there; set another path")
	default:
		if err := os.Remove(path); err != nil {
			return nil, err
		}
	}
	return net.Listen("unix", path)
}

// reason strips what net.OpError repeats: operation and address are said already.
func reason(err error) error {
	var sys *os.SyscallError
	if errors.As(err, &sys) {
		return sys.Err
	}
	return err
}

func warnBeyondLoopback(log hclog.Logger, a net.Addr) {
	tcp, ok := a.(*net.TCPAddr)
	if ok && !tcp.IP.IsLoopback() {
		log.Warn("listening beyond loopback: anyone who reaches this address is served", "address", a.String())
	}
}
