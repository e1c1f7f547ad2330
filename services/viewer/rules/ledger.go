package rules

import (
	"crypto/sha256"
	"sync"
)

// Sum is the SHA-256 of a body.
type Sum = [sha256.Size]byte

// ledgerSize bounds how many URIs a Ledger remembers.
const ledgerSize = 4096

// Ledger remembers what each URI held when it was first fetched, so that later fetches
// can be compared with it, those of other players included. Safe for concurrent use. The
// zero value is ready to use.
type Ledger struct {
	mu    sync.Mutex
	sums  map[string]Sum
	order []string // oldest first
}

// Enter notes that uri holds sum. It returns what uri held at first, which is sum when
// uri is new.
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
