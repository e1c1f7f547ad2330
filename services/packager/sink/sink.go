package sink

import (
	"context"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/prometheus/client_golang/prometheus"

	"livestream-tui/services/packager/window"
)

const (
	// maxSignals is how many signals are taken.
	maxSignals = 1000
	// keepEarly is how long media stays that is not in any playlist yet.
	keepEarly = 30 * time.Second
	// lookEvery is how often Step is called at least.
	lookEvery = time.Second
)

// Options are the settings of a Sink.
type Options struct {
	// Window is how many segments a playlist lists.
	Window int
	// Sole is true when a single source brings all of a signal, so that its media need
	// not be compared with that of others.
	Sole bool
	// Cluster is true when workers of other machines bring segments. Their clocks may be
	// wrong, so that what has not ended yet is refused until then.
	Cluster bool
	// Listed is called with the newest number of a signal whenever it lists more. It must not
	// block, nor call the Sink. Nil is allowed.
	Listed func(signal string, newest int64)
	// Now is the clock.
	Now func() time.Time
	// Log and Metrics must not be nil.
	Log     hclog.Logger
	Metrics prometheus.Registerer
}

// Sink is all signals. Sources put playlists and media into it, handlers look up
// snapshots. Safe for concurrent use.
type Sink struct {
	options Options
	metrics metrics
	wake    chan struct{} // Step is due
	changed chan struct{} // the names of All have changed

	mu      sync.Mutex
	signals map[string]*signal // guarded by mu

	// table is a copy of signals for lookups, which never wait.
	table     atomic.Pointer[map[string]*signal]
	published atomic.Bool // a first playlist was published
}

// New returns a Sink without signals.
func New(o Options) *Sink {
	k := &Sink{
		options: o, metrics: newMetrics(o.Metrics, o.Cluster), wake: make(chan struct{}, 1), changed: make(chan struct{}, 1),
		signals: map[string]*signal{},
	}
	k.table.Store(&map[string]*signal{})
	return k
}

// Find returns the snapshot to serve of a signal, nil before its first playlist; false
// when the signal is not known.
func (k *Sink) Find(name string) (*window.Snapshot, bool) {
	g := (*k.table.Load())[name]
	if g == nil {
		return nil, false
	}
	return g.current.Load(), true
}

// All returns the names of all known signals, sorted.
func (k *Sink) All() []string { return slices.Sorted(maps.Keys(*k.table.Load())) }

// Changed has a token when All has changed.
func (k *Sink) Changed() <-chan struct{} { return k.changed }

// Knows reports whether a signal is known.
func (k *Sink) Knows(name string) bool { return (*k.table.Load())[name] != nil }

// Published reports whether any playlist was ever published.
func (k *Sink) Published() bool { return k.published.Load() }

// Names returns the signals that are published and go on, sorted.
func (k *Sink) Names() []string {
	k.mu.Lock()
	defer k.mu.Unlock()
	list := []string{}
	for name, g := range k.signals {
		if g.goesOn() {
			list = append(list, name)
		}
	}
	slices.Sort(list)
	return list
}

// Stock returns the names of the media of a signal, sorted; nil when it is not known.
func (k *Sink) Stock(name string) []string {
	k.mu.Lock()
	defer k.mu.Unlock()
	if g := k.signals[name]; g != nil {
		return g.cache.Names()
	}
	return nil
}

// Snapshots returns the snapshots to serve now, by signal.
func (k *Sink) Snapshots() map[string]*window.Snapshot {
	list := map[string]*window.Snapshot{}
	for name, g := range *k.table.Load() {
		if s := g.current.Load(); s != nil {
			list[name] = s
		}
	}
	return list
}

// Run does what becomes due with time until ctx is cancelled.
func (k *Sink) Run(ctx context.Context) {
	timer := time.NewTimer(lookEvery)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-k.wake:
		case <-timer.C:
		}
		timer.Reset(k.Step())
	}
}

// Step does what is due by now, and returns how long until it must be called again. Run
// calls it.
func (k *Sink) Step() time.Duration {
	k.mu.Lock()
	defer k.mu.Unlock()
	now, wait := k.options.Now(), lookEvery
	for _, g := range k.signals {
		k.publish(g)
		k.age(g, now)
		g.sweep(now)
		g.trouble.look(now)
		k.metrics.bytes.WithLabelValues(g.name).Set(float64(g.cache.Bytes()))
		if !g.again.IsZero() {
			wait = min(wait, max(g.again.Sub(now), time.Millisecond))
		}
		if !k.options.Sole && g.goesOn() && now.Sub(g.last) > SilentMost {
			k.end(g, "nothing of it comes any more", 0)
		}
		if g.life.over(now) || g.current.Load() == nil && !k.options.Sole && now.Sub(g.last) > SilentMost {
			k.forget(g)
		}
	}
	return wait
}

// open returns a signal, and makes it when it is new. Needs mu.
func (k *Sink) open(name string) (*signal, error) {
	if g := k.signals[name]; g != nil {
		return g, nil
	}
	if len(k.signals) >= maxSignals {
		return nil, refuse(Full, "%d signals are there, no more are taken", maxSignals)
	}
	g := &signal{
		name: name, logged: map[int64]bool{}, last: k.options.Now(), trouble: newTrouble(k.options.Log, name),
		window: window.Window{Size: k.options.Window, Sole: k.options.Sole},
		cache:  window.Cache{Keep: keepEarly, Most: 4 * k.options.Window},
	}
	k.signals[name] = g
	k.copyTable()
	k.wakeUp()
	return g, nil
}

// forget drops a signal; requests that wait for its playlist find that it is gone. Needs
// mu.
func (k *Sink) forget(g *signal) {
	delete(k.signals, g.name)
	k.copyTable()
	g.replace(nil)
	k.metrics.forget(g.name)
	k.options.Log.Info("signal removed", "signal", g.name)
}

func (k *Sink) copyTable() {
	table := maps.Clone(k.signals)
	k.table.Store(&table)
	select {
	case k.changed <- struct{}{}:
	default: // the token is there already
	}
}

// wakeUp makes Run call Step soon.
func (k *Sink) wakeUp() {
	select {
	case k.wake <- struct{}{}:
	default: // Step is due already
	}
}

// Open makes a signal known before anything of it has come. The error is a *Refusal when
// there are too many signals.
func (k *Sink) Open(name string) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	_, err := k.open(name)
	return err
}
