package rtmp

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"livestream-tui/services/receiver/input"
)

const (
	// connectionsMost is how many connections there may be at once.
	connectionsMost = 64
	// handshakeMost is how long a connection may take until it publishes.
	handshakeMost = 5 * time.Second
	// silenceMost is how long a connection may send nothing. That an input is lost is judged
	// elsewhere, and sooner.
	silenceMost = 10 * time.Second
	// lingerMost is how long a refused encoder has to read why.
	lingerMost = time.Second
	// tellEvery is how often the refusals of one address are told.
	tellEvery = time.Minute
)

// What people are told.
var (
	errKey        = errors.New("its stream key is unknown")
	errFull       = fmt.Errorf("there are %d connections already", connectionsMost)
	errSuperseded = errors.New("another connection has taken over")
	errStopped    = errors.New("the receiver takes this input no longer")
	errPlay       = errors.New("it wants to play, and this address is for publishing only")
)

// Options are those of a Server. The zero value is usable.
type Options struct {
	// Refused is told of connections that are refused, at most once a minute for each host.
	// It must not block. nil is allowed.
	Refused func(host string, why error)
}

// Server takes connections for inputs. Safe for concurrent use.
type Server struct {
	options            Options
	handshake, silence time.Duration // handshakeMost and silenceMost, but for tests
	refusals           atomic.Int64

	mu          sync.Mutex
	inputs      map[*publication]struct{} // guarded by mu
	connections int                       // guarded by mu
	told        map[string]time.Time      // when a host's refusal was told; guarded by mu
}

// New returns a server without inputs. Serve makes it take connections.
func New(o Options) *Server {
	return &Server{options: o, handshake: handshakeMost, silence: silenceMost, inputs: map[*publication]struct{}{}, told: map[string]time.Time{}}
}

// Listen listens on an address, HOST:PORT; for RTMPS where there is a TLS configuration.
func Listen(address string, config *tls.Config) (net.Listener, error) {
	l, err := net.Listen("tcp", address)
	if err != nil || config == nil {
		return l, err
	}
	return tls.NewListener(l, config), nil
}

// Refusals is how many connections were refused.
func (s *Server) Refusals() int64 { return s.refusals.Load() }

// Input is the input whose connections have that stream key. It takes connections while its
// Run runs. Run fails at once for a key that is empty or in use by another input.
func (s *Server) Input(key string) input.Input {
	return &publication{server: s, empty: key == "", digest: sha256.Sum256([]byte(key))}
}

// publication is one input of a server.
type publication struct {
	server *Server
	empty  bool
	digest [sha256.Size]byte // of its key

	sink     input.Sink     // set before it is registered
	stopped  chan struct{}  // likewise
	sessions sync.WaitGroup // added to with server.mu, while it is registered
}

// Run takes connections until ctx is cancelled.
func (p *publication) Run(ctx context.Context, sink input.Sink) error {
	if p.empty {
		return errors.New("an RTMP input has no stream key")
	}
	p.sink, p.stopped = sink, make(chan struct{})
	if !p.server.register(p) {
		return errors.New("two RTMP inputs have the same stream key")
	}
	<-ctx.Done()
	p.server.mu.Lock()
	delete(p.server.inputs, p)
	p.server.mu.Unlock()
	close(p.stopped)
	p.sessions.Wait()
	return nil
}

func (s *Server) register(p *publication) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for other := range s.inputs {
		if other.digest == p.digest {
			return false
		}
	}
	s.inputs[p] = struct{}{}
	return true
}

// find is the input of the first of some keys that is known, which takes one session more;
// nil when there is none. It takes as long for a wrong key as for a right one.
func (s *Server) find(keys []string) *publication {
	s.mu.Lock()
	defer s.mu.Unlock()
	var found *publication
	for _, key := range keys {
		digest := sha256.Sum256([]byte(key))
		for p := range s.inputs {
			if subtle.ConstantTimeCompare(digest[:], p.digest[:]) == 1 && found == nil {
				found = p
			}
		}
	}
	if found != nil {
		found.sessions.Add(1)
	}
	return found
}

// Serve takes connections from a listener until ctx is cancelled, and returns when all of
// them have ended. It closes the listener. Several listeners may be served at once.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var sessions sync.WaitGroup
	defer sessions.Wait()
	stop := context.AfterFunc(ctx, func() { _ = l.Close() })
	defer stop()
	for pause := 5 * time.Millisecond; ; {
		conn, err := l.Accept()
		switch {
		case ctx.Err() != nil:
			if conn != nil {
				_ = conn.Close()
			}
			return nil
		case errors.Is(err, net.ErrClosed):
			return err
		case err != nil: // such as too many open files
			select {
			case <-ctx.Done():
			case <-time.After(pause):
			}
			pause = min(2*pause, time.Second)
			continue
		}
		pause = 5 * time.Millisecond
		if !s.enter() {
			_ = conn.Close()
			s.refuse(conn, errFull)
			continue
		}
		sessions.Go(func() {
			defer s.leave()
			s.handle(ctx, conn)
		})
	}
}

func (s *Server) enter() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.connections >= connectionsMost {
		return false
	}
	s.connections++
	return true
}

func (s *Server) leave() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.connections--
}

// refuse counts a connection that is refused, and tells of it.
func (s *Server) refuse(conn net.Conn, why error) {
	s.refusals.Add(1)
	host, _, err := net.SplitHostPort(conn.RemoteAddr().String())
	if err != nil {
		host = conn.RemoteAddr().String()
	}
	now := time.Now()
	s.mu.Lock()
	tell := now.Sub(s.told[host]) >= tellEvery
	if tell {
		for other, at := range s.told {
			if now.Sub(at) >= tellEvery {
				delete(s.told, other)
			}
		}
		s.told[host] = now
	}
	s.mu.Unlock()
	if tell && s.options.Refused != nil {
		s.options.Refused(host, why)
	}
}

// handle serves one connection.
func (s *Server) handle(ctx context.Context, conn net.Conn) {
	defer func() { _ = conn.Close() }()
	closeNow := func() { _ = conn.Close() }
	defer context.AfterFunc(ctx, closeNow)()
	_ = conn.SetDeadline(time.Now().Add(s.handshake)) // what fails shows at the next read
	session := newSession(conn, s.silence)
	wish, err := session.negotiate()
	if err != nil {
		s.refuse(conn, told(err))
		return
	}
	if wish.play {
		s.refuse(conn, errPlay)
		session.refuse("NetStream.Play.StreamNotFound", errPlay)
		return
	}
	p := s.find(wish.keys)
	if p == nil {
		s.refuse(conn, errKey)
		session.refuse("NetStream.Publish.BadName", errKey)
		return
	}
	defer p.sessions.Done()
	p.serve(conn, session)
}

// serve reads a session whose key was right.
func (p *publication) serve(conn net.Conn, session *session) {
	ended := make(chan struct{})
	var watch sync.WaitGroup
	closeAt := func(stop <-chan struct{}) {
		watch.Go(func() {
			select {
			case <-stop:
				_ = conn.Close()
			case <-ended:
			}
		})
	}
	closeAt(p.stopped)
	media := &media{session: session, sink: p.sink, remote: conn.RemoteAddr().String(), length: 4,
		watch: func(c input.Connection) { closeAt(c.Done()) }}
	err := session.accept()
	if err == nil {
		err = media.read()
	}
	close(ended)
	watch.Wait()
	select {
	case <-p.stopped:
		err = errStopped
	default:
		if media.replaced() {
			err = errSuperseded
		}
	}
	media.close(told(err))
}
