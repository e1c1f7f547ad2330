package bus

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"

	"github.com/hashicorp/go-hclog"
	"github.com/nats-io/nats.go"

	"livestream-tui/services/cluster"
)

// Conn is a connection to the engine, and the Bus over it. It is made in the background, and
// made again for ever. Safe for concurrent use.
type Conn struct {
	nats    *nats.Conn
	engines int
	log     hclog.Logger
	out     *Queue[outgoing]
	dropped atomic.Uint64
	// most is how many bytes a message may have; zero while no engine is reached.
	most atomic.Int64

	ctx    context.Context // ends with Close; bounds what Conn itself started
	cancel context.CancelFunc
	work   sync.WaitGroup

	mu      sync.Mutex
	changed chan struct{} // closed at the next connection or loss of one; guarded by mu
	silent  bool          // the log says that there is no engine; guarded by mu
}

// outgoing is a message that is to be sent.
type outgoing struct {
	subject string
	data    []byte
}

var _ cluster.Bus = (*Conn)(nil)

// Dial returns a connection to the engine of c, which must have been completed. name is what
// the engine calls it: the process. Dial does not wait for the engine, which may come later;
// the error is a file of c that cannot be read. Call Close in the end.
func Dial(c Config, name string, log hclog.Logger) (*Conn, error) {
	if len(c.Engines) == 0 {
		return nil, errors.New("ENGINE_URL: not set")
	}
	dialer := &laterDialer{Dialer: net.Dialer{Timeout: connectTimeout}, ready: make(chan struct{})}
	options, err := c.options(name, dialer)
	if err != nil {
		return nil, err
	}
	conn := &Conn{log: log, engines: len(c.Engines), changed: make(chan struct{})}
	conn.out = NewQueue(func(m outgoing) int { return len(m.data) }, &conn.dropped)
	conn.ctx, conn.cancel = context.WithCancel(context.Background())
	o := nats.GetDefaultOptions()
	o.Servers = c.Engines
	for _, option := range append(options, conn.handlers()...) {
		if err := option(&o); err != nil {
			return nil, err
		}
	}
	if conn.nats, err = o.Connect(); err != nil {
		return nil, err
	}
	close(dialer.ready)
	conn.work.Go(func() { conn.out.Each(conn.ctx, conn.send) })
	return conn, nil
}

// handlers tell when the engine is reached and when it is not.
func (c *Conn) handlers() []nats.Option {
	return []nats.Option{
		nats.ConnectHandler(func(n *nats.Conn) { c.reached(n) }),
		nats.ReconnectHandler(func(n *nats.Conn) { c.reached(n) }),
		nats.DisconnectErrHandler(func(_ *nats.Conn, err error) { c.lost(err) }),
		nats.ReconnectErrHandler(func(_ *nats.Conn, err error) {
			if !errors.Is(err, errLater) {
				c.lost(err)
			}
		}),
		nats.ErrorHandler(func(_ *nats.Conn, s *nats.Subscription, err error) {
			subject := ""
			if s != nil {
				subject = s.Subject
			}
			c.log.Warn("the engine refuses something", "subject", subject, "reason", err.Error())
		}),
	}
}

// reached says that the engine answers.
func (c *Conn) reached(n *nats.Conn) {
	c.most.Store(n.MaxPayload())
	c.mu.Lock()
	again := c.silent
	c.silent = false
	close(c.changed)
	c.changed = make(chan struct{})
	c.mu.Unlock()
	if again {
		c.log.Info("the engine is reached again", "address", n.ConnectedAddr())
	} else {
		c.log.Debug("the engine is reached", "address", n.ConnectedAddr())
	}
}

// lost says that the engine does not answer, once until it is reached again.
func (c *Conn) lost(err error) {
	c.most.Store(0)
	c.mu.Lock()
	told := c.silent || c.ctx.Err() != nil
	if !c.silent {
		close(c.changed)
		c.changed = make(chan struct{})
	}
	c.silent = true
	c.mu.Unlock()
	if !told {
		reason := "the connection has ended"
		if err != nil {
			reason = err.Error()
		}
		c.log.Warn("the engine is not reached, trying again for ever", "reason", reason)
	}
}

// Changed returns a channel that is closed when the connection is made or lost next.
func (c *Conn) Changed() <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.changed
}

// NATS is the connection itself, for the Store.
func (c *Conn) NATS() *nats.Conn { return c.nats }

// Engines is how many engines the settings name.
func (c *Conn) Engines() int { return c.engines }

// Connected reports whether an engine is reached at the moment.
func (c *Conn) Connected() bool { return c.most.Load() > 0 }

// Dropped is how many messages were dropped so far, because they came or were sent faster
// than they could be taken.
func (c *Conn) Dropped() uint64 { return c.dropped.Load() }

// Close ends the connection and every subscription, and waits for what takes their messages.
// It must not be called from there.
func (c *Conn) Close() error {
	c.cancel()
	c.nats.Close()
	c.work.Wait()
	return nil
}

// Publish implements cluster.Bus. Data must not be changed afterwards.
func (c *Conn) Publish(subject string, data []byte) error {
	if err := cluster.CheckSubject(subject); err != nil {
		return err
	}
	return c.publish(subject, data)
}

func (c *Conn) publish(subject string, data []byte) error {
	most := c.most.Load()
	if most == 0 {
		return fmt.Errorf("%s: %w", subject, cluster.ErrUnavailable)
	}
	if int64(len(data)) > most {
		return fmt.Errorf("%s: a message of %d bytes is too big; allowed are %d", subject, len(data), most)
	}
	c.out.Put(outgoing{subject, data})
	return nil
}

// send sends a message. One that cannot be sent is lost, as messages may be.
func (c *Conn) send(m outgoing) {
	if err := c.nats.Publish(m.subject, m.data); err != nil {
		c.dropped.Add(1)
	}
}

// Subscribe implements cluster.Bus.
func (c *Conn) Subscribe(ctx context.Context, pattern string, take func(cluster.Msg)) error {
	if err := cluster.CheckPattern(pattern); err != nil {
		return err
	}
	in := NewQueue(func(m *nats.Msg) int { return len(m.Data) }, &c.dropped)
	sub, err := c.nats.Subscribe(pattern, in.Put)
	if err != nil {
		return fmt.Errorf("%s: %w: %w", pattern, cluster.ErrUnavailable, err)
	}
	c.work.Go(func() {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		defer context.AfterFunc(c.ctx, cancel)()
		in.Each(ctx, func(m *nats.Msg) { take(c.message(m)) })
		_ = sub.Unsubscribe() // fails only where the connection has ended
	})
	return nil
}

func (c *Conn) message(m *nats.Msg) cluster.Msg {
	msg := cluster.Msg{Subject: m.Subject, Data: m.Data}
	if m.Reply != "" {
		msg.Reply = func(data []byte) error { return c.publish(m.Reply, data) }
	}
	return msg
}

// Request implements cluster.Bus.
func (c *Conn) Request(ctx context.Context, subject string, data []byte) ([]byte, error) {
	if err := cluster.CheckSubject(subject); err != nil {
		return nil, err
	}
	m, err := c.nats.RequestWithContext(ctx, subject, data)
	switch {
	case err == nil:
		return m.Data, nil
	case errors.Is(err, nats.ErrNoResponders):
		return nil, fmt.Errorf("%s: %w", subject, cluster.ErrNoAnswer)
	case ctx.Err() != nil:
		return nil, ctx.Err()
	}
	return nil, fmt.Errorf("%s: %w: %w", subject, cluster.ErrUnavailable, err)
}
