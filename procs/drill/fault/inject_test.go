package fault

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"github.com/hashicorp/go-hclog"

	"livestream-tui/layouts"
	"livestream-tui/procs"
	"livestream-tui/procs/platform"
	"livestream-tui/procs/platform/api"
	"livestream-tui/procs/platform/local"
	"livestream-tui/procs/platform/platformtest"
)

// fake is a platform that notes its commands. Its snapshot is a value that onCommand may
// change.
type fake struct {
	platform.Platform
	mu        sync.Mutex
	snapshot  platform.Snapshot // guarded by mu
	commands  []string          // guarded by mu
	onCommand func(*platform.Snapshot, platform.Command) error
	// onSnapshot is called with each look; nil is allowed.
	onSnapshot func() // guarded by mu
}

func (f *fake) Snapshot(context.Context) (platform.Snapshot, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.onSnapshot != nil {
		f.onSnapshot()
	}
	return f.snapshot, nil
}

func (f *fake) Command(ctx context.Context, c platform.Command) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.commands = append(f.commands, said(c))
	if f.onCommand != nil {
		return f.onCommand(&f.snapshot, c)
	}
	return ctx.Err()
}

func (f *fake) asked() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.commands)
}

func said(c platform.Command) string {
	words := fmt.Sprintf("%s %s", c.Action, c.Process)
	if c.Fault.Mode != "" {
		words += " " + c.Fault.Mode
	}
	return words
}

// twoPackagers is a platform of two packagers, of which players are served from server2.
func twoPackagers() platform.Snapshot {
	packager := func(name string) platform.Process {
		return platform.Process{Status: platform.Status{Name: name, State: platform.Ready, Incarnation: 1, Socket: "/s"}, Role: layouts.Packager}
	}
	return platform.Snapshot{
		Processes: []platform.Process{packager("server1"), packager("server2")},
		Packagers: []platform.Packager{{Signal: "live01", Name: "server1", Ours: true}, {Signal: "live01", Name: "server2", Ours: true, Active: true}},
	}
}

func TestAFaultIsInjectedAndUndone(t *testing.T) {
	other := func(context.Context) (string, error) { return "server1", nil }
	next := func(s *platform.Snapshot, c platform.Command) error {
		if c.Fault.Mode == "stale" { // it dies of it
			s.Processes = slices.Clone(s.Processes)
			s.Processes[1].Incarnation++
		}
		return nil
	}
	slowed := func(ctx context.Context, a *attempt) error { return a.slowDown(ctx, a.active, 3) }
	for _, c := range []struct {
		name      string
		fault     Fault
		active    func(context.Context) (string, error)
		onCommand func(*platform.Snapshot, platform.Command) error
		want      []string
		victim    string
	}{
		{"the active packager misbehaves", Fault{hits: theActive, inject: misbehave("stale")}, nil, nil, []string{"fault server2 stale", "fault server2 none"}, "server2"},
		{"an incarnation that has ended took its fault with it", Fault{hits: theActive, inject: misbehave("stale")}, nil, next, []string{"fault server2 stale"}, "server2"},
		{"another proxy serves from elsewhere", Fault{hits: theActive, inject: misbehave("lag")}, other, nil, []string{"fault server1 lag", "fault server1 none"}, "server1"},
		{"a standby is killed", Fault{hits: aStandby, inject: kill}, nil, nil, []string{"kill server1"}, "server1"},
		{"every packager is down", Fault{hits: every(layouts.Packager), inject: down}, nil, nil,
			[]string{"kill server1", "stop server1", "kill server2", "stop server2", "start server2", "start server1"}, "every packager"},
		{"the active packager is stopped", Fault{hits: theActive, inject: pause}, nil, nil, []string{"pause server2", "resume server2"}, "server2"},
		{"a prepared one is as it was, too", Fault{hits: theActive, prepare: slowed, inject: restart}, nil, nil,
			[]string{"fault server2 slow", "restart server2", "fault server2 none"}, "server2"},
		{"a killed one takes its fault with it", Fault{hits: theActive, prepare: slowed, inject: kill}, nil, nil, []string{"fault server2 slow", "kill server2"}, "server2"},
		{"so does each of several", Fault{hits: every(layouts.Packager), prepare: func(ctx context.Context, a *attempt) error { return a.slowDownAll(ctx, 3) }, inject: down}, nil, nil,
			[]string{"fault server1 slow", "fault server2 slow", "kill server1", "stop server1", "kill server2", "stop server2", "start server2", "start server1"}, "every packager"},
		{"another than the killed one is as it was", Fault{hits: aStandby, prepare: slowed, inject: kill}, nil, nil, []string{"fault server2 slow", "kill server1", "fault server2 none"}, "server1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := &fake{snapshot: twoPackagers(), onCommand: c.onCommand}
			in, err := c.fault.Inject(t.Context(), Target{Platform: p, Signal: "live01", Active: c.active})
			if err != nil {
				t.Fatal(err)
			}
			if got := p.asked(); !slices.Equal(got, c.want) {
				t.Errorf("asked: got %q, want %q", got, c.want)
			}
			if in.Victim != c.victim || in.At.IsZero() || in.Over.Before(in.At) {
				t.Errorf("got %+v, want the victim %s and its time", in, c.victim)
			}
		})
	}
}

func TestAFaultIsUndoneWhenTheDrillIsCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	p := &fake{snapshot: twoPackagers(), onCommand: func(*platform.Snapshot, platform.Command) error {
		cancel()
		return nil
	}}
	_, err := Fault{hits: theActive, Hold: comeLater, inject: pause}.Inject(ctx, Target{Platform: p, Signal: "live01"})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want that it was cancelled", err)
	}
	if got, want := p.asked(), []string{"pause server2", "resume server2"}; !slices.Equal(got, want) {
		t.Errorf("asked: got %q, want %q", got, want)
	}
}

// comeLater is longer than any test.
const comeLater = 1 << 40

func TestAFaultThatThePlatformCannotHaveIsUnavailable(t *testing.T) {
	p := &fake{snapshot: twoPackagers()}
	for _, f := range []Fault{killWorker, killProxy, killDiscovery, everyWorkerDown} {
		_, err := f.Inject(t.Context(), Target{Platform: p, Signal: "live01"})
		if no := (*UnavailableError)(nil); !errors.As(err, &no) {
			t.Errorf("%s: got %v, want that it is unavailable", f.Name, err)
		}
	}
	if got := p.asked(); len(got) > 0 {
		t.Errorf("asked: got %q, want nothing", got)
	}
}

// A drill needs nothing of a platform but its interface: here another process's, over a
// socket, with a packager whose fault switch is a real one's stand-in.
func TestAFaultIsInjectedOverTheSocketOfAPlatform(t *testing.T) {
	dir, err := os.MkdirTemp("", "flt") // short: the path of a socket has a limit
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) }) // a temporary folder: no harm if it stays
	listen := func(name string) (string, net.Listener) {
		path := filepath.Join(dir, name)
		l, err := net.Listen("unix", path)
		if err != nil {
			t.Fatal(err)
		}
		return path, l
	}
	var mu sync.Mutex
	var took []string
	path, l := listen("packager")
	packager := &httptest.Server{Listener: l, Config: &http.Server{Handler: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return // the test finds that it took nothing
		}
		mu.Lock()
		defer mu.Unlock()
		took = append(took, r.Method+" "+r.URL.Path+" "+string(body))
	})}}
	packager.Start()
	t.Cleanup(packager.Close)

	layout := platformtest.DefaultLayout(t)
	own := local.NewWithSupervisor(layout, platformtest.Endpoints(), platformtest.Supervisor{})
	own.Update(platformtest.PlayLive01)
	own.OnStatus(platform.Status{Name: "server1", State: procs.Ready, PID: 7, Incarnation: 1, Socket: path})
	socket, control := listen("control")
	ctx, hangUp := context.WithCancel(context.Background())
	served := make(chan struct{})
	go func() {
		defer close(served)
		api.Serve(ctx, own, layout, hclog.NewNullLogger(), control)
	}()
	t.Cleanup(func() { hangUp(); <-served })
	remote, err := api.Dial(t.Context(), socket)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(remote.Close)

	in, err := Fault{hits: theActive, inject: misbehave("stale")}.Inject(t.Context(), Target{Platform: remote, Signal: "live01"})
	if err != nil || in.Victim != "server1" {
		t.Fatalf("got %+v, %v, want it done to server1, which serves players", in, err)
	}
	mu.Lock()
	defer mu.Unlock()
	if want := []string{`PUT /fault {"mode":"stale"}`, `PUT /fault {"mode":"none"}`}; !slices.Equal(took, want) {
		t.Errorf("the packager's switch took %q, want %q", took, want)
	}
}
