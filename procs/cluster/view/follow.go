package view

import (
	"context"
	"sync"
	"time"

	"livestream-tui/procs/cluster/call"
	"livestream-tui/procs/platform"
	"livestream-tui/procs/platform/api"
)

const (
	// linesMost is how many lines of log one look at a machine brings, and linesKept how many
	// of all other machines are kept.
	linesMost, linesKept = 200, 4000
	// pastPeriod is the time between two looks into another machine's journal.
	pastPeriod = time.Second
	// compareAnew is for how long the journal of a machine that was started anew is not taken:
	// its clock may have been set meanwhile, and is compared anew.
	compareAnew = 3 * time.Second
	// refreshAgain is the pause before a machine that has not answered is asked again.
	refreshAgain = 50 * time.Millisecond
)

// other is what is known of another machine. The view's mu guards it.
type other struct {
	remote *api.Remote
	busy   bool // it is being looked at
	// looked is when a look at it last ended, lookedPast the same with its journal; heard is
	// when it last answered, by this machine's clock.
	looked, lookedPast, heard time.Time
	// ahead is how far its clock is ahead of this machine's, as it is applied; compared is set
	// while that is known.
	ahead    time.Duration
	compared bool
	// restarted is when its platform was seen to be another one than before.
	restarted time.Time
	// snapshot is its latest, as it came; its time is zero before the first.
	snapshot platform.Snapshot
	// seen is the number of its newest line of log that is known; 0 for none.
	seen uint64
	past past
	// pastOf is when the platform was started whose journal was taken last.
	pastOf time.Time
}

// follow looks at the other machines while a client asks, until ctx is cancelled.
func (v *View) follow(ctx context.Context) {
	var work sync.WaitGroup
	defer work.Wait()
	for {
		if !v.isAsked() {
			select {
			case <-v.wake:
			case <-ctx.Done():
				return
			}
			continue
		}
		own, _ := v.o.Own.Snapshot(ctx) // on an error it is the latest
		for _, m := range own.Machines {
			if m.Own || !m.State.IsHeard() {
				continue
			}
			if o, ahead := v.begin(own, m.Name); o != nil {
				work.Go(func() { v.look(ctx, m.Name, o, ahead) })
			}
		}
		select {
		case <-time.After(period):
		case <-ctx.Done():
			return
		}
	}
}

// isAsked reports whether a client has asked a moment ago, or waits for events.
func (v *View) isAsked() bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	return len(v.subscribers) > 0 || v.clock().Sub(v.asked) <= interest
}

// begin returns the machine of that name, marked as being looked at, and how far its clock is
// ahead; nil while it is being looked at already.
func (v *View) begin(own platform.Snapshot, name string) (*other, time.Duration) {
	v.mu.Lock()
	defer v.mu.Unlock()
	o := v.otherOf(name)
	if o.busy {
		return nil, 0
	}
	o.busy = true
	ahead, known := aheadOf(own, name)
	if known && (ahead-o.ahead).Abs() > aheadLeast {
		o.ahead = ahead
	}
	o.compared = known
	return o, o.ahead
}

// otherOf returns what is known of another machine. Needs mu.
func (v *View) otherOf(name string) *other {
	o := v.others[name]
	if o == nil {
		o = &other{remote: call.To(v.o.Bus, v.o.Machine, name)}
		v.others[name] = o
	}
	return o
}

// aheadLeast is by how much the measured difference of two clocks has to change before another
// one is applied: times should not tremble with each measurement.
const aheadLeast = 20 * time.Millisecond

// look asks a machine for its snapshot, its new lines of log and, once a second, for its
// journal where a client asks for that: once the clocks have been compared, or events would
// keep the times of a clock that is off.
func (v *View) look(ctx context.Context, name string, o *other, ahead time.Duration) {
	snapshot, err := o.remote.Snapshot(ctx)
	v.mu.Lock()
	now := v.clock()
	if err == nil {
		v.takeSnapshot(o, snapshot, now)
	}
	since, first := o.seen, o.seen == 0
	if err == nil && snapshot.LogSeq < since { // its platform was started anew
		since, first = 0, true
	}
	wantsPast := o.compared && now.Sub(o.restarted) > compareAnew && (len(v.subscribers) > 0 || now.Sub(v.askedPast) <= interest) && now.Sub(o.lookedPast) >= pastPeriod
	anew := !snapshot.Started.Equal(o.pastOf) || now.Sub(o.lookedPast) > pastLate
	from, limit := o.past.next(now.Add(ahead), anew)
	v.mu.Unlock()

	if err != nil {
		v.log.Debug("another machine does not answer", "machine", name, "error", err)
	}
	if err == nil && snapshot.LogSeq > since {
		if first { // of what was before a client came, the newest are enough
			since = snapshot.LogSeq - min(snapshot.LogSeq, linesMost)
		}
		if found, failed := o.remote.Logs(ctx, since, linesMost); failed == nil {
			v.takeLines(ctx, name, o, found, ahead)
		}
	}
	if err == nil && wantsPast {
		if found, failed := o.remote.Journal(ctx, from, limit); failed == nil {
			v.takePast(name, o, from, found, ahead, snapshot.Started)
		}
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	o.busy, o.looked = false, v.clock()
	if wantsPast {
		o.lookedPast = o.looked
	}
	close(v.looked)
	v.looked = make(chan struct{})
}

// takeSnapshot takes over a snapshot of another machine, unless a later one has come already:
// answers may overtake each other. Needs mu.
func (v *View) takeSnapshot(o *other, snapshot platform.Snapshot, now time.Time) {
	o.heard = now
	same := snapshot.Started.Equal(o.snapshot.Started)
	if same && snapshot.Version < o.snapshot.Version {
		return
	}
	if !same || snapshot.Version != o.snapshot.Version {
		v.changes++
	}
	if !same && !o.snapshot.At.IsZero() {
		o.restarted = now
	}
	o.snapshot = snapshot
}

// refresh asks a machine for its snapshot at once, until it answers or ctx is done: after a
// command, what is shown is what it has changed.
func (v *View) refresh(ctx context.Context, machine string) {
	remote := v.remote(machine)
	for {
		snapshot, err := remote.Snapshot(ctx)
		if err == nil {
			v.mu.Lock()
			defer v.mu.Unlock()
			v.takeSnapshot(v.otherOf(machine), snapshot, v.clock())
			return
		}
		select {
		case <-time.After(refreshAgain):
		case <-ctx.Done():
			return
		}
	}
}

// takeLines takes over new lines of log of another machine.
func (v *View) takeLines(ctx context.Context, name string, o *other, found []platform.LogLine, ahead time.Duration) {
	if len(found) == 0 {
		return
	}
	own, _ := v.o.Own.Snapshot(ctx) // on an error it is the latest
	v.mu.Lock()
	defer v.mu.Unlock()
	o.seen = found[len(found)-1].Seq
	list := make([]platform.LogLine, len(found))
	for i, l := range found {
		l.Process, l.Time = platform.OnMachine(name, l.Process), corrected(l.Time, ahead)
		list[i] = l
	}
	v.lines.add(own.LogSeq, list)
}

// takePast takes over what another machine's journal has from a time on, of a platform that
// was started then, and tells subscribers of what is new.
func (v *View) takePast(name string, o *other, from time.Time, found []platform.Event, ahead time.Duration, of time.Time) {
	v.mu.Lock()
	defer v.mu.Unlock()
	o.pastOf = of
	for _, e := range o.past.take(name, from, found, ahead) {
		for t := range v.subscribers {
			t.push(e)
		}
	}
}
