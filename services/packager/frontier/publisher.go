package frontier

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"livestream-tui/services/cluster"
)

const (
	// gather is how long a message waits after the one before, so that the segments of many
	// signals, which fall due at the same time, travel together. The first goes at once.
	gather = 10 * time.Millisecond
	// every is how often all signals are told, whether they have changed or not.
	every = time.Second
)

// Options are the settings of a Publisher. All are required.
type Options struct {
	// Bus carries the messages.
	Bus cluster.Bus
	// Packager returns the base URL under which other machines know this packager; empty while
	// that is not known, and nothing is told.
	Packager func() string
	// Newest returns the newest number of each signal that is served.
	Newest func() map[string]int64
}

// Publisher tells what a packager has published. Safe for concurrent use.
type Publisher struct {
	run      string // a word of this start
	messages *prometheus.CounterVec
	wake     chan struct{} // holds one token while there is news

	mu   sync.Mutex
	news map[string]int64 // what was not told yet; guarded by mu
}

// New returns a Publisher that tells nothing until Run.
func New(metrics prometheus.Registerer) *Publisher {
	return &Publisher{
		run: rand.Text(), wake: make(chan struct{}, 1), news: map[string]int64{},
		messages: promauto.With(metrics).NewCounterVec(prometheus.CounterOpts{
			Name: "packager_hints_total", Help: "Messages of new segments to other machines, by result: sent, or lost, since no engine is reached.",
		}, []string{"result"}),
	}
}

// Listed notes that a signal lists a segment. It never waits.
func (p *Publisher) Listed(signal string, newest int64) {
	p.mu.Lock()
	p.news[signal] = newest
	p.mu.Unlock()
	select {
	case p.wake <- struct{}{}:
	default: // it is awake already
	}
}

// Run tells what is listed until ctx is cancelled.
func (p *Publisher) Run(ctx context.Context, o Options) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	seq := uint64(0)
	tell := func(newest map[string]int64) {
		seq++
		p.publish(o, cluster.Frontier{Run: p.run, Seq: seq, Newest: newest})
	}
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			tell(o.Newest())
			continue
		case <-p.wake:
		}
		p.mu.Lock()
		news := p.news
		p.news = map[string]int64{}
		p.mu.Unlock()
		tell(news)
		select {
		case <-ctx.Done():
			return
		case <-time.After(gather):
		}
	}
}

func (p *Publisher) publish(o Options, f cluster.Frontier) {
	if f.Packager = o.Packager(); f.Packager == "" || len(f.Newest) == 0 {
		return
	}
	data, err := json.Marshal(f)
	if err == nil {
		err = o.Bus.Publish(cluster.SubjectFrontier+cluster.NameOf(f.Packager), data)
	}
	if err != nil { // proxies ask by themselves
		p.messages.WithLabelValues("lost").Inc()
		return
	}
	p.messages.WithLabelValues("sent").Inc()
}
