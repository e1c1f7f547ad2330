package ingest

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/prometheus/client_golang/prometheus"

	"livestream-tui/services/packager/window"
)

const (
	// maxSignals is how many signals may come.
	maxSignals = 1000
	// keepEarly is how long media stays that no playlist lists yet.
	keepEarly = 30 * time.Second
	// lookEvery is how often the signals are looked through whatever comes.
	lookEvery = time.Second
)

// Options are what a Sink is made with.
type Options struct {
	// Window is how many segments a playlist lists.
	Window int
	// Sole: one source brings all of a signal, so that nothing needs to be held
	// against what others brought.
	Sole bool
	// Now is the clock.
	Now func() time.Time
	// Log and Metrics take what is told and counted.
	Log     hclog.Logger
	Metrics prometheus.Registerer
}

// Sink is the signals: what a source brings is listed and held by one rule, and may
// be looked up. Safe for concurrent use.
type Sink struct {
	options Options
	metrics metrics
	wake    chan struct{} // a signal is to be looked at soon
	changed chan struct{} // the names of All have changed

	mu      sync.Mutex
	signals map[string]*signal // guarded by mu

	// table is a copy of signals, for those who look up: they never wait.
	table atomic.Pointer[map[string]*signal]
	shown atomic.Bool // a first playlist has been published
}

// NewSink returns a sink that holds nothing.
func NewSink(o Options) *Sink {
	k := &Sink{
		options: o, metrics: newMetrics(o.Metrics), wake: make(chan struct{}, 1), changed: make(chan struct{}, 1),
		signals: map[string]*signal{},
	}
	k.table.Store(&map[string]*signal{})
	return k
}

// Find returns what is served of a signal; nil before its first playlist. The
// second result says whether the signal is known.
func (k *Sink) Find(name string) (*window.Snapshot, bool) {
	g := (*k.table.Load())[name]
	if g == nil {
		return nil, false
	}
	return g.current.Load(), true
}

// All are the names of the signals that are known, sorted.
func (k *Sink) All() []string { return slices.Sorted(maps.Keys(*k.table.Load())) }

// Changed tells that All has changed.
func (k *Sink) Changed() <-chan struct{} { return k.changed }

// Knows reports whether a signal is known.
func (k *Sink) Knows(name string) bool { return (*k.table.Load())[name] != nil }

// Shown reports whether any playlist has ever been published.
func (k *Sink) Shown() bool { return k.shown.Load() }

// Names are the signals that are published and go on, sorted.
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

// Stock is what is held of a signal, by name, sorted; nil where it is not known.
func (k *Sink) Stock(name string) []string {
	k.mu.Lock()
	defer k.mu.Unlock()
	if g := k.signals[name]; g != nil {
		return g.shelf.Names()
	}
	return nil
}

// Snapshots are what is served of every signal now, by name.
func (k *Sink) Snapshots() map[string]*window.Snapshot {
	list := map[string]*window.Snapshot{}
	for name, g := range *k.table.Load() {
		if s := g.current.Load(); s != nil {
			list[name] = s
		}
	}
	return list
}

// Run does what is due without anything coming until ctx is cancelled.
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
		timer.Reset(k.look())
	}
}

// look looks through the signals and returns when to look again.
func (k *Sink) look() time.Duration {
	k.mu.Lock()
	defer k.mu.Unlock()
	now, wait := k.options.Now(), lookEvery
	for _, g := range k.signals {
		k.publish(g)
		k.age(g, now)
		g.sweep(now)
		g.trouble.look(now)
		k.metrics.bytes.WithLabelValues(g.name).Set(float64(g.shelf.Bytes()))
		if !g.again.IsZero() {
			wait = min(wait, max(g.again.Sub(now), time.Millisecond))
		}
		if !k.options.Sole && g.goesOn() && now.Sub(g.last) > silentMost {
			k.end(g, "nobody brings it any more", 0)
		}
		if g.life.over(now) || g.current.Load() == nil && !k.options.Sole && now.Sub(g.last) > silentMost {
			k.forget(g)
		}
	}
	return wait
}

// open returns a signal, which it makes where there is none. Needs mu.
func (k *Sink) open(name string) (*signal, error) {
	if g := k.signals[name]; g != nil {
		return g, nil
	}
	if len(k.signals) >= maxSignals {
		return nil, refuse(http.StatusInsufficientStorage, "%d signals are there, no more are taken", maxSignals)
	}
	g := &signal{
		name: name, told: map[int64]bool{}, last: k.options.Now(), trouble: newTrouble(k.options.Log, name),
		window: window.Window{Size: k.options.Window, Sole: k.options.Sole},
		shelf:  window.Shelf{Keep: keepEarly, Most: 4 * k.options.Window},
	}
	k.signals[name] = g
	k.copyTable()
	k.tell()
	return g, nil
}

// forget drops a signal: those who wait for its playlist find that it is gone. Needs
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
	default: // it is told already
	}
}

// tell has the signals looked through soon.
func (k *Sink) tell() {
	select {
	case k.wake <- struct{}{}:
	default: // it will be anyway
	}
}

// Open makes a signal known before anything of it has come.
func (k *Sink) Open(name string) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	_, err := k.open(name)
	return err
}
