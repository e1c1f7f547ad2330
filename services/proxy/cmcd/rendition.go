package cmcd

import (
	"path"
	"strings"
	"sync/atomic"
	"time"

	"livestream-tui/services/kit/text"
	"livestream-tui/services/proxy/metrics"
	"livestream-tui/services/proxy/uri"
)

// rendition is what sessions play. Safe for concurrent use.
type rendition struct {
	signal, name string
	metrics      *metrics.Rendition
	sessions     atomic.Int64
	empty        atomic.Int64 // since when it has no session, in Unix ns
}

const (
	// renditionsMost bounds the renditions, and with them the series of metrics.
	renditionsMost = 1000
	// emptyMost is how long a rendition without a session is remembered.
	emptyMost = 10 * time.Minute
)

// namesOf are the signal and the rendition of a media playlist, without its query, which
// may be secret. The rendition is the path below the signal without its extension.
func namesOf(key string) (signal, name string) {
	key = strings.TrimPrefix(uri.Name(key), "/")
	signal, below, has := strings.Cut(key, "/")
	if !has {
		signal, below = "", key
	}
	return text.Shown(signal), text.Shown(strings.TrimSuffix(below, path.Ext(below)))
}

// join and left count a session that begins or ends to play it.
func (r *rendition) join() {
	r.sessions.Add(1)
	r.metrics.Sessions.Inc()
}

func (r *rendition) left() {
	r.empty.Store(time.Now().UnixNano())
	r.sessions.Add(-1)
	r.metrics.Sessions.Dec()
}

// renditionOf is the rendition of a media playlist; nil when there are too many.
func (a *Audience) renditionOf(key string, now time.Time) *rendition {
	a.mu.RLock()
	r := a.renditions[key]
	a.mu.RUnlock()
	if r != nil {
		return r
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if r = a.renditions[key]; r != nil {
		return r
	}
	if len(a.renditions) >= renditionsMost {
		return nil
	}
	r = &rendition{}
	r.signal, r.name = namesOf(key)
	for _, other := range a.renditions { // with another token
		if other.signal == r.signal && other.name == r.name {
			r = other
			break
		}
	}
	if r.metrics == nil {
		r.metrics = a.metrics.Of(r.signal, r.name)
	}
	r.empty.Store(now.UnixNano())
	a.renditions[key] = r
	return r
}

// forget drops the renditions that were not played for long.
func (a *Audience) forget(now time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for key, r := range a.renditions {
		if r.sessions.Load() == 0 && now.UnixNano()-r.empty.Load() > int64(emptyMost) {
			delete(a.renditions, key)
			a.metrics.Forget(r.signal, r.name)
		}
	}
}
