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
	facts "livestream-tui/procs/platform/model"
	"livestream-tui/procs/platform/series"
	"livestream-tui/services/kit/event"
	"livestream-tui/services/kit/report"
)

// fakePlatform is a platform in the state that a test gives it.
type fakePlatform struct {
	mu       sync.Mutex
	snapshot platform.Snapshot
	lines    []platform.LogLine
	journal  []platform.Event // in order of time
	past     series.Keeper
	commands []platform.Command // without By
	keys     []string           // of the commands
	actors   []platform.Actor   // of the commands
	// refuse is the error of every command; nil accepts them all. onCommand is called
	// with each accepted one, with mu held; it may be nil.
	refuse    error
	onCommand func(f *fakePlatform, c platform.Command)
	tokens    []string // the signals that tokens were made for
}

func (f *fakePlatform) Token(_ context.Context, signal string) (string, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.refuse != nil {
		return "", f.refuse
	}
	f.tokens = append(f.tokens, signal)
	return "secret-" + signal, nil
}

func (f *fakePlatform) Snapshot(context.Context) (platform.Snapshot, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return completed(f.snapshot), nil
}

// completed returns a snapshot with what a platform computes from it.
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

func (f *fakePlatform) Journal(_ context.Context, since time.Time, limit int) ([]platform.Event, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	all := slices.Concat(f.journal, journalOf(f.snapshot))
	slices.SortStableFunc(all, func(a, b platform.Event) int { return a.Time.Compare(b.Time) })
	var list []platform.Event
	for _, e := range all {
		if !e.Time.Before(since) {
			list = append(list, e)
		}
	}
	return list[max(0, len(list)-max(0, limit)):], nil
}

func (f *fakePlatform) History(_ context.Context, since time.Time) (series.History, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.past.Since(since), nil
}

// longPast gives the platform in the state "on air" a past of a quarter of an hour, up to what
// newTestModel adds: the buffer shrank and the requests grew at each failover.
func longPast(f *fakePlatform, s platform.Snapshot, state string) {
	if state != "on air" {
		return // it has been on air for as long as a test shows it
	}
	was := s
	for i := range series.Most - 31 {
		at := noon.Add(time.Duration(i+1-series.Most) * series.Step)
		s.At, s.Processes = at, slices.Clone(s.Processes)
		v := viewing(at, 0)
		requests := 40 + 3*float64((i*7)%11)
		v.BufferMS += int64(i*31%400) - 200
		for _, o := range s.Failovers {
			if since := at.Sub(o.Time); since >= 0 && since < 20*time.Second {
				v.BufferMS -= int64(2000 - 100*since.Seconds())
				requests += 25
			}
		}
		s.Viewings = []platform.ViewingAt{v}
		for j := range s.Processes {
			s.Processes[j].CPU = was.Processes[j].CPU * (0.7 + 0.1*float64((i*7+j*3)%6))
			s.Processes[j].RSS = was.Processes[j].RSS * int64(100+i%13) / 106
		}
		f.keep(at, completed(s), requests)
	}
}

// keep takes the figures of a snapshot as those of a time, with the requests of the proxy.
func (f *fakePlatform) keep(at time.Time, s platform.Snapshot, requests float64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.past.Take(at, append(facts.Figures(s, s.At), series.Point{Kind: series.Requests, Of: "proxy", Value: requests}), facts.Spare(s))
}

func (f *fakePlatform) Subscribe(ctx context.Context) (platform.Snapshot, <-chan platform.Event, error) {
	s, err := f.Snapshot(ctx)
	return s, nil, err
}

func (f *fakePlatform) Command(_ context.Context, c platform.Command) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.keys, f.actors, c.By = append(f.keys, c.By.Key), append(f.actors, c.By), platform.Actor{}
	f.commands = append(f.commands, c)
	if f.refuse == nil && f.onCommand != nil {
		f.onCommand(f, c)
	}
	return f.refuse
}

// asked returns the commands so far.
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

// noon is when the snapshots were taken.
var noon = time.Date(2024, 4, 5, 14, 2, 31, 0, time.UTC)

// testLayout is the default layout with a viewer, whatever the default has.
func testLayout() layouts.Layout {
	l, err := layouts.Load(layouts.Default)
	if err != nil {
		panic(err)
	}
	return l
}

// onAir is a platform of eight processes on air.
func onAir() platform.Snapshot {
	s := platform.Snapshot{
		Version: 1, At: noon, Layout: "default", Started: noon.Add(-42*time.Minute - 17*time.Second),
		PlayURL: "http://localhost:8002", PageURL: "http://localhost:8002", LogFolder: "/home/op/.local/state/livestream-tui/logs",
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
	s.Audiences = []platform.AudienceAt{{Time: noon, Process: "proxy", Audience: event.Audience{
		Signal: "live01", Rendition: "playlist", Sessions: 1204, Stalled: 2, Stalls: 3, StartMS: 820, BufferMS: 6200, LatencyMS: -1, BitrateBPS: 3_200_000, ThroughputBPS: 48_100_000,
	}}}
	return s
}

// someLogs returns lines as services write them.
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

// viewing is a viewer's report; stalled is how long its picture has stood still.
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
