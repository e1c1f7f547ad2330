package packager

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"sync"
	"time"

	"livestream-tui/services/hls"
)

const (
	// maxSignals is how many signals workers may bring.
	maxSignals = 1000
	// firstWait is how long a first playlist waits for media that it lists: a
	// packager that has just started publishes the whole window at once, or what
	// there is of it.
	firstWait = time.Second
	// keepEarly is how long media stays that no playlist lists yet.
	keepEarly = 30 * time.Second
	// silentMost is how long a signal is served that nobody brings any more, without
	// having said that it ends.
	silentMost = 10 * time.Minute
	// lookEvery is how often the signals are looked through whatever comes.
	lookEvery = time.Second
)

// intake is the signals that workers PUT, for as long as the service runs. Safe
// for concurrent use.
type intake struct {
	s    *Service
	wake chan struct{} // a signal came, or has a hole

	mu      sync.Mutex
	signals map[string]*inflow // guarded by mu
}

func newIntake(s *Service) *intake {
	return &intake{s: s, wake: make(chan struct{}, 1), signals: map[string]*inflow{}}
}

// run does what is due without anything coming until ctx is cancelled.
func (in *intake) run(ctx context.Context) {
	var group sync.WaitGroup
	defer group.Wait()
	timer := time.NewTimer(lookEvery)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-in.wake:
		case <-timer.C:
		}
		timer.Reset(in.look(ctx, &group))
		in.s.thaw.looked(in.s.now())
	}
}

// look looks through the signals and returns when to look again.
func (in *intake) look(ctx context.Context, group *sync.WaitGroup) time.Duration {
	in.mu.Lock()
	defer in.mu.Unlock()
	now, wait := in.s.now(), lookEvery
	for name, f := range in.signals {
		if f.stop == nil {
			f.stop = in.s.follow(ctx, group, name)
		}
		in.publish(f)
		f.g.sweep(now)
		in.s.measure(f.g)
		if !f.again.IsZero() {
			wait = min(wait, max(f.again.Sub(now), time.Millisecond))
		}
		silent := now.Sub(f.last)
		if silent > silentMost || f.g.ended.Load() && silent > f.g.shelf.keep {
			in.s.log.Info("signal ended", "signal", name)
			f.stop()
			delete(in.signals, name)
			in.s.unregister(f.g)
		}
	}
	return wait
}

// refusal is why something is not taken, with the status that says so.
type refusal struct {
	status int
	err    error
}

func (e *refusal) Error() string { return e.err.Error() }
func (e *refusal) Unwrap() error { return e.err }

func refuse(status int, format string, args ...any) error {
	return &refusal{status, fmt.Errorf(format, args...)}
}

// errLate says that a segment has been listed as a gap, or that its time is over.
var errLate = errors.New("it comes too late: newer segments are listed")

// holds returns what is held under a name, nil for nothing.
func (in *intake) holds(signal, name string) *media {
	in.mu.Lock()
	defer in.mu.Unlock()
	if f := in.signals[signal]; f != nil && f.g.shelf.has(name) {
		f.last = in.s.now()
		f.g.ended.Store(false)
		return f.g.shelf.items[name].media
	}
	return nil
}

// section takes an init section.
func (in *intake) section(signal, name string, body []byte) error {
	section, err := hls.ParseInit(body)
	if err != nil {
		return &refusal{http.StatusBadRequest, err}
	}
	m := newMedia(name, body, -1)
	m.init = section
	in.mu.Lock()
	defer in.mu.Unlock()
	f := in.signals[signal]
	if f == nil {
		if f, err = in.begin(signal); err != nil {
			return err
		}
	}
	return in.put(f, m)
}

// begin makes a signal. Needs mu.
func (in *intake) begin(name string) (*inflow, error) {
	if len(in.signals) >= maxSignals {
		return nil, refuse(http.StatusInsufficientStorage, "%d signals are there, no more are taken", maxSignals)
	}
	f := &inflow{g: newSignal(name, in.s.config.Window), told: map[int64]bool{}}
	f.g.shelf.keep = keepEarly
	in.signals[name] = f
	in.s.register(f.g)
	in.tell()
	return f, nil
}

// tell has the signals looked through soon.
func (in *intake) tell() {
	select {
	case in.wake <- struct{}{}:
	default: // it will be anyway
	}
}

// errNoInit says that a signal's init section has to come first.
var errNoInit = &refusal{http.StatusPreconditionFailed, errors.New("its init section has to come first")}

// segment takes a segment.
func (in *intake) segment(signal, name string, msn int64, body []byte) error {
	fragments, err := hls.CheckSegment(body)
	if err != nil {
		return &refusal{http.StatusBadRequest, err}
	}
	m := newMedia(name, body, msn)
	m.fragments = fragments
	in.mu.Lock()
	defer in.mu.Unlock()
	f := in.signals[signal]
	if f == nil {
		return errNoInit
	}
	lasts, err := f.fit(m)
	if err != nil {
		return err
	}
	if !f.g.shelf.has(name) && msn <= f.g.window.newest() {
		return &refusal{http.StatusGone, errLate}
	}
	if err := in.plausible(f, msn, beginOf(msn, lasts), lasts); err != nil {
		return err
	}
	return in.put(f, m)
}

// plausible refuses what is neither near to what is listed nor near to the present:
// one worker whose clock is ahead must not make all others late.
func (in *intake) plausible(f *inflow, msn int64, begins time.Time, lasts time.Duration) error {
	window := f.g.window.size
	if newest := f.g.window.newest(); newest >= 0 && msn <= newest+int64(window) {
		return nil
	}
	if ahead := begins.Sub(in.s.now()); ahead > time.Duration(window)*lasts {
		return refuse(http.StatusBadRequest, "segment %d begins in %s: a clock is wrong, the worker's or this packager's", msn, ahead.Round(time.Second))
	}
	return nil
}

// beginOf is when segment N begins: N times its length after the Unix epoch.
func beginOf(msn int64, lasts time.Duration) time.Time {
	const farthest = 1 << 40 // seconds; what is beyond is as far
	seconds := min(float64(msn)*lasts.Seconds(), farthest)
	return time.Unix(int64(seconds), 0)
}

// put adds media. The first copy stays. Needs mu.
func (in *intake) put(f *inflow, m *media) error {
	f.last = in.s.now()
	f.g.ended.Store(false)
	if i := f.g.shelf.items[m.name]; i != nil {
		if i.media.etag == m.etag {
			return errSame
		}
		in.s.conflicts.WithLabelValues(f.g.name).Inc()
		if !i.known {
			i.known = true
			in.contradicted(f, m.name)
		}
		return refuse(http.StatusConflict, "%s: other bytes came before and stay", m.name)
	}
	f.g.shelf.put(m, f.last, nil)
	in.publish(f)
	return nil
}

func (in *intake) contradicted(f *inflow, name string) {
	in.s.log.Warn("something else came under a name that is served already, the first stays", "signal", f.g.name, "name", name)
}

// playlist takes what a worker's playlist says of its segments. What is said of a
// number first stays; the error names what contradicts it, the rest is taken.
func (in *intake) playlist(signal string, body []byte) error {
	list, err := hls.ParseMedia(body)
	if err != nil {
		return &refusal{http.StatusBadRequest, err}
	}
	entries, err := entriesOf(list)
	if err != nil {
		return refuse(http.StatusBadRequest, "playlist: %w", err)
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	f := in.signals[signal]
	if f == nil {
		return errNoInit
	}
	g := f.g
	if g.target != 0 && g.target != list.TargetDuration {
		in.s.conflicts.WithLabelValues(signal).Inc()
		return refuse(http.StatusConflict, "target duration %d s: it is %d s and must not change", list.TargetDuration, g.target)
	}
	for _, e := range entries {
		if err := in.plausible(f, e.msn, e.segment.ProgramDateTime, e.segment.Duration); err != nil {
			return err
		}
	}
	f.last = in.s.now()
	g.ended.Store(false)
	if f.begun.IsZero() {
		f.begun, g.target = f.last, list.TargetDuration
		g.shelf.keep = time.Duration(g.target*(g.window.size+1+keepLonger)) * time.Second
	}
	wrong := f.merge(entries)
	in.publish(f)
	if len(wrong) == 0 {
		return nil
	}
	in.s.conflicts.WithLabelValues(signal).Add(float64(len(wrong)))
	for _, msn := range wrong {
		if !f.told[msn] {
			f.told[msn] = true
			in.contradicted(f, playlistName+", segment "+segmentName(msn))
		}
	}
	return refuse(http.StatusConflict, "of segments %d something else was said before and stays", wrong)
}

// end notes that a worker brings a signal no more.
func (in *intake) end(signal string) error {
	in.mu.Lock()
	defer in.mu.Unlock()
	f := in.signals[signal]
	if f == nil {
		return refuse(http.StatusNotFound, "no such signal")
	}
	f.last = in.s.now()
	f.g.ended.Store(true)
	return nil
}

// publish lists what there is to list. Needs mu.
func (in *intake) publish(f *inflow) {
	g, now, was := f.g, in.s.now(), f.again
	f.again = time.Time{}
	defer func() {
		if !f.again.IsZero() && f.again != was {
			in.tell()
		}
	}()
	if f.begun.IsZero() {
		return
	}
	due := g.window.due(g.entries)
	before := g.window.newest()
	var chosen []entry
	if before >= 0 {
		chosen, f.again = g.window.follow(due, g.target, g.stocked, now)
	} else {
		over := f.begun.Add(firstWait)
		missing := slices.ContainsFunc(due, func(e entry) bool { _, ok := g.stocked(e); return !ok })
		if missing && now.Before(over) {
			f.again = over
			return
		}
		chosen = g.window.choose(due, func(e entry) bool { _, ok := g.stocked(e); return ok })
	}
	listed, err := g.window.list(chosen, g.target)
	if err != nil {
		g.trouble = in.s.complain(g.name, g.trouble, err)
	}
	if !listed {
		return
	}
	for _, e := range chosen {
		if e.segment.Gap {
			in.s.log.Warn("nobody brought a segment in time, it is listed as a gap", "signal", g.name, "msn", e.msn)
		}
	}
	msns := g.show(before)
	in.s.scanned.Store(true)
	in.s.published(g, msns, before < 0)
}

// stocked says when the last of what an entry needs came.
func (g *signal) stocked(e entry) (time.Time, bool) {
	init, segment := g.shelf.items[e.segment.Map.URI], g.shelf.items[e.segment.URI]
	if init == nil || segment == nil || fits(e, init.media, segment.media) != nil {
		return time.Time{}, false
	}
	return segment.came, true
}

// names are the signals that are published and go on, sorted.
func (s *Service) names() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := []string{}
	for _, g := range s.signals {
		if g.current.Load() != nil && !g.ended.Load() {
			list = append(list, g.name)
		}
	}
	slices.Sort(list)
	return list
}

// stock is what is held of a signal, by name, sorted; nil where it is not known.
func (in *intake) stock(signal string) []string {
	in.mu.Lock()
	defer in.mu.Unlock()
	f := in.signals[signal]
	if f == nil {
		return nil
	}
	return slices.Sorted(maps.Keys(f.g.shelf.items))
}
