package sink

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

// metrics are those of all signals.
type metrics struct {
	newest    *prometheus.GaugeVec
	bytes     *prometheus.GaugeVec
	conflicts *prometheus.CounterVec
	equal     *prometheus.CounterVec
	gaps      *prometheus.CounterVec
	early     *prometheus.CounterVec // of a cluster alone
	delay     prometheus.Histogram
}

func newMetrics(r prometheus.Registerer, cluster bool) metrics {
	with := promauto.With(r)
	m := metrics{
		newest:    with.NewGaugeVec(prometheus.GaugeOpts{Name: "packager_newest_msn", Help: "Media sequence number of the newest segment listed."}, []string{"signal"}),
		bytes:     with.NewGaugeVec(prometheus.GaugeOpts{Name: "packager_held_bytes", Help: "Bytes of media in memory."}, []string{"signal"}),
		conflicts: with.NewCounterVec(prometheus.CounterOpts{Name: "packager_conflicts_total", Help: "Names under which something else came than what is served."}, []string{"signal"}),
		equal:     with.NewCounterVec(prometheus.CounterOpts{Name: "packager_equal_segments_total", Help: "Segments that another worker encoded as well: the times of the one that is served, other bytes. The first stays."}, []string{"signal"}),
		gaps:      with.NewCounterVec(prometheus.CounterOpts{Name: "packager_gaps_total", Help: "Segments that did not come in time and are listed as gaps."}, []string{"signal"}),
		delay: with.NewHistogram(prometheus.HistogramOpts{
			Name: "packager_publish_delay_seconds", Help: "From a segment's last byte to the playlist that lists it.",
			Buckets: []float64{.001, .002, .005, .01, .02, .05, .1, .2, .5, 1, 2},
		}),
	}
	if cluster {
		m.early = with.NewCounterVec(prometheus.CounterOpts{Name: "packager_early_segments_total", Help: "Segments and playlists that were refused because they had not ended yet, by this machine's clock."}, []string{"signal"})
	}
	return m
}

func (m *metrics) forget(signal string) {
	m.newest.DeleteLabelValues(signal)
	m.bytes.DeleteLabelValues(signal)
}
