package proxy

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"livestream-tui/services/direct"
	"livestream-tui/services/health"
	"livestream-tui/services/hls"
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
	last     int64 // newest MSN, -1 for a playlist without
	active   string
	ready    *direct.Response // of body, nil without
	replaced chan struct{}    // closed when the next one is there
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

// far reports whether more than so many segments are missing before its first.
func (r *record) far(most int64) bool { return r.list != nil && r.hole > most }

// absentEverywhere reports whether every packager says that there is no such
// playlist.
func (st *stream) absentEverywhere() bool {
	st.mu.Lock()
	defer st.mu.Unlock()
	return !slices.ContainsFunc(st.record, func(r record) bool { return !r.absent })
}

// show publishes a playlist. Needs mu.
func (st *stream) show(body []byte, last int64, packager string) {
	next := &snapshot{body: body, last: last, active: packager, replaced: make(chan struct{})}
	if body != nil {
		next.ready = direct.NewResponse(playlistHeader(etagOf(body), packager), body)
	}
	old := st.shown.Swap(next)
	close(old.replaced)
}
