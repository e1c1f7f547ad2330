package api

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/hashicorp/go-hclog"

	"livestream-tui/layouts"
	"livestream-tui/procs"
	"livestream-tui/procs/platform"
	"livestream-tui/procs/platform/local"
	"livestream-tui/procs/platform/model"
	"livestream-tui/procs/platform/platformtest"
	"livestream-tui/procs/socket"
	"livestream-tui/services/kit/event"
	"livestream-tui/services/kit/report"
)

// served is a platform's server on a socket of its own.
type served struct {
	path   string
	hangUp context.CancelFunc // and wait
}

// serve serves p until the test ends, or earlier.
func serve(t *testing.T, p platform.Platform, timeouts timeouts) served {
	t.Helper()
	return serveLayout(t, p, platformtest.DefaultLayout(t), timeouts)
}

func serveLayout(t *testing.T, p platform.Platform, layout layouts.Layout, timeouts timeouts) served {
	t.Helper()
	path := socketPath(t)
	l, err := listen(path)
	if err != nil {
		t.Fatal(err)
	}
	s := &server{platform: p, layout: layout, log: hclog.NewNullLogger(), timeouts: timeouts}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.serve(ctx, newBoundedListener(l))
	}()
	hangUp := func() { cancel(); <-done }
	t.Cleanup(hangUp)
	return served{path, hangUp}
}

func dialed(t *testing.T, path string) *Remote {
	t.Helper()
	r, err := Dial(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Close)
	return r
}

// platforms are the ways to reach a platform; each keeps the contract.
var platforms = map[string]func(t *testing.T, l *local.Local) platform.Platform{
	"local": func(_ *testing.T, l *local.Local) platform.Platform { return l },
	"over the socket": func(t *testing.T, l *local.Local) platform.Platform {
		return dialed(t, serve(t, l, defaultTimeouts()).path)
	},
}

func eachPlatform(t *testing.T, test func(t *testing.T, open func(t *testing.T, l *local.Local) platform.Platform)) {
	for name, open := range platforms {
		t.Run(name, func(t *testing.T) { test(t, open) })
	}
}

func TestContractASnapshotIsThePlatformAsItIs(t *testing.T) {
	eachPlatform(t, func(t *testing.T, open func(*testing.T, *local.Local) platform.Platform) {
		l := platformOf(t, platformtest.Supervisor{})
		p := open(t, l)
		var last time.Time
		look := func(what string) {
			t.Helper()
			want, got := l.Now(), seen(t, p)
			if got.At.Before(last) {
				t.Errorf("%s: its time is before that of an earlier one", what)
			}
			last = got.At
			if d := cmp.Diff(want, got, cmpopts.IgnoreFields(platform.Snapshot{}, "At", "OnAir.LastHour")); d != "" {
				t.Errorf("%s: want -, got +\n%s", what, d)
			}
		}
		look("at first")
		at := time.Now().Round(0) // without the monotonic clock, which the wire does not carry
		l.OnStatus(platform.Status{Name: "proxy", State: procs.Ready, PID: 7, Paused: true, Wanted: true, Incarnation: 3, Started: at, Restarts: 2,
			LastExit: "signal: killed", CPU: 12.5, RSS: 1 << 40, LogPath: "/l", LogLost: 1, Argv: []string{"/bin/x", "proxy"}, Socket: "/s", Reason: "é"})
		look("after a state")
		l.OnLine("proxy", []byte(`{"@level":"info","@message":"failover","event":"failover","signal":"live01","from":"http://a","to":"http://b","cause":"a refused","msn_before":7,"msn_after":8,"gap_ms":1.5,"saved":2}`))
		look("after a failover")
		l.OnLine("proxy", []byte(`{"@level":"info","@message":"m","event":"serving","playlist":"/ll.m3u8?a=b","mode":"passed through","reason":"low latency","degraded":true}`))
		look("after a playlist is passed through")
		l.OnLine("worker", []byte(`{"@level":"info","@message":"p","event":"progress","signal":"live01","stage":"mezzanine","percent":40}`))
		look("after progress")
		l.OnLine("viewer", []byte(`{"@level":"info","@message":"v","event":"viewing","signal":"live01","state":"stalled","stalled_for_ms":9007199254740993,"msn":-1}`))
		look("after a viewer's report")
		l.OnLine("viewer", []byte(`{"@level":"info","@message":"v","event":"viewing","signal":"live01","state":"playing","msn":1,"since":"2024-04-05T11:23:45.678Z","trouble":"EOF"}`))
		look("after a viewer has shown it")
		l.OnLine("viewer", []byte(`{"@level":"warn","@message":"o","event":"outage","signal":"live01","since":"2024-04-05T11:23:45.678Z","length_ms":1234,"again":true,"reason":"é"}`))
		look("after an outage has begun")
		l.OnLine("worker", []byte(`{"@level":"info","@message":"f","event":"film","file":"My Movie (1).mp4","signal":"my-movie-1","state":"refused","reason":"moov atom not found"}`))
		look("after a film is refused")
		l.OnLine("worker", []byte("a line, which changes the log alone"))
		look("after a line")
		l.Update(func(m *model.Model) {
			m.SetAnswers(model.Answers{Err: "the reporter is silent", Live: []report.Live{{Signal: "live01", Server: "http://a/live01/playlist.m3u8"}},
				Ingests: []report.Ingest{{Signal: "live01", Packagers: []string{}, LastReported: "Fri, 05 Apr 2024 11:23:45 -03"}},
				Details: []report.SignalStatus{{Signal: "live01", Packagers: []report.PackagerStatus{{URL: "http://a", State: report.Lagging, MSN: -1, Part: -1, AgeMS: -1}}, LastReported: at}}}, time.Now())
		})
		look("after the control plane's answers")
		l.Update((*model.Model).SetStopping)
		look("on its way down")
	})
}

func TestContractLogsAreGivenByNumber(t *testing.T) {
	eachPlatform(t, func(t *testing.T, open func(*testing.T, *local.Local) platform.Platform) {
		l := platformOf(t, platformtest.Supervisor{})
		p := open(t, l)
		for i := range 5 {
			l.OnLine("proxy", fmt.Appendf(nil, `{"@level":"warn","@message":"line %d","big":9007199254740993,"list":[1,{"a":null}],"t":true}`, i+1))
		}
		for _, c := range []struct {
			since       uint64
			limit       int
			first, last uint64 // 0: none
		}{
			{0, 10, 1, 5}, {0, 2, 4, 5}, {3, 10, 4, 5}, {4, 1, 5, 5}, {5, 10, 0, 0}, {1 << 63, 10, 0, 0}, {0, 0, 0, 0}, {0, -1, 0, 0}, {0, 1 << 40, 1, 5},
		} {
			got := linesOf(t, p, c.since, c.limit)
			switch {
			case c.first == 0 && len(got) != 0:
				t.Errorf("since %d, limit %d: got %d lines, want none", c.since, c.limit, len(got))
			case c.first == 0:
			case len(got) == 0 || got[0].Seq != c.first || got[len(got)-1].Seq != c.last || len(got) != int(c.last-c.first)+1:
				t.Errorf("since %d, limit %d: got %v, want lines %d to %d", c.since, c.limit, got, c.first, c.last)
			}
		}
		got := linesOf(t, p, 0, 1)[0]
		if d := cmp.Diff(linesOf(t, l, 0, 1)[0].FieldText(), got.FieldText()); d != "" || got.Level != event.LevelWarn || got.Process != "proxy" {
			t.Errorf("the line: got %+v\n%s", got, d)
		}
	})
}

func TestContractSnapshotAndEventsTogetherMissNothing(t *testing.T) {
	eachPlatform(t, func(t *testing.T, open func(*testing.T, *local.Local) platform.Platform) {
		const readers, more = 4, 50
		l := platformOf(t, platformtest.Supervisor{})
		p := open(t, l)
		ctx, cancel := context.WithTimeout(t.Context(), platformtest.Deadline)
		defer cancel()
		var work sync.WaitGroup
		subscribed := make(chan struct{}, readers)
		for range readers {
			work.Go(func() {
				snapshot, events, err := p.Subscribe(ctx)
				subscribed <- struct{}{}
				if err != nil {
					t.Error(err)
					return
				}
				proxy, _ := snapshot.Process("proxy")
				for last := proxy.Incarnation; ; last++ {
					e, ok := <-events
					if !ok || e.Status() == nil || e.Status().Incarnation != last+1 || e.Dropped > 0 {
						t.Errorf("after change %d: got %+v, want the next", last, e)
						return
					}
					if e.Status().State == procs.Ready {
						return
					}
				}
			})
		}
		// Changes, slowly enough that no reader misses one, from before the first
		// subscription until after the last.
		pace := time.NewTicker(200 * time.Microsecond)
		defer pace.Stop()
		state := procs.Starting
		for i, left := 1, more; left > 0; i++ {
			<-pace.C
			if len(subscribed) == readers {
				left--
			}
			if left == 0 || ctx.Err() != nil {
				state, left = procs.Ready, 0 // the last
			}
			l.OnStatus(platform.Status{Name: "proxy", State: state, Incarnation: i})
		}
		work.Wait()
	})
}

func TestContractASlowReaderLearnsHowMuchItMissed(t *testing.T) {
	eachPlatform(t, func(t *testing.T, open func(*testing.T, *local.Local) platform.Platform) {
		l := platformOf(t, platformtest.Supervisor{})
		p := open(t, l)
		_, events, _ := p.Subscribe(t.Context())
		const flood = 20 * 1024 // far more than a subscriber's queue holds
		for i := range flood {  // nothing is read, and this goes on
			l.OnLine("worker", fmt.Appendf(nil, `{"@level":"warn","@message":"line %d"}`, i))
		}
		l.OnStatus(platform.Status{Name: "proxy", State: procs.Ready})
		got, dropped := platformtest.CountToStatus(events)
		if got+dropped != flood+1 || dropped == 0 {
			t.Errorf("%d read and %d dropped, want %d together, some dropped", got, dropped, flood+1)
		}
	})
}

func TestContractCommandsAreDoneOrRefusedWithAReason(t *testing.T) {
	eachPlatform(t, func(t *testing.T, open func(*testing.T, *local.Local) platform.Platform) {
		var mu sync.Mutex
		var asked []string
		refusal := `no process "prxoy"; there are <proxy> & "origin"`
		l := platformOf(t, platformtest.Supervisor{OnCommand: func(process string, a procs.Action) error {
			mu.Lock()
			defer mu.Unlock()
			asked = append(asked, a.String()+" "+process)
			if process != "proxy" {
				return errors.New(refusal)
			}
			return nil
		}})
		p := open(t, l)
		for _, a := range []platform.Action{platform.Kill, platform.Restart, platform.Stop, platform.Start, platform.Pause, platform.Resume} {
			if err := p.Command(t.Context(), platform.Command{Process: "proxy", Action: a}); err != nil {
				t.Errorf("%s proxy: got %v, want no error", a, err)
			}
		}
		if err := p.Command(t.Context(), platform.Command{Process: "prxoy", Action: platform.Stop}); err == nil || err.Error() != refusal {
			t.Errorf("stop prxoy: got %v, want %s", err, refusal)
		}
		if err := p.Command(t.Context(), platform.Command{Action: platform.Failover}); !errors.Is(err, local.ErrNoOrigin) && (err == nil || err.Error() != local.ErrNoOrigin.Error()) {
			t.Errorf("failover: got %v, want %v", err, local.ErrNoOrigin)
		}
		if got, want := fmt.Sprint(asked), "[kill proxy restart proxy stop proxy start proxy pause proxy resume proxy stop prxoy]"; got != want {
			t.Errorf("asked: got %s, want %s", got, want)
		}
	})
}

func TestContractASubscriptionEndsWithItsReaderOrThePlatform(t *testing.T) {
	eachPlatform(t, func(t *testing.T, open func(*testing.T, *local.Local) platform.Platform) {
		var l *local.Local
		l = platformOf(t, platformtest.Supervisor{OnRun: func(ctx context.Context) error {
			<-ctx.Done()
			l.OnStatus(platform.Status{Name: "proxy", State: procs.Exited})
			return nil
		}})
		p := open(t, l)
		ctx, leave := context.WithCancel(t.Context())
		_, left, err := p.Subscribe(ctx)
		_, stays, err2 := p.Subscribe(t.Context())
		if err := errors.Join(err, err2); err != nil {
			t.Fatal(err)
		}
		leave()
		for range left { // until it is closed
		}
		platformtest.Await(t, "only the other one is subscribed", func() bool {
			return l.Subscribers() == 1
		})
		run, stop := context.WithCancel(t.Context())
		stop()
		if err := l.Run(run); err != nil {
			t.Fatal(err)
		}
		var last, end platform.Event
		for e := range stays {
			last, end = end, e
		}
		if last.Status() == nil || last.Status().State != procs.Exited {
			t.Errorf("the last event but one: got %+v, want proxy exited", last)
		}
		if _, is := end.What.(platform.Ended); !is {
			t.Errorf("the last event: got %+v, want the end of the platform", end)
		}
		_, late, _ := p.Subscribe(t.Context()) // of a platform that has ended
		for range late {                       // until it is closed
		}
	})
}

func TestALayoutArrivesWhole(t *testing.T) {
	layout := platformtest.DefaultLayout(t)
	layout.Processes[0].Environment = map[string]string{"A": "b"}
	layout.Processes[0].Grace = 3 * time.Second
	got, err := dialed(t, serveLayout(t, platformOf(t, platformtest.Supervisor{}), layout, defaultTimeouts()).path).Layout(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(layout, got); d != "" {
		t.Errorf("want -, got +\n%s", d)
	}
}

// unixConn is a raw connection to the socket.
func unixConn(t *testing.T, path string) net.Conn {
	t.Helper()
	c, err := net.DialTimeout("unix", path, platformtest.Deadline)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() }) // it may be closed already
	if err := c.SetDeadline(time.Now().Add(platformtest.Deadline)); err != nil {
		t.Fatal(err)
	}
	return c
}

// socketPath returns the path of a control socket in a run folder of its own.
func socketPath(t *testing.T) string {
	t.Helper()
	run, err := os.MkdirTemp("", "ctl") // short: a socket's path has a limit
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(run) }) // a temporary folder: no harm if it stays
	return platform.SocketPath(run)
}

// serveHandler serves h on a control socket until the test ends, and returns its path.
func serveHandler(t *testing.T, h http.HandlerFunc) string {
	t.Helper()
	path := socketPath(t)
	l, err := listen(path)
	if err != nil {
		t.Fatal(err)
	}
	front := &http.Server{Handler: h}
	go func() { _ = front.Serve(l) }()      // until it is closed
	t.Cleanup(func() { _ = front.Close() }) // its connections end with it
	return path
}

// listen makes the socket at a path that no supervisor holds.
func listen(path string) (net.Listener, error) {
	l := socket.NewListener(path)
	if err := l.Renew(); err != nil {
		return nil, fmt.Errorf("control socket: %w", err)
	}
	return l, nil
}

// platformOf is a platform of the default layout over a fake supervisor.
func platformOf(t *testing.T, sup platformtest.Supervisor) *local.Local {
	t.Helper()
	return local.NewWithSupervisor(platformtest.DefaultLayout(t), platformtest.Endpoints(), sup)
}

// seen is the snapshot of now.
func seen(t *testing.T, p platform.Platform) platform.Snapshot {
	t.Helper()
	s, err := p.Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func linesOf(t *testing.T, p platform.Platform, since uint64, limit int) []platform.LogLine {
	t.Helper()
	lines, err := p.Logs(t.Context(), since, limit)
	if err != nil {
		t.Fatal(err)
	}
	return lines
}
