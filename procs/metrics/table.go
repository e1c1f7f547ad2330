package metrics

import (
	"slices"
	"time"

	"livestream-tui/procs/platform"
	"livestream-tui/services/kit/event"
)

// Metric is one metric of the platform's own.
type Metric struct {
	Name, Type, Help string
	Labels           []string

	of func(v view, emit emit)
}

// The types of a metric.
const (
	counter = "counter"
	gauge   = "gauge"
)

// view is what metrics are made from.
type view struct {
	platform.Snapshot
	counts  *counts
	version string
}

// emit takes a sample, with the values of the metric's labels.
type emit func(value float64, labels ...string)

// Metrics is the table of the platform's own metrics. A new one is a row here.
func Metrics() []Metric {
	signal, process := []string{"signal"}, []string{"process", "service"}
	return slices.Concat([]Metric{
		{"platform_info", gauge, "The platform's version and layout; always 1.", []string{"version", "layout"}, func(v view, emit emit) { emit(1, v.version, v.Layout) }},
		{"platform_start_time_seconds", gauge, "When the platform was launched, since the Unix epoch.", nil, func(v view, emit emit) { emit(seconds(v.Started)) }},
		{"platform_on_air", gauge, "1 for the state of all signals that are due: the worst of theirs.", []string{"state"}, func(v view, emit emit) { emit(1, v.OnAir.State.String()) }},
		{"platform_spare", gauge, "1 while each signal that is due has another usable packager.", nil, func(v view, emit emit) { emit(truth(v.OnAir.Spare)) }},

		{"platform_signal_on_air", gauge, "1 while the audience sees the signal, 0 while it does not, or no viewer says.", signal, eachSignal(onAir)},
		{"platform_signal_state", gauge, "1 for the signal's state.", []string{"signal", "state"}, states},
		{"platform_signal_due", gauge, "1 while the audience expects the signal.", signal, eachSignal(func(_ view, l platform.SignalAir) float64 { return truth(l.Due) })},
		{"platform_signal_off_air_seconds_total", counter, "How long the signal was off air, by its viewers.", signal, eachSignal(func(v view, l platform.SignalAir) float64 {
			return v.counts.of(l.Signal).offAir(v.At).Seconds()
		})},
		{"platform_signal_outages_total", counter, "How often the signal went off air.", signal, eachSignal(func(v view, l platform.SignalAir) float64 { return float64(v.counts.of(l.Signal).outages) })},
		{"platform_signal_failovers_total", counter, "How often players of the signal were moved to another packager.", signal, eachSignal(func(v view, l platform.SignalAir) float64 {
			return float64(v.counts.of(l.Signal).failovers)
		})},
		{"platform_signal_off_air_in_seconds", gauge, "Until the picture stands still, unless more media comes; absent while media comes.", signal, countdown},
		{"platform_signal_newest_segment_time_seconds", gauge, "When the newest segment came, since the Unix epoch; absent while that is not known.", signal, newest},
		{"platform_signal_lacks", gauge, "1 for what the signal gets no new media for: no receiver, no worker, no packager, no proxy, disk full or no segment.", []string{"signal", "cause"}, lacks},
		{"platform_signal_packagers", gauge, "Packagers of the signal.", signal, eachSignal(func(v view, l platform.SignalAir) float64 { _, all := v.Usable(l.Signal); return float64(all) })},
		{"platform_signal_usable_packagers", gauge, "Packagers that players of the signal can be served from.", signal, eachSignal(func(v view, l platform.SignalAir) float64 {
			usable, _ := v.Usable(l.Signal)
			return float64(usable)
		})},
		{"platform_signal_active_packager", gauge, "1 for the packager that players of the signal are served from.", []string{"signal", "packager"}, active},
	}, liveMetrics(), []Metric{
		{"platform_process_state", gauge, "1 for the state of the process.", []string{"process", "service", "state"}, func(v view, emit emit) {
			for _, p := range v.Processes {
				emit(1, p.Name, p.Service, p.State.String())
			}
		}},
		{"platform_process_up", gauge, "1 while the process does its work: it is ready or degraded, and not paused.", process, eachProcess(func(_ view, p platform.Process) float64 { return truth(p.Works()) })},
		{"platform_process_restarts_total", counter, "How often the process was started again, for whatever reason.", process, eachProcess(func(_ view, p platform.Process) float64 { return float64(p.Restarts) })},
		{"platform_process_exits_total", counter, "How often the process ended without being asked to.", process, eachProcess(func(v view, p platform.Process) float64 { return float64(v.counts.exits[p.Name]) })},
		{"platform_process_cpu_ratio", gauge, "CPU of the process and its children over the last second; 1 is one core.", process, eachProcess(func(_ view, p platform.Process) float64 { return p.CPU / 100 })},
		{"platform_process_resident_memory_bytes", gauge, "Resident memory of the process and its children.", process, eachProcess(func(_ view, p platform.Process) float64 { return float64(p.RSS) })},

		{"platform_films", gauge, "Files of the input folder by their state.", []string{"state"}, films},
		{"platform_degraded_playlists", gauge, "Playlists whose failover players would notice.", nil, func(v view, emit emit) { emit(float64(len(v.Degraded))) }},
		{"platform_disk_free_bytes", gauge, "Free bytes on the disk of a folder.", []string{"folder"}, eachDisk(func(d platform.Disk) float64 { return float64(d.FreeBytes) })},
		{"platform_disk_size_bytes", gauge, "Size of the disk of a folder.", []string{"folder"}, eachDisk(func(d platform.Disk) float64 { return float64(d.SizeBytes) })},
		{"platform_disk_low", gauge, "1 while the disk of a folder has less than DISK_LOW_BYTES free.", []string{"folder"}, eachDisk(func(d platform.Disk) float64 { return truth(d.Low) })},
	})
}

// eachSignal returns a metric with one sample for each signal.
func eachSignal(of func(v view, l platform.SignalAir) float64) func(view, emit) {
	return func(v view, emit emit) {
		for _, l := range v.OnAir.Signals {
			emit(of(v, l), l.Signal)
		}
	}
}

// eachProcess returns a metric with one sample for each process.
func eachProcess(of func(v view, p platform.Process) float64) func(view, emit) {
	return func(v view, emit emit) {
		for _, p := range v.Processes {
			emit(of(v, p), p.Name, p.Service)
		}
	}
}

// eachDisk returns a metric with one sample for each folder.
func eachDisk(of func(d platform.Disk) float64) func(view, emit) {
	return func(v view, emit emit) {
		for _, d := range v.Disks {
			emit(of(d), d.Folder)
		}
	}
}

func onAir(_ view, l platform.SignalAir) float64 {
	return truth(l.State == platform.AirOn || l.State == platform.AirOffSoon)
}

func states(v view, emit emit) {
	for _, l := range v.OnAir.Signals {
		emit(1, l.Signal, l.State.String())
	}
}

func countdown(v view, emit emit) {
	for _, l := range v.OnAir.Signals {
		if l.State == platform.AirOffSoon {
			emit(max(0, l.Until.Sub(v.At).Seconds()), l.Signal)
		}
	}
}

func newest(v view, emit emit) {
	for _, l := range v.OnAir.Signals {
		if !l.LastSegment.IsZero() {
			emit(seconds(l.LastSegment), l.Signal)
		}
	}
}

func lacks(v view, emit emit) {
	for _, l := range v.OnAir.Signals {
		if l.Cause != "" {
			emit(1, l.Signal, string(l.Cause))
		}
	}
}

func active(v view, emit emit) {
	for _, l := range v.OnAir.Signals {
		if p, known := v.Active(l.Signal); known {
			emit(1, l.Signal, p.Name)
		}
	}
}

func films(v view, emit emit) {
	count := map[event.FilmState]int{}
	for _, f := range v.FilmList() {
		count[f.State]++
	}
	for _, state := range []event.FilmState{event.FilmAired, event.FilmWaiting, event.FilmRefused, event.FilmPassed, event.FilmGone} {
		emit(float64(count[state]), string(state))
	}
}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// seconds is a time since the Unix epoch.
func seconds(t time.Time) float64 { return float64(t.UnixMicro()) / 1e6 }
