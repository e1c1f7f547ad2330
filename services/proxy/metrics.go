package proxy

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"livestream-tui/services/proxy/stream"
)

type metrics struct {
	requests                 *prometheus.CounterVec
	playlistsSent, mediaSent prometheus.Counter // of requests: those that were answered
	saved                    *prometheus.CounterVec
	failovers                *prometheus.CounterVec
	gap                      prometheus.Histogram
	playlists, held          prometheus.Gauge
	cacheBytes, cacheLen     prometheus.Gauge
	newest                   *prometheus.GaugeVec
	state                    *prometheus.GaugeVec
	modes                    *prometheus.GaugeVec
	forwarded                prometheus.Counter
}

func newMetrics(r prometheus.Registerer) *metrics {
	f := promauto.With(r)
	m := &metrics{
		requests: f.NewCounterVec(prometheus.CounterOpts{
			Name: "proxy_requests_total", Help: "Requests of players by kind (playlist, media) and status."}, []string{"kind", "status"}),
		saved: f.NewCounterVec(prometheus.CounterOpts{
			Name: "proxy_saved_requests_total", Help: "Requests that a peer answered instead of this packager."}, []string{"packager"}),
		failovers: f.NewCounterVec(prometheus.CounterOpts{
			Name: "proxy_failovers_total", Help: "Moves of players from one packager to another."}, []string{"signal", "from", "to"}),
		gap: f.NewHistogram(prometheus.HistogramOpts{
			Name: "proxy_failover_gap_seconds", Help: "The longest wait of a player for its next byte at a failover, where one waited.",
			Buckets: []float64{.001, .005, .01, .025, .05, .1, .25, .5, 1, 2, 5}}),
		playlists:  f.NewGauge(prometheus.GaugeOpts{Name: "proxy_playlists", Help: "Playlists that are followed."}),
		held:       f.NewGauge(prometheus.GaugeOpts{Name: "proxy_held_requests", Help: "Requests of players that wait for something."}),
		cacheBytes: f.NewGauge(prometheus.GaugeOpts{Name: "proxy_cache_bytes", Help: "Media in memory."}),
		cacheLen:   f.NewGauge(prometheus.GaugeOpts{Name: "proxy_cache_objects", Help: "Resources in memory."}),
		newest: f.NewGaugeVec(prometheus.GaugeOpts{
			Name: "proxy_newest_msn", Help: "Newest MSN listed to players."}, []string{"playlist"}),
		state: f.NewGaugeVec(prometheus.GaugeOpts{
			Name: "proxy_packager_up", Help: "1 where the proxy finds the packager up for the playlist."}, []string{"playlist", "packager"}),
	}
	m.modes = f.NewGaugeVec(prometheus.GaugeOpts{
		Name: "proxy_playlist_modes", Help: "Playlists by how they are served: merged, passed through, forwarded, refused, waiting."}, []string{"mode"})
	m.forwarded = f.NewCounter(prometheus.CounterOpts{
		Name: "proxy_forwarded_requests_total", Help: "Requests that were passed straight to a packager."})
	m.playlistsSent = m.requests.WithLabelValues("playlist", "200")
	m.mediaSent = m.requests.WithLabelValues("media", "200")
	return m
}

// showModes counts the playlists by mode.
func (m *metrics) showModes(count map[stream.Mode]int) {
	for mode := stream.Waiting; mode <= stream.Refused; mode++ {
		m.modes.WithLabelValues(mode.String()).Set(float64(count[mode]))
	}
}
