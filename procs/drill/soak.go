package drill

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"livestream-tui/procs/platform"
	"livestream-tui/services/viewer/player"
	"livestream-tui/services/viewer/rules"
)

// SoakOptions say what Soak does.
type SoakOptions struct {
	Options // without faults
	Seed    uint64
	// Length is how long faults are made.
	Length time.Duration
}

// againWithin is how long a player may take to have whole what was broken off.
const againWithin = 4 * time.Second

// SoakLeast is the shortest soak.
const SoakLeast = 10 * time.Second

// spareWithin is how long a stroke may be put off until there is a way around whom
// it strikes; then it is left out, and said so.
const spareWithin = 20 * time.Second

// keepPerSecond is how much a player is told of in a second, at most.
const keepPerSecond = 8

// Soak launches p, makes random faults on it for so long and stops it. What comes
// when is Schedule's word. The last result is the whole's.
func Soak(ctx context.Context, p platform.Runner, o SoakOptions) (Summary, error) {
	list := Schedule(o.Seed, o.Length, crew(latest(p).Processes))
	r := &run{Options: o.Options, platform: p, keep: max(1000, keepPerSecond*int(o.Length/time.Second))}
	k := &soak{run: r, list: list, length: o.Length, seed: o.Seed}
	return r.on(ctx, p, len(list)+1, k.all)
}

// soak is a run of strokes.
type soak struct {
	*run
	list   []Stroke
	length time.Duration
	seed   uint64

	mu    sync.Mutex
	made  []done // guarded by mu
	broke []span // guarded by mu
}

// done is a stroke that is over.
type done struct {
	stroke  Stroke
	number  int
	made    Made
	err     error
	leftOut string // why it was not made
}

// all makes every stroke at its time, each for itself, then judges the whole.
func (k *soak) all(ctx context.Context) error {
	faults := make([]Fault, len(k.list))
	for i, s := range k.list {
		faults[i] = k.fault(s)
	}
	kinds, who := countKinds(k.list)
	whole := Fault{Name: "the whole", About: fmt.Sprintf("%s of %s at %s in %s, seed %d",
		count(len(k.list), "fault"), count(kinds, "kind"), countOf(who, "process", "processes"), k.length, k.seed)}
	k.Out.Begin(Plan{append(faults, whole), k.Players, k.through})
	k.target.Bitrate = k.crowd.bitrate()
	before, began := k.crowd.reports(), time.Now()

	var work sync.WaitGroup
	over := make(chan done, len(k.list)) // has room for all: nobody waits
	strike, cancel := context.WithCancel(ctx)
	defer cancel()
	for i, s := range k.list {
		work.Go(func() { over <- k.strike(strike, i+1, s, began.Add(s.At)) })
	}
	go func() { work.Wait(); close(over) }()
	ended := time.NewTimer(time.Until(began.Add(k.length)))
	defer ended.Stop()
	for d := range over {
		k.tell(ctx, d)
	}
	if ctx.Err() == nil {
		select {
		case <-ended.C:
		case <-ctx.Done():
		}
	}
	k.Out.Phase(len(k.list)+1, "waiting until everything is well again")
	unwell := ""
	if err := sleep(ctx, aftermath); err == nil {
		if err := await(ctx, healWithin, func() error { return k.unsettled(ctx, k.broken()) }); err != nil {
			unwell = err.Error()
		}
	}
	v := judge(before, k.crowd.reports(), scope{began, k.firstAt(began), comeBack, k.pulse.starved(), k.broken()}, unwell)
	gaps, skipped := 0, 0
	for i, r := range k.crowd.reports() {
		gaps, skipped = gaps+r.Gaps-before[i].Gaps, skipped+r.Skipped-before[i].Skipped
	}
	if gaps+skipped > 0 {
		v.Evidence, v.Passed = append(v.Evidence, fmt.Sprintf("media was missing: %s declared, %d skipped", count(gaps, "gap"), skipped)), false
	}
	made := 0
	for _, d := range k.made {
		if d.leftOut == "" && d.err == nil {
			made++
		}
	}
	v.Notes = append(v.Notes, fmt.Sprintf("%s made at %s, %s, %s", count(made, "fault"), countOf(who, "process", "processes"), count(v.Players, "player"), count(v.Requests, "request")))
	k.result(len(k.list)+1, Result{Fault: whole, Victim: "everybody", Began: began, Took: time.Since(began), Verdict: v, Failovers: nil})
	return ctx.Err()
}

func (k *soak) result(number int, r Result) {
	k.results = append(k.results, r)
	k.Out.Result(number, r)
}

// fault is a stroke as a row of a report.
func (k *soak) fault(s Stroke) Fault {
	f := Fault{Name: s.Name(), Hold: s.Hold}
	for _, m := range crew(latest(k.platform).Processes) {
		if m.Name != s.Process {
			continue
		}
		if kind, ok := kindOf(s.Kind, m.Role); ok {
			f.About = s.Process + " " + kind.about
			f.inject = func(ctx context.Context, sc *scene) error { return kind.do(ctx, sc, s.Process) }
		}
	}
	if s.Hold > 0 {
		f.About += " for " + s.Hold.String()
	}
	return f
}

// strike waits for the stroke's time and makes it.
func (k *soak) strike(ctx context.Context, number int, s Stroke, at time.Time) done {
	d := done{stroke: s, number: number}
	if err := sleep(ctx, time.Until(at)); err != nil {
		d.leftOut = "the soak was ended before"
		return d
	}
	// On a slow machine who was struck before may need longer than the schedule says.
	if err := await(ctx, spareWithin, func() error { return k.spared(ctx, s.Process) }); err != nil {
		d.leftOut = "no way was left without it: " + err.Error()
		return d
	}
	f := k.fault(s)
	sc := &scene{target: k.target, victim: s.Process, active: s.Process, onBreak: func(at span) {
		k.mu.Lock()
		defer k.mu.Unlock()
		k.broke = append(k.broke, at)
	}}
	d.made.At = time.Now()
	d.err = f.inject(ctx, sc)
	if d.err == nil {
		d.err = sleep(ctx, s.Hold)
	}
	d.err = errors.Join(d.err, sc.takeBack(ctx))
	d.made.Victim, d.made.Broke, d.made.Over = sc.victim, sc.broke, time.Now()
	// What it did may show yet, and what broke off by another's doing is asked for
	// again meanwhile. A soak that is ended does not wait.
	_ = sleep(ctx, aftermath+againWithin)
	return d
}

// spared says why a process cannot be struck now, nil when it can: it is ready
// itself, and where it is on the way from an encoder to the proxy, there is another
// way, or it is the proxy and there is one to it.
func (k *soak) spared(ctx context.Context, process string) error {
	self, err := k.target.process(process)
	if err != nil {
		return err
	}
	if !isReady(self) || self.Paused {
		return fmt.Errorf("%s is %s itself", process, self.State)
	}
	role := roleOf(self)
	if role == RoleControl {
		return nil
	}
	down := k.eye.down(ctx)
	for _, of := range []Role{RoleEncoder, RolePackager} {
		if role != of && role != RoleProxy {
			continue
		}
		others := k.target.those(func(p platform.Process) bool {
			return roleOf(p) == of && p.Name != process && isReady(p) && !p.Paused && !slices.Contains(down, baseURL(p))
		})
		if len(others) == 0 {
			return fmt.Errorf("no other %s is well", map[Role]string{RoleEncoder: "encoder", RolePackager: "packager"}[of])
		}
	}
	return nil
}

// tell prints what came of a stroke.
func (k *soak) tell(ctx context.Context, d done) {
	k.mu.Lock()
	k.made = append(k.made, d)
	k.mu.Unlock()
	r := Result{Fault: k.fault(d.stroke), Victim: d.made.Victim, Began: d.made.At, Took: d.made.Over.Sub(d.made.At)}
	if ctx.Err() != nil {
		return
	}
	if d.leftOut != "" {
		r.Skipped = d.leftOut
		k.result(d.number, r)
		return
	}
	until := d.made.Over.Add(aftermath)
	r.Verdict = k.seen(d.made.At, until)
	for _, f := range k.eye.failovers(ctx, d.made.At) {
		if f.Time.Before(until) {
			r.Failovers = append(r.Failovers, f)
		}
	}
	if no := (*notHereError)(nil); errors.As(d.err, &no) {
		r.Skipped = no.reason
	} else if d.err != nil {
		r.Evidence, r.Passed = append([]string{"the fault could not be made: " + d.err.Error()}, r.Evidence...), false
	}
	k.result(d.number, r)
}

// seen is what players saw from then to then, whoever's fault it was.
func (k *soak) seen(from, to time.Time) Verdict {
	in := scope{from, from, comeBack, k.pulse.starved(), k.broken()}
	list := k.crowd.reports()
	since := make([]player.Report, len(list))
	for i, r := range list {
		r.Failures = slices.DeleteFunc(slices.Clone(r.Failures), func(f player.Failure) bool { return f.At.After(to) })
		r.Violations = slices.DeleteFunc(slices.Clone(r.Violations), func(x rules.Violation) bool { return x.At.After(to) })
		r.Stalls = slices.DeleteFunc(slices.Clone(r.Stalls), func(s player.Stall) bool { return s.At.After(to) })
		since[i] = r.Since(from)
	}
	sum := player.Summarize(since)
	v := Verdict{Players: len(list), InFlight: inFlight(list, from), Requests: sum.Requests, Violated: sum.Violated, LongestWait: sum.LongestWait}
	v.BrokenOff = excuse(since, in.Broke)
	v.Failed = sum.Failed - v.BrokenOff
	v.failures(since, in)
	v.violations(since, in)
	v.stalls(since, in)
	if v.BrokenOff > 0 {
		v.Notes = append(v.Notes, count(v.BrokenOff, "transfer")+" broken off by the proxy's death came whole when asked for again")
	}
	v.Passed = len(v.Evidence) == 0
	return v
}

func (k *soak) broken() []span {
	k.mu.Lock()
	defer k.mu.Unlock()
	return slices.Clone(k.broke)
}

// firstAt is when the first stroke came.
func (k *soak) firstAt(began time.Time) time.Time {
	first := time.Time{}
	for _, d := range k.made {
		if d.leftOut == "" && (first.IsZero() || d.made.At.Before(first)) {
			first = d.made.At
		}
	}
	if first.IsZero() {
		return began
	}
	return first
}

// countOf is count for a word with another plural.
func countOf(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
