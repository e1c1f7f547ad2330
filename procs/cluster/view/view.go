package view

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"

	"livestream-tui/layouts"
	"livestream-tui/procs/cluster/call"
	"livestream-tui/procs/platform"
	"livestream-tui/procs/platform/api"
	"livestream-tui/procs/platform/series"
	"livestream-tui/services/cluster"
)

const (
	// period is the time between two looks at another machine while a client asks.
	period = 400 * time.Millisecond
	// interest is how long a client counts as asking after a call.
	interest = 3 * time.Second
	// patience is how long the first call waits for the other machines' answers.
	patience = 700 * time.Millisecond
	// commandPatience is how long a command may take that another machine is to do.
	commandPatience = 1900 * time.Millisecond
)

// Options are what a view is made of.
type Options struct {
	// Own is this machine's platform. Its Snapshot.Machines say which other machines there
	// are, how far their clocks are ahead, and whether they are heard.
	Own platform.Platform
	// Layout is the one that Own runs.
	Layout layouts.Layout
	// Machine is this machine's name.
	Machine string
	// Bus reaches the other machines.
	Bus cluster.Bus
	// Log takes what goes wrong; nil discards it.
	Log hclog.Logger
}

// View is the platform of all machines. Make it with New, then call Run once. Safe for
// concurrent use.
type View struct {
	o    Options
	log  hclog.Logger
	wake chan struct{} // has room for one: a client asks

	mu sync.Mutex
	// others are the other machines, by name. An entry stays, like the machine itself.
	others map[string]*other // guarded by mu
	// asked is when a client last asked, askedPast when one asked for the journal, and
	// subscribed how many are told of events.
	asked, askedPast time.Time        // guarded by mu
	subscribers      map[*tap]bool    // guarded by mu
	changes          uint64           // of what is known of others; guarded by mu
	merged           merged           // guarded by mu
	lines            lines            // guarded by mu
	looked           chan struct{}    // closed and replaced after each look at a machine; guarded by mu
	clock            func() time.Time // time.Now; another one in tests
}

var (
	_ platform.Platform = (*View)(nil)
	_ api.Cluster       = (*View)(nil)
)

// New returns a view. It asks nothing before Run.
func New(o Options) *View {
	v := &View{
		o: o, log: o.Log, wake: make(chan struct{}, 1), others: map[string]*other{}, subscribers: map[*tap]bool{},
		looked: make(chan struct{}), clock: time.Now,
	}
	if v.log == nil {
		v.log = hclog.NewNullLogger()
	}
	return v
}

// Run answers the other machines, and asks them while a client asks. It returns once ctx is
// cancelled and what it began has ended.
func (v *View) Run(ctx context.Context) {
	var work sync.WaitGroup
	defer work.Wait()
	work.Go(func() {
		answers := call.Answers{Machine: v.o.Machine, Handler: api.Handler(exact{v.o.Own}, v.o.Layout, v.log), Ahead: v.ahead, Log: v.log}
		if err := answers.Run(ctx, v.o.Bus); err != nil {
			v.log.Error("other machines cannot ask this one", "error", err)
		}
	})
	v.follow(ctx)
}

// ahead returns how far another machine's clock is ahead of this one's.
func (v *View) ahead(machine string) (time.Duration, bool) {
	own, _ := v.o.Own.Snapshot(context.Background()) // on an error it is the latest
	return aheadOf(own, machine)
}

// aheadOf returns how far another machine's clock is ahead of the own machine's; false while
// that is not known.
func aheadOf(own platform.Snapshot, machine string) (time.Duration, bool) {
	for _, m := range own.Machines {
		if !m.Own {
			continue
		}
		for _, l := range m.Links {
			if l.To == machine {
				return time.Duration(l.OffsetMS * float64(time.Millisecond)), true
			}
		}
	}
	return 0, false
}

// Snapshot implements platform.Platform.
func (v *View) Snapshot(ctx context.Context) (platform.Snapshot, error) {
	v.ask(ctx, false)
	own, err := v.o.Own.Snapshot(ctx)
	v.mu.Lock()
	defer v.mu.Unlock()
	s := v.merge(own)
	v.lines.tell(own.LogSeq)
	s.LogSeq = v.lines.newest(own.LogSeq)
	return s, err
}

// History implements platform.Platform: the figures are the own machine's.
func (v *View) History(ctx context.Context, since time.Time) (series.History, error) {
	return v.o.Own.History(ctx, since)
}

// Token implements platform.Platform. A token lets players play from every machine.
func (v *View) Token(ctx context.Context, signal string) (string, error) {
	return v.o.Own.Token(ctx, signal)
}

// Machine implements api.Cluster. The error lists the machines, or says that this one is not
// heard.
func (v *View) Machine(ctx context.Context, name string) (platform.Platform, error) {
	own, _ := v.o.Own.Snapshot(ctx) // on an error it is the latest
	m, err := machineOf(own, name)
	switch {
	case err != nil:
		return nil, err
	case m.Own:
		return v.o.Own, nil
	}
	if why := unheard(m, v.clock()); why != "" {
		return nil, errors.New(why)
	}
	return call.To(v.o.Bus, v.o.Machine, name), nil
}

// machineOf returns the machine of that name. The error lists those that there are.
func machineOf(s platform.Snapshot, name string) (platform.Machine, error) {
	var names []string
	for _, m := range s.Machines {
		if m.Name == name {
			return m, nil
		}
		names = append(names, m.Name)
	}
	if len(names) == 0 {
		return platform.Machine{}, fmt.Errorf("machine %q: no machine is known yet", name)
	}
	return platform.Machine{}, fmt.Errorf("machine %q: allowed are %s", name, strings.Join(names, ", "))
}

// unheard says in words that a machine is not heard; empty for one that is.
func unheard(m platform.Machine, now time.Time) string {
	switch {
	case m.State.IsHeard():
		return ""
	case m.Heard.IsZero():
		return fmt.Sprintf("machine %s is unknown: it has not been heard yet", m.Name)
	case m.State == platform.MachineStopped:
		return fmt.Sprintf("machine %s was stopped %s ago", m.Name, now.Sub(m.Heard).Round(time.Second))
	}
	return fmt.Sprintf("machine %s is unknown: it has not been heard for %s", m.Name, now.Sub(m.Heard).Round(time.Second))
}

// ask notes that a client asks, for the journal too where past is set. The first waits for
// the other machines, for a moment.
func (v *View) ask(ctx context.Context, past bool) {
	v.mu.Lock()
	now := v.clock()
	idle := now.Sub(v.asked) > interest || past && now.Sub(v.askedPast) > interest
	v.asked = now
	if past {
		v.askedPast = now
	}
	v.mu.Unlock()
	select {
	case v.wake <- struct{}{}:
	default: // it looks anyway
	}
	if idle {
		v.await(ctx, now, past)
	}
}

// await waits until each machine that is heard has been looked at since a time, for a moment.
func (v *View) await(ctx context.Context, since time.Time, past bool) {
	own, err := v.o.Own.Snapshot(ctx)
	if err != nil {
		return
	}
	enough := time.NewTimer(patience)
	defer enough.Stop()
	for {
		v.mu.Lock()
		missing := false
		for _, m := range own.Machines {
			o := v.others[m.Name]
			missing = missing || !m.Own && m.State.IsHeard() && (o == nil || o.looked.Before(since) || past && o.lookedPast.Before(since))
		}
		looked := v.looked
		v.mu.Unlock()
		if !missing {
			return
		}
		select {
		case <-looked:
		case <-enough.C:
			return
		case <-ctx.Done():
			return
		}
	}
}
