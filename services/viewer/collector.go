package viewer

import (
	"github.com/prometheus/client_golang/prometheus"

	"livestream-tui/services/kit/event"
	"livestream-tui/services/viewer/player"
	"livestream-tui/services/viewer/rules"
)

// collector exports the counts of the players as metrics.
type collector struct {
	service *Service
	rows    []metric
	broken  *prometheus.Desc
}

// metric is one figure of each player.
type metric struct {
	desc *prometheus.Desc
	kind prometheus.ValueType
	of   func(player.Status) float64
}

func newCollector(s *Service) *collector {
	c := &collector{service: s, broken: prometheus.NewDesc("viewer_violations_total", "Violations of a rule.", []string{"signal", "rule"}, nil)}
	add := func(name, help string, kind prometheus.ValueType, of func(player.Status) float64) {
		c.rows = append(c.rows, metric{prometheus.NewDesc("viewer_"+name, help, []string{"signal"}, nil), kind, of})
	}
	const count, gauge = prometheus.CounterValue, prometheus.GaugeValue
	add("playing", "1 while the picture moves.", gauge, func(s player.Status) float64 {
		if s.State == event.ViewPlaying {
			return 1
		}
		return 0
	})
	add("stalls_total", "How often there was no media to show.", count, func(s player.Status) float64 { return float64(s.Outages) })
	add("stalled_seconds_total", "Time without media to show.", count, func(s player.Status) float64 { return s.Lacked.Seconds() })
	add("buffer_seconds", "Media that is downloaded and not yet played.", gauge, func(s player.Status) float64 { return s.Buffer.Seconds() })
	add("latency_seconds", "How far the picture is behind the live edge; -1 when unknown.", gauge, func(s player.Status) float64 {
		if s.Latency < 0 {
			return -1
		}
		return s.Latency.Seconds()
	})
	add("requests_total", "Requests, failed ones included.", count, func(s player.Status) float64 { return float64(s.Requests) })
	add("failed_requests_total", "Requests that failed.", count, func(s player.Status) float64 { return float64(s.Failed) })
	add("received_bytes_total", "Bytes of playlists and media.", count, func(s player.Status) float64 { return float64(s.Bytes) })
	add("longest_wait_seconds", "The longest wait for a byte.", gauge, func(s player.Status) float64 { return s.LongestWait.Seconds() })
	add("starved_seconds_total", "Time that the viewer itself did not get to run.", count, func(s player.Status) float64 { return s.Starved.Seconds() })
	return c
}

// Describe implements prometheus.Collector.
func (c *collector) Describe(to chan<- *prometheus.Desc) {
	for _, m := range c.rows {
		to <- m.desc
	}
	to <- c.broken
}

// Collect implements prometheus.Collector.
func (c *collector) Collect(to chan<- prometheus.Metric) {
	for _, s := range c.service.statuses() {
		for _, m := range c.rows {
			to <- prometheus.MustNewConstMetric(m.desc, m.kind, m.of(s), s.Name)
		}
		for _, r := range rules.Visible() {
			to <- prometheus.MustNewConstMetric(c.broken, prometheus.CounterValue, float64(s.Broken(r)), s.Name, r.String())
		}
	}
}
