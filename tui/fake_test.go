package tui

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"livestream-tui/layouts"
	"livestream-tui/procs/onair"
	"livestream-tui/procs/platform"
	"livestream-tui/services/kit/event"
	"livestream-tui/services/kit/report"
)

// fakePlatform is a platform that is what a test says.
type fakePlatform struct {
	mu       sync.Mutex
	snapshot platform.Snapshot
	lines    []platform.LogLine
	commands []platform.Command
	// refuse is the error of every command, nil for none; onCommand is called
	// with each that is not refused, with mu held.
	refuse    error
	onCommand func(f *fakePlatform, c platform.Command)
}

func (f *fakePlatform) Snapshot(context.Context) (platform.Snapshot, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return completed(f.snapshot), nil
}

// completed is a snapshot with what follows from it, as a platform has it.
func completed(s platform.Snapshot) platform.Snapshot {
	for _, f := range s.Failovers {
		s.Actives = onair.UpdateActive(s.Actives, platform.ActiveAt{Signal: f.Signal, URL: f.To, Time: f.Time, By: platform.ByProxy})
	}
	for _, v := range s.Viewings {
		s.Actives = onair.UpdateActive(s.Actives, platform.ActiveAt{Signal: v.Signal, URL: v.Packager, Time: v.Time.Add(-time.Duration(v.PlaylistAgeMS) * time.Millisecond), By: platform.ByViewer})
	}
	for _, l := range s.Live {
		s.Actives = onair.UpdateActive(s.Actives, platform.ActiveAt{Signal: l.Signal, URL: strings.TrimSuffix(l.Server, "/"+l.Signal+"/playlist.m3u8"), Time: s.At, By: platform.ByOrigin})
	}
	for _, a := range onair.Successors(s) {
		s.Actives = onair.UpdateActive(s.Actives, a)
	}
	return onair.Complete(s)
}

func (f *fakePlatform) Logs(_ context.Context, since uint64, limit int) ([]platform.LogLine, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i, l := range f.lines {
		if l.Seq > since {
			return append([]platform.LogLine(nil), f.lines[i:min(len(f.lines), i+limit)]...), nil
		}
	}
	return nil, nil
}

func (f *fakePlatform) Subscribe(ctx context.Context) (platform.Snapshot, <-chan platform.Event, error) {
	s, err := f.Snapshot(ctx)
	return s, nil, err
}

func (f *fakePlatform) Command(_ context.Context, c platform.Command) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.commands = append(f.commands, c)
	if f.refuse == nil && f.onCommand != nil {
		f.onCommand(f, c)
	}
	return f.refuse
}

// asked are the commands so far.
func (f *fakePlatform) asked() []platform.Command {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.commands)
}

// change changes the snapshot as the platform would.
func (f *fakePlatform) change(by func(s *platform.Snapshot)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	by(&f.snapshot)
	f.snapshot.Version++
}

// noon is when the tests take place.
var noon = time.Date(2024, 4, 5, 14, 2, 31, 0, time.UTC)

// testLayout is the default layout with a viewer, whatever the default has.
func testLayout() layouts.Layout {
	l, err := layouts.Load(layouts.Default)
	if err != nil {
		panic(err)
	}
	return l
}

// onAir is a platform of eight processes that plays.
func onAir() platform.Snapshot {
	s := platform.Snapshot{
		Version: 1, At: noon, Layout: "default", Started: noon.Add(-42*time.Minute - 17*time.Second),
		PlayURL: "http://localhost:8002", LogFolder: "/home/op/.local/state/livestream-tui/logs",
	}
	for i, p := range []struct {
		name, service string
		pid, port     int
		cpu           float64
		rss           int64
	}{
		{"worker", "worker", 4711, 0, 61.4, 148}, {"server1", "server1", 4720, 8080, 8.2, 31}, {"server2", "server2", 5102, 9090, 7.9, 30},
		{"reporter", "reporter", 4733, 2000, 0.2, 11}, {"discovery", "discovery", 4702, 0, 0.3, 12}, {"origin", "origin", 4705, 8001, 0.4, 12},
		{"proxy", "proxy", 4709, 8002, 2.4, 28}, {"viewer", "viewer", 4741, 0, 1.1, 19},
	} {
		s.Processes = append(s.Processes, platform.Process{Service: p.service, Role: layouts.RoleOf(p.service), Port: p.port, Status: platform.Status{
			Name: p.name, State: platform.Ready, Wanted: true, PID: p.pid, Incarnation: 1, CPU: p.cpu, RSS: p.rss << 20,
			Started: s.Started.Add(time.Duration(i) * time.Second), LogPath: s.LogFolder + "/" + p.name + ".log",
			Argv: []string{"/usr/local/bin/livestream-tui", p.name},
		}})
	}
	s.Processes[2].Restarts, s.Processes[2].Incarnation, s.Processes[2].LastExit = 2, 3, "signal: killed"
	s.Processes[2].Exits = []platform.Ending{
		{Time: noon.Add(-5 * time.Minute), Incarnation: 1, How: "exit status 137"}, {Time: noon.Add(-72 * time.Second), Incarnation: 2, How: "signal: killed"},
	}
	s.Processes[2].Env = []string{"LOG_FORMAT=json", "INGEST_TOKEN=********", "SERVER_TWO_PORT=9090"}
	s.Processes[2].Started = noon.Add(-71 * time.Second)
	const one, two = "http://localhost:8080", "http://localhost:9090"
	s.Ingests = []report.Ingest{{Signal: "live01", Packagers: []string{one, two}, LastReported: noon.Add(-time.Second).Format(time.RFC1123)}}
	s.Details = []report.SignalStatus{{Signal: "live01", Packagers: []report.PackagerStatus{
		{URL: one, State: report.Up, MSN: 927081287, Part: -1, AgeMS: 412, LatencyMS: 1.2},
		{URL: two, State: report.Up, MSN: 927081287, Part: -1, AgeMS: 634, LatencyMS: 1.4},
	}}}
	s.Live = []report.Live{{Signal: "live01", Server: one + "/live01/playlist.m3u8"}}
	for _, f := range []struct {
		ago      time.Duration
		from, to string
		cause    string
		msn      int64
		gap      float64
	}{
		{231 * time.Second, two, one, "server2 killed here (K)", 927081166, 41.3},
		{190 * time.Second, one, two, "failover asked for (f)", 927081189, -1},
		{89 * time.Second, two, one, "server2 stale for 2.1s, paused", 927081241, 38},
	} {
		s.Failovers = append(s.Failovers, platform.FailoverAt{Time: noon.Add(-f.ago), Process: "proxy", Failover: event.Failover{
			Signal: "live01", From: f.from, To: f.to, Cause: f.cause, MSNBefore: f.msn, MSNAfter: f.msn + 1, GapMS: f.gap, Saved: 1,
		}})
	}
	s.Viewings = []platform.ViewingAt{viewing(noon, 0)}
	return s
}

// someLogs are lines as services write them.
func someLogs() []platform.LogLine {
	var lines []platform.LogLine
	for i, l := range []struct {
		process, message string
		level            event.Level
		fields           []event.Field
	}{
		{"server1", "segment published", event.LevelInfo, fields("signal", "live01", "msn", 927081286, "duration_ms", 1920, "bytes", 774312)},
		{"proxy", "playlist advanced", event.LevelInfo, fields("signal", "live01", "msn", 927081286, "packager", "server1")},
		{"server1", "segment published", event.LevelInfo, fields("signal", "live01", "msn", 927081287, "duration_ms", 1920, "bytes", 771204)},
		{"server2", "segment published", event.LevelInfo, fields("signal", "live01", "msn", 927081287, "duration_ms", 1920, "bytes", 771204)},
		{"worker", "frame=  250 fps= 25 q=28.0 size=N/A time=00:00:10.00 bitrate=N/A speed=1x", event.LevelDebug, nil},
		{"discovery", "packager slow", event.LevelWarn, fields("packager", "server2", "latency_ms", 140)},
		{"proxy", "upstream refused the connection", event.LevelError, fields("packager", "server2", "error", "connection refused")},
		{"viewer", "segment played", event.LevelInfo, fields("signal", "live01", "msn", 927081284)},
	} {
		lines = append(lines, platform.LogLine{Seq: uint64(i + 1), Process: l.process, Line: event.Line{
			Time: noon.Add(time.Duration(i-9) * 507 * time.Millisecond), Level: l.level, Module: l.process, Message: l.message, Fields: l.fields,
		}})
	}
	return lines
}

// viewing is the viewer's word; stalled is how long the picture has stood still.
func viewing(at time.Time, stalled time.Duration) platform.ViewingAt {
	v := event.Viewing{
		Signal: "live01", State: event.ViewPlaying, BufferMS: 5812, LatencyMS: 5900, MSN: 927081284,
		Packager: "http://localhost:8080", BitrateBPS: 3_100_000,
	}
	if ms := stalled.Milliseconds(); ms > 0 {
		v.State, v.StalledForMS, v.Stalls, v.StalledMS, v.LongestStallMS, v.BufferMS, v.LatencyMS, v.BitrateBPS =
			event.ViewStalled, ms, 1, ms, ms, 0, 9000, 0
		v.Since = at.Add(-stalled)
	}
	return platform.ViewingAt{Time: at, Process: "viewer", Viewing: v}
}

func fields(pairs ...any) []event.Field {
	var list []event.Field
	for i := 0; i+1 < len(pairs); i += 2 {
		v := pairs[i+1]
		if n, ok := v.(int); ok {
			v = json.Number(strconv.Itoa(n))
		}
		list = append(list, event.Field{Key: fmt.Sprint(pairs[i]), Value: v})
	}
	return list
}

// status changes one process's status.
func status(s *platform.Snapshot, name string, by func(p *platform.Process)) {
	s.Processes = slices.Clone(s.Processes) // who has a snapshot reads it still
	for i := range s.Processes {
		if s.Processes[i].Name == name {
			by(&s.Processes[i])
		}
	}
}

// gone makes a process one that does not run.
func gone(s *platform.Snapshot, name string, state platform.State, reason string) {
	status(s, name, func(p *platform.Process) {
		p.State, p.Reason, p.PID, p.CPU, p.RSS, p.Started = state, reason, 0, 0, 0, time.Time{}
	})
}

// states are the platform in each of the states that an operator may meet. Each
// is what to do to one on air.
func states() map[string]func(s *platform.Snapshot) {
	const two = 1
	return map[string]func(s *platform.Snapshot){
		"on air": func(*platform.Snapshot) {},
		"starting": func(s *platform.Snapshot) {
			s.Started = s.At.Add(-4 * time.Second)
			s.Ingests, s.Details, s.Live, s.Failovers, s.Viewings = nil, nil, nil, nil, nil
			for i := range s.Processes {
				p := &s.Processes[i]
				p.Restarts, p.Incarnation, p.LastExit, p.Started = 0, 1, "", s.At.Add(-3*time.Second)
			}
			status(s, "worker", func(p *platform.Process) {
				p.State, p.Progress = platform.Starting, &event.Progress{Signal: "live01", Stage: "mezzanine", Percent: 45}
			})
			status(s, "server1", func(p *platform.Process) { p.State, p.Reason = platform.Running, "no signal yet" })
			status(s, "server2", func(p *platform.Process) { p.State, p.Reason = platform.Running, "no signal yet" })
			gone(s, "origin", platform.Waiting, "waiting for reporter")
			gone(s, "proxy", platform.Waiting, "waiting for origin")
			gone(s, "viewer", platform.Waiting, "waiting for proxy")
		},
		"no spare": func(s *platform.Snapshot) {
			gone(s, "server2", platform.Exited, "stopped")
			status(s, "server2", func(p *platform.Process) { p.Wanted = false })
			s.Details[0].Packagers[two].State, s.Details[0].Packagers[two].Reason = report.Down, "connection refused"
			s.Ingests[0].Packagers = s.Ingests[0].Packagers[:1]
		},
		"passed through": func(s *platform.Snapshot) {
			const low = "low latency: its parts are its packager's"
			serves := func(ago time.Duration, playlist, mode, reason string) platform.ServingAt {
				return platform.ServingAt{Time: noon.Add(-ago), Process: "proxy", Serving: event.Serving{
					Playlist: playlist, Mode: event.ServingMode(mode), Reason: reason, Degraded: reason != "",
				}}
			}
			now := serves(42*time.Second, "/live01/playlist.m3u8", "passed through", low)
			s.Degraded = []platform.ServingAt{now}
			s.ServingChanges = []platform.ServingAt{
				serves(213*time.Second, "/sports/720p.m3u8?cdn=2", "forwarded", "it sets a cookie"), serves(127*time.Second, "/sports/720p.m3u8?cdn=2", "merged", ""), now,
			}
		},
		"off air": func(s *platform.Snapshot) {
			gone(s, "worker", platform.Backoff, "exit status 1, restart in 1.6s")
			for i := range s.Details[0].Packagers {
				s.Details[0].Packagers[i].State, s.Details[0].Packagers[i].Reason = report.Stale, "no new segment for 9.2s"
			}
			s.Live, s.Ingests[0].Packagers = nil, nil
			s.Outages = []platform.OutageAt{{Time: noon, Process: "viewer", Outage: event.OutageOf("live01", noon.Add(-10*time.Second), noon)}}
		},
		"several signals": func(s *platform.Snapshot) {
			const one, two = "http://localhost:8080", "http://localhost:9090"
			for _, name := range []string{"live02", "live03", "live04", "live05", "live06"} {
				d := s.Details[0]
				d.Signal = name
				s.Details = append(s.Details, d)
				s.Ingests = append(s.Ingests, report.Ingest{Signal: name, Packagers: []string{one, two}, LastReported: s.Ingests[0].LastReported})
				s.Live = append(slices.Clone(s.Live), report.Live{Signal: name, Server: one + "/" + name + "/playlist.m3u8"})
			}
			s.Outages = []platform.OutageAt{
				{Time: noon, Process: "viewer", Outage: event.EndedOutageOf("live05", noon.Add(-300*time.Second), noon.Add(-300*time.Second).Add(1234*time.Millisecond))},
				{Time: noon, Process: "viewer", Outage: event.OutageOf("live02", noon.Add(-7*time.Second), noon)},
			}
			s.Outages[1].Reason = "connection refused"
			for _, f := range []event.Film{
				{File: "My Movie (1).mp4", Signal: "my-movie-1", State: event.FilmRefused, Reason: "moov atom not found: the copy is not finished"},
				{File: "live01.mp4", Signal: "live01", State: event.FilmAired},
				{File: "live09.mp4", Signal: "live09", State: event.FilmWaiting, Reason: "it is being copied"},
				{File: "notes.txt", State: event.FilmPassed, Reason: "it is no film"},
			} {
				s.Films = append(s.Films, platform.FilmAt{Time: noon.Add(-time.Minute), Process: "worker", Film: f})
			}
		},
		"unknown": func(*platform.Snapshot) {},
		"paused": func(s *platform.Snapshot) {
			status(s, "server2", func(p *platform.Process) { p.Paused = true })
			s.Details[0].Packagers[two].State, s.Details[0].Packagers[two].Reason = report.Down, "nothing within 1s"
		},
		"backoff": func(s *platform.Snapshot) {
			gone(s, "server2", platform.Backoff, "signal: killed, restart in 0.1s")
			s.Details[0].Packagers[two].State, s.Details[0].Packagers[two].Reason = report.Down, "connection refused"
		},
		"failed": func(s *platform.Snapshot) {
			gone(s, "origin", platform.Failed, "ended 5 times in 30s, tried again in 60s")
			s.Live = nil
		},
	}
}
