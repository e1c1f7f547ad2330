package metrics

import (
	"context"
	"sync"

	"github.com/prometheus/client_golang/prometheus"

	"livestream-tui/procs/platform"
)

// collector makes the platform's own metrics when they are asked for. Safe for concurrent
// use.
type collector struct {
	platform platform.Platform
	version  string
	rows     []Metric
	descs    []*prometheus.Desc

	mu     sync.Mutex
	counts counts // guarded by mu
}

func newCollector(p platform.Platform, version string) *collector {
	c := &collector{platform: p, version: version, rows: Metrics()}
	for _, m := range c.rows {
		c.descs = append(c.descs, prometheus.NewDesc(m.Name, m.Help, m.Labels, nil))
	}
	return c
}

// Describe implements prometheus.Collector.
func (c *collector) Describe(to chan<- *prometheus.Desc) {
	for _, d := range c.descs {
		to <- d
	}
}

// Collect implements prometheus.Collector.
func (c *collector) Collect(to chan<- prometheus.Metric) {
	s, err := c.platform.Snapshot(context.Background())
	if err != nil {
		return // of a platform that does not answer nothing is known
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	v := view{s, &c.counts, c.version}
	for i, m := range c.rows {
		kind := prometheus.GaugeValue
		if m.Type == counter {
			kind = prometheus.CounterValue
		}
		m.of(v, func(value float64, labels ...string) {
			to <- prometheus.MustNewConstMetric(c.descs[i], kind, value, labels...)
		})
	}
}

// follow counts the events of the platform until ctx is cancelled or the platform has ended.
func (c *collector) follow(ctx context.Context) {
	before, events, err := c.platform.Subscribe(ctx)
	if err != nil {
		return // ctx is cancelled
	}
	c.mu.Lock()
	c.counts.resume(before)
	c.mu.Unlock()
	for e := range events {
		c.mu.Lock()
		c.counts.take(e)
		c.mu.Unlock()
	}
}
