package inputtest

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"livestream-tui/services/receiver/input"
	"livestream-tui/services/receiver/sample"
)

// Patience is how long a test waits for something before it fails.
const Patience = 60 * time.Second

// Sink is an input.Sink that keeps everything. Safe for concurrent use.
type Sink struct {
	mu          sync.Mutex
	changed     chan struct{} // closed when something has come; guarded by mu
	connections []*Connection
	failures    []error
}

// NewSink returns an empty sink.
func NewSink() *Sink { return &Sink{changed: make(chan struct{})} }

// Open begins a connection and supersedes the one before.
func (s *Sink) Open(from input.About) input.Connection {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n := len(s.connections); n > 0 {
		s.connections[n-1].supersede()
	}
	c := &Connection{sink: s, About: from, Opened: time.Now(), done: make(chan struct{})}
	s.connections = append(s.connections, c)
	s.signal()
	return c
}

// Failed keeps why.
func (s *Sink) Failed(why error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failures = append(s.failures, why)
	s.signal()
}

// signal wakes whatever waits. The caller holds mu.
func (s *Sink) signal() {
	close(s.changed)
	s.changed = make(chan struct{})
}

// Failures are those so far.
func (s *Sink) Failures() []error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.failures)
}

// Connections are those so far, the first one first.
func (s *Sink) Connections() []*Connection {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.connections)
}

// Await waits until ok, which is asked again whenever something has come.
func (s *Sink) Await(t testing.TB, what string, ok func() bool) {
	t.Helper()
	deadline := time.After(Patience)
	for {
		s.mu.Lock()
		changed := s.changed
		s.mu.Unlock()
		if ok() {
			return
		}
		select {
		case <-changed:
		case <-deadline:
			t.Fatalf("waited %s for %s; failures: %v", Patience, what, s.Failures())
		}
	}
}

// AwaitConnection waits for the connection of that number, from 0, to have that many samples.
func (s *Sink) AwaitConnection(t testing.TB, number, samples int) *Connection {
	t.Helper()
	var c *Connection
	s.Await(t, "samples", func() bool {
		list := s.Connections()
		if len(list) <= number {
			return false
		}
		c = list[number]
		return len(c.Samples()) >= samples
	})
	return c
}

// AwaitFailure waits for a failure after the first n.
func (s *Sink) AwaitFailure(t testing.TB, n int) error {
	t.Helper()
	s.Await(t, "a failure", func() bool { return len(s.Failures()) > n })
	return s.Failures()[n]
}

// Connection is one connection of a Sink.
type Connection struct {
	// About is what was said when it opened, and Opened when that was.
	About  input.About
	Opened time.Time

	sink     *Sink
	done     chan struct{}
	gone     bool            // guarded by sink.mu, as all below
	formats  []sample.Format // in order
	samples  []sample.Sample
	arrivals []time.Time
	at       []int // how many samples there were at each format
	link     input.Link
	closed   bool
	why      error
}

func (c *Connection) supersede() {
	if !c.gone {
		c.gone = true
		close(c.done)
	}
}

// Format keeps a format.
func (c *Connection) Format(f sample.Format) {
	c.sink.mu.Lock()
	defer c.sink.mu.Unlock()
	c.formats, c.at = append(c.formats, f), append(c.at, len(c.samples))
	c.sink.signal()
}

// Write keeps a sample.
func (c *Connection) Write(s sample.Sample) {
	c.sink.mu.Lock()
	defer c.sink.mu.Unlock()
	if c.gone {
		return
	}
	c.samples, c.arrivals = append(c.samples, s), append(c.arrivals, time.Now())
	c.sink.signal()
}

// Link keeps the figures.
func (c *Connection) Link(l input.Link) {
	c.sink.mu.Lock()
	defer c.sink.mu.Unlock()
	c.link = l
	c.sink.signal()
}

// Done is closed when another connection has taken over.
func (c *Connection) Done() <-chan struct{} { return c.done }

// Close ends it.
func (c *Connection) Close(why error) {
	c.sink.mu.Lock()
	defer c.sink.mu.Unlock()
	c.closed, c.why = true, why
	c.sink.signal()
}

// Samples are those so far.
func (c *Connection) Samples() []sample.Sample {
	c.sink.mu.Lock()
	defer c.sink.mu.Unlock()
	return slices.Clone(c.samples)
}

// Of are the samples of one track so far.
func (c *Connection) Of(track sample.Track) []sample.Sample {
	return slices.DeleteFunc(c.Samples(), func(s sample.Sample) bool { return s.Track != track })
}

// Formats are those so far; At is how many samples had come before each.
func (c *Connection) Formats() (formats []sample.Format, at []int) {
	c.sink.mu.Lock()
	defer c.sink.mu.Unlock()
	return slices.Clone(c.formats), slices.Clone(c.at)
}

// Figures are the last ones of the link.
func (c *Connection) Figures() input.Link {
	c.sink.mu.Lock()
	defer c.sink.mu.Unlock()
	return c.link
}

// First is when the first sample arrived; zero without one.
func (c *Connection) First() time.Time {
	c.sink.mu.Lock()
	defer c.sink.mu.Unlock()
	if len(c.arrivals) == 0 {
		return time.Time{}
	}
	return c.arrivals[0]
}

// Closed reports whether it was closed, and why.
func (c *Connection) Closed() (bool, error) {
	c.sink.mu.Lock()
	defer c.sink.mu.Unlock()
	return c.closed, c.why
}

// AwaitClosed waits for it to be closed.
func (c *Connection) AwaitClosed(t testing.TB) error {
	t.Helper()
	c.sink.Await(t, "the end of a connection", func() bool { closed, _ := c.Closed(); return closed })
	_, why := c.Closed()
	return why
}

// Run runs an input until the test ends, and fails the test when it ends with an error.
func Run(t testing.TB, in input.Input) *Sink {
	t.Helper()
	sink := NewSink()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- in.Run(ctx, sink) }()
	t.Cleanup(func() {
		cancel()
		select {
		case err := <-ended:
			if err != nil && ctx.Err() == nil {
				t.Errorf("the input ended: %v", err)
			}
		case <-time.After(Patience):
			t.Error("the input does not end")
		}
	})
	return sink
}
