package fault

import (
	"cmp"
	"fmt"
	"net/http"

	"livestream-tui/services/packager/window"
)

// Fault is a fault with its settings. Settings that its mode does not use are ignored.
type Fault struct {
	Mode Mode `json:"mode"`
	// Signal is the signal that it affects; empty for every signal.
	Signal string `json:"signal,omitempty"`
	// BytesPerSecond is how fast bodies trickle under Slow; zero means 20,000.
	BytesPerSecond int `json:"bytes_per_s,omitempty"`
	// Segments is how far the playlist is behind under Lag; zero means 1.
	Segments int `json:"segments,omitempty"`
	// Status is the status of the answers under Error; zero means 503.
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

// kind is what a mode does. Functions that it does not need are nil.
type kind struct {
	mode Mode
	// answer answers a request; false leaves it to the honest handler.
	answer func(s *Switch, f inForce, w *writer, r *http.Request) bool
	// view changes the snapshot that is served. frozen is the one of when the fault was
	// set, nil when there was none.
	view func(f Fault, snap, frozen *window.Snapshot) *window.Snapshot
	// body returns the next part of a body to write, and what to do after that.
	body func(o *writer, f inForce, b []byte) (part []byte, after func())
	// setting copies the setting that the mode uses.
	setting func(to *Fault, from Fault)
	// blind answers a blocking reload at once, whatever it asks for, so that the fault is
	// seen.
	blind bool
}

// modes is every kind of fault.
var modes = []kind{
	{mode: None},
	{mode: Stale, view: stale, blind: true},
	{mode: Lag, view: lagging, setting: func(to *Fault, from Fault) { to.Segments = from.Segments }},
	{mode: Slow, body: slow, setting: func(to *Fault, from Fault) { to.BytesPerSecond = from.BytesPerSecond }},
	{mode: Truncate, body: truncated},
	{mode: Error, answer: refused, setting: func(to *Fault, from Fault) { to.Status = from.Status }},
	{mode: HTML, answer: webPage},
	{mode: Empty, answer: nothing},
	{mode: NotFound, answer: notFound},
	{mode: TruncatePlaylist, view: cut},
	{mode: EndList, view: ended},
	{mode: RestartMSN, view: restarted, blind: true},
	{mode: Misaligned, view: misaligned},
	{mode: Hang, answer: silent},
	{mode: HangBody, body: halfSilent},
	{mode: Corrupt, body: corrupt},
}

// kindOf returns what a mode does; false for an unknown mode.
func kindOf(m Mode) (kind, bool) {
	for _, k := range modes {
		if k.mode == m {
			return k, true
		}
	}
	return kind{}, false
}

func allowedModes() []Mode {
	list := make([]Mode, len(modes))
	for i, k := range modes {
		list[i] = k.mode
	}
	return list
}

// complete fills in the defaults.
func (f Fault) complete() (Fault, error) {
	_, known := kindOf(f.Mode)
	switch {
	case !known:
		return f, fmt.Errorf("mode %q: allowed are %v", f.Mode, allowedModes())
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

// shown returns the fault without the settings that its mode does not use.
func (f Fault) shown() Fault {
	if f.Mode == None {
		return Fault{Mode: None}
	}
	show := Fault{Mode: f.Mode, Signal: f.Signal}
	if k, _ := kindOf(f.Mode); k.setting != nil {
		k.setting(&show, f)
	}
	return show
}
