// Package drill makes faults on a live platform and judges by virtual players
// whether anybody noticed. A fault is a value that may be made on any platform; Run
// puts one of its own on air and makes one after the other.
package drill

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"livestream-tui/procs/platform"
	"livestream-tui/services/kit/report"
	"livestream-tui/services/viewer/player"
)

// Options say what Run does.
type Options struct {
	Faults []Fault
	// Players is how many players watch, 1 or more.
	Players int
	// Place is the platform's, as Apart made it.
	Place Place
	// Proxy is the command of another proxy than the platform's, with its
	// environment; nil for the platform's own.
	Proxy []string
	Env   map[string]string
	// Out is told what happens.
	Out Printer
}

// Printer is told what happens, by one goroutine.
type Printer interface {
	// Begin is before the first fault.
	Begin(Plan)
	// Phase says what is being done, in words. number is of the fault, from 1; 0
	// before the first.
	Phase(number int, text string)
	// Result is of one fault.
	Result(number int, r Result)
	// End is the last.
	End(Summary)
}

// Plan is what is to be done.
type Plan struct {
	Faults  []Fault
	Players int
	// Proxy is what the players play through, in words.
	Proxy string
}

// Result is one fault and what came of it.
type Result struct {
	Fault  Fault
	Victim string
	Began  time.Time
	Took   time.Duration
	// Skipped is why the fault was not made and nothing is judged; empty when it was.
	Skipped string
	Verdict
	Failovers []Failover
}

// Summary is the end of a run.
type Summary struct {
	Took    time.Duration
	Results []Result
	// Planned is how many faults were to be made; more than there are results when
	// the run was ended.
	Planned int
}

// Failed are the names of the faults that did not pass; those that were skipped are
// not among them.
func (s Summary) Failed() []string {
	var names []string
	for _, r := range s.Results {
		if !r.Passed && r.Skipped == "" {
			names = append(names, r.Fault.Name)
		}
	}
	return names
}

// Skipped are the names of the faults that were not made.
func (s Summary) Skipped() []string {
	var names []string
	for _, r := range s.Results {
		if r.Skipped != "" {
			names = append(names, r.Fault.Name)
		}
	}
	return names
}

const (
	// startWithin is how long the platform may take without getting any further.
	startWithin = 45 * time.Second
	// steadyWithin is how long players may take until all of them play.
	steadyWithin = 30 * time.Second
	// healWithin is how long everything may take to be well again after a fault.
	healWithin = 20 * time.Second
	// aftermath is how long after a fault what it did may show.
	aftermath = 2500 * time.Millisecond
	// flyingPart is the part of the players with a transfer in flight that makes a
	// good moment.
	flyingPart = 20.0 / 24
)

// Run launches p, makes every fault and stops p. The error is an *control.Outcome
// when p does not come on air; a cancelled ctx is none, and the summary tells how
// far it came.
func Run(ctx context.Context, p platform.Runner, o Options) (Summary, error) {
	r := &run{Options: o, platform: p}
	return r.on(ctx, p, len(o.Faults), r.oneByOne)
}

// on launches p, does what is to be done with it, and stops it.
func (r *run) on(ctx context.Context, p platform.Runner, planned int, do func(context.Context) error) (Summary, error) {
	began := time.Now()
	own, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	ended := make(chan struct{})
	var ran error
	go func() {
		defer close(ended)
		ran = p.Run(own)
	}()
	// What is done ends when the platform does.
	doing, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	go func() {
		select {
		case <-ended:
			cancel(errors.New("the platform has ended"))
		case <-doing.Done():
		}
	}()

	var feeling sync.WaitGroup
	feeling.Go(func() { r.pulse.run(doing) })
	err := r.all(doing, do)
	if cause := context.Cause(doing); cause != nil && ctx.Err() == nil {
		err = errors.Join(err, cause)
	}
	if ctx.Err() != nil {
		err = nil
	}
	cancel(nil)
	feeling.Wait()
	r.Out.Phase(0, "stopping")
	stop()
	<-ended
	s := Summary{Took: time.Since(began), Results: r.results, Planned: planned}
	r.Out.End(s)
	return s, errors.Join(err, ran)
}

// run is one run; one goroutine does it all.
type run struct {
	Options
	platform platform.Platform
	crowd    *crowd
	target   Target
	eye      eye
	front    *front // nil for the platform's own proxy
	// originals is what the encoder wrote.
	originals *originals
	pulse     pulse
	results   []Result
	// through is what the players play through, in words.
	through string
	// keep is how much each player remembers; zero for the usual.
	keep int
}

// all puts the platform on air with its players and does what is to be done.
func (r *run) all(ctx context.Context, do func(context.Context) error) (err error) {
	r.Out.Phase(0, "putting a platform on air")
	client := player.NewClient(false)
	defer client.CloseIdleConnections()
	signal, err := r.awaitReady(ctx)
	if err != nil {
		return err
	}
	var base string
	base, r.through = latest(r.platform).PlayURL, "the platform's proxy"
	r.target = Target{Platform: r.platform, Client: client, Disk: r.Place.Disk}
	if len(r.Proxy) > 0 {
		if r.front, err = startFront(r.Proxy, r.Env, r.target.packagers(), r.Place); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, r.front.stop()) }()
		base, r.through = r.front.url, strings.Join(r.Proxy, " ")
	}
	r.eye = eye{base, client}
	r.target.Playlist = base + "/" + signal + "/playlist.m3u8"
	if r.front != nil {
		if err := awaitFront(ctx, r.front, r.target); err != nil {
			return err
		}
	}
	r.originals = &originals{folder: filepath.Join(r.Place.Output, signal)}
	defer func() { r.crowd.leave() }()
	if err := r.audience(ctx, 0); err != nil {
		return fmt.Errorf("players cannot play through %s before any fault: %w", r.through, err)
	}
	return do(ctx)
}

// oneByOne makes one fault after the other.
func (r *run) oneByOne(ctx context.Context) error {
	r.Out.Begin(Plan{r.Faults, r.Players, r.through})
	for i, f := range r.Faults {
		passed, err := r.one(ctx, i+1, f)
		if err != nil {
			return err
		}
		if r.front != nil {
			if err := r.front.gone(); err != nil {
				return err
			}
		}
		if passed || i+1 == len(r.Faults) {
			continue
		}
		// What players still suffer from the one must not be held against the proxy
		// under the next. Where they do not play at all, the next verdict says so.
		if err := r.audience(ctx, i+1); ctx.Err() != nil {
			return err
		}
	}
	return nil
}

// audience has new players come, and the old ones go; it waits until all of them
// play and everything is well.
func (r *run) audience(ctx context.Context, number int) error {
	r.Out.Phase(number, "waiting for every player to play")
	r.crowd.leave()
	var packagers []string
	for _, p := range r.target.packagers() {
		packagers = append(packagers, baseURL(p))
	}
	var err error
	if r.crowd, err = gather(ctx, r.Players, r.target.Playlist, r.eye.base, packagers, r.originals, r.keep); err != nil {
		return err
	}
	return await(ctx, steadyWithin, func() error { return r.unwell(ctx) })
}

// awaitReady waits until every process is ready and returns the first signal's name.
func (r *run) awaitReady(ctx context.Context) (signal string, err error) {
	never := ""
	last, moved := "", time.Now()
	err = await(ctx, time.Hour, func() error {
		s := latest(r.platform)
		waiting := ""
		for _, p := range s.Processes {
			switch state := p.State.String(); {
			case state == "failed" || state == "exited":
				never = fmt.Sprintf("%s never became ready: %s; its log is %s", p.Name, p.Reason, p.LogPath)
				return nil
			case !isReady(p):
				waiting += fmt.Sprintf("%s is %s %s; ", p.Name, state, p.Reason)
			}
			if p.Progress != nil {
				waiting += fmt.Sprintf("%s %.0f %%; ", p.Progress.Stage, p.Progress.Percent)
				r.Out.Phase(0, fmt.Sprintf("making %s, once: %.0f %%", p.Progress.Stage, max(0, p.Progress.Percent)))
			}
		}
		if len(s.Ingests) > 0 && waiting == "" {
			signal = s.Ingests[0].Signal
			return nil
		}
		if waiting == "" {
			waiting = "no signal yet " + s.IngestsErr
		}
		if waiting != last {
			last, moved = waiting, time.Now()
		}
		if time.Since(moved) > startWithin {
			never = fmt.Sprintf("not on air: for %s nothing has moved: %s", startWithin, strings.TrimSuffix(waiting, "; "))
			return nil
		}
		return errors.New(waiting)
	})
	if never != "" {
		return "", &platform.Outcome{NeverReady: true, Reason: never}
	}
	return signal, err
}

// one makes one fault and judges it.
func (r *run) one(ctx context.Context, number int, f Fault) (passed bool, err error) {
	r.Out.Phase(number, f.Name+": "+f.About)
	before := r.crowd.reports()
	from := time.Now()
	enough := int64(flyingPart * float64(r.Players))
	r.target.Bitrate, r.target.Good = r.crowd.bitrate(), func() bool { return r.crowd.flying.Load() >= enough }
	made, failed := f.Make(ctx, r.target)
	if no := (*notHereError)(nil); errors.As(failed, &no) {
		result := Result{Fault: f, Victim: made.Victim, Began: from, Took: time.Since(from), Skipped: no.reason}
		r.results = append(r.results, result)
		r.Out.Result(number, result)
		return true, ctx.Err()
	}
	r.Out.Phase(number, f.Name+": waiting until everything is well again")
	if err := sleep(ctx, time.Until(made.Over.Add(aftermath))); err != nil {
		return false, err
	}
	unwell := ""
	if err := await(ctx, healWithin, func() error { return r.unsettled(ctx, made.Broke) }); err != nil {
		unwell = err.Error()
	}
	if ctx.Err() != nil {
		return false, ctx.Err()
	}
	result := Result{
		Fault: f, Victim: made.Victim, Began: from, Took: time.Since(from),
		Verdict:   judge(before, r.crowd.reports(), scope{from, made.At, f.NoSource, r.pulse.starved(), made.Broke}, unwell),
		Failovers: r.eye.failovers(ctx, from),
	}
	if failed != nil {
		result.Passed = false
		result.Evidence = append([]string{"the fault could not be made: " + failed.Error()}, result.Evidence...)
	}
	r.results = append(r.results, result)
	r.Out.Result(number, result)
	return result.Passed, nil
}

// unsettled says what is not well again, or not over, after faults in which the proxy
// was killed at those times; nil for nothing.
func (r *run) unsettled(ctx context.Context, broke []span) error {
	if n := outstanding(r.crowd.reports(), broke); n > 0 {
		return fmt.Errorf("%s broken off by the proxy's death did not come whole", count(n, "transfer"))
	}
	return r.unwell(ctx)
}

// unwell says what is not as it should be before a fault, nil for nothing: a
// process, a packager as the control plane or the proxy sees it, a player.
func (r *run) unwell(ctx context.Context) error {
	if r.front != nil {
		if err := r.front.gone(); err != nil {
			return err
		}
	}
	s := latest(r.platform)
	for _, p := range s.Processes {
		if !isReady(p) || p.Paused {
			return fmt.Errorf("%s is %s: %s", p.Name, p.State, p.Reason)
		}
	}
	if s.IngestsErr != "" {
		return errors.New(s.IngestsErr)
	}
	for _, d := range s.Details {
		i := slices.IndexFunc(d.Packagers, func(p report.PackagerStatus) bool { return p.State != report.Up })
		if i >= 0 {
			return fmt.Errorf("%s is %s for discovery: %s", d.Packagers[i].URL, d.Packagers[i].State, d.Packagers[i].Reason)
		}
	}
	if err := r.eye.unwell(ctx); err != nil {
		return err
	}
	return r.crowd.unsteady()
}
