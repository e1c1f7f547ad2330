package stream

import "time"

const (
	// hintLate is how long after a segment is due its hint may come, before the packager is
	// asked without one.
	hintLate = 100 * time.Millisecond
	// hurryLeast is the least time between two requests for the sake of hints. A packager that
	// hints at what it does not have is asked no more often.
	hurryLeast = 100 * time.Millisecond
	// hintsFresh is how long after the last hint none is expected any more, beside two segments.
	hintsFresh = time.Second
)

// Hinted means that a packager says, not in answer to a request, that it lists a segment. It
// may be old, doubled or false: it is a reason to ask, and nothing more.
type Hinted struct {
	At
	Playlist string
	Packager int
	MSN      int64 // the packager's number
	// Spare means that requests need not be held at the packager while its hints come.
	Spare bool
}

// hint is what is known of a packager's hints for a playlist.
type hint struct {
	heard   time.Time // the last one; zero for none
	spare   bool      // as the last one said
	last    int64     // the number that it told
	trusted bool      // they have told of the newest segment, in time
	msn     int64     // the number that the packager is to be asked for; zero for none
	told    time.Time // when that was hinted
	refuted int64     // a number that the packager did not have when it was asked; zero for none
	hurried time.Time // when a request was sent for the sake of a hint
}

func (s *State) hinted(e Hinted) {
	p := s.playlists[e.Playlist]
	if p == nil {
		return
	}
	r := &p.records[e.Packager]
	h := &r.hint
	h.heard, h.spare, h.last = s.now, e.Spare, e.MSN
	h.trusted = h.trusted || e.MSN == r.newest()
	if e.MSN <= r.newest() || e.MSN <= 0 || e.MSN == h.refuted {
		return
	}
	if e.MSN != h.msn {
		h.msn, h.told = e.MSN, s.now
	}
	s.hurry(p, e.Packager)
}

// hurry asks a packager for what it has hinted at, once that may be: now, or at a later tick.
func (s *State) hurry(p *Playlist, i int) {
	h := &p.records[i].hint
	if h.msn != 0 && s.untilHurry(h) == 0 {
		h.hurried = s.now
		s.emit(Hurry{p.key, i})
	}
}

// untilHurry is how long no request may be sent for the sake of a hint.
func (s *State) untilHurry(h *hint) time.Duration {
	if h.hurried.IsZero() {
		return 0
	}
	return max(hurryLeast-s.now.Sub(h.hurried), 0)
}

// newest is the newest number that the packager is known to list, -1 for none.
func (r *record) newest() int64 {
	if r.list == nil {
		return -1
	}
	return r.list.LastMSN()
}

// heed compares the hints with an answer to a request. One that came before the request and was
// not true is not believed again. Where the packager lists what it did not hint at, its hints
// are of no use: they are lost, late or false.
func (r *record) heed(a Answer, now time.Time) {
	h := &r.hint
	if a.Err == nil && r.seen.Advanced.Equal(now) {
		h.trusted = h.last == r.newest()
	}
	switch {
	case h.msn == 0 || a.Err != nil:
	case r.newest() >= h.msn:
		h.msn = 0
	case !a.Began.Before(h.told):
		h.msn, h.refuted = 0, h.msn
	}
}

// isHinted reports whether a packager's hints are fresh and a request need not be held there.
func (s *State) isHinted(r *record) bool {
	h := &r.hint
	return h.spare && h.trusted && r.list != nil && !r.list.Parts() && s.now.Sub(h.heard) <= 2*r.shortest+hintsFresh
}

// unheld is how long to wait for a hint before the packager is asked without one; otherwise
// where it is overdue.
func (s *State) unheld(r *record, otherwise time.Duration) time.Duration {
	if r.hint.msn != 0 { // one came while it was asked
		return s.untilHurry(&r.hint)
	}
	if r.seen.Advanced.IsZero() {
		return otherwise
	}
	return max(r.shortest+hintLate-s.now.Sub(r.seen.Advanced), otherwise)
}
