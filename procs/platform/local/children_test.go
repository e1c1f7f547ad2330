package local

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"

	"livestream-tui/layouts"
	"livestream-tui/procs"
	"livestream-tui/procs/guardian"
	"livestream-tui/procs/platform"
	"livestream-tui/procs/platform/platformtest"
	"livestream-tui/services/kit/service"
)

// TestMain lets this test binary act as the children of its own tests.
func TestMain(m *testing.M) {
	switch {
	case len(os.Args) > 2 && os.Args[1] == guardian.Command:
		signal.Ignore(syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT)
		if _, err := guardian.Guard(os.Stdin, os.Args[2]); err != nil {
			os.Exit(1)
		}
	case os.Getenv("CONTROL_TEST_CHILD") != "":
		os.Exit(child())
	default:
		os.Exit(m.Run())
	}
}

// child is a service that is ready at once, logs a failover and ends on SIGTERM.
func child() int {
	if os.Getenv("CONTROL_TEST_CHILD") == "broken" {
		return 1
	}
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM)
	l, err := service.Connections(service.OSEnvironment())
	if err != nil || l == nil {
		return 1
	}
	go func() {
		_ = http.Serve(l, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "ready") })) // ends with the process
	}()
	fmt.Printf(`{"@level":"info","@message":"version %s"}`+"\n", os.Getenv("CONTROL_TEST_CHILD"))
	fmt.Println(`{"@level":"info","@message":"failover","event":"failover","signal":"live01","from":"http://a","to":"http://b","cause":"a test","msn_before":1,"msn_after":2,"gap_ms":-1,"saved":0}`)
	<-stop
	return 0
}

func TestAPlatformOfRealChildren(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	layout, err := layouts.Parse("test.yaml", []byte(`processes:
  - {name: first, service: worker}
  - {name: second, service: proxy, depends_on: [first]}
screens:
  - {name: main, rows: [{panels: [{panel: logs}]}]}
`))
	if err != nil {
		t.Fatal(err)
	}
	root := newRoot(t)
	options := Options{
		Layout: layout, Env: map[string]string{"CONTROL_TEST_CHILD": "1"}, Self: self,
		RunPath: filepath.Join(root, "run"), LogPath: filepath.Join(root, "logs"), Log: hclog.NewNullLogger(),
	}
	l, err := New(options)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := New(options); !errors.Is(err, procs.ErrAlreadyRunning) {
		t.Errorf("a second platform: got %v, want %v", err, procs.ErrAlreadyRunning)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*platformtest.Deadline)
	defer cancel()
	_, events, _ := l.Subscribe(t.Context())
	ran := make(chan error, 1)
	go func() { ran <- l.Run(ctx) }()

	awaitEvent(t, events, "second ready", func(e platform.Event) bool {
		return e.Process == "second" && e.Status() != nil && e.Status().State == procs.Ready
	})
	first := processOf(t, l.Now(), "first")
	if first.State != procs.Ready {
		t.Errorf("first: got %s when second was ready, want ready: second depends on it", first.State)
	}
	if err := l.Command(ctx, platform.Command{Process: "first", Action: platform.Kill}); err != nil {
		t.Fatal(err)
	}
	awaitEvent(t, events, "first back", func(e platform.Event) bool {
		return e.Process == "first" && e.Status() != nil && e.Status().State == procs.Ready && e.Status().PID != first.PID
	})
	platformtest.Await(t, "three failovers, one of each start", func() bool { return len(l.Now().Failovers) == 3 })
	cancel()
	if err := <-ran; err != nil {
		t.Errorf("Run: got %v, want a clean end", err)
	}
	for _, p := range l.Now().Processes {
		if p.State != procs.Exited || p.PID != 0 {
			t.Errorf("%s: got %s, pid %d, want exited", p.Name, p.State, p.PID)
		}
	}
}

// newRoot returns a temporary folder for a platform.
func newRoot(t *testing.T) string {
	t.Helper()
	root, err := os.MkdirTemp("", "ctl") // short: a socket's path has a limit
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(root) }) // a temporary folder: no harm if it stays
	return root
}

func awaitEvent(t *testing.T, events <-chan platform.Event, what string, is func(platform.Event) bool) {
	t.Helper()
	timeout := time.After(platformtest.Deadline)
	for {
		select {
		case e, open := <-events:
			if !open {
				t.Fatalf("%s: the platform has ended", what)
			}
			if is(e) {
				return
			}
		case <-timeout:
			t.Fatalf("%s: not within %s", what, platformtest.Deadline)
		}
	}
}
