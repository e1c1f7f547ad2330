package receiver

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"livestream-tui/services/kit/service"
	"livestream-tui/services/kit/signals"
)

// metrics are the receiver's metrics.
type metrics struct {
	segments, switches *prometheus.CounterVec
	slow, refused      prometheus.Counter
	inputs             []inputGauge
}

// inputGauge is a figure of each input, from its status.
type inputGauge struct {
	name, help string
	of         func(signals.InputStatus) float64
	gauge      *prometheus.GaugeVec
}

// inputGauges are the figures of inputs.
func inputGauges() []inputGauge {
	is := func(b bool) float64 {
		if b {
			return 1
		}
		return 0
	}
	return []inputGauge{
		{name: "receiver_input_good", help: "1 while the live input can be shown.", of: func(i signals.InputStatus) float64 { return is(i.State == signals.Good) }},
		{name: "receiver_input_on_air", help: "1 while the live input is shown.", of: func(i signals.InputStatus) float64 { return is(i.OnAir) }},
		{name: "receiver_input_bitrate_bits_per_second", help: "Bit rate of the live input over the last seconds.", of: func(i signals.InputStatus) float64 { return float64(i.Bitrate) }},
		{name: "receiver_input_frames_per_second", help: "Pictures of the live input over the last seconds.", of: func(i signals.InputStatus) float64 { return i.FPS }},
		{name: "receiver_input_key_frame_interval_seconds", help: "Time between the last two key frames of the live input; 0 when unknown.", of: func(i signals.InputStatus) float64 { return i.KeyFrameInterval }},
		{name: "receiver_input_skew_seconds", help: "By how much the sound of the live input comes later than its pictures.", of: func(i signals.InputStatus) float64 { return i.SkewMS / 1000 }},
		{name: "receiver_input_rtt_seconds", help: "Round-trip time to the encoder (SRT); 0 when unknown.", of: func(i signals.InputStatus) float64 { return i.RTTMS / 1000 }},
		{name: "receiver_input_lost_packets", help: "Packets that were lost since the encoder connected (SRT).", of: func(i signals.InputStatus) float64 { return float64(i.Lost) }},
	}
}

func newMetrics(r service.Registry) *metrics {
	m := promauto.With(r)
	all := &metrics{
		segments: m.NewCounterVec(prometheus.CounterOpts{Name: "receiver_segments_total", Help: "Segments cut."}, []string{"signal"}),
		switches: m.NewCounterVec(prometheus.CounterOpts{Name: "receiver_switches_total", Help: "Changes of what is on air: an input or the slate."}, []string{"signal"}),
		slow:     m.NewCounter(prometheus.CounterOpts{Name: "receiver_slow_readers_total", Help: "Readers of a stream that were too slow and were cut off."}),
		refused:  m.NewCounter(prometheus.CounterOpts{Name: "receiver_refused_total", Help: "Refusals of encoders over RTMP that were told, such as those with a wrong stream key."}),
		inputs:   inputGauges(),
	}
	for i := range all.inputs {
		g := &all.inputs[i]
		g.gauge = m.NewGaugeVec(prometheus.GaugeOpts{Name: g.name, Help: g.help}, []string{"signal", "input"})
	}
	return all
}

// show sets the figures of a signal's inputs.
func (m *metrics) show(s *signals.Status) {
	for _, g := range m.inputs {
		for _, in := range s.Inputs {
			g.gauge.WithLabelValues(s.Name, in.Name).Set(g.of(in))
		}
	}
}
