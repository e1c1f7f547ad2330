package metrics

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"livestream-tui/services/proxy/stream"
)

// Metrics are the proxy's metrics; New says what each of them counts.
type Metrics struct {
	Requests                 *prometheus.CounterVec
	PlaylistsSent, MediaSent prometheus.Counter // the requests that were answered with 200
	Saved                    *prometheus.CounterVec
	Failovers                *prometheus.CounterVec
	Gap                      prometheus.Histogram
	Playlists, Held          prometheus.Gauge
	CacheBytes, CacheObjects prometheus.Gauge
	Newest                   *prometheus.GaugeVec
	Up                       *prometheus.GaugeVec
	modes                    *prometheus.GaugeVec
	Forwarded                prometheus.Counter
}

// New registers the metrics.
func New(r prometheus.Registerer) *Metrics {
	f := promauto.With(r)
	m := &Metrics{
		Requests: f.NewCounterVec(prometheus.CounterOpts{
			Name: "proxy_requests_total", Help: "Requests of players by kind (playlist, media) and status."}, []string{"kind", "status"}),
		Saved: f.NewCounterVec(prometheus.CounterOpts{
			Name: "proxy_saved_requests_total", Help: "Requests that a peer answered instead of this packager."}, []string{"packager"}),
		Failovers: f.NewCounterVec(prometheus.CounterOpts{
			Name: "proxy_failovers_total", Help: "Moves of players from one packager to another."}, []string{"signal", "from", "to"}),
		Gap: f.NewHistogram(prometheus.HistogramOpts{
			Name: "proxy_failover_gap_seconds", Help: "The longest wait of a player for its next byte at a failover, where one waited.",
			Buckets: []float64{.001, .005, .01, .025, .05, .1, .25, .5, 1, 2, 5}}),
		Playlists:    f.NewGauge(prometheus.GaugeOpts{Name: "proxy_playlists", Help: "Playlists that are followed."}),
		Held:         f.NewGauge(prometheus.GaugeOpts{Name: "proxy_held_requests", Help: "Requests of players that wait for something."}),
		CacheBytes:   f.NewGauge(prometheus.GaugeOpts{Name: "proxy_cache_bytes", Help: "Media in memory."}),
		CacheObjects: f.NewGauge(prometheus.GaugeOpts{Name: "proxy_cache_objects", Help: "Resources in memory."}),
		Newest: f.NewGaugeVec(prometheus.GaugeOpts{
			Name: "proxy_newest_msn", Help: "Newest MSN listed to players."}, []string{"playlist"}),
		Up: f.NewGaugeVec(prometheus.GaugeOpts{
			Name: "proxy_packager_up", Help: "1 where the proxy finds the packager up for the playlist."}, []string{"playlist", "packager"}),
	}
	m.modes = f.NewGaugeVec(prometheus.GaugeOpts{
		Name: "proxy_playlist_modes", Help: "Playlists by how they are served: merged, passed through, forwarded, refused, waiting."}, []string{"mode"})
	m.Forwarded = f.NewCounter(prometheus.CounterOpts{
		Name: "proxy_forwarded_requests_total", Help: "Requests that were passed straight to a packager."})
	m.PlaylistsSent = m.Requests.WithLabelValues("playlist", "200")
	m.MediaSent = m.Requests.WithLabelValues("media", "200")
	return m
}

// ShowModes counts the playlists by mode.
func (m *Metrics) ShowModes(count map[stream.Mode]int) {
	for mode := stream.Waiting; mode <= stream.Refused; mode++ {
		m.modes.WithLabelValues(mode.String()).Set(float64(count[mode]))
	}
}
