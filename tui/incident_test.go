package tui

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"

	"livestream-tui/procs/platform"
	"livestream-tui/services/kit/event"
)

func TestAnIncidentReportIsAPageOfMarkdown(t *testing.T) {
	m, _ := newTestModel(t, "several signals", 120, 36, colour)
	line := func(ago time.Duration, process string, level event.Level, message string) platform.LogLine {
		return platform.LogLine{Process: process, Line: event.Line{Time: noon.Add(-ago), Level: level, Module: process, Message: message}}
	}
	logs := []platform.LogLine{line(9*time.Second, "proxy", event.LevelInfo, "nothing of note"), line(8*time.Second, platform.Self, event.LevelInfo, "server2 stopped")}
	for i := range 60 {
		logs = append(logs, line(7*time.Second, "worker", event.LevelWarn, fmt.Sprintf("warning %d", i)), line(7*time.Second, "viewer", event.LevelError, "again"))
	}
	got := incidentOf(&m.scene, "livestream-tui v1.2.3", logs).markdown()
	for _, want := range []string{
		"# Incident report, 2024-04-05 14:02:31 UTC\n\nOFF AIR since 14:02:24: live02 has stood still since 14:02:24. ", "The last outage took 1.234s, from 13:57:31 on. ", " livestream-tui v1.2.3\n",
		"\n## Signals\n\n| signal | light | since | why |\n|---|---|---|---|\n| live02 | off air | 14:02:24 | ",
		"\n| 14:02:24 | now | live02 | 7s | 0 | connection refused |\n| 13:57:31 | 13:57:32 | live05 | 1.234s | 0 |  |\n",
		"\n| 13:58:40 | 2→1 | live01 | server2 killed here (K) · wait 41ms |\n", "\n| 13:57:31 | server2 | 1 | exit status 137 |\n",
		"| My Movie (1).mp4 | my-movie-1 | refused | moov atom not found", "\n    INGEST_TOKEN=********\n",
		"## Telling lines of the last 5 minutes\n", " WRN worker warning 59\n", " ERR viewer again   (60 times)\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("the report lacks %q:\n%s", want, got)
		}
	}
	_, telling, _ := strings.Cut(got, "## Telling lines")
	if lines := strings.Count(telling, "\n    "); lines != incidentLines || strings.Contains(telling, "nothing of note") {
		t.Errorf("got %d lines of log, want the %d that tell the most:\n%s", lines, incidentLines, telling)
	}
}

func TestAnIncidentReportNamesWhatIsNotMerged(t *testing.T) {
	m, _ := newTestModel(t, "passed through", 120, 36, colour)
	if got, want := incidentOf(&m.scene, "", nil).markdown(), "| /live01/playlist.m3u8 | passed through | 14:01:49 | low latency"; !strings.Contains(got, want) {
		t.Errorf("got %s\nwant it to hold %q", got, want)
	}
}

func TestALongIncidentReportSaysWhatIsLeftOut(t *testing.T) {
	r := incidentReport{title: "x"}
	var rows [][]string
	for i := range 23 {
		rows = append(rows, []string{fmt.Sprint("a|", i), "b"})
	}
	r.add(part{title: "Rows", heads: []string{"one", "two"}}, rows)
	r.add(part{title: "None"}, nil)
	got := r.markdown()
	if !strings.Contains(got, "## Rows: 20 of 23\n") || !strings.Contains(got, "| a\\|19 | b |\n") || strings.Contains(got, "a\\|20") || strings.Contains(got, "None") {
		t.Errorf("got\n%s\nwant the first 20 rows of 23, and no empty part", got)
	}
}

func TestAnIncidentReportIsShownAndItsPathCopied(t *testing.T) {
	for _, size := range [][2]int{{80, 24}, {120, 36}} {
		m, _ := newTestModel(t, "several signals", size[0], size[1], colour)
		copied := ""
		m.outside.Write = func(folder, name, text string) (string, error) {
			if !strings.HasPrefix(text, "# Incident report") || !strings.HasSuffix(name, ".md") {
				t.Errorf("got file %s with %.40q, want Markdown", name, text)
			}
			return "/home/op/" + name, nil
		}
		m.outside.Copy = func(text string) error { copied = text; return nil }
		m.update(m.incident()())
		checkFrame(t, m, size[0], size[1], "an incident report")
		screen := ansi.Strip(m.View())
		for _, want := range []string{"INCIDENT REPORT, 2024-04-05 14:02:31", "saved as /home/op/incident-20240405-140231.md", "y copies this path", "OFF AIR since 14:02:24"} {
			if !strings.Contains(screen, want) {
				t.Errorf("the screen lacks %q:\n%s", want, screen)
			}
		}
		_, cmd := m.dialog.press(m, keyMsgs("y")[0])
		if said, _ := cmd().(notice); copied != "/home/op/incident-20240405-140231.md" || !strings.Contains(said.text, copied) {
			t.Errorf("copied %q and said %q, want the path of the report", copied, said.text)
		}
		m.dialog, _ = m.dialog.press(m, keyMsgs("esc")[0])
		if m.dialog != nil {
			t.Error("esc leaves the report open")
		}
		m.outside.Write = func(string, string, string) (string, error) { return "", errors.New("the disk is full") }
		m.update(m.incident()())
		if screen := ansi.Strip(m.View()); !strings.Contains(screen, "not saved: the disk is full") || !strings.Contains(screen, "OFF AIR since") {
			t.Errorf("a report that cannot be written is not shown:\n%s", screen)
		}
	}
}
