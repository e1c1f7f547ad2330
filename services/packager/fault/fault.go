package fault

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
)

// Fault is what a packager does wrong.
type Fault struct {
	Mode Mode `json:"mode"`
	// Signal is the one that it is about; every signal when empty.
	Signal string `json:"signal,omitempty"`
	// BytesPerSecond is how fast bodies trickle under Slow; zero means 20,000.
	BytesPerSecond int `json:"bytes_per_s,omitempty"`
	// Segments is how far the playlist is behind under Lag; zero means 1.
	Segments int `json:"segments,omitempty"`
	// Status is what Error answers; zero means 503.
	Status int `json:"status,omitempty"`
}

// Mode is a kind of fault.
type Mode string

// The kinds of fault.
const (
	None             Mode = "none"
	Stale            Mode = "stale"             // the playlist stands still, newer segments are 404
	Lag              Mode = "lag"               // the playlist is some segments behind, newer ones are 404
	Slow             Mode = "slow"              // bodies trickle
	Truncate         Mode = "truncate"          // segments break off half way
	Error            Mode = "error"             // a 5xx to everything
	HTML             Mode = "html"              // 200 and a web page to everything
	Empty            Mode = "empty"             // 200 and no body to everything
	NotFound         Mode = "not-found"         // 404 for segments that are listed
	TruncatePlaylist Mode = "truncate-playlist" // the playlist ends in mid-line, its length agrees
	EndList          Mode = "endlist"           // the playlist says EXT-X-ENDLIST
	RestartMSN       Mode = "restart-msn"       // the numbers begin again at 0
	Misaligned       Mode = "misaligned"        // each number has the segment before its own
	Hang             Mode = "hang"              // accepts and never answers
	HangBody         Mode = "hang-body"         // headers, half of the body, then silence
	Corrupt          Mode = "corrupt"           // right length, some bytes flipped
)

// modes returns all kinds.
func modes() []Mode {
	return []Mode{
		None, Stale, Lag, Slow, Truncate, Error, HTML, Empty, NotFound,
		TruncatePlaylist, EndList, RestartMSN, Misaligned, Hang, HangBody, Corrupt,
	}
}

// complete fills the defaults in.
func (f Fault) complete() (Fault, error) {
	switch {
	case !slices.Contains(modes(), f.Mode):
		return f, fmt.Errorf("mode %q: allowed are %v", f.Mode, modes())
	case f.BytesPerSecond < 0:
		return f, fmt.Errorf("bytes_per_s %d: allowed is 1 or more", f.BytesPerSecond)
	case f.Segments < 0:
		return f, fmt.Errorf("segments %d: allowed is 1 or more", f.Segments)
	case f.Status != 0 && (f.Status < 400 || f.Status > 599):
		return f, fmt.Errorf("status %d: allowed are 400 to 599", f.Status)
	}
	f.BytesPerSecond = cmp.Or(f.BytesPerSecond, 20_000)
	f.Segments = cmp.Or(f.Segments, 1)
	f.Status = cmp.Or(f.Status, http.StatusServiceUnavailable)
	return f, nil
}

// shown is the fault without the settings that its mode does not use.
func (f Fault) shown() Fault {
	show := Fault{Mode: f.Mode, Signal: f.Signal}
	switch f.Mode {
	case None:
		show.Signal = ""
	case Slow:
		show.BytesPerSecond = f.BytesPerSecond
	case Lag:
		show.Segments = f.Segments
	case Error:
		show.Status = f.Status
	}
	return show
}
