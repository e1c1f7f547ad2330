package hint

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/hashicorp/go-hclog"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"livestream-tui/services/cluster"
	"livestream-tui/services/cluster/bus"
)

const (
	// maxSignals is how many signals a message may tell of.
	maxSignals = 10_000
	// runsMost is how many earlier starts of a packager are remembered.
	runsMost = 8
)

// Options are the settings of Hints. All are required, but for Connect.
type Options struct {
	Config bus.Config
	// Name is that of the process, for the engine.
	Name string
	// Packagers are the base URLs of the packagers that are heard, as in PACKAGERS.
	Packagers []string
	// Take is called with each new message: the packager by index, and the newest number by
	// signal. Calls come one after the other.
	Take    func(packager int, newest map[string]int64)
	Log     hclog.Logger
	Metrics prometheus.Registerer
	// Connect returns the Bus, and what closes it; nil connects to the engine of Config.
	Connect func() (cluster.Bus, func(), error)
}

// Hints hears the packagers while Run runs.
type Hints struct {
	options Options
	results *prometheus.CounterVec
	order   []order // by packager; used by the goroutine of the Bus alone
}

// order is the last message of a packager.
type order struct {
	run  string
	seq  uint64
	past []string // earlier runs
}

// New returns Hints that hear nothing until Run.
func New(o Options) *Hints {
	h := &Hints{options: o, order: make([]order, len(o.Packagers))}
	h.results = promauto.With(o.Metrics).NewCounterVec(prometheus.CounterOpts{
		Name: "proxy_hints_total", Help: "Messages of packagers about new segments, by result: taken, old (doubled or overtaken), foreign (of no packager in PACKAGERS) or bad.",
	}, []string{"result"})
	if h.options.Connect == nil {
		h.options.Connect = func() (cluster.Bus, func(), error) {
			c, err := bus.Dial(o.Config, o.Name, o.Log)
			if err != nil {
				return nil, nil, err
			}
			return c, func() { _ = c.Close() }, nil // nothing is lost by it
		}
	}
	return h
}

// Run hears the packagers until ctx is cancelled. Without an engine it waits for one; what
// cannot be heard is no trouble for players.
func (h *Hints) Run(ctx context.Context) {
	b, closeBus, err := h.options.Connect()
	if err == nil {
		defer closeBus()
		err = b.Subscribe(ctx, cluster.SubjectFrontier+"*", h.take)
	}
	if err != nil {
		h.options.Log.Warn("packagers are not heard, and asked instead", "reason", err.Error())
		return
	}
	<-ctx.Done()
}

// take takes a message.
func (h *Hints) take(m cluster.Msg) {
	packager, newest, result := h.read(m)
	h.results.WithLabelValues(result).Inc()
	if result == taken {
		h.options.Take(packager, newest)
	}
}

// The results of a message.
const (
	taken   = "taken"
	old     = "old"
	foreign = "foreign"
	bad     = "bad"
)

// read checks a message and notes its place in the order of its packager's.
func (h *Hints) read(m cluster.Msg) (packager int, newest map[string]int64, result string) {
	var f cluster.Frontier
	if json.Unmarshal(m.Data, &f) != nil || f.Run == "" || len(f.Newest) > maxSignals || m.Subject != cluster.SubjectFrontier+cluster.NameOf(f.Packager) {
		return 0, nil, bad
	}
	packager = slices.Index(h.options.Packagers, f.Packager)
	if packager < 0 {
		return 0, nil, foreign
	}
	if !h.order[packager].take(f.Run, f.Seq) {
		return 0, nil, old
	}
	return packager, f.Newest, taken
}

// take notes a message, and reports whether it is newer than those before.
func (o *order) take(run string, seq uint64) bool {
	switch {
	case run == o.run && seq <= o.seq, slices.Contains(o.past, run):
		return false
	case run != o.run:
		if o.run != "" {
			o.past = append(o.past, o.run)
			o.past = o.past[max(0, len(o.past)-runsMost):]
		}
		o.run = run
	}
	o.seq = seq
	return true
}
