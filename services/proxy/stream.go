package proxy

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"livestream-tui/services/health"
	"livestream-tui/services/hls"
	"livestream-tui/services/report"
)

// stream is one playlist that is followed on every packager, and what players are
// given of it. Safe for concurrent use.
type stream struct {
	key       string
	signal    string
	packagers []*upstream
	s         *Service
	began     time.Time
	cancel    context.CancelFunc

	asked   atomic.Int64 // when a player last asked for the playlist, Unix ns
	watched atomic.Int64 // when a player last asked for a segment of it, Unix ns
	shown   atomic.Pointer[snapshot]
	waits   waits

	mu        sync.Mutex
	line      timeline
	record    []record // by packager
	choice    choice
	preferred string // the origin's word
	verdicts  []health.Verdict
	multi     []byte // a multivariant playlist, instead of a timeline
	multiFrom int
	ended     *hls.MediaPlaylist // a playlist that was never live
	arrived   map[int64]time.Time
	grew      time.Time // when a segment was last appended
	holeSince time.Time
	retired   []retired
	uses      map[string]int // by key: entries that have it
	switching []*switching
	restored  bool // from an earlier incarnation's state
	over      bool // nobody follows it any more
}

// record is what is known of one packager for the stream.
type record struct {
	seen     health.Observation
	list     *hls.MediaPlaylist // the last good one
	fresh    bool               // list was not offered yet
	conflict string             // with what was served
	behind   bool
	hole     int64 // segments missing between ours and its first
	trouble  trouble
	absent   bool // it says that there is no such playlist
	probing  bool
	fault    time.Time // since when it is not well; zero while it is
	saved    int       // requests saved from it since then
}

// retired is an entry that has left the playlist and is still served.
type retired struct {
	Entry entry     `json:"entry"`
	Until time.Time `json:"until"`
}

// snapshot is what players are given, at one moment. Immutable but for replaced.
type snapshot struct {
	body     []byte
	etag     string
	last     int64 // newest MSN, -1 for a playlist without
	active   string
	replaced chan struct{} // closed when the next one is there
}

func newStream(s *Service, key string, now time.Time) *stream {
	st := &stream{
		key: key, signal: signalOf(key), packagers: s.packagers, s: s, began: now,
		line: timeline{base: key}, arrived: map[int64]time.Time{}, uses: map[string]int{},
	}
	for _, u := range s.packagers {
		st.record = append(st.record, record{seen: health.Observation{Packager: u.base, Pos: hls.Pos{MSN: -1, Part: -1}}})
	}
	st.asked.Store(now.UnixNano())
	st.shown.Store(&snapshot{last: -1, replaced: make(chan struct{})})
	return st
}

// run follows until ctx is cancelled.
func (st *stream) run(ctx context.Context) {
	var work sync.WaitGroup
	for i := range st.packagers {
		work.Go(func() { st.follow(ctx, i) })
	}
	work.Go(func() { st.s.origins.follow(ctx, st.signal, st.prefer) })
	work.Wait()
}

// target is the target duration, a guess while it is not known.
func (st *stream) target() time.Duration {
	st.mu.Lock()
	defer st.mu.Unlock()
	return st.targetLocked()
}

func (st *stream) targetLocked() time.Duration {
	if st.line.empty() {
		return targetGuess
	}
	return st.line.target()
}

// prefer takes the origin's word.
func (st *stream) prefer(packager string) {
	st.mu.Lock()
	defer st.mu.Unlock()
	st.preferred = packager
	st.settle(time.Now())
}

// observe takes what a request for the playlist came to and returns how many in a
// row have failed.
func (st *stream) observe(i int, r loaded) int {
	st.mu.Lock()
	defer st.mu.Unlock()
	rec := &st.record[i]
	switch {
	case r.multi != nil && !st.line.empty():
		r.multi, r.err = nil, errors.New("a multivariant playlist, where it was a media playlist")
	case r.media != nil && st.multi != nil:
		r.media, r.err = nil, errors.New("a media playlist, where it was a multivariant playlist")
	}
	rec.seen = seen(rec.seen, r)
	rec.absent = r.err != nil && absent(r.err)
	switch {
	case r.multi != nil:
		st.takeMultivariant(i, r.multi)
	case r.media != nil:
		rec.list, rec.fresh = r.media, true
	case rec.absent && st.shown.Load().body == nil:
		st.show(nil, -1, "") // so that who waits looks again: it may be that nobody has it
	}
	st.settle(time.Now())
	return rec.seen.Fails
}

// takeMultivariant keeps one packager's multivariant playlist as long as it
// answers, so that players see no change where there is none.
func (st *stream) takeMultivariant(i int, body []byte) {
	if st.multi != nil && st.multiFrom != i && st.record[st.multiFrom].seen.Fails == 0 {
		return
	}
	st.multi, st.multiFrom = body, i
	if string(st.shown.Load().body) != string(body) {
		st.show(body, -1, st.packagers[i].base)
	}
}

// takeEnded serves a playlist that had ended before it was first seen as it is: it
// is no live signal, since no packager says that it is. On a live one ENDLIST says
// nothing (FAILURES.md, case 25). Needs mu.
func (st *stream) takeEnded(now time.Time) {
	if !st.line.empty() || st.multi != nil || st.gathering(now) {
		return
	}
	from := -1
	for i := range st.record {
		switch l := st.record[i].list; {
		case l == nil:
		case !l.EndList:
			st.ended = nil
			return
		case from < 0:
			from = i
		}
	}
	if from < 0 || st.ended != nil {
		return
	}
	p := st.record[from].list
	for i := range p.Segments {
		if _, err := resolve(st.key, p.Segments[i].URI); err != nil {
			return
		}
	}
	st.ended = p
	st.show(p.Encode(), p.LastMSN(), st.packagers[from].base)
}

// settle brings everything up to date: offers, judgement, choice, listing. Needs
// mu; called after whatever changes, and now and then.
func (st *stream) settle(now time.Time) {
	if st.over {
		return
	}
	if st.takeEnded(now); st.ended == nil {
		if st.line.empty() {
			st.judge(now) // so that it begins with the freshest
		}
		st.merge(now)
	}
	st.judge(now)
	if st.ended == nil && !st.line.empty() {
		st.advance(now)
	}
	st.finishSwitches(now)
}

// beginPatience is how long to wait for every packager's first answer, before the
// playlist begins with what has come.
const beginPatience = 300 * time.Millisecond

// gathering reports whether some packager's first answer is waited for. Needs mu.
func (st *stream) gathering(now time.Time) bool {
	return now.Sub(st.began) < beginPatience && slices.ContainsFunc(st.record, func(r record) bool { return r.seen.At.IsZero() })
}

// merge offers the timeline what the packagers list. Needs mu.
func (st *stream) merge(now time.Time) {
	if st.line.empty() && st.gathering(now) {
		return
	}
	holes := int64(0)
	for _, i := range st.order() {
		rec := &st.record[i]
		if rec.list == nil || rec.list.EndList && st.line.empty() {
			continue
		}
		if rec.fresh || rec.behind || st.line.next() <= rec.list.LastMSN()+st.line.shift.Delta {
			st.offer(rec, now)
			if rec.hole > 0 {
				holes++
			}
		}
	}
	if holes == 0 {
		st.holeSince = time.Time{}
	} else if st.holeSince.IsZero() {
		st.holeSince = now
	}
	if st.line.empty() {
		return
	}
	target := st.line.target()
	switch {
	case st.goesOn(now):
		st.holeSince = time.Time{}
	case holes > 0 && now.Sub(st.holeSince) >= target/2:
		st.fill(now)
	case now.Sub(st.grew) > target+target/2:
		st.adopt(now)
	}
}

// goesOn reports whether a packager goes on with what was served: what others list
// that does not is no reason to leave its numbers. Needs mu.
func (st *stream) goesOn(now time.Time) bool {
	return slices.ContainsFunc(st.record, func(r record) bool {
		return r.conflict == "" && !r.behind && r.hole == 0 && st.alive(&r, now)
	})
}

// alive reports whether a packager answers with a playlist that is not stale.
func (st *stream) alive(r *record, now time.Time) bool {
	reached := r.seen.First
	if r.seen.Advanced.After(reached) {
		reached = r.seen.Advanced
	}
	return r.list != nil && r.seen.Fails == 0 && now.Sub(reached) <= st.line.target()*3/2
}

// took notes what an offer brought. Needs mu.
func (st *stream) took(o offer, now time.Time) {
	if o.Added == 0 {
		return
	}
	st.grew = now
	for _, e := range st.line.entries[len(st.line.entries)-o.Added:] {
		st.arrived[e.MSN] = now
		st.use(e)
	}
}

// fill goes on behind a hole that nobody fills. Needs mu.
func (st *stream) fill(now time.Time) {
	for _, i := range st.order() {
		rec := &st.record[i]
		if rec.conflict != "" || !st.alive(rec, now) {
			continue
		}
		hole := rec.hole
		if hole == 0 {
			continue
		}
		gone := slices.Clone(st.line.entries)
		if o := st.line.skip(rec.list); o.Added > 0 {
			st.s.log.Warn("segments are missing at every packager", "playlist", st.key, "segments", hole, "next_msn", st.line.next())
			st.retireMissing(gone, now)
			st.took(o, now)
			st.reconsider(now)
			return
		}
	}
}

// retireMissing retires those of the old entries that are not in the timeline any
// more. Needs mu.
func (st *stream) retireMissing(old []entry, now time.Time) {
	first := st.line.next()
	if len(st.line.entries) > 0 {
		first = st.line.entries[0].MSN
	}
	for i, e := range old {
		if e.MSN >= first {
			old = old[:i]
			break
		}
	}
	st.retire(old, now)
}

// adopt goes on with a packager whose numbers or segments are not those that were
// served, when nobody goes on with ours. Needs mu.
func (st *stream) adopt(now time.Time) {
	for _, i := range st.order() {
		rec := &st.record[i]
		if rec.list == nil || rec.seen.Fails > 0 || rec.conflict == "" && !rec.behind || !st.moves(rec, now) {
			continue
		}
		why := rec.conflict
		if why == "" {
			why = fmt.Sprintf("its numbers fell to %d", rec.list.LastMSN())
		}
		gone := slices.Clone(st.line.entries)
		// Dates that stay behind are those of a clock that was set back.
		if o := st.line.renumber(rec.list, now.Sub(st.grew) > 3*st.line.target()); o.Added > 0 {
			st.s.log.Warn("going on under a discontinuity", "playlist", st.key, "packager", st.packagers[i].base, "reason", report.Clean(why), "next_msn", st.line.next())
			st.retireMissing(gone, now)
			st.took(o, now)
			st.reconsider(now)
			return
		}
	}
}

// offer has the timeline look at a packager's playlist. Needs mu.
func (st *stream) offer(rec *record, now time.Time) {
	o := st.line.offer(rec.list)
	rec.fresh, rec.conflict, rec.behind, rec.hole = false, o.Conflict, o.Behind, o.Hole
	st.took(o, now)
}

// reconsider has every playlist looked at again, under new numbers. Needs mu.
func (st *stream) reconsider(now time.Time) {
	st.holeSince = time.Time{}
	for i := range st.record {
		if rec := &st.record[i]; rec.list != nil {
			st.offer(rec, now)
		}
	}
}

// moves reports whether a packager's playlist grew lately.
func (st *stream) moves(rec *record, now time.Time) bool {
	target := st.line.target()
	return !rec.seen.Advanced.IsZero() && now.Sub(rec.seen.Advanced) <= 2*target
}

// order is the packagers by index, best first: the active one, then as judged.
// Needs mu.
func (st *stream) order() []int {
	list := make([]int, len(st.packagers))
	for i := range list {
		list[i] = i
	}
	if len(st.verdicts) == 0 {
		return list
	}
	rank := map[string]int{}
	for n, v := range health.Order(st.verdicts, st.choice.Active) {
		rank[v.Packager] = n
	}
	slices.SortStableFunc(list, func(a, b int) int { return rank[st.packagers[a].base] - rank[st.packagers[b].base] })
	return list
}

// judge makes verdicts of what is known, and the choice. Needs mu.
func (st *stream) judge(now time.Time) {
	order := make([]int, 0, len(st.record)) // the active one first: it is right where two differ
	for i := range st.record {
		if st.packagers[i].base == st.choice.Active {
			order = append(order, i)
		}
	}
	for i := range st.record {
		if st.packagers[i].base != st.choice.Active {
			order = append(order, i)
		}
	}
	verdicts := make([]health.Verdict, len(order))
	goesOn := !st.line.empty() && st.goesOn(now)
	var peers []int
	var obs []health.Observation
	for _, i := range order {
		rec := &st.record[i]
		// Whose numbers are not ours is no measure of who lags.
		if rec.conflict != "" || rec.behind || rec.far(st.line.maxHole()) {
			verdicts[i] = health.Judge([]health.Observation{rec.seen}, now, health.Policy{})[0]
			continue
		}
		peers, obs = append(peers, i), append(obs, rec.seen)
	}
	for n, v := range health.Judge(obs, now, health.Policy{}) {
		verdicts[peers[n]] = v
	}
	for i, v := range verdicts {
		rec := &st.record[i]
		if health.Usable(v.State) || v.State == report.Misaligned {
			switch {
			case rec.far(st.line.maxHole()) && goesOn:
				v.State, v.Reason = report.Misaligned, fmt.Sprintf("misaligned: its first msn is %d, %d is due", rec.list.MediaSequence, st.line.next()-st.line.shift.Delta)
			case rec.conflict != "":
				v.State, v.Reason = report.Misaligned, "misaligned: "+rec.conflict
			case rec.behind:
				v.State, v.Reason = report.Misaligned, fmt.Sprintf("misaligned: its newest msn is %d, %d was served", rec.seen.Pos.MSN, st.line.last())
			case v.State == report.Misaligned && st.line.listed > 0:
				// It agrees with what was served: the peer is the one that does not.
				v.State, v.Reason = report.Up, ""
			}
		}
		verdicts[i] = rec.trouble.apply(v)
	}
	st.alert(verdicts)
	for i, v := range verdicts {
		rec := &st.record[i]
		switch {
		case v.State == report.Up:
			rec.fault, rec.saved = time.Time{}, 0
		case rec.fault.IsZero():
			rec.fault = now
		}
	}
	st.verdicts = verdicts
	if st.multi != nil || st.ended != nil || st.gathering(now) {
		return // nothing to choose: it is what it is, or is not known yet
	}
	var m *move
	if st.choice, m = st.choice.next(verdicts, st.preferred, now); m != nil {
		st.switched(*m, now)
	}
}

// far reports whether more than so many segments are missing before its first.
func (r *record) far(most int64) bool { return r.list != nil && r.hole > most }

// alert tells of each packager that has become misaligned: it is no standby any more
// (FAILURES.md, case 17). Needs mu.
func (st *stream) alert(verdicts []health.Verdict) {
	for i, v := range verdicts {
		if v.State == report.Misaligned && (st.verdicts == nil || st.verdicts[i].State != report.Misaligned) {
			st.s.log.Warn("packager cannot stand in for the others", "playlist", st.key, "packager", v.Packager, "reason", report.Clean(v.Reason))
		}
	}
}

// note takes what a fetch saw of a packager.
func (st *stream) note(u *upstream, msn int64, f finding) {
	st.mu.Lock()
	defer st.mu.Unlock()
	now := time.Now()
	for i := range st.record {
		if st.packagers[i] != u {
			continue
		}
		rec := &st.record[i]
		if f.kind == findingSaved {
			rec.saved++
			st.s.metrics.saved.WithLabelValues(u.base).Inc()
			continue
		}
		if f.kind == findingAbsent && (!st.lists(rec, msn) || msn-st.line.shift.Delta == rec.list.MediaSequence) {
			return // it never said that it had it, or is about to list it no more
		}
		if f.kind == findingAbsent {
			f.cause = fmt.Sprintf("msn %d, which it lists, answered %s", msn, f.cause)
		}
		if f.kind != findingGood && rec.fault.IsZero() {
			rec.fault = now
		}
		rec.trouble = rec.trouble.note(f, now, st.targetLocked())
	}
	st.settle(now)
}

// lists reports whether a packager's last playlist has the segment.
func (st *stream) lists(rec *record, msn int64) bool {
	if rec.list == nil || rec.conflict != "" {
		return false
	}
	theirs := msn - st.line.shift.Delta
	return theirs >= rec.list.MediaSequence && theirs <= rec.list.LastMSN()
}

// absentEverywhere reports whether every packager says that there is no such
// playlist.
func (st *stream) absentEverywhere() bool {
	st.mu.Lock()
	defer st.mu.Unlock()
	return !slices.ContainsFunc(st.record, func(r record) bool { return !r.absent })
}

// show publishes a playlist. Needs mu.
func (st *stream) show(body []byte, last int64, packager string) {
	next := &snapshot{body: body, etag: etagOf(body), last: last, active: packager, replaced: make(chan struct{})}
	old := st.shown.Swap(next)
	close(old.replaced)
}
