package ctl

import (
	"strings"
	"testing"
	"time"

	"livestream-tui/layouts"
	"livestream-tui/procs/onair"
	"livestream-tui/procs/platform"
	"livestream-tui/procs/platform/model"
	"livestream-tui/services/kit/event"
	"livestream-tui/services/kit/report"
)

func TestStatusShowsLightsOutagesAndFilms(t *testing.T) {
	noon := time.Date(2026, 1, 1, 12, 0, 0, 0, time.Local)
	m := &model.Model{Now: platform.Snapshot{Processes: []platform.Process{{Status: platform.Status{Name: "viewer"}, Service: "viewer", Role: layouts.Viewer}}}}
	var a model.Answers
	for _, name := range []string{"a", "b"} {
		a.Details = append(a.Details, report.SignalStatus{Signal: name})
		a.Live = append(a.Live, report.Live{Signal: name, Server: "http://a/" + name + "/playlist.m3u8"})
	}
	m.SetAnswers(a, noon)
	off := 2500 * time.Millisecond
	line := event.Line{Time: noon.Add(-time.Second)}
	m.ApplyLine("viewer", line, event.Viewing{Signal: "a", State: event.ViewPlaying, Since: noon.Add(-time.Hour)})
	m.ApplyLine("viewer", line, event.OutageOf("b", noon.Add(-off), noon.Add(-time.Second)))
	m.ApplyLine("viewer", line, event.Viewing{Signal: "b", State: event.ViewStalled, Since: noon.Add(-off)})
	for name, state := range map[string]event.FilmState{"a": event.FilmAired, "b": event.FilmAired, "c": event.FilmRefused} {
		m.ApplyLine("worker", line, event.Film{File: name + ".mp4", Signal: name, State: state, Reason: "because"})
	}
	m.ApplyLine("viewer", event.Line{Time: noon}, event.EndedOutageOf("a", noon.Add(-2*time.Hour), noon.Add(-2*time.Hour).Add(1234*time.Millisecond)))
	s := m.Now
	s.At = noon
	s = onair.Complete(s)
	var written strings.Builder
	if err := WriteStatus(&written, s); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"OFF AIR   1 of 2 signals on air: b has stood still since 11:59:57\n",
		"\na       on air   2026-01-01 11:00:00  -\nb       off air  2026-01-01 11:59:57  -     b has stood still since 11:59:57\n",
		"\nb       2026-01-01 11:59:57.500  ongoing       2.5s\na       2026-01-01 10:00:00.000  10:00:01.234  1.234s\n",
		"\nFILM   SIGNAL  STATE    REASON\na.mp4  a       aired    because\nb.mp4  b       aired    because\nc.mp4  c       refused  because\n",
	} {
		if !strings.Contains(written.String(), want) {
			t.Errorf("the status lacks %q:\n%s", want, written.String())
		}
	}
	written.Reset()
	if err := WriteStatusJSON(&written, s); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"state": "off air",`, `"length_ms": 1234`, `"file": "c.mp4",`, `"due": true`} {
		if !strings.Contains(written.String(), want) {
			t.Errorf("the document lacks %s:\n%s", want, written.String())
		}
	}
}
