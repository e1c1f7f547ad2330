package stream

import (
	"cmp"
	"net/http"
	"slices"
	"time"

	"livestream-tui/services/hls/m3u8"
	"livestream-tui/services/kit/text"
	"livestream-tui/services/proxy/timeline"
)

func sortPlaylists(list []*Playlist) {
	slices.SortFunc(list, func(a, b *Playlist) int { return cmp.Compare(a.key, b.key) })
}

// decide decides how a playlist is served: merged, if possible.
func (s *State) decide(p *Playlist) {
	if p.gathering(s.now) {
		return
	}
	i, mode, why := s.modeOf(p)
	if mode != p.mode || why != p.why && mode != Waiting {
		s.enter(p, mode, why)
	}
	switch p.mode {
	case PassedThrough:
		s.pass(p, i)
	case Refused:
		s.refuse(p, i)
	case Forwarded:
		s.show(p)
	}
}

// modeOf is the mode of a playlist, and the packager that it is served from when it is
// not merged.
func (s *State) modeOf(p *Playlist) (i int, mode Mode, why string) {
	i = s.source(p)
	r := &p.records[i]
	switch {
	case s.refused(p) >= 0:
		return s.refused(p), Refused, "packagers refuse it"
	case r.answers() && r.answer.OnePlayers != "":
		return i, Forwarded, r.answer.OnePlayers
	case p.mode == Forwarded && s.now.Sub(p.entered) < apartLeast && s.forOne(p) >= 0:
		return s.forOne(p), Forwarded, p.why
	case !r.answers() && r.last.Odd && p.shown.Body == nil && s.allOdd(p):
		return i, Forwarded, "it is no playlist that can be read: " + text.Cause(r.last.Err)
	case !r.answers() && r.answer.Raw == nil:
		return i, p.mode, p.why // only failures are known
	case s.isMultivariant(p):
		if r.answer.Multi == nil {
			i = s.multivariant(p)
		}
		return i, PassedThrough, "a multivariant playlist"
	case r.list == nil:
		if i = s.media(p); i < 0 {
			return 0, p.mode, p.why
		}
		r = &p.records[i]
	}
	if p.line.Empty() && s.hasEnded(p) {
		return i, PassedThrough, "it had ended when it was first seen"
	}
	switch why = unmergeable(r.list); {
	case why != "":
	case p.line.Empty() && len(r.list.Segments) == 0:
		why = "it lists no segment"
	default:
		if why = p.stuck.reason(s.now); why == "" && p.mode == PassedThrough && p.multi.served == nil && s.now.Sub(p.entered) < apartLeast {
			why = p.why
		}
	}
	if why != "" {
		return i, PassedThrough, why
	}
	return i, Merged, ""
}

// apartLeast is how long a playlist is passed through or forwarded at least. When the
// playlist of one packager can be merged and that of another cannot, each move between
// them would change the mode, and each change of the mode might cause a move.
const apartLeast = 5 * time.Second

// unmergeable is why a playlist cannot be merged with its peers' and is served as its
// packager has it; empty when it can be merged.
func unmergeable(l *m3u8.MediaPlaylist) string {
	switch {
	case l.Parts():
		return "low latency: its parts are its packager's"
	case l.Defines():
		return "its URIs have variables (EXT-X-DEFINE)"
	}
	return ""
}

// source is the packager that a playlist is served from when it is not merged: the active
// one while it answers, else the best one that does.
func (s *State) source(p *Playlist) int {
	order := s.order(p)
	for _, i := range order {
		if p.records[i].answers() {
			return i
		}
	}
	for _, i := range order {
		if p.records[i].answer.Raw != nil {
			return i
		}
	}
	return order[0]
}

// first is the first packager in order for which does is true; -1 for none.
func (s *State) first(p *Playlist, does func(r *record) bool) int {
	for _, i := range s.order(p) {
		if does(&p.records[i]) {
			return i
		}
	}
	return -1
}

func (s *State) media(p *Playlist) int {
	return s.first(p, func(r *record) bool { return r.list != nil })
}

func (s *State) multivariant(p *Playlist) int {
	return s.first(p, func(r *record) bool { return r.answer.Multi != nil })
}

// isMultivariant reports whether the playlist is a multivariant one. It stays what it was
// as long as any packager that answers agrees.
func (s *State) isMultivariant(p *Playlist) bool {
	multi := s.first(p, func(r *record) bool { return r.answers() && r.answer.Multi != nil })
	media := s.first(p, func(r *record) bool { return r.answers() && r.list != nil })
	was := p.mode == PassedThrough && p.multi.served != nil
	switch {
	case multi < 0 && media < 0:
		return (was || p.line.Empty()) && s.multivariant(p) >= 0
	case multi < 0 || media < 0:
		return media < 0
	case p.mode == Waiting:
		return multi == s.source(p)
	}
	return was
}

// hasEnded reports whether every packager that answers has ended the playlist.
func (s *State) hasEnded(p *Playlist) bool {
	answering := 0
	for i := range p.records {
		r := &p.records[i]
		if !r.answers() || r.list == nil {
			continue
		}
		if answering++; !r.list.EndList {
			return false
		}
	}
	return answering > 0 || p.over || p.mode == PassedThrough && p.shown.Body != nil && !p.shown.Live
}

// forOne is a packager that answers each player differently, -1 for none.
func (s *State) forOne(p *Playlist) int {
	return s.first(p, func(r *record) bool { return r.answers() && r.answer.OnePlayers != "" })
}

func (s *State) allOdd(p *Playlist) bool {
	return !slices.ContainsFunc(p.records, func(r record) bool { return !r.last.Odd && r.status == 0 && r.seen.Err == "" })
}

const (
	// refusedAfter is how many refusals in a row end a playlist that was served.
	refusedAfter = 2
	// absentAfter is for how long all packagers must answer that the playlist does not
	// exist before one that was served ends: a starting packager answers so as well. A
	// playlist that has ended for players goes at once.
	absentAfter = 10 * time.Second
)

// refused is the packager whose refusal players get, -1 for none. All packagers that
// answer must refuse.
func (s *State) refused(p *Playlist) int {
	first, answers := -1, false
	for _, i := range s.order(p) {
		r := &p.records[i]
		switch {
		case r.answers():
			return -1
		case r.status == 0 && r.last.Location == "":
			// This one is in trouble; the word of another one that answers counts.
			answers = answers || r.seen.At.IsZero()
			continue
		case first < 0:
			first = i
		}
		if p.shown.Body != nil && r.last.Location == "" && !s.isFinal(p, r) {
			return -1
		}
	}
	if answers {
		return -1
	}
	return first
}

// isFinal reports whether a refusal ends a playlist that was served.
func (s *State) isFinal(p *Playlist, r *record) bool {
	switch r.status {
	case http.StatusTooManyRequests:
		return false
	case http.StatusNotFound:
		return (p.over || p.line.Empty() && p.slot == (slot{})) && r.seen.Fails >= refusedAfter || s.now.Sub(r.fault) > max(absentAfter, 3*p.target()) && !r.fault.IsZero()
	}
	return r.seen.Fails >= refusedAfter
}

// enter changes the mode.
func (s *State) enter(p *Playlist, mode Mode, why string) {
	if mode != PassedThrough {
		p.multi = multi{}
	}
	if mode != p.mode {
		p.entered = s.now
	}
	if mode == Refused && p.over {
		s.giveUp(p)
	}
	p.mode, p.why = mode, why
}

// empty drops the timeline, because players have been given other numbers.
func (s *State) empty(p *Playlist) {
	s.retire(p, p.line.Entries)
	p.line = timeline.Timeline{Key: p.key, Hosts: s.hosts, Epoch: p.line.Epoch}
	for i := range p.records {
		r := &p.records[i]
		r.rel, r.fresh = timeline.Relation{}, true
		r.proof = proof{asked: r.proof.asked}
	}
}

// pass shows a packager's playlist as it is, except for URIs that would not lead to the
// same resource from here.
func (s *State) pass(p *Playlist, i int) {
	r := &p.records[i]
	a := r.answer
	if a.Raw == nil {
		return
	}
	next := Snapshot{Last: -1, Part: -1, Packager: s.Packagers[i], Mode: p.mode, Why: p.why, Live: true, Header: a.Header}
	if a.Multi != nil {
		if i = s.keepMultivariant(p, i); i >= 0 {
			a = p.records[i].answer
		}
		if p.multi.served != nil {
			a.Raw, a.Found = p.multi.served, p.multi.found
			next.Packager = s.Packagers[p.multi.from]
		}
	} else {
		next.Last, next.Part, next.Live = r.list.LastMSN(), r.list.LastPart(), !r.list.EndList
		next.Target = time.Duration(r.list.TargetDuration) * time.Second
		if p.shown.Body != nil && next.Last < p.shown.Last && s.now.Sub(p.media.grew) < 3*next.Target {
			return // players have a newer one, which stays for a while
		}
	}
	next.Body = m3u8.Rewrite(a.Raw, func(ref string) string { return s.served(a, ref) })
	s.publish(p, next)
}

func (s *State) served(a Answer, ref string) string {
	place, err := s.hosts.Place(a.Found, ref, "")
	if err != nil {
		return ref
	}
	return place.URI
}

// refuse shows a packager's refusal.
func (s *State) refuse(p *Playlist, i int) {
	r := &p.records[i]
	next := Snapshot{Last: -1, Part: -1, Packager: s.Packagers[i], Mode: p.mode, Why: p.why, Status: r.last.Status, Header: http.Header{}, Live: true}
	for name, values := range r.last.Header {
		next.Header[name] = values
	}
	next.Refusal = r.last.Raw
	if r.last.Location != "" {
		next.Header.Set("Location", r.last.Location)
	}
	s.publish(p, next)
}

// publish shows players another snapshot, if it differs.
func (s *State) publish(p *Playlist, next Snapshot) {
	b := p.shown
	if string(b.Body) == string(next.Body) && b.Last == next.Last && b.Part == next.Part && b.Packager == next.Packager &&
		b.Mode == next.Mode && b.Why == next.Why && b.Status == next.Status && b.Live == next.Live && string(b.Refusal) == string(next.Refusal) {
		return
	}
	if next.Last > b.Last || b.Body == nil {
		p.media.grew = s.now
	}
	if next.Mode == PassedThrough && !p.line.Empty() {
		s.empty(p)
	}
	p.shown = next
	s.emit(Publish{p.key, next})
}

// show publishes the timeline, or that there is no playlist of its own.
func (s *State) show(p *Playlist) {
	next := Snapshot{Last: -1, Part: -1, Mode: p.mode, Why: p.why, Packager: s.choice.Active, Live: true}
	if p.mode == Merged && s.completing(p) {
		return
	}
	if p.mode == Merged {
		p.media.retagged = false
		next.Body, next.Last, next.Target, next.Live = p.line.Playlist().Encode(), p.line.Last(), p.line.Target(), !p.line.Ended
	}
	s.publish(p, next)
}

// stuck is whether merging fails to bring players what packagers have.
type stuck struct {
	since  time.Time // since when packagers move without the timeline; zero while they do not
	why    string
	until  time.Time // the playlist is passed through until then
	wait   time.Duration
	adopts []time.Time // when the last discontinuities were added
}

const (
	stuckFirst = time.Minute // how long a playlist is passed through the first time; doubles after that
	stuckLong  = time.Hour
	// stuckAfter is how many target durations packagers may move without the timeline.
	stuckAfter = 4
	// adoptsMost is how many discontinuities may be added in adoptsWithin.
	adoptsMost   = 4
	adoptsWithin = time.Minute
)

// because passes the playlist through for a while, for a reason.
func (k *stuck) because(why string, now time.Time) {
	if now.Before(k.until) {
		return
	}
	k.wait = min(max(2*k.wait, stuckFirst), stuckLong)
	k.why, k.until, k.adopts = why, now.Add(k.wait), nil
}

func (k *stuck) reason(now time.Time) string {
	if now.Before(k.until) {
		return k.why
	}
	return ""
}

// adopted notes that a discontinuity was added: many of them in a row are worse than no
// merging.
func (k *stuck) adopted(now time.Time) {
	k.adopts = append(k.adopts, now)
	k.adopts = k.adopts[max(0, len(k.adopts)-adoptsMost):]
	if len(k.adopts) == adoptsMost && now.Sub(k.adopts[0]) < adoptsWithin {
		k.because("its packagers contradict themselves again and again", now)
	}
}

// watchProgress passes the playlist through when packagers move and the timeline does
// not, for whatever reason: a plain proxy would do better.
func (s *State) watchProgress(p *Playlist) {
	moves := false
	for i := range p.records {
		r := &p.records[i]
		moves = moves || r.answers() && r.list != nil && !r.list.EndList && s.moves(p, i) && r.seen.Advanced.After(p.media.grew)
	}
	switch {
	case !moves:
		p.stuck.since = time.Time{}
	case p.stuck.since.Before(p.media.grew):
		p.stuck.since = s.now
	case s.now.Sub(p.stuck.since) > max(stuckAfter*p.target(), 4*time.Second):
		p.stuck.because("merging brings nothing new, though packagers have it", s.now)
	}
}
