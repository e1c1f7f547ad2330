package viewer

import (
	"crypto/sha256"
	"sync"
)

// Sum is the SHA-256 of a body.
type Sum = [sha256.Size]byte

// ledgerSize bounds how many URIs a Ledger remembers.
const ledgerSize = 4096

// Ledger remembers what each URI held when it was first fetched, so that any fetch
// after it can be compared: players that share one compare with each other. Safe
// for concurrent use. The zero value is ready.
type Ledger struct {
	mu    sync.Mutex
	sums  map[string]Sum
	order []string // oldest first
}

// Enter tells that uri held sum. It returns what it held before: sum itself when
// it was not known.
func (l *Ledger) Enter(uri string, sum Sum) Sum {
	l.mu.Lock()
	defer l.mu.Unlock()
	if was, known := l.sums[uri]; known {
		return was
	}
	if l.sums == nil {
		l.sums = make(map[string]Sum)
	}
	if len(l.order) == ledgerSize {
		delete(l.sums, l.order[0])
		l.order = l.order[1:]
	}
	l.sums[uri] = sum
	l.order = append(l.order, uri)
	return sum
}
