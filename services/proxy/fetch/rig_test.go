package fetch

import (
	"net/http"
	"strings"
	"sync"
	"time"

	"livestream-tui/services/proxy/fakenet"
	"livestream-tui/services/proxy/object"
	"livestream-tui/services/proxy/trouble"
	"livestream-tui/services/proxy/upstream"
)

// rig fetches one segment from servers; it must be used in a bubble.
type rig struct {
	*fakenet.Servers
	mu       sync.Mutex
	findings []string // as "server1 failed status 502"; guarded by mu
}

const theDuration = 2 * time.Second // of the segment

func rigOf(handlers ...http.HandlerFunc) *rig { return &rig{Servers: fakenet.NewServers(handlers...)} }

// fetch is of the segment; Run runs it.
func (r *rig) fetch() *Fetch {
	return &Fetch{
		Object: object.New("/live01/7.ts", time.Now()), Duration: theDuration, Patience: 3 * time.Second, Absence: time.Second,
		Sources: func() []upstream.Source { return r.Sources("/live01/7.ts") },
		Judge: func(u *upstream.Upstream, f trouble.Finding) {
			r.mu.Lock()
			defer r.mu.Unlock()
			r.findings = append(r.findings, strings.TrimSpace(strings.TrimPrefix(u.Base(), "http://")+" "+f.Kind.String()+" "+f.Cause))
		},
	}
}

// forPlayers is a fetch of what nothing lists.
func (r *rig) forPlayers() *Fetch {
	f := r.fetch()
	f.Duration, f.Absence, f.Rounds, f.Lane = 0, 0, 1, upstream.Players
	return f
}
