package proxy

import (
	"errors"
	"slices"
	"time"
)

// advance lists what is ready to be listed and fetches what is not. Needs mu.
func (st *stream) advance(now time.Time) {
	target := st.line.target()
	watched := st.isWatched(now)
	pending := st.line.pending()
	n := 0
	for ; n < len(pending); n++ {
		if !st.ready(pending[n], watched, target, now) {
			if !st.passed(pending[n:], target, now) {
				break
			}
			st.miss(pending[n].MSN)
		}
	}
	if watched {
		for _, e := range pending[n:] {
			st.fetchEntry(e)
		}
	}
	if n == 0 {
		if st.shown.Load().active != st.choice.Active && st.line.listed > 0 {
			st.publish() // the same playlist, from another packager
		}
		return
	}
	for _, e := range pending[:n] {
		delete(st.arrived, e.MSN)
	}
	st.retire(st.line.list(n, now), now)
	st.publish()
	st.s.save(st)
}

func (st *stream) publish() {
	st.show(st.line.playlist().Encode(), st.line.last(), st.choice.Active)
}

// isWatched reports whether players play the stream: then its segments are
// fetched before they ask. Needs mu.
func (st *stream) isWatched(now time.Time) bool {
	return now.UnixNano()-st.watched.Load() < int64(max(5*st.line.target(), 10*time.Second))
}

// ready reports whether an entry may be listed: it can be had at once and at full
// speed (FAILURES.md, rule 6 and case 7).
func (st *stream) ready(e entry, watched bool, target time.Duration, now time.Time) bool {
	if !watched || e.Segment.Gap || e.Segment.ByteRange != nil {
		return true
	}
	age := now.Sub(st.arrived[e.MSN])
	for _, key := range []string{e.Init, e.Key} {
		if key == "" {
			continue
		}
		o := st.s.cache.get(key)
		if o == nil {
			return false
		}
		switch c, _ := o.now(); {
		case c.whole:
		case errors.Is(c.err, errNotFound) && age >= target/2:
			st.miss(e.MSN) // nobody has it
			return true
		case key != e.Key || !c.begun || c.err != nil || age < target/4:
			return false
		}
	}
	return true
}

// passed reports whether the first of pending is still not to be had though a later
// one has been, long enough for another try: the playlist goes on without it
// (FAILURES.md, rule 7).
func (st *stream) passed(pending []entry, target time.Duration, now time.Time) bool {
	return now.Sub(st.arrived[pending[0].MSN]) >= target && slices.ContainsFunc(pending[1:], func(e entry) bool {
		o := st.s.cache.get(e.Key)
		if o == nil || now.Sub(st.arrived[e.MSN]) < max(target/4, 2*retryMost) {
			return false
		}
		whole, _ := o.done()
		return whole
	})
}

// miss lists a pending entry as a gap. Needs mu.
func (st *stream) miss(msn int64) {
	if e, ok := st.line.missing(msn); ok {
		st.s.index.add(st, e)
		st.s.log.Warn("a segment is missing at every packager", "playlist", st.key, "msn", msn)
	}
}

// fetchEntry fetches an entry and what it needs. Needs mu.
func (st *stream) fetchEntry(e entry) {
	if e.Init != "" {
		st.fetch(e, e.Init)
	}
	if !e.Segment.Gap && e.Segment.ByteRange == nil {
		st.fetch(e, e.Key)
	}
}

// fetch begins to fetch one of an entry's resources unless it is there or under
// way. Needs mu.
func (st *stream) fetch(e entry, key string) *object {
	source, duration := e.Source, e.Segment.Duration
	if key == e.Init {
		source, duration = e.InitSource, 0
	}
	o, fresh := st.s.cache.begin(key, time.Now())
	if !fresh {
		return o
	}
	target := st.targetLocked()
	f := &fetch{
		o: o, source: source, want: e.wants(source), duration: duration,
		patience: holdFor(target), absence: target / 2,
		order: func() []*upstream { return st.sources(e.MSN) },
		judge: func(u *upstream, found finding) { st.note(u, e.MSN, found) },
	}
	started := st.s.start(func() {
		f.run(st.s.life)
		if f.saved {
			st.s.log.Debug("segment came from another packager than the first one asked", "key", key)
		}
		st.mu.Lock()
		defer st.mu.Unlock()
		if st.over {
			st.s.cache.expire(key, time.Now().Add(unlistedKept)) // nobody forgets it else
			return
		}
		st.settle(time.Now())
	})
	if !started {
		o.fail(errUnavailable)
	}
	return o
}

// holdFor is how long a player's request is held at the most: hls.js gives up on a
// first byte after 10 s (FAILURES.md, case 31).
func holdFor(target time.Duration) time.Duration { return min(3*target, 8*time.Second) }

// sources are the packagers to ask for a segment, best first: the active one if it
// lists it, whoever lists it, the rest. What a packager that contradicts what was
// served calls by that name is another segment: it is asked only where nobody else
// could be.
func (st *stream) sources(msn int64) []*upstream {
	st.mu.Lock()
	defer st.mu.Unlock()
	order := st.order()
	class := func(i int) int {
		rec := &st.record[i]
		switch {
		case rec.conflict != "":
			return 3
		case !rec.trouble.until.IsZero() || rec.seen.Fails > 1:
			return 2
		case !st.lists(rec, msn):
			return 1
		}
		return 0
	}
	slices.SortStableFunc(order, func(a, b int) int { return class(a) - class(b) })
	var list []*upstream
	for _, i := range order {
		if class(i) < 3 || len(list) == 0 {
			list = append(list, st.packagers[i])
		}
	}
	return list
}

// retire keeps what has left the playlist for its duration and a playlist's length
// more (FAILURES.md, rule 6), and forgets what was kept long enough. Needs mu.
func (st *stream) retire(entries []entry, now time.Time) {
	for _, e := range entries {
		until := now.Add(e.Segment.Duration + st.line.window + st.line.target())
		st.retired = append(st.retired, retired{e, until})
		delete(st.arrived, e.MSN)
	}
	for len(st.retired) > 0 && now.After(st.retired[0].Until) {
		st.forget(st.retired[0].Entry)
		st.retired = st.retired[1:]
	}
}

// forget ends an entry's time. Needs mu.
func (st *stream) forget(e entry) {
	for _, key := range e.keys() {
		if st.uses[key]--; st.uses[key] > 0 {
			continue
		}
		delete(st.uses, key)
		if st.s.index.remove(st, key) {
			st.s.cache.drop(key)
		}
	}
}

// use notes that an entry is served from now on. Needs mu.
func (st *stream) use(e entry) {
	st.s.index.add(st, e)
	for _, key := range e.keys() {
		st.uses[key]++
	}
}

// forgetAll ends the stream's time; its followers have ended.
func (st *stream) forgetAll() {
	st.mu.Lock()
	defer st.mu.Unlock()
	for _, r := range st.retired {
		st.forget(r.Entry)
	}
	for _, e := range st.line.entries {
		st.forget(e)
	}
	st.retired, st.over = nil, true
}

// hotMost is how many of the newest segments are fetched before they are asked
// for: a window may be hours.
const hotMost = 30

// watch notes that a player plays the stream: the window is fetched, newest first,
// so that it outlives an outage.
func (st *stream) watch(now time.Time) {
	before := st.watched.Swap(now.UnixNano())
	if now.UnixNano()-before < int64(5*time.Second) {
		return
	}
	st.mu.Lock()
	defer st.mu.Unlock()
	for _, e := range slices.Backward(st.line.entries[max(0, len(st.line.entries)-hotMost):]) {
		st.fetchEntry(e)
	}
}
