package packager

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"sync"

	"github.com/gorilla/mux"

	"livestream-tui/services/hls"
	"livestream-tui/services/runner"
)

// Fault is what a packager does wrong on purpose, for drills. It is set over the
// service's unix socket, and nowhere else.
type Fault struct {
	Mode Mode `json:"mode"`
	// Signal is the one that it is about; every signal when empty.
	Signal string `json:"signal,omitempty"`
	// BytesPerSecond is how fast bodies trickle under ModeSlow; zero means 20,000.
	BytesPerSecond int `json:"bytes_per_s,omitempty"`
	// Segments is how far the playlist is behind under ModeLag; zero means 1.
	Segments int `json:"segments,omitempty"`
	// Status is what ModeError answers; zero means 503.
	Status int `json:"status,omitempty"`
}

// Mode is a kind of fault.
type Mode string

// The kinds of fault.
const (
	ModeNone             Mode = "none"
	ModeStale            Mode = "stale"             // the playlist stands still, newer segments are 404
	ModeLag              Mode = "lag"               // the playlist is some segments behind, newer ones are 404
	ModeSlow             Mode = "slow"              // bodies trickle
	ModeTruncate         Mode = "truncate"          // segments break off half way
	ModeError            Mode = "error"             // a 5xx to everything
	ModeHTML             Mode = "html"              // 200 and a web page to everything
	ModeEmpty            Mode = "empty"             // 200 and no body to everything
	ModeNotFound         Mode = "not-found"         // 404 for segments that are listed
	ModeTruncatePlaylist Mode = "truncate-playlist" // the playlist ends in mid-line, its length agrees
	ModeEndList          Mode = "endlist"           // the playlist says EXT-X-ENDLIST
	ModeRestartMSN       Mode = "restart-msn"       // the numbers begin again at 0
	ModeMisaligned       Mode = "misaligned"        // each number has the segment before its own
	ModeHang             Mode = "hang"              // accepts and never answers
	ModeHangBody         Mode = "hang-body"         // headers, half of the body, then silence
	ModeCorrupt          Mode = "corrupt"           // right length, some bytes flipped
)

var modes = []Mode{
	ModeNone, ModeStale, ModeLag, ModeSlow, ModeTruncate, ModeError, ModeHTML, ModeEmpty, ModeNotFound,
	ModeTruncatePlaylist, ModeEndList, ModeRestartMSN, ModeMisaligned, ModeHang, ModeHangBody, ModeCorrupt,
}

// complete fills the defaults in.
func (f Fault) complete() (Fault, error) {
	switch {
	case !slices.Contains(modes, f.Mode):
		return f, fmt.Errorf("mode %q: allowed are %v", f.Mode, modes)
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

// faults is the switch. Safe for concurrent use.
type faults struct {
	mu      sync.Mutex
	fault   Fault
	frozen  map[string]*snapshot // by signal, as of when the fault was set
	changed chan struct{}        // closed when another fault is set
}

func newFaults() *faults {
	return &faults{fault: Fault{Mode: ModeNone}, changed: make(chan struct{})}
}

func (f *faults) set(fault Fault, frozen map[string]*snapshot) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.fault, f.frozen = fault, frozen
	close(f.changed)
	f.changed = make(chan struct{})
}

func (f *faults) get() Fault {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.fault
}

// of returns the fault in force for a signal.
func (f *faults) of(signal string) inForce {
	f.mu.Lock()
	defer f.mu.Unlock()
	in := inForce{Fault: f.fault, frozen: f.frozen[signal], changed: f.changed}
	if in.Signal != "" && in.Signal != signal {
		in.Mode = ModeNone
	}
	return in
}

// inForce is a fault as a request meets it.
type inForce struct {
	Fault
	frozen  *snapshot // nil when there was nothing to freeze
	changed <-chan struct{}
}

// ControlRoutes adds the fault switch to the routes of the service's socket.
func (s *Service) ControlRoutes(r *mux.Router) {
	r.HandleFunc("/fault", func(w http.ResponseWriter, _ *http.Request) {
		runner.WriteJSON(w, http.StatusOK, s.faults.get().shown())
	}).Methods(runner.Reads()...)
	r.HandleFunc("/fault", func(w http.ResponseWriter, r *http.Request) {
		var fault Fault
		if !runner.ReadControl(w, r, &fault) {
			return
		}
		fault, err := fault.complete()
		if err != nil {
			runner.WriteError(w, http.StatusBadRequest, err.Error())
			return
		}
		s.setFault(fault)
		runner.WriteJSON(w, http.StatusOK, fault.shown())
	}).Methods(http.MethodPut)
	r.HandleFunc("/fault", func(w http.ResponseWriter, _ *http.Request) {
		s.setFault(Fault{Mode: ModeNone})
		runner.WriteJSON(w, http.StatusOK, Fault{Mode: ModeNone})
	}).Methods(http.MethodDelete)
}

// shown is the fault without the settings that its mode does not use.
func (f Fault) shown() Fault {
	show := Fault{Mode: f.Mode, Signal: f.Signal}
	switch f.Mode {
	case ModeNone:
		show.Signal = ""
	case ModeSlow:
		show.BytesPerSecond = f.BytesPerSecond
	case ModeLag:
		show.Segments = f.Segments
	case ModeError:
		show.Status = f.Status
	}
	return show
}

// setFault puts a fault in force from now on, for requests under way as well.
func (s *Service) setFault(fault Fault) {
	frozen := map[string]*snapshot{}
	s.mu.Lock()
	for name, g := range s.signals {
		if snap := g.current.Load(); snap != nil {
			frozen[name] = snap
		}
	}
	s.mu.Unlock()
	s.faults.set(fault, frozen)
	s.log.Warn("fault set", "mode", string(fault.Mode), "signal", fault.Signal)
}

// playlist serves a playlist as the fault in force has it; none is the rule.
func (s *Service) playlist(w http.ResponseWriter, r *http.Request) {
	for {
		f := s.faults.of(mux.Vars(r)["signal"])
		if f.instead(s, w, r) {
			return
		}
		switch f.Mode {
		case ModeNone:
			s.servePlaylist(w, r, lens{asIs, s.behind, f.changed})
		case ModeStale, ModeRestartMSN:
			// At once, whatever number was asked for: so the fault is seen.
			if snap, ok := s.snapshot(w, mux.Vars(r)["signal"]); ok {
				writePlaylist(w, r, f.view(snap))
			}
		default:
			s.servePlaylist(w, r, lens{f.view, never, f.changed})
		}
		if written(w) || r.Context().Err() != nil {
			return
		}
	}
}

// media serves a segment as the fault in force has it; none is the rule.
func (s *Service) media(w http.ResponseWriter, r *http.Request) {
	f := s.faults.of(mux.Vars(r)["signal"])
	switch {
	case f.instead(s, w, r):
	case f.Mode == ModeNotFound:
		runner.WriteError(w, http.StatusNotFound, "no such segment, or none any more")
	default:
		s.serveMedia(w, r, f.view)
	}
}

func asIs(snap *snapshot) *snapshot  { return snap }
func never(string, *snapshot) string { return "" }

// instead answers where the fault leaves nothing of the honest answer.
func (f inForce) instead(s *Service, w http.ResponseWriter, r *http.Request) bool {
	switch f.Mode {
	case ModeError:
		runner.WriteError(w, f.Status, "fault: error")
	case ModeHTML:
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = fmt.Fprint(w, "<!DOCTYPE html><title>Welcome</title><h1>It works!</h1>\n") // the client has gone: nobody to tell
	case ModeEmpty:
		w.Header().Set("Content-Type", mediaType)
		if isPlaylist(r) {
			w.Header().Set("Content-Type", playlistType)
		}
		w.Header().Set("Content-Length", "0")
		w.WriteHeader(http.StatusOK)
	case ModeHang:
		s.hang(w, r, f.changed)
	default:
		return false
	}
	return true
}

// view is what the fault makes of a snapshot.
func (f inForce) view(snap *snapshot) *snapshot {
	switch f.Mode {
	case ModeStale:
		if f.frozen == nil {
			return snap // published after the fault was set
		}
		return f.frozen
	case ModeLag:
		return lagging(snap, f.Segments)
	case ModeTruncatePlaylist:
		return truncated(snap)
	case ModeEndList:
		list := *snap.list
		list.EndList = true
		return snap.showing(&list)
	case ModeRestartMSN:
		return restarted(snap, f.frozen)
	case ModeMisaligned:
		return misaligned(snap)
	}
	return snap
}

// showing returns s with another playlist.
func (s *snapshot) showing(list *hls.MediaPlaylist) *snapshot {
	c := *s
	c.list, c.body = list, list.Encode()
	c.etag = etagOf(c.body)
	return &c
}

// lagging takes the newest n segments away; one always stays.
func lagging(snap *snapshot, n int) *snapshot {
	list := *snap.list
	list.Segments = list.Segments[:max(len(list.Segments)-n, 1)]
	late := snap.showing(&list)
	late.media = map[string]*media{}
	for name, m := range snap.media {
		if m.msn <= list.LastMSN() {
			late.media[name] = m
		}
	}
	return late
}

// truncated cuts the playlist in the middle of a line.
func truncated(snap *snapshot) *snapshot {
	c := *snap
	end := len(c.body) * 2 / 3
	if c.body[end-1] == '\n' {
		end--
	}
	c.body = c.body[:end]
	c.etag = etagOf(c.body)
	return &c
}

// restarted numbers the segments from what was the oldest when the fault was set.
func restarted(snap, frozen *snapshot) *snapshot {
	base := snap.list.MediaSequence
	if frozen != nil {
		base = frozen.list.MediaSequence
	}
	list := *snap.list
	list.MediaSequence -= base
	list.DiscontinuitySequence = 0
	list.Segments = slices.Clone(list.Segments)
	again := snap.showing(&list)
	again.media = map[string]*media{}
	for name, m := range snap.media {
		again.media[name] = m
		if m.msn >= base {
			again.media[segmentName(m.msn-base)] = m
		}
	}
	for i := range list.Segments {
		list.Segments[i].URI = segmentName(list.MediaSequence + int64(i))
	}
	return again.showing(&list)
}

// misaligned gives each number the segment before its own, the oldest one none.
func misaligned(snap *snapshot) *snapshot {
	if len(snap.list.Segments) < 2 {
		return snap
	}
	list := *snap.list
	list.MediaSequence++
	list.Segments = list.Segments[:len(list.Segments)-1]
	return snap.showing(&list)
}
