package metrics

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

// Audience are the metrics of what players report; NewAudience says what each of them
// counts.
type Audience struct {
	Reports *prometheus.CounterVec
	Evicted prometheus.Counter

	sessions                                    *prometheus.GaugeVec
	begun, stalls                               *prometheus.CounterVec
	start, buffer, latency, bitrate, throughput *prometheus.HistogramVec
}

// Rendition are the metrics of one rendition. Safe for concurrent use.
type Rendition struct {
	Sessions                                    prometheus.Gauge
	Begun, Stalls                               prometheus.Counter
	Start, Buffer, Latency, Bitrate, Throughput prometheus.Observer
}

// NewAudience registers the metrics.
func NewAudience(r prometheus.Registerer) *Audience {
	f := promauto.With(r)
	labels := []string{"signal", "rendition"}
	histogram := func(name, help string, buckets []float64) *prometheus.HistogramVec {
		return f.NewHistogramVec(prometheus.HistogramOpts{Name: name, Help: help, Buckets: buckets}, labels)
	}
	seconds := []float64{.25, .5, 1, 2, 3, 4, 6, 8, 12, 20, 30, 60}
	rates := prometheus.ExponentialBuckets(250e3, 2, 9)
	return &Audience{
		Reports: f.NewCounterVec(prometheus.CounterOpts{
			Name: "proxy_cmcd_reports_total", Help: "Reports of players by CMCD, by result: counted, malformed, no_session, unknown_stream (of a stream that nobody follows), no_token (an event of a signal that its token is not for)."}, []string{"result"}),
		Evicted: f.NewCounter(prometheus.CounterOpts{
			Name: "proxy_player_sessions_evicted_total", Help: "Sessions of players that were forgotten to make room for others."}),
		sessions: f.NewGaugeVec(prometheus.GaugeOpts{
			Name: "proxy_player_sessions", Help: "Sessions of players that report by CMCD."}, labels),
		begun: f.NewCounterVec(prometheus.CounterOpts{
			Name: "proxy_player_sessions_begun_total", Help: "Sessions of players that have begun."}, labels),
		stalls: f.NewCounterVec(prometheus.CounterOpts{
			Name: "proxy_player_stalls_total", Help: "Times that a player ran out of media."}, labels),
		start:      histogram("proxy_player_start_seconds", "Time from the beginning of a session to its first picture.", []float64{.1, .25, .5, 1, 1.5, 2, 3, 5, 8, 15, 30}),
		buffer:     histogram("proxy_player_buffer_seconds", "Media that players have buffered, observed once a second for each session.", seconds),
		latency:    histogram("proxy_player_latency_seconds", "How far players are behind the live edge, observed once a second for each session.", seconds),
		bitrate:    histogram("proxy_player_bitrate_bits_per_second", "Bit rate of the media that players play, observed once a second for each session.", rates),
		throughput: histogram("proxy_player_throughput_bits_per_second", "Throughput that players measure, observed once a second for each session.", rates),
	}
}

// Of are the metrics of one rendition of a signal.
func (a *Audience) Of(signal, rendition string) *Rendition {
	of := func(v *prometheus.HistogramVec) prometheus.Observer { return v.WithLabelValues(signal, rendition) }
	return &Rendition{
		Sessions: a.sessions.WithLabelValues(signal, rendition),
		Begun:    a.begun.WithLabelValues(signal, rendition), Stalls: a.stalls.WithLabelValues(signal, rendition),
		Start: of(a.start), Buffer: of(a.buffer), Latency: of(a.latency), Bitrate: of(a.bitrate), Throughput: of(a.throughput),
	}
}

// Forget drops the metrics of a rendition that nobody has played for long.
func (a *Audience) Forget(signal, rendition string) {
	a.sessions.DeleteLabelValues(signal, rendition)
	a.begun.DeleteLabelValues(signal, rendition)
	a.stalls.DeleteLabelValues(signal, rendition)
	for _, v := range [...]*prometheus.HistogramVec{a.start, a.buffer, a.latency, a.bitrate, a.throughput} {
		v.DeleteLabelValues(signal, rendition)
	}
}
