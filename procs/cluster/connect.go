package cluster

import (
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"

	"livestream-tui/procs/cluster/identity"
	"livestream-tui/procs/cluster/registry"
	"livestream-tui/services/cluster/bus"
	"livestream-tui/services/cluster/store"
	"livestream-tui/services/cluster/store/kv"
	"livestream-tui/services/kit/event"
)

// dial opens a connection to the engines at those addresses; it does not wait for them.
type dial func(urls []string, log hclog.Logger) (store.Engine, error)

// dialer returns what connects an agent to the engine.
func dialer(id identity.Identity) dial {
	return func(urls []string, log hclog.Logger) (store.Engine, error) {
		return kv.Dial(bus.Config{Engines: urls, EngineKey: id.MachineKeyPath(), EngineCA: id.CAPath(), Machine: id.Machine}, "agent", log)
	}
}

// way is which engine the agent is connected to. Its own mutex is held while it connects.
type way struct {
	sync.Mutex
	// first is the index of the engine that is tried first.
	first int
	// bad is since when the Store has not answered; zero while it does.
	bad time.Time
}

// wander is how long the Store may not answer before the agent tries another engine. The own
// one may be cut off, or may wait for others that do not know of it yet.
const wander = 8 * time.Second

// connect connects to the engines of a table.
func (a *Agent) connect(t registry.Table) {
	a.way.Lock()
	defer a.way.Unlock()
	urls := a.engineURLs(t)
	if n := len(urls); n > 0 {
		first := a.way.first % n
		urls = append(slices.Clone(urls[first:]), urls[:first]...)
	}
	if err := a.link.to(urls, func() (store.Engine, error) { return a.dial(urls, a.log.Named("cluster")) }); err != nil {
		a.platform.Announce(event.LevelError, "", "cannot connect to the engine: "+err.Error())
	}
}

// lookAtWay connects to another engine where the Store has not answered for long.
func (a *Agent) lookAtWay(now time.Time) {
	healthy := a.link.Health() == nil
	a.way.Lock()
	switch {
	case healthy:
		a.way.bad = time.Time{}
	case a.way.bad.IsZero():
		a.way.bad = now
	}
	other := !healthy && now.Sub(a.way.bad) > wander
	if other {
		a.way.first, a.way.bad = a.way.first+1, time.Time{}
	}
	a.way.Unlock()
	if other {
		a.connect(a.known())
	}
}

// engineURLs returns where the agent finds the engine: as its processes do.
func (a *Agent) engineURLs(t registry.Table) []string {
	if set := a.operator["ENGINE_URL"]; set != "" {
		return strings.Split(set, ",")
	}
	return a.place(t).EngineURLs()
}
