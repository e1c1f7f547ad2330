package cluster

import (
	"context"
	"errors"
)

// The errors of a Bus and a Store.
var (
	// ErrNotFound says that nothing is under a key.
	ErrNotFound = errors.New("nothing is under that key")
	// ErrConflict says that another write came first.
	ErrConflict = errors.New("another write came first")
	// ErrUnavailable says that the engine does not answer, or has no quorum. A write may have
	// been done all the same.
	ErrUnavailable = errors.New("the engine is not available")
	// ErrNoAnswer says that nobody answers requests for a subject.
	ErrNoAnswer = errors.New("nobody answers")
)

// Rev is the revision of an entry. A later write of any key has a greater one, until the
// Store is lost and begins anew.
type Rev uint64

// Entry is what is under a key.
type Entry struct {
	Key   string
	Value []byte
	Rev   Rev
	// Deleted is set in an update that says that the key is gone; Value is empty then.
	Deleted bool
}

// Update is what a watch sends.
type Update struct {
	// Snapshot is set when Entries is everything that is there: what is not in it is gone.
	Snapshot bool
	Entries  []Entry
	// Stale is why nothing new can be learned at the moment: what is known may be old. Nil
	// when all is well; Entries is empty where it is set.
	Stale error
}

// Reader reads the Store: what the machines agree on. Safe for concurrent use. Both methods
// may answer from a machine that is behind.
type Reader interface {
	// Get returns the entry under a key. The error is ErrNotFound or wraps ErrUnavailable.
	Get(ctx context.Context, key string) (Entry, error)
	// Watch sends what is under the keys that begin with prefix, a snapshot first, then
	// changes, and another snapshot after each doubt. It never ends before ctx, and is closed
	// then. A slow reader gets the latest entry of each key, and may miss those between.
	Watch(ctx context.Context, prefix string) <-chan Update
}

// Msg is a message of the Bus.
type Msg struct {
	Subject string
	Data    []byte
	// Reply answers a request. Nil for a message that asks for no answer.
	Reply func(data []byte) error
}

// Bus carries messages between machines: fast, without a quorum, at most once. Safe for
// concurrent use.
type Bus interface {
	// Publish sends data to all who subscribe to a subject, the sender too. It does not block.
	// The error says that the engine cannot be reached; the message is lost then.
	Publish(subject string, data []byte) error
	// Subscribe calls take with each message, one after the other, until ctx is cancelled. In
	// a pattern * stands for one word, and > at the end for one or more. Of messages that take
	// is too slow for, the oldest are dropped. It returns at once; the error is a bad pattern.
	Subscribe(ctx context.Context, pattern string, take func(Msg)) error
	// Request sends data to one who answers for a subject, and returns the answer. The error
	// is ErrNoAnswer, ctx's, or wraps ErrUnavailable.
	Request(ctx context.Context, subject string, data []byte) ([]byte, error)
}
