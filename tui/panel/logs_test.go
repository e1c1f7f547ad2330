package panel

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"livestream-tui/procs/platform"
	"livestream-tui/services/kit/event"
	"livestream-tui/tui/canvas"
	"livestream-tui/tui/scene"
)

// logsOf returns a panel with lines of the proxy at level info, a second apart.
func logsOf(messages ...string) *Logs {
	p := newLogs()
	for i, m := range messages {
		p.Take([]platform.LogLine{infoLine(i, "proxy", m)})
	}
	return p
}

// infoLine is a line of log at level info, i seconds after the first.
func infoLine(i int, process, message string, fields ...event.Field) platform.LogLine {
	return platform.LogLine{Seq: uint64(i + 1), Process: process, Line: event.Line{
		Time: time.Unix(int64(i), 0), Level: event.LevelInfo, Message: message, Fields: fields,
	}}
}

// logScene is a scene of two packagers.
func logScene() *scene.Scene {
	s := &scene.Scene{Now: time.Unix(0, 0).UTC(), Glyphs: canvas.UnicodeGlyphs()}
	for i, name := range []string{"server1", "server2"} {
		s.Snapshot.Processes = append(s.Snapshot.Processes, platform.Process{Status: platform.Status{Name: name}, Port: 8080 + i})
	}
	return s
}

// drawnLogs returns the lines of a panel as text, without blanks at the end.
func drawnLogs(p *Logs, w, h int) []string {
	var list []string
	for _, l := range p.Lines(logScene(), w, h) {
		list = append(list, strings.TrimRight(l.String(), " "))
	}
	return list
}

func wantLines(t *testing.T, got []string, want ...string) {
	t.Helper()
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestLogsCutAtTheEndOfAWord(t *testing.T) {
	p := newLogs()
	p.Take([]platform.LogLine{infoLine(0, "proxy", "upstream refused the connection", event.Field{Key: "packager", Value: "http://localhost:8081"},
		event.Field{Key: "error", Value: "dial tcp 127.0.0.1:8081: connect: connection refused"}, event.Field{Key: "event", Value: "x"}, event.Field{Key: "reason", Value: ""})})
	wantLines(t, drawnLogs(p, 80, 4), "00:00:00 INF proxy      upstream refused the connection packager=server2 …")
	wantLines(t, drawnLogs(p, 120, 4), `00:00:00.000 INF proxy      upstream refused the connection packager=server2 error="dial tcp server2: connect: …`)
	p.ToggleWrap()
	wantLines(t, drawnLogs(p, 80, 4),
		"00:00:00 INF proxy      upstream refused the connection packager=server2",
		`                        error="dial tcp server2: connect: connection refused"`)
	for w := 10; w < 140; w++ {
		for _, l := range p.Lines(logScene(), w, 40) {
			if l.Width > max(w, 25) {
				t.Fatalf("%d cells: got %d in %q", w, l.Width, l)
			}
		}
	}
}

func TestLogsShowOnlyFieldsThatChangedUnlessALineIsHeld(t *testing.T) {
	p := newLogs()
	for i := range 3 {
		p.Take([]platform.LogLine{infoLine(i, "server1", "published", event.Field{Key: "signal", Value: "live01"}, event.Field{Key: "msn", Value: fmt.Sprint(i)})})
	}
	p.Step(-1)
	wantLines(t, drawnLogs(p, 80, 4),
		"00:00:00 INF server1    published signal=live01 msn=0",
		"00:00:01 INF server1    published signal=live01 msn=1",
		"00:00:02 INF server1    published msn=2")
}

func TestLogsCountRepeatedLines(t *testing.T) {
	wantLines(t, drawnLogs(logsOf("a", "b", "a", "a", "c"), 80, 8),
		"00:00:00 INF proxy      a x3", "00:00:01 INF proxy      b", "00:00:04 INF proxy      c")
}

func TestLogsKeepTheHeldLineOnTheScreenWhenTheyWrap(t *testing.T) {
	long := strings.Repeat("word ", 60)
	p := logsOf(long+"1", long+"2", long+"3", long+"4", "short")
	p.ToggleWrap()
	for range 4 {
		p.Step(-1)
		held := 0
		for _, l := range p.Lines(logScene(), 80, 9) {
			if l.Selected {
				held++
			}
		}
		if held < 6 {
			t.Errorf("the held line has %d lines on the screen, want 6", held)
		}
	}
	if got := drawnLogs(p, 80, 3); len(got) != 3 {
		t.Errorf("got %d lines, want 3", len(got))
	}
}

func TestASearchKeepsAllLinesAndGoesFromMatchToMatch(t *testing.T) {
	p := logsOf("one", "refused 1", "two", "refused 2", "three")
	p.SetSearch("refused")
	held := func() string {
		if !p.Held() {
			return ""
		}
		return p.HeldLine().Message
	}
	if !p.NewestMatch() || held() != "refused 2" {
		t.Errorf("got %q, want the newest match", held())
	}
	if !p.Match(-1) || held() != "refused 1" || p.Match(-1) || held() != "refused 1" {
		t.Errorf("got %q, want the first match, and none above it", held())
	}
	if !p.Match(1) || held() != "refused 2" || p.Match(1) {
		t.Errorf("got %q, want the second match, and none below it", held())
	}
	if shown, _ := p.Counts(); shown != 5 {
		t.Errorf("%d lines are shown, want all 5", shown)
	}
	if !p.Back() || p.Search().Text != "" || !p.Back() || p.Held() || p.Back() {
		t.Error("esc does not take back the search and then the held line")
	}
}

func TestTroubleIsCountedAndFound(t *testing.T) {
	p := logsOf("one", "two", "three")
	bad := infoLine(3, "proxy", "bad")
	bad.Level = event.LevelError
	worse := infoLine(4, "worker", "worse")
	worse.Level = event.LevelWarn
	p.Take([]platform.LogLine{bad, worse, infoLine(5, "proxy", "four")})
	p.ShiftLevel(2)
	drawnLogs(p, 120, 5)
	if _, note := p.Title(nil); !strings.Contains(note, "1 ERR 1 WRN") {
		t.Errorf("got %q, want one of each, whatever the level", note)
	}
	p.ShiftLevel(-2)
	if !p.Trouble(-1) || p.HeldLine().Message != "worse" || !p.Trouble(-1) || p.HeldLine().Message != "bad" || p.Trouble(-1) || !p.Trouble(1) {
		t.Errorf("got %q held, want to go from one to the other", p.HeldLine().Message)
	}
	p.Only("proxy")
	drawnLogs(p, 120, 5)
	if _, note := p.Title(nil); !strings.Contains(note, "1 ERR 0 WRN") {
		t.Errorf("got %q, want the proxy's only", note)
	}
}

func TestTheTitleHasNoHalfWords(t *testing.T) {
	p := logsOf("one", "two")
	p.Only("proxy")
	p.Since(time.Unix(0, 0), "server2 start 3")
	p.SetFilter("o")
	p.SetSearch("one")
	for w := 20; w < 160; w++ {
		drawnLogs(p, w, 3)
		_, note := p.Title(nil)
		for _, piece := range strings.Split(note, "  ") {
			switch piece {
			case "proxy", "level INF and up", "since server2 start 3", "&o& 2 of 2", "/one/", "0 ERR 0 WRN", "FOLLOW":
			default:
				t.Errorf("%d cells: got %q", w, piece)
			}
		}
	}
}

func TestAClickHoldsTheLine(t *testing.T) {
	p := logsOf("one", "two", "three")
	drawnLogs(p, 80, 2)
	p.Click(nil, 0)
	p.Click(nil, 7)
	if !p.Held() || p.HeldLine().Message != "two" {
		t.Error("got another line, want the first on the screen")
	}
}

func TestLogsShowAViewersReportsAtLevelDebug(t *testing.T) {
	p := newLogs()
	p.Take([]platform.LogLine{infoLine(500, "viewer", "the picture plays", event.Field{Key: "event", Value: "viewing"}, event.Field{Key: "signal", Value: "live01"})})
	if shown, _ := p.Counts(); shown != 0 {
		t.Error("it is shown at level info")
	}
	p.ShiftLevel(-1)
	if shown, _ := p.Counts(); shown != 1 {
		t.Error("it is not shown at level debug")
	}
}

func TestLogsCountWhatTheyMissed(t *testing.T) {
	p := newLogs()
	p.Take([]platform.LogLine{infoLine(0, "proxy", "first")})
	p.Take([]platform.LogLine{infoLine(4, "proxy", "second")})
	drawnLogs(p, 120, 5)
	if _, note := p.Title(nil); note != "all services  level INF and up  3 missed  0 ERR 0 WRN  FOLLOW" {
		t.Errorf("got %q, want 3 missed", note)
	}
}
