package worker

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"livestream-tui/services/hls/media"
	"livestream-tui/services/worker/output"
)

// metrics are the worker's, by signal.
type metrics struct {
	segments, restarts *prometheus.CounterVec
	newest, late       *prometheus.GaugeVec
	output             output.Metrics
}

func newMetrics(r prometheus.Registerer) *metrics {
	by := []string{"signal"}
	f := promauto.With(r)
	return &metrics{
		segments: f.NewCounterVec(prometheus.CounterOpts{Name: "worker_segments_total", Help: "Segments published."}, by),
		restarts: f.NewCounterVec(prometheus.CounterOpts{Name: "worker_ffmpeg_restarts_total", Help: "FFmpegs that ended and were started again."}, by),
		newest:   f.NewGaugeVec(prometheus.GaugeOpts{Name: "worker_newest_msn", Help: "MSN of the newest segment."}, by),
		output: output.Metrics{
			Delivered: f.NewCounterVec(prometheus.CounterOpts{Name: "worker_delivered_total", Help: "What was PUT to packagers, by result: taken, conflict, late, refused or failed."}, []string{"signal", "packager", "result"}),
			Missed:    f.NewCounterVec(prometheus.CounterOpts{Name: "worker_undelivered_segments_total", Help: "Segments that left the playlist before a packager took them."}, []string{"signal", "packager"}),
		},
		late: f.NewGaugeVec(prometheus.GaugeOpts{Name: "worker_late_seconds", Help: "How long after its last frame the newest segment was in place."}, by),
	}
}

func (m *metrics) published(signal string, s *media.Segment, late time.Duration) {
	m.segments.WithLabelValues(signal).Inc()
	m.newest.WithLabelValues(signal).Set(float64(s.MSN))
	m.late.WithLabelValues(signal).Set(late.Seconds())
}
