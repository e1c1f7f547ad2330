package local

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"

	"livestream-tui/layouts"
	"livestream-tui/procs"
	"livestream-tui/procs/platform"
	"livestream-tui/procs/platform/model"
	"livestream-tui/procs/platform/platformtest"
	"livestream-tui/services/kit/event"
	"livestream-tui/services/kit/report"
)

func processOf(t *testing.T, s platform.Snapshot, name string) platform.Process {
	t.Helper()
	for _, p := range s.Processes {
		if p.Name == name {
			return p
		}
	}
	t.Fatalf("no process %s in the snapshot", name)
	return platform.Process{}
}

func TestSnapshotAndEventsTogetherMissNothing(t *testing.T) {
	const changes = 500 // fewer than a subscriber's queue holds
	l := platformOf(t, platformtest.Supervisor{})
	ctx, cancel := context.WithCancel(t.Context())
	ran := make(chan error, 1)
	go func() { ran <- l.Run(ctx) }()
	var work sync.WaitGroup
	type seen struct{ first, last, count int }
	results := make(chan seen, 4)
	turn := make(chan struct{}) // time for the next subscriber, which races the changes after it
	work.Go(func() {
		for i := range changes {
			if i%(changes/cap(results)) == 0 {
				turn <- struct{}{}
			}
			l.OnStatus(platform.Status{Name: "proxy", State: procs.Starting, Incarnation: i + 1})
		}
	})
	for range cap(results) {
		<-turn
		snapshot, events, _ := l.Subscribe(t.Context())
		first := processOf(t, snapshot, "proxy").Incarnation
		work.Go(func() {
			s := seen{first: first, last: first}
			for s.last < changes { // a late one's snapshot may hold them all
				e, ok := <-events
				if !ok {
					t.Errorf("the events end after change %d", s.last)
					break
				}
				if e.Status() == nil {
					continue
				}
				if e.Status().Incarnation != s.last+1 || e.Dropped > 0 {
					t.Errorf("change %d follows %d, %d dropped: want each, once, in order", e.Status().Incarnation, s.last, e.Dropped)
				}
				s.last, s.count = e.Status().Incarnation, s.count+1
			}
			results <- s
		})
	}
	work.Wait()
	cancel()
	if err := <-ran; err != nil {
		t.Fatal(err)
	}
	for range cap(results) {
		if s := <-results; s.last != changes || s.first+s.count != changes {
			t.Errorf("snapshot at %d and %d events: got up to %d, want %d", s.first, s.count, s.last, changes)
		}
	}
}

func TestASlowSubscriberDelaysNothing(t *testing.T) {
	l := platformOf(t, platformtest.Supervisor{})
	_, events, _ := l.Subscribe(t.Context())
	const flood = 10 * subscriberMost
	for i := range flood {
		l.OnLine("worker", fmt.Appendf(nil, `{"@level":"warn","@message":"line %d"}`, i))
	}
	l.OnStatus(platform.Status{Name: "proxy", State: procs.Ready})
	got, dropped := platformtest.CountToStatus(events)
	if got+dropped != flood+1 {
		t.Errorf("%d read and %d dropped, want %d together", got, dropped, flood+1)
	}
	if lines, _ := l.Logs(t.Context(), 0, flood); len(lines) != platform.LogsMost || lines[len(lines)-2].Message != fmt.Sprintf("line %d", flood-1) {
		t.Errorf("log: got %d lines, want the newest %d, the platform's own at the end", len(lines), platform.LogsMost)
	}
}

func TestLinesOfLogBecomeEvents(t *testing.T) {
	var progressed []string
	l := platformOf(t, platformtest.Supervisor{OnProgress: func(process string) { progressed = append(progressed, process) }})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	_, events, _ := l.Subscribe(ctx)
	version := l.Now().Version

	l.OnLine("worker", []byte("just a line"))
	if got := l.Now(); got.LogSeq != 1 || got.Version != version {
		t.Errorf("after a line: got log %d, version %d, want log 1 and no other change", got.LogSeq, got.Version)
	}
	l.OnLine("worker", []byte(`{"@level":"warn","@message":"film is odd"}`))
	if e := <-events; e.Process != "worker" || e.Log() == nil || e.Log().Message != "film is odd" {
		t.Errorf("a warning: got event %+v, want the line", e)
	}
	l.OnLine("proxy", []byte(`{"@level":"info","@message":"failover","event":"failover","signal":"live01","from":"http://a","to":"http://b","cause":"a refused","msn_before":7,"msn_after":8,"gap_ms":1.5,"saved":2}`))
	want := event.Failover{Signal: "live01", From: "http://a", To: "http://b", Cause: "a refused", MSNBefore: 7, MSNAfter: 8, GapMS: 1.5, Saved: 2}
	if e := <-events; e.Process != "proxy" || e.What != want {
		t.Errorf("a failover: got event %+v, want %+v", e, want)
	}
	if got := l.Now().Failovers; len(got) != 1 || got[0].Failover != want || got[0].Process != "proxy" {
		t.Errorf("failovers: got %+v, want %+v", got, want)
	}

	l.OnStatus(platform.Status{Name: "worker", State: procs.Starting, Incarnation: 1})
	l.OnLine("worker", []byte(`{"@level":"info","@message":"p","event":"progress","signal":"live01","stage":"mezzanine","percent":40}`))
	if got := processOf(t, l.Now(), "worker").Progress; got == nil || got.Percent != 40 {
		t.Errorf("progress: got %+v, want 40 %%", got)
	}
	if len(progressed) != 1 || progressed[0] != "worker" {
		t.Errorf("the supervisor learned of progress of %v, want worker: its start timeout would run out", progressed)
	}
	l.OnStatus(platform.Status{Name: "worker", State: procs.Ready, Incarnation: 1})
	if got := processOf(t, l.Now(), "worker").Progress; got != nil {
		t.Errorf("progress of a ready process: got %+v, want none", got)
	}
}

func TestASnapshotIsNotWrittenToLater(t *testing.T) {
	l := platformOf(t, platformtest.Supervisor{})
	before := l.Now()
	l.OnStatus(platform.Status{Name: "proxy", State: procs.Ready, PID: 7})
	if got := processOf(t, before, "proxy"); got.PID != 0 {
		t.Errorf("an old snapshot now has pid %d, want what it had", got.PID)
	}
	if after := l.Now(); after.Version <= before.Version || processOf(t, after, "proxy").PID != 7 {
		t.Errorf("the new one: got version %d, pid %d, want one above %d and pid 7", after.Version, processOf(t, after, "proxy").PID, before.Version)
	}
}

func TestTheLastEventsArriveBeforeSubscriptionsClose(t *testing.T) {
	failed := errors.New("could not stop worker")
	var l *Local
	l = platformOf(t, platformtest.Supervisor{OnRun: func(ctx context.Context) error {
		<-ctx.Done()
		l.OnStatus(platform.Status{Name: "proxy", State: procs.Exited})
		return failed
	}})
	ctx, cancel := context.WithCancel(t.Context())
	_, events, _ := l.Subscribe(t.Context())
	cancel()
	if err := l.Run(ctx); !errors.Is(err, failed) {
		t.Errorf("Run: got %v, want %v", err, failed)
	}
	var last, end platform.Event
	for e := range events { // ends: the channel is closed
		last, end = end, e
	}
	if last.Status() == nil || last.Status().State != procs.Exited {
		t.Errorf("the last event but one: got %+v, want proxy exited", last)
	}
	if what, is := end.What.(platform.Ended); !is || what.Reason != failed.Error() || what.Stopping.IsZero() {
		t.Errorf("the last event: got %+v, want the end of the platform with its reason", end)
	}
	if !l.Now().Stopping {
		t.Error("Stopping: got false, want true")
	}
}

func TestMeasuresAreTakenOverWithoutTheState(t *testing.T) {
	l := platformOf(t, platformtest.Supervisor{OnStatuses: func() []procs.Status {
		return []procs.Status{{Name: "proxy", State: procs.Starting, PID: 7, CPU: 12.5, RSS: 1 << 20, LogLost: 3}, {Name: "origin", PID: 1, CPU: 50}}
	}})
	l.OnStatus(platform.Status{Name: "proxy", State: procs.Ready, PID: 7})
	l.OnStatus(platform.Status{Name: "origin", State: procs.Ready, PID: 2}) // another incarnation than the measured
	l.Update(func(m *model.Model) { m.SetMeasurements(l.sup.Statuses(), time.Now()) })
	got := processOf(t, l.Now(), "proxy")
	if got.State != procs.Ready || got.CPU != 12.5 || got.RSS != 1<<20 || got.LogLost != 3 {
		t.Errorf("proxy: got %+v, want ready with the measures", got.Status)
	}
	if got := processOf(t, l.Now(), "origin"); got.CPU != 0 {
		t.Errorf("origin: got the CPU of an earlier incarnation, %v, want none", got.CPU)
	}
}

func TestCommandsReachTheSupervisor(t *testing.T) {
	refused := errors.New("no process \"prxoy\"")
	var asked []string
	l := platformOf(t, platformtest.Supervisor{OnCommand: func(process string, a procs.Action) error {
		asked = append(asked, a.String()+" "+process)
		if process != "proxy" {
			return refused
		}
		return nil
	}})
	if err := l.Command(t.Context(), platform.Command{Process: "proxy", Action: platform.Kill}); err != nil {
		t.Errorf("kill proxy: got %v, want no error", err)
	}
	if err := l.Command(t.Context(), platform.Command{Process: "prxoy", Action: platform.Stop}); !errors.Is(err, refused) {
		t.Errorf("stop prxoy: got %v, want %v", err, refused)
	}
	if got, want := fmt.Sprint(asked), "[kill proxy stop prxoy]"; got != want {
		t.Errorf("asked: got %s, want %s", got, want)
	}
}

func TestTheOperatorsRequestGoesToTheOrigin(t *testing.T) {
	var asked []string
	origin := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body) // an empty one fails below
		asked = append(asked, r.URL.Path+" "+string(body))
		if got := r.Header.Get("Authorization"); got != "Bearer own" {
			t.Errorf("%s: authorized by %q", r.URL.Path, got)
		}
		if strings.Contains(string(body), "9090") {
			w.WriteHeader(http.StatusConflict)
			_, _ = io.WriteString(w, `{"error":"packager is not usable"}`)
		}
	}))
	defer origin.Close()
	l := newLocal(layouts.Layout{}, nil, "", hclog.NewNullLogger())
	l.poll.origins, l.poll.token = []string{origin.URL}, "own"
	l.packagers = map[string]string{"server1": "http://localhost:8080", "server2": "http://localhost:9090"}
	held := report.Preference{Signal: "live01", Active: "http://localhost:8080", Held: true}
	for _, c := range []struct {
		name    string
		command platform.Command
		known   []report.Preference
		want    string // what the origin is asked
		err     string
	}{
		{"fail over", platform.Command{Action: platform.Failover}, nil, `/failover {}`, ""},
		{"hold", platform.Command{Process: "server1", Action: platform.Hold}, nil, `/hold {"packager":"http://localhost:8080"}`, ""},
		{"hold the held packager", platform.Command{Process: "server1", Action: platform.Hold}, []report.Preference{held}, `/hold {"packager":"http://localhost:8080"}`, ""},
		{"fail one signal over", platform.Command{Action: platform.Failover, Signal: "live02"}, nil, `/failover {"signal":"live02"}`, ""},
		{"hold for one signal", platform.Command{Process: "server1", Action: platform.Hold, Signal: "live02"}, nil, `/hold {"signal":"live02","packager":"http://localhost:8080"}`, ""},
		{"release one signal", platform.Command{Action: platform.Release, Signal: "live02"}, []report.Preference{held}, `/hold {"signal":"live02"}`, ""},
		{"release", platform.Command{Action: platform.Release}, []report.Preference{held}, `/hold {}`, ""},
		{"the origin refuses", platform.Command{Process: "server2", Action: platform.Hold}, []report.Preference{held}, `/hold {"packager":"http://localhost:9090"}`, "packager is not usable"},
		{"not a packager", platform.Command{Process: "worker", Action: platform.Hold}, nil, "", `hold "worker": allowed are the layout's packagers`},
	} {
		t.Run(c.name, func(t *testing.T) {
			asked, l.model.Now.Preferences = nil, c.known
			err := l.Command(t.Context(), c.command)
			if got := strings.Join(asked, "; "); got != c.want {
				t.Errorf("asked %q, want %q", got, c.want)
			}
			if c.err == "" != (err == nil) || err != nil && !strings.Contains(err.Error(), c.err) {
				t.Errorf("got error %v, want %q", err, c.err)
			}
		})
	}
}

// platformOf is a platform of the default layout over a fake supervisor.
func platformOf(t *testing.T, f platformtest.Supervisor) *Local {
	t.Helper()
	return NewWithSupervisor(platformtest.DefaultLayout(t), platformtest.Endpoints(), f)
}
