package cli

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"livestream-tui/procs/journal"
	"livestream-tui/procs/platform"
	"livestream-tui/services/kit/event"
	"livestream-tui/services/kit/service"
)

// journaled returns the environment of a platform that has ended: of an hour, it was off air
// for 14.2 s, after an operator had stopped a packager.
func journaled(t *testing.T) service.Environment {
	t.Helper()
	state := t.TempDir()
	began := time.Now().Add(-2 * time.Hour).Truncate(time.Second)
	at := func(d time.Duration) time.Time { return began.Add(d) }
	lasting := event.OutageOf("live01", at(10*time.Minute), at(10*time.Minute))
	over := event.EndedOutageOf("live01", lasting.Since, lasting.Since.Add(14200*time.Millisecond))
	lasting.Reason, over.Reason, over.Lost = "no packager", "no packager", 3
	j := journal.Open(journal.Options{Folder: state})
	for _, e := range []platform.Event{
		{Time: began, What: platform.Started{PID: 7, Layout: "default", Packagers: map[string]string{"http://localhost:8080": "server1", "http://localhost:9090": "server2"}}},
		{Time: began, What: platform.Aired{Signal: "live01", State: platform.AirOn}},
		{Time: at(9 * time.Minute), Process: "proxy", What: event.Failover{Signal: "live01", From: "http://localhost:8080", To: "http://localhost:9090", Cause: "http://localhost:8080 is down", GapMS: 41}},
		{Time: at(10*time.Minute - 12*time.Second), Process: "server2", What: platform.Commanded{Action: platform.Stop, Process: "server2", By: platform.Actor{Via: platform.ViaAttach, Key: "s", PID: 8121, User: "root"}}},
		{Time: at(10 * time.Minute), Process: "viewer", What: lasting},
		{Time: at(11 * time.Minute), Process: "viewer", What: over},
		{Time: at(30 * time.Minute), Process: "worker", What: platform.Exit{State: platform.Backoff, Reason: "exit status 1", Times: 9, Since: at(30*time.Minute - 9*time.Second)}},
		{Time: at(40 * time.Minute), What: platform.Drilled{Name: "kill-active", Verdict: platform.DrillPassed, Seen: "no failover", By: platform.Actor{Via: platform.ViaDrill, User: "root"}}},
		{Time: at(time.Hour), What: platform.Ended{Stopping: at(time.Hour)}},
	} {
		j.Add(e)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	j.Run(ctx)
	return service.Environment{"STATE_PATH": state}
}

func TestTheJournalIsListedWhileNothingRuns(t *testing.T) {
	env := journaled(t)
	got := invoke(t, env, "events", "--since", "3h")
	if got.status != statusOK || got.errs != "" {
		t.Errorf("got status %d, standard error %q", got.status, got.errs)
	}
	for _, want := range []string{
		" [INFO]  platform: the platform starts: layout default\n",
		" [INFO]  platform: on air: live01\n",
		" [WARN]  proxy: failover of live01 from server1 to server2: server1 is down (",
		" [INFO]  server2: stop server2, by root, attach pid 8121 (s)\n",
		" [ERROR] viewer: off air: live01 since ",
		": no packager\n",
		" [INFO]  viewer: on air again: live01 after 14.2s, off air from ",
		", 3 segments lost\n",
		" [WARN]  worker: ended 9 times in 9s: exit status 1\n",
		" [INFO]  platform: drill kill-active passed, by root, drill: no failover\n",
		" [INFO]  platform: the platform ended\n",
	} {
		if !strings.Contains(got.out, want) {
			t.Errorf("got\n%s\nwant %q in it", got.out, want)
		}
	}
	lines := strings.Split(strings.TrimSpace(invoke(t, env, "events", "--since", "3h", "--json").out), "\n")
	if len(lines) != 9 {
		t.Errorf("got %d lines of JSON, want 9", len(lines))
	}
	for _, line := range lines {
		var e platform.Event
		if err := json.Unmarshal([]byte(line), &e); err != nil || e.What == nil {
			t.Errorf("%s: got %+v, %v, want an event", line, e, err)
		}
	}
	if got := invoke(t, env, "events", "--since", "10m"); got.status != statusOK || got.out != "" || !strings.Contains(got.errs, "no events since ") {
		t.Errorf("of a time in which nothing happened: got %+v", got)
	}
}

func TestTheReportAndTheJournalTellOneLength(t *testing.T) {
	env := journaled(t)
	page := filepath.Join(t.TempDir(), "page.html")
	got := invoke(t, env, "report", "--since", "3h", "--html", page)
	if got.status != statusOK || got.errs != "" {
		t.Errorf("got status %d, standard error %q", got.status, got.errs)
	}
	for _, want := range []string{
		"On air for 99.60 % of 1h0m0s, 100.00 % without what operators caused. Outages: 0, planned: 1. Failovers: 1, longest wait of a player: 41 ms.",
		"| live01 | 14.2s | 3 | stop server2 (root, attach pid 8121 (s)); no packager |",
		"| live01 | server1 | server2 | 41 ms | server1 is down |",
		"| worker | ended 9 times in 9s: exit status 1 |",
		" | in order; not started since |",
	} {
		if !strings.Contains(got.out, want) {
			t.Errorf("got\n%s\nwant %q in it", got.out, want)
		}
	}
	b, err := os.ReadFile(page)
	if err != nil || !strings.Contains(string(b), "<svg") {
		t.Errorf("the page: got %v and %d bytes, want plots", err, len(b))
	}
}

func TestAnEmptyJournalIsNoError(t *testing.T) {
	if got := invoke(t, nil, "events"); got.status != statusOK || got.out != "" {
		t.Errorf("events: got %+v", got)
	}
	if got := invoke(t, nil, "report"); got.status != statusOK || !strings.Contains(got.out, "No signal was on air in this time.") {
		t.Errorf("report: got %+v", got)
	}
	if got := invoke(t, nil, "report", "--since", "tomorrow"); got.status != statusUsage || !strings.Contains(got.errs, `--since "tomorrow": allowed are a time ago, such as 90m`) {
		t.Errorf("a wrong time: got %+v", got)
	}
}

func TestSince(t *testing.T) {
	now := time.Date(2026, 3, 1, 9, 30, 0, 0, time.Local)
	for _, c := range []struct{ value, want string }{
		{"1h", "2026-03-01 08:30:00"},
		{"36h", "2026-02-27 21:30:00"},
		{"09:00", "2026-03-01 09:00:00"},
		{"20:00", "2026-02-28 20:00:00"},
		{"20:00:30", "2026-02-28 20:00:30"},
		{"2026-02-20", "2026-02-20 00:00:00"},
		{"2026-02-20 15:04", "2026-02-20 15:04:00"},
		{"2026-02-20 15:04:05", "2026-02-20 15:04:05"},
		{"-1h", ""}, {"0s", ""}, {"", ""}, {"25:00", ""}, {"2026-03-02", ""}, {"yesterday", ""},
	} {
		got := ""
		if at, err := parseSince(c.value, now); err == nil {
			got = at.Format(time.DateTime)
		}
		if got != c.want {
			t.Errorf("%q: got %q, want %q", c.value, got, c.want)
		}
	}
}
