package api

import (
	"context"
	"errors"
	"os"
	"os/user"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"livestream-tui/procs"
	"livestream-tui/procs/platform"
	"livestream-tui/procs/platform/local"
	"livestream-tui/procs/platform/platformtest"
)

func journalOf(t *testing.T, p platform.Platform, since time.Time, limit int) []platform.Event {
	t.Helper()
	events, err := p.Journal(t.Context(), since, limit)
	if err != nil {
		t.Fatal(err)
	}
	return events
}

func TestContractTheJournalIsGivenByTime(t *testing.T) {
	eachPlatform(t, func(t *testing.T, open func(*testing.T, *local.Local) platform.Platform) {
		l := platformOf(t, platformtest.Supervisor{})
		p := open(t, l)
		if got := journalOf(t, p, time.Time{}, 10); len(got) != 0 {
			t.Errorf("at first: got %v", got)
		}
		for range 5 {
			if err := p.Command(t.Context(), platform.Command{Process: "proxy", Action: platform.Kill}); err != nil {
				t.Fatal(err)
			}
		}
		l.OnLine("viewer", []byte(`{"@level":"warn","@message":"o","event":"outage","signal":"live01","since":"2024-04-05T11:23:45.678Z","length_ms":1234,"until":"2024-04-05T11:23:46.912Z","lost":3,"reason":"é"}`))
		l.OnStatus(platform.Status{Name: "proxy", State: procs.Ready}) // is not in the journal
		all := journalOf(t, l, time.Time{}, 10)
		if len(all) != 6 {
			t.Fatalf("got %v, want six events", all)
		}
		third := all[2].Time
		if all[1].Time.Equal(third) || all[3].Time.Equal(third) {
			t.Skip("the clock is too coarse")
		}
		for _, c := range []struct {
			name        string
			since       time.Time
			limit       int
			first, last int // of all; -1 for none
		}{
			{"everything", time.Time{}, 10, 0, 5},
			{"from the third on", third, 10, 2, 5},
			{"from just after the third on", third.Add(1), 10, 3, 5},
			{"the newest two", time.Time{}, 2, 4, 5},
			{"the newest of those from the third on", third, 1, 5, 5},
			{"from tomorrow on", time.Now().Add(24 * time.Hour), 10, -1, -1},
			{"nothing", time.Time{}, 0, -1, -1},
			{"less than nothing", time.Time{}, -1, -1, -1},
			{"very much", time.Time{}, 1 << 40, 0, 5},
		} {
			got := journalOf(t, p, c.since, c.limit)
			if c.first < 0 {
				if len(got) != 0 {
					t.Errorf("%s: got %v", c.name, got)
				}
				continue
			}
			if d := cmp.Diff(all[c.first:c.last+1], got); d != "" {
				t.Errorf("%s: want -, got +\n%s", c.name, d)
			}
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := p.Journal(ctx, time.Time{}, 1); !errors.Is(err, context.Canceled) {
			t.Errorf("cancelled: got %v, want %v", err, context.Canceled)
		}
	})
}

func TestTheSourceOfACommandIsWhatTheKernelSays(t *testing.T) {
	me, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	refused := errors.New("it is stopping")
	l := platformOf(t, platformtest.Supervisor{OnCommand: func(_ string, a procs.Action) error {
		if a == procs.Stop {
			return refused
		}
		return nil
	}})
	remote := dialed(t, serve(t, l, defaultTimeouts()).path)
	drilled := &platform.Drilled{Name: "kill-active", Verdict: platform.DrillPassed, Seen: "no failover", By: platform.Actor{User: "else"}}
	for _, c := range []struct {
		name string
		to   platform.Platform
		give platform.Command
		want platform.What
	}{
		{"a key here", l, platform.Command{Action: platform.Kill, Process: "proxy", By: platform.Actor{Key: "K"}},
			platform.Commanded{Action: platform.Kill, Process: "proxy", By: platform.Actor{Via: platform.ViaKey, Key: "K", User: me.Username}}},
		{"a key elsewhere", remote, platform.Command{Action: platform.Kill, Process: "proxy", By: platform.Actor{Key: "K"}},
			platform.Commanded{Action: platform.Kill, Process: "proxy", By: platform.Actor{Via: platform.ViaAttach, Key: "K", PID: os.Getpid(), User: me.Username}}},
		{"ctl", remote, platform.Command{Action: platform.Kill, Process: "proxy", By: platform.Actor{Via: platform.ViaCtl}},
			platform.Commanded{Action: platform.Kill, Process: "proxy", By: platform.Actor{Via: platform.ViaCtl, PID: os.Getpid(), User: me.Username}}},
		{"who claims to be another", remote, platform.Command{Action: platform.Kill, Process: "proxy", By: platform.Actor{Via: platform.ViaSignal, PID: 1, User: "else", Key: strings.Repeat("x", 99)}},
			platform.Commanded{Action: platform.Kill, Process: "proxy", By: platform.Actor{Via: platform.ViaAttach, Key: strings.Repeat("x", keyMost), PID: os.Getpid(), User: me.Username}}},
		{"a refusal", remote, platform.Command{Action: platform.Stop, Process: "proxy", By: platform.Actor{Via: platform.ViaCtl}},
			platform.Commanded{Action: platform.Stop, Process: "proxy", Refused: refused.Error(), By: platform.Actor{Via: platform.ViaCtl, PID: os.Getpid(), User: me.Username}}},
		{"a drill", remote, platform.Command{Action: platform.NoteDrill, Drill: drilled, By: platform.Actor{Via: platform.ViaDrill}},
			platform.Drilled{Name: "kill-active", Verdict: platform.DrillPassed, Seen: "no failover", By: platform.Actor{Via: platform.ViaDrill, PID: os.Getpid(), User: me.Username}}},
	} {
		if err := c.to.Command(t.Context(), c.give); err != nil && err.Error() != refused.Error() {
			t.Errorf("%s: got %v", c.name, err)
		}
		got := journalOf(t, l, time.Time{}, 1)
		if len(got) != 1 {
			t.Fatalf("%s: got %v, want an event", c.name, got)
		}
		if d := cmp.Diff(c.want, got[0].What); d != "" {
			t.Errorf("%s: want -, got +\n%s", c.name, d)
		}
	}
}

func TestTheSocketRefusesAWrongTime(t *testing.T) {
	path := serve(t, platformOf(t, platformtest.Supervisor{}), defaultTimeouts()).path
	r := dialed(t, path)
	for _, query := range []string{"since=yesterday", "limit=many"} {
		resp, err := r.get(t.Context(), "/journal?"+query, "") //nolint:bodyclose // there is none
		if err == nil {
			_ = resp.Body.Close() // the test has failed
			t.Errorf("%s: got status %d, want it refused", query, resp.StatusCode)
		}
		if want := query[strings.Index(query, "=")+1:]; err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want an error that names %s", query, err, want)
		}
	}
}
