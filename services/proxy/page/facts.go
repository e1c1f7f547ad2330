package page

import (
	"bytes"
	"cmp"
	"encoding/json"
	"slices"
	"sync"
	"time"
)

// Signal is what the proxy knows of a signal.
type Signal struct {
	Signal string `json:"signal"`
	// Playlist is the path and query of its playlist at the proxy.
	Playlist string `json:"playlist"`
	// OnAir is true while a packager has a playlist of it that goes on.
	OnAir bool `json:"on_air"`
	// Packager is the base URL of the packager that players are served from; empty when it
	// is not known.
	Packager string `json:"packager"`
	// MSN is the newest media sequence number that players have, -1 for none.
	MSN int64 `json:"msn"`
	// TargetMS is the target duration, 0 while it is unknown.
	TargetMS int64 `json:"target_ms"`
	// Mode is how the playlist is served, as in events; "not followed" where no player
	// asks for it.
	Mode string `json:"mode"`
	// Packagers are all packagers, in the order of PACKAGERS.
	Packagers []Packager `json:"packagers"`
	// Audience is who reports that they play it; nil while nobody does.
	Audience *Audience `json:"audience,omitempty"`
}

// Audience is what players report of themselves.
type Audience struct {
	// Sessions is how many report now.
	Sessions int `json:"sessions"`
	// Stalls is how often their pictures have stood still, all together.
	Stalls int `json:"stalls"`
}

// Packager is the state of a packager for a signal.
type Packager struct {
	URL   string `json:"url"`
	State string `json:"state"`
}

const (
	// lookEvery is how long facts may be old, and countEvery how long the audience.
	lookEvery  = 250 * time.Millisecond
	countEvery = time.Second
	// signalsMost bounds the signals that the page is told.
	signalsMost = 200
)

// facts are what readers are told of all signals, made once for all of them. Safe for
// concurrent use.
type facts struct {
	mu   sync.Mutex
	made time.Time // guarded by mu
	// event is the newest event when they were made; guarded by mu.
	event int64
	// list is the JSON of the signals, guarded by mu. A list that has not changed is the
	// same slice.
	list []byte
	// audience is who plays what, as it was counted; guarded by mu.
	audience map[string]Audience
	counted  time.Time // guarded by mu
}

// now is the list of signals as it is, at most lookEvery old and not older than an event.
func (f *facts) now(at time.Time, event int64, signals func() []Signal, audience func() map[string]Audience) []byte {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.list != nil && at.Sub(f.made) < lookEvery && event <= f.event {
		return f.list
	}
	f.made, f.event = at, max(f.event, event)
	if audience != nil && (f.counted.IsZero() || at.Sub(f.counted) >= countEvery) {
		f.audience, f.counted = audience(), at
	}
	list := signals()
	for i, s := range list {
		if a, is := f.audience[s.Signal]; is {
			list[i].Audience = &a
		}
	}
	next, err := json.Marshal(list)
	if err != nil {
		panic(err) // strings and numbers can always be encoded
	}
	if !bytes.Equal(next, f.list) {
		f.list = next
	}
	return f.list
}

// signals are the signals that are followed, and those that others know, in order of
// their names.
func (p *Page) signals() []Signal {
	list := p.options.Signals()
	if names := p.names.Load(); names != nil {
		for _, name := range *names {
			if !slices.ContainsFunc(list, func(s Signal) bool { return s.Signal == name }) {
				list = append(list, Signal{Signal: name, Playlist: "/" + name + "/playlist.m3u8", OnAir: true, MSN: -1, Mode: "not followed", Packagers: []Packager{}})
			}
		}
	}
	slices.SortFunc(list, func(a, b Signal) int { return cmp.Compare(a.Signal, b.Signal) })
	if list == nil {
		list = []Signal{}
	}
	return list[:min(len(list), signalsMost)]
}
