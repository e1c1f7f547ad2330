package input

import (
	"context"

	"livestream-tui/services/receiver/sample"
)

// Input is one configured input of a signal.
type Input interface {
	// Run takes connections, one after the other, and gives their samples to the sink, until
	// ctx is cancelled. It does not give up: what fails is told to the sink and tried again.
	// An error says that the configuration makes it impossible, such as a port that is taken.
	Run(ctx context.Context, sink Sink) error
}

// Sink takes connections. Safe for concurrent use.
type Sink interface {
	// Open begins a connection. One that was open before is superseded: its Done is closed,
	// and what it writes is dropped. An encoder that reconnects so takes over its dead
	// session at once.
	Open(from About) Connection
	// Failed says why no connection is there that should be: a refused key, a wrong
	// passphrase, an address that does not answer. It is for people, and may be repeated.
	Failed(why error)
}

// About is what is known of a connection when it opens.
type About struct {
	// Remote is the encoder's address, empty where there is none.
	Remote string
	// Encoder is what it calls itself, such as "obs-output module (libobs version 29.0.2)";
	// empty when it does not.
	Encoder string
}

// Connection takes what one connection sends. One goroutine uses it, but for Done.
type Connection interface {
	// Format says which format the samples have that follow. It may change within a
	// connection.
	Format(f sample.Format)
	// Write takes a sample, in the order of arrival. It does not block for longer than the
	// sample takes to copy.
	Write(s sample.Sample)
	// Link tells figures of the connection; the last ones count.
	Link(l Link)
	// Done is closed when another connection has taken over: the caller ends.
	Done() <-chan struct{}
	// Close says that the connection has ended, and why; nil when the encoder said so itself.
	Close(why error)
}

// Link are figures of a connection that a transport knows. Zero means unknown.
type Link struct {
	// RTT is the round-trip time in milliseconds.
	RTT float64
	// Lost and Retransmitted count packets since the connection began.
	Lost, Retransmitted int64
}
