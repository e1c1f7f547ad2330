package follow

import (
	"sync"

	"livestream-tui/services/hls/health"
	"livestream-tui/services/proxy/stream"
)

// inbox are the events that were not taken yet. Whoever has one never waits.
type inbox struct {
	mu    sync.Mutex
	list  []stream.Event // guarded by mu
	wake  chan struct{}  // holds one: there is something
	ticks int            // in list; guarded by mu
}

func (b *inbox) push(e stream.Event) {
	b.mu.Lock()
	if _, is := e.(stream.Tick); is {
		if b.ticks > 0 {
			b.mu.Unlock()
			return // the one that waits does for both
		}
		b.ticks++
	}
	b.list = append(b.list, e)
	b.mu.Unlock()
	select {
	case b.wake <- struct{}{}:
	default: // told already
	}
}

func (b *inbox) take() []stream.Event {
	b.mu.Lock()
	defer b.mu.Unlock()
	list := b.list
	b.list, b.ticks = nil, 0
	return list
}

// atomicVerdicts are the stream's packagers as they were judged last.
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

// keys are the playlists that there are verdicts for.
func (v *atomicVerdicts) keys() map[string]struct{} {
	v.mu.Lock()
	defer v.mu.Unlock()
	keys := make(map[string]struct{}, len(v.list))
	for key := range v.list {
		keys[key] = struct{}{}
	}
	return keys
}
