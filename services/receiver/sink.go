package receiver

import (
	"context"
	"sync"
	"time"

	"livestream-tui/services/receiver/input"
	"livestream-tui/services/receiver/program"
	"livestream-tui/services/receiver/sample"
	"livestream-tui/services/receiver/watch"
)

// message is an event in the inbox of a signal.
type message struct {
	event program.Event
	at    time.Duration // when it arrived
	// from is the connection that it comes from; nil for other events.
	from *connection
}

// inbox takes messages to the goroutine of a signal.
type inbox struct {
	messages chan message
	ended    <-chan struct{} // closed when nobody reads it any more
	now      func() time.Duration
}

// inboxSize is how many messages may wait: seconds of a signal. An input whose messages do
// not fit waits, so that its encoder is slowed down.
const inboxSize = 1024

func newInbox(ctx context.Context, now func() time.Duration) *inbox {
	return &inbox{make(chan message, inboxSize), ctx.Done(), now}
}

func (b *inbox) put(e program.Event, from *connection) {
	select {
	case b.messages <- message{e, b.now(), from}:
	case <-b.ended:
	}
}

// sink takes the connections of one input.
type sink struct {
	input int
	inbox *inbox
	watch *watch.Watcher // nil where nothing is looked for

	mu      sync.Mutex
	current *connection // guarded by mu
}

var _ input.Sink = (*sink)(nil)

// Open begins a connection, which takes over from the one before.
func (s *sink) Open(about input.About) input.Connection {
	c := &connection{sink: s, done: make(chan struct{})}
	s.mu.Lock()
	if s.current != nil {
		close(s.current.done)
	}
	s.current = c
	s.mu.Unlock()
	s.inbox.put(program.Connected{Input: s.input, About: about}, c)
	return c
}

// Failed notes why no connection is there.
func (s *sink) Failed(why error) { s.inbox.put(program.Failed{Input: s.input, Why: why}, nil) }

// connection is an open connection of an input.
type connection struct {
	sink *sink
	done chan struct{}
}

var _ input.Connection = (*connection)(nil)

// Format passes on a format.
func (c *connection) Format(f sample.Format) {
	if c.put(program.Format{Input: c.sink.input, Format: f}) && c.sink.watch != nil {
		c.sink.watch.Format(f)
	}
}

// Write passes on a sample.
func (c *connection) Write(x sample.Sample) {
	if c.put(program.Arrived{Input: c.sink.input, Sample: x}) && c.sink.watch != nil {
		c.sink.watch.Write(x)
	}
}

// Link passes on figures.
func (c *connection) Link(l input.Link) { c.put(program.Linked{Input: c.sink.input, Link: l}) }

// Done is closed when another connection has taken over.
func (c *connection) Done() <-chan struct{} { return c.done }

// Close says that the connection has ended.
func (c *connection) Close(why error) {
	if c.put(program.Closed{Input: c.sink.input, Why: why}) && c.sink.watch != nil {
		c.sink.watch.Close()
	}
}

// put drops what comes after another connection has taken over, and reports whether it did
// not.
func (c *connection) put(e program.Event) bool {
	select {
	case <-c.done:
		return false
	default:
		c.sink.inbox.put(e, c)
		return true
	}
}
