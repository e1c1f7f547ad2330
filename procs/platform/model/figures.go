package model

import (
	"time"

	"livestream-tui/procs/onair"
	"livestream-tui/procs/platform"
	"livestream-tui/procs/platform/series"
	"livestream-tui/services/kit/event"
	"livestream-tui/services/kit/report"
)

// source is where series get their points from.
type source func(s platform.Snapshot, now time.Time, put func(kind series.Kind, of string, value float64))

// sources has a row for each source. A new series is a kind in package series and a line
// here.
func sources() []source { return []source{viewed, served, run} }

// Figures returns the points that a snapshot has for series at a time.
func Figures(s platform.Snapshot, now time.Time) []series.Point {
	var list []series.Point
	for _, from := range sources() {
		from(s, now, func(kind series.Kind, of string, value float64) {
			list = append(list, series.Point{Kind: kind, Of: of, Value: value})
		})
	}
	return list
}

// viewed has what viewers see, of each signal that of the viewer with the least buffer.
func viewed(s platform.Snapshot, now time.Time, put func(series.Kind, string, float64)) {
	worst := map[string]platform.ViewingAt{}
	for _, v := range s.Viewings {
		if v.Process == platform.Self || now.Sub(v.Time) > onair.Silence || v.State != event.ViewPlaying && v.State != event.ViewStalled {
			continue
		}
		if was, found := worst[v.Signal]; !found || v.BufferMS < was.BufferMS {
			worst[v.Signal] = v
		}
	}
	for signal, v := range worst {
		put(series.Buffer, signal, float64(v.BufferMS))
		put(series.Latency, signal, float64(v.LatencyMS)) // one that is unknown is negative, and no point
		put(series.Bitrate, signal, float64(v.BitrateBPS))
	}
}

// served has what packagers do for signals.
func served(s platform.Snapshot, _ time.Time, put func(series.Kind, string, float64)) {
	usable := map[string]float64{}
	for _, p := range s.Packagers {
		if p.Signal == "" {
			continue // nothing is reported yet
		}
		if p.Usable {
			usable[p.Signal]++
		} else {
			usable[p.Signal] += 0
		}
		if p.Reported && p.Status.State != report.Down && p.Status.State != report.Unknown {
			put(series.Answer, series.AnswerOf(p.Signal, p.URL), p.Status.LatencyMS)
		}
	}
	for signal, n := range usable {
		put(series.Usable, signal, n)
	}
}

// run has what processes take of the machine.
func run(s platform.Snapshot, _ time.Time, put func(series.Kind, string, float64)) {
	for _, p := range s.Processes {
		if p.PID == 0 {
			continue
		}
		put(series.CPU, p.Name, p.CPU)
		if p.RSS > 0 {
			put(series.Memory, p.Name, float64(p.RSS))
		}
	}
}

// Spare returns the state of the spare in a snapshot.
func Spare(s platform.Snapshot) series.SpareState {
	switch o := s.OnAir; {
	case o.State != platform.AirOn && o.State != platform.AirOff && o.State != platform.AirOffSoon:
		return series.SpareUnknown
	case o.Spare:
		return series.SpareThere
	}
	return series.SpareMissing
}
