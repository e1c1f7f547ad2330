package store

import (
	"context"

	"livestream-tui/services/cluster"
)

// ValueMost is the most bytes of a value.
const ValueMost = 64 << 10

// Store is what the machines of a cluster agree on. Safe for concurrent use. There is no
// TTL: whether a machine lives is decided by who hears it, by a clock that never steps.
type Store interface {
	cluster.Reader
	// Put writes a value. Without ifRev it always does, with zero only where the key is not
	// there, else only where the entry has that revision. The error is ErrConflict, or wraps
	// ErrUnavailable: then the value may have been written all the same.
	Put(ctx context.Context, key string, value []byte, ifRev *cluster.Rev) (cluster.Rev, error)
	// Delete removes a key, as Put writes it. A key that is not there is removed already.
	Delete(ctx context.Context, key string, ifRev *cluster.Rev) error
}

// Engine is a connection to the engine.
type Engine interface {
	Store() Store
	Bus() cluster.Bus
	// Health returns nil while the engine answers and has a quorum, else why not. It does not
	// block.
	Health() error
	Close() error
}

// Bucket is what the engine calls the Store, and Stream the stream that holds it.
const (
	Bucket = "livestream"
	Stream = "KV_" + Bucket
)
