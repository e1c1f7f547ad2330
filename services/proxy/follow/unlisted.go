package follow

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"livestream-tui/services/proxy/fetch"
	"livestream-tui/services/proxy/object"
	"livestream-tui/services/proxy/upstream"
	"livestream-tui/services/proxy/verdict"
)

// SourcesFor are the sources of an unlisted resource. The packager that players of the
// nearest playlist are served from comes first.
func (s *Streams) SourcesFor(key, target string) []upstream.Source {
	order := s.near(key)
	list := make([]upstream.Source, 0, len(s.packagers))
	for _, i := range order {
		list = append(list, upstream.Source{From: s.packagers[i], Target: target})
	}
	if len(list) == 0 {
		for _, u := range s.packagers {
			list = append(list, upstream.Source{From: u, Target: target})
		}
	}
	return list
}

const (
	// UnlistedKept is how long an unlisted resource is kept at most, unpromisedKept how
	// long when its packager does not say.
	UnlistedKept   = 10 * time.Second
	unpromisedKept = time.Second
	// unlistedPatience is how long an unlisted resource is looked for while no packager
	// answers: some make it when it is asked for, and players wait about so long for a
	// first byte.
	unlistedPatience = 10 * time.Second
)

// keptFor is how long an unlisted resource is kept: as long as its packager says (RFC
// 9111, 4.2.1), but at most UnlistedKept.
func keptFor(h http.Header) time.Duration {
	kept := time.Duration(-1)
	for directive := range strings.SplitSeq(strings.ToLower(h.Get("Cache-Control")), ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(directive), "=")
		switch name {
		case "no-store", "no-cache", "private":
			return 0
		case "immutable":
			kept = max(kept, UnlistedKept)
		case "max-age":
			if n, err := strconv.Atoi(value); err == nil {
				kept = max(kept, min(time.Duration(n)*time.Second, UnlistedKept))
			}
		}
	}
	if kept < 0 {
		return unpromisedKept
	}
	return kept
}

// FetchUnlisted fetches an unlisted resource once for all players, and keeps it briefly.
// The fetch ends when the last player has left.
func (s *Streams) FetchUnlisted(key, target string) *object.Object {
	o, fresh := s.cache.Begin(key, time.Now())
	if !fresh {
		return o
	}
	f := &fetch.Fetch{
		Object: o, Want: verdict.Want{Anything: true}, Patience: unlistedPatience, Rounds: 1, Lane: upstream.Players,
		Sources: func() []upstream.Source { return s.SourcesFor(key, target) },
	}
	started := s.start(func() {
		f.Run(s.life)
		c, _ := o.Now()
		s.cache.Expire(key, time.Now().Add(keptFor(c.Header)))
	})
	if !started {
		o.Fail(upstream.ErrUnavailable)
	}
	return o
}

// near is the ranking of the packagers for the playlist that lies nearest above a key;
// nil when there is none.
func (s *Streams) near(key string) []int {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if p := s.playlists[key]; p != nil {
		return p.sources.Load().Order()
	}
	for folder := folderOf(key); folder != ""; folder = folder[:strings.LastIndexByte(folder[:len(folder)-1], '/')+1] {
		if p := s.folders[folder]; p != nil {
			return p.sources.Load().Order()
		}
	}
	return nil
}
