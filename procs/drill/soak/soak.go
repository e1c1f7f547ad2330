package soak

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"livestream-tui/layouts"
	"livestream-tui/procs/drill/fault"
	"livestream-tui/procs/drill/judge"
	"livestream-tui/procs/drill/poll"
	"livestream-tui/procs/drill/report"
	"livestream-tui/procs/drill/stage"
	"livestream-tui/procs/platform"
	"livestream-tui/services/viewer/player"
)

// Options say what Run does.
type Options struct {
	Stage stage.Options
	Seed  uint64
	// Length is how long faults are injected, Least or more.
	Length time.Duration
}

// Least is the length of the shortest soak.
const Least = 10 * time.Second

const (
	// againWithin is how long a player may take until it has whole what was broken off.
	againWithin = 4 * time.Second
	// spareWithin is how long an injection may be put off until there is a way around its
	// process. Then it is left out.
	spareWithin = 20 * time.Second
	// keepPerSecond is how much happens to a player in a second, at most.
	keepPerSecond = 8
)

// Run launches p, injects random faults, as Schedule decides, and stops p. The last result
// is that of the whole.
func Run(ctx context.Context, p platform.Runner, o Options) (report.Summary, error) {
	now, err := p.Snapshot(ctx)
	if err != nil {
		return report.Summary{}, err
	}
	o.Stage.Keep = max(1000, keepPerSecond*int(o.Length/time.Second))
	list := Schedule(o.Seed, o.Length, members(now.Processes))
	return stage.Run(ctx, p, o.Stage, len(list)+1, func(ctx context.Context, s *stage.Stage) error {
		k := &soak{Stage: s, list: list, length: o.Length, seed: o.Seed}
		return k.run(ctx)
	})
}

// soak is a run of injections.
type soak struct {
	*stage.Stage
	list   []Injection
	length time.Duration
	seed   uint64
	done   []done // by one goroutine

	mu     sync.Mutex
	deaths []fault.Span // guarded by mu
}

// done is an injection that is over.
type done struct {
	injection Injection
	number    int
	injected  fault.Injected
	err       error
	leftOut   string // why it was not injected; empty when it was
}

// run makes every injection at its time, each on its own, then judges the whole.
func (k *soak) run(ctx context.Context) error {
	faults := make([]fault.Fault, len(k.list))
	for i, in := range k.list {
		faults[i] = in.row()
	}
	kinds, processes := countKinds(k.list)
	whole := fault.Fault{Name: "the whole", About: fmt.Sprintf("%s of %s at %s in %s, seed %d",
		judge.Count(len(k.list), "fault"), judge.Count(kinds, "kind"), countProcesses(processes), k.length, k.seed)}
	k.Out.Begin(report.Plan{Faults: append(faults, whole), Players: k.Players, Proxy: k.Through})
	k.Target.Bitrate = k.Audience.Bitrate()
	before, began := k.Audience.Reports(), time.Now()

	var work sync.WaitGroup
	over := make(chan done, len(k.list)) // has room for all: no injection waits
	for i, in := range k.list {
		work.Go(func() { over <- k.inject(ctx, i+1, in, began.Add(in.At)) })
	}
	go func() { work.Wait(); close(over) }()
	for d := range over {
		k.judge(ctx, d)
	}
	_ = poll.Sleep(ctx, time.Until(began.Add(k.length))) // a soak that is ended is judged too
	number := len(k.list) + 1
	k.Out.Phase(report.Phase{Number: number, Text: "waiting until everything is well again"})
	unwell := ""
	if err := poll.Sleep(ctx, stage.Aftermath); err == nil {
		if err := k.AwaitHealed(ctx, k.deathsSoFar); err != nil {
			unwell = err.Error()
		}
	}
	v := k.verdict(before, began, unwell)
	v.Notes = append(v.Notes, fmt.Sprintf("%s made at %s, %s, %s", judge.Count(k.count(), "fault"), countProcesses(processes), judge.Count(v.Players, "player"), judge.Count(v.Requests, "request")))
	k.Add(number, report.Result{Fault: whole, Victim: "everybody", Began: began, Took: time.Since(began), Verdict: v})
	return ctx.Err()
}

// verdict judges the whole.
func (k *soak) verdict(before []player.Report, began time.Time, unwell string) judge.Verdict {
	after := k.Audience.Reports()
	v := judge.Judge(before, after, judge.Scope{From: began, At: k.firstAt(began), NoSource: fault.ComeBack, Starved: k.Clock.Stalls(), Deaths: k.deathsSoFar()}, unwell)
	gaps, skipped := 0, 0
	for i, r := range after {
		gaps, skipped = gaps+r.Gaps-before[i].Gaps, skipped+r.Skipped-before[i].Skipped
	}
	if gaps+skipped > 0 {
		v.Fail(fmt.Sprintf("media was missing: %s declared, %d skipped", judge.Count(gaps, "gap"), skipped))
	}
	return v
}

// row is an injection as a row of a report.
func (i Injection) row() fault.Fault {
	f := fault.Fault{Name: i.Name(), About: i.Process + " " + i.Fault.About, Hold: i.Hold}
	if i.Hold > 0 {
		f.About += " for " + i.Hold.String()
	}
	return f
}

// inject waits for the time of an injection and makes it.
func (k *soak) inject(ctx context.Context, number int, in Injection, at time.Time) done {
	d := done{injection: in, number: number}
	if err := poll.Sleep(ctx, time.Until(at)); err != nil {
		d.leftOut = "the soak was ended before"
		return d
	}
	// On a slow machine a process that was hit earlier may need longer than the schedule
	// allows for.
	if err := poll.Until(ctx, spareWithin, func() error { return k.spared(ctx, in.Process) }); err != nil {
		d.leftOut = "no way was left without it: " + err.Error()
		return d
	}
	d.injected, d.err = in.Fault.Inject(ctx, k.Target, in.Process, in.Hold, func(at fault.Span) {
		k.mu.Lock()
		defer k.mu.Unlock()
		k.deaths = append(k.deaths, at)
	})
	// Its effects may still show, and what broke off meanwhile is asked for again. A soak
	// that is ended does not wait.
	_ = poll.Sleep(ctx, stage.Aftermath+againWithin)
	return d
}

// spared says why a process cannot be hit now. It returns nil when it can: it is ready
// itself, and there is a way from an encoder to the proxy without it.
func (k *soak) spared(ctx context.Context, process string) error {
	now, err := k.Platform.Snapshot(ctx)
	if err != nil {
		return err
	}
	self, _ := now.Process(process) // it is in the schedule, so it is in the layout
	if !well(self) {
		return fmt.Errorf("%s is %s itself", process, self.State)
	}
	if !onTheWay(self.Role) {
		return nil
	}
	down := k.API.Down(ctx)
	for _, role := range []layouts.Role{layouts.Worker, layouts.Packager} {
		if self.Role != role && self.Role != layouts.Proxy {
			continue
		}
		another := slices.ContainsFunc(now.OfRole(role), func(p platform.Process) bool {
			return p.Name != process && well(p) && !slices.Contains(down, p.URL())
		})
		if !another {
			return fmt.Errorf("no other %s is well", role)
		}
	}
	return nil
}

func well(p platform.Process) bool { return p.State == platform.Ready && !p.Paused }

// onTheWay reports whether media goes through the processes of a role.
func onTheWay(r layouts.Role) bool {
	return r == layouts.Worker || r == layouts.Packager || r == layouts.Proxy
}

// judge keeps an injection that is over, and reports what players saw of it.
func (k *soak) judge(ctx context.Context, d done) {
	k.done = append(k.done, d)
	if ctx.Err() != nil {
		return
	}
	at, over := d.injected.At, d.injected.Over
	r := report.Result{Fault: d.injection.row(), Victim: d.injected.Victim, Began: at, Took: over.Sub(at)}
	if d.leftOut != "" {
		r.Skipped = d.leftOut
		k.Add(d.number, r)
		return
	}
	until := over.Add(stage.Aftermath)
	r.Verdict = judge.During(k.Audience.Reports(), judge.Scope{From: at, At: at, Starved: k.Clock.Stalls(), Deaths: k.deathsSoFar()}, until)
	for _, f := range k.API.Failovers(ctx, at) {
		if f.Time.Before(until) {
			r.Failovers = append(r.Failovers, f)
		}
	}
	if no := (*fault.UnavailableError)(nil); errors.As(d.err, &no) {
		r.Skipped = no.Reason
	} else if d.err != nil {
		r.FailFirst("the fault could not be made: " + d.err.Error())
	}
	k.Add(d.number, r)
}

func (k *soak) deathsSoFar() []fault.Span {
	k.mu.Lock()
	defer k.mu.Unlock()
	return slices.Clone(k.deaths)
}

// count returns how many faults were injected.
func (k *soak) count() int {
	n := 0
	for _, d := range k.done {
		if d.leftOut == "" && d.err == nil {
			n++
		}
	}
	return n
}

// firstAt is when the first fault was injected.
func (k *soak) firstAt(began time.Time) time.Time {
	first := time.Time{}
	for _, d := range k.done {
		if d.leftOut == "" && (first.IsZero() || d.injected.At.Before(first)) {
			first = d.injected.At
		}
	}
	if first.IsZero() {
		return began
	}
	return first
}

func countProcesses(n int) string {
	if n == 1 {
		return "1 process"
	}
	return fmt.Sprintf("%d processes", n)
}
