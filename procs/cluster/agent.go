package cluster

import (
	"context"
	"errors"
	"sync"

	"github.com/hashicorp/go-hclog"

	"livestream-tui/layouts"
	"livestream-tui/procs/cluster/identity"
	"livestream-tui/procs/cluster/registry"
	"livestream-tui/procs/platform"
	"livestream-tui/procs/platform/local"
	"livestream-tui/procs/preflight"
	"livestream-tui/services/cluster"
	"livestream-tui/services/cluster/store"
	"livestream-tui/services/kit/event"
)

// Agent is the part of the supervisor that makes its platform one of a cluster. Make it with
// Prepare, then call Run once. Safe for concurrent use.
type Agent struct {
	id       identity.Identity
	operator map[string]string // the operator's environment
	layout   layouts.Layout    // without the settings of the cluster
	path     string            // of the copy of the table
	run      string            // a random word
	version  string
	own      registry.Own
	unread   error // why there was no copy of the table at the start
	link     *link
	dial     dial
	log      hclog.Logger
	platform Platform
	changed  chan struct{} // has room for one: the table has changed
	way      way

	mu    sync.Mutex
	table registry.Table    // guarded by mu
	kept  identity.Identity // id with the machines of the table; guarded by mu
	// seen is what the Store has of the table, once synced; guarded by mu.
	seen     map[string]cluster.Entry
	synced   bool
	heard    map[string]*heard // the other machines, by name; guarded by mu
	duty     duty              // guarded by mu
	clockOff bool              // announced of the own clock; guarded by mu

	// applied are the settings by process that the processes have, or will have at their next
	// start. It belongs to follow.
	applied map[string]map[string]string
}

// Platform is what the agent needs of its platform; *local.Local is one.
type Platform interface {
	Now() platform.Snapshot
	Subscribe(ctx context.Context) (platform.Snapshot, <-chan platform.Event, error)
	Reconfigure(ctx context.Context, layout layouts.Layout, affected []string, why string) error
	OwnStop(ctx context.Context, process string, stop bool, why string) error
	Announce(level event.Level, process, message string)
	SetMachines(list []platform.Machine)
	// Stopping is closed once it begins to stop.
	Stopping() <-chan struct{}
}

var _ Platform = (*local.Local)(nil)

// Name is the name of this machine.
func (a *Agent) Name() string { return a.id.Machine }

// Bus is the Bus, whatever engine it is connected to. Before Run there is no engine.
func (a *Agent) Bus() cluster.Bus { return a.link }

// Store is the Store, in the same way.
func (a *Agent) Store() store.Store { return a.link }

// Members returns the machines that have joined, in the order in which they did.
func (a *Agent) Members() []cluster.Member { return a.known().Members() }

// Instances returns the servers of a kind on all machines.
func (a *Agent) Instances(kind layouts.Role) []cluster.Instance {
	return a.known().Instances(kind.String())
}

func (a *Agent) known() registry.Table {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.table
}

// Run does the agent's work for a platform, beside which it runs, until ctx is cancelled; it
// returns when everything that it started has ended.
func (a *Agent) Run(ctx context.Context, p Platform, log hclog.Logger) {
	a.platform, a.log = p, log
	if a.unread != nil {
		log.Warn("cannot read the last copy of the registry; it comes from the engine", "error", a.unread)
	}
	a.publishMachines(p.Now())
	var work sync.WaitGroup
	defer work.Wait()
	defer a.link.close()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	for _, do := range []func(context.Context){a.follow, a.live, a.agree, a.record, a.askClocks} {
		work.Go(func() { do(ctx) })
	}
	work.Go(func() { a.checkName(ctx, preflight.CheckAddress) })
	_ = a.link.Subscribe(ctx, cluster.SubjectClock+a.id.Machine, answerClock) // the pattern is right
	_ = a.link.Subscribe(ctx, cluster.SubjectBeat+"*", a.hear)
	<-ctx.Done()
}

// errLast is why a machine is not drained.
var errLast = errors.New("no other machine is heard that could take over")

// note makes follow look at the table again.
func (a *Agent) note() {
	select {
	case a.changed <- struct{}{}:
	default: // it will look anyway
	}
}
