package panel

import (
	"testing"
	"time"

	"livestream-tui/procs/platform"
	"livestream-tui/services/kit/event"
)

// infoLine is a line of log at level info.
func infoLine(seq uint64, process, message string, fields ...event.Field) platform.LogLine {
	return platform.LogLine{Seq: seq, Process: process, Line: event.Line{Time: time.Unix(0, 0), Level: event.LevelInfo, Message: message, Fields: fields}}
}

func TestLogsForgetTheOldestLinesAndWhatIsShownOfThem(t *testing.T) {
	p := newLogs()
	p.SetFilter("more")
	for i := range 3 * LogsMost {
		p.Take([]platform.LogLine{infoLine(uint64(1000+i), "proxy", "more")})
	}
	if _, got := p.Counts(); got > LogsMost+LogsMost/4 {
		t.Errorf("%d lines are kept, want %d at most", got, LogsMost+LogsMost/4)
	}
	for _, seq := range p.shown {
		if p.line(seq) == nil {
			t.Fatalf("line %d is shown and not kept", seq)
		}
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
	p.Take([]platform.LogLine{infoLine(1, "proxy", "first")})
	p.Take([]platform.LogLine{infoLine(5, "proxy", "second")})
	if _, note := p.Title(nil); note != "all services  level INF and up  3 missed  FOLLOW" {
		t.Errorf("got %q, want 3 missed", note)
	}
}
