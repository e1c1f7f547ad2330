package follow

import (
	"sync"

	"livestream-tui/services/hls/health"
	"livestream-tui/services/proxy/stream"
)

// inbox holds the events that were not taken yet. push never blocks.
type inbox struct {
	mu    sync.Mutex
	list  []stream.Event // guarded by mu
	wake  chan struct{}  // holds one token while there are events
	ticks int            // in list; guarded by mu
}

func (b *inbox) push(e stream.Event) {
	b.mu.Lock()
	if _, is := e.(stream.Tick); is {
		if b.ticks > 0 {
			b.mu.Unlock()
			return // the waiting tick stands for both
		}
		b.ticks++
	}
	b.list = append(b.list, e)
	b.mu.Unlock()
	select {
	case b.wake <- struct{}{}:
	default: // woken already
	}
}

func (b *inbox) take() []stream.Event {
	b.mu.Lock()
	defer b.mu.Unlock()
	list := b.list
	b.list, b.ticks = nil, 0
	return list
}

// atomicVerdicts holds the last verdicts on the stream's packagers. Safe for concurrent
// use.
type atomicVerdicts struct {
	mu   sync.Mutex
	list map[string][]health.Verdict // by playlist; guarded by mu
}

func (v *atomicVerdicts) store(key string, list []health.Verdict) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.list[key] = list
}

func (v *atomicVerdicts) load(key string) []health.Verdict {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.list[key]
}

func (v *atomicVerdicts) forget(key string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	delete(v.list, key)
}

// keys are the playlists that have verdicts.
func (v *atomicVerdicts) keys() map[string]struct{} {
	v.mu.Lock()
	defer v.mu.Unlock()
	keys := make(map[string]struct{}, len(v.list))
	for key := range v.list {
		keys[key] = struct{}{}
	}
	return keys
}
