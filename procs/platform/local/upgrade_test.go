package local

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/go-hclog"

	"livestream-tui/layouts"
	"livestream-tui/procs"
	"livestream-tui/procs/ctl"
	"livestream-tui/procs/machine"
	"livestream-tui/procs/platform"
	"livestream-tui/procs/platform/platformtest"
	"livestream-tui/services/kit/event"
)

// install replaces the binary at path by this test's, which prints that version and fails on
// the commands of broken.
func install(t *testing.T, path, version string, broken ...string) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	script := "#!/bin/sh\n"
	for _, b := range broken {
		script += fmt.Sprintf("[ \"$1\" = %s ] && exit 1\n", b)
	}
	script += fmt.Sprintf("[ \"$1\" = version ] && echo 'livestream-tui %s' && exit\nCONTROL_TEST_CHILD=%s exec '%s' \"$@\"\n", version, version, self)
	if err := os.WriteFile(path+".new", []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		t.Fatal(err)
	}
}

// upgradable is a platform whose binary can be replaced.
type upgradable struct {
	*testing.T
	*Local
	path   string
	events <-chan platform.Event
}

func newUpgradable(t *testing.T) *upgradable {
	t.Helper()
	layout, err := layouts.Parse("test.yaml", []byte(`processes:
  - {name: last, service: viewer, depends_on: [first, second]}
  - {name: second, service: origin, depends_on: [first]}
  - {name: first, service: worker}
  - {name: stopped, service: discovery}
screens:
  - {name: main, rows: [{panels: [{panel: logs}]}]}
`))
	if err != nil {
		t.Fatal(err)
	}
	root := newRoot(t)
	u := &upgradable{T: t, path: filepath.Join(root, "binary")}
	install(t, u.path, "one")
	u.Local, err = New(Options{
		Layout: layout, Self: u.path, Env: map[string]string{"GORACE": "atexit_sleep_ms=0"},
		RunPath: filepath.Join(root, "run"), LogPath: filepath.Join(root, "logs"), Log: hclog.NewNullLogger(),
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := u.Command(t.Context(), platform.Command{Action: platform.Upgrade}); err == nil {
		t.Error("an upgrade of a platform that is not running: got no error")
	}
	ctx, cancel := context.WithCancel(t.Context())
	ran := make(chan error, 1)
	go func() { ran <- u.Local.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ran; err != nil {
			t.Errorf("Run: got %v, want a clean end", err)
		}
	})
	_, u.events, _ = u.Subscribe(ctx)
	u.awaitVersions("one one one one")
	if err := u.Command(t.Context(), platform.Command{Process: "stopped", Action: platform.Stop}); err != nil {
		t.Fatal(err)
	}
	platformtest.Await(t, "one is stopped", func() bool { return processOf(t, u.Now(), "stopped").State == procs.Exited })
	return u
}

// versions returns the version of each process, in the order of the layout; - for one that
// is not ready.
func (u *upgradable) versions() string {
	said := map[string]string{}
	lines, _ := u.Logs(context.Background(), 0, 10_000) // it does not fail
	for _, l := range lines {
		if v, ok := strings.CutPrefix(l.Message, "version "); ok {
			said[l.Process] = v
		}
	}
	var list []string
	for _, p := range u.Now().Processes {
		v := said[p.Name]
		if p.State != procs.Ready {
			v = "-"
		}
		list = append(list, v)
	}
	return strings.Join(list, " ")
}

func (u *upgradable) awaitVersions(want string) {
	u.Helper()
	platformtest.Await(u.T, "versions "+want, func() bool { return u.versions() == want })
}

// upgrade asks for one and returns its record at the end.
func (u *upgradable) upgrade() platform.Upgrading {
	u.Helper()
	if err := u.Command(u.Context(), platform.Command{Action: platform.Upgrade}); err != nil {
		u.Fatal(err)
	}
	platformtest.Await(u.T, "the upgrade's end", func() bool {
		now := u.Now().Upgrade
		return now != nil && !now.Ended.IsZero()
	})
	return *u.Now().Upgrade
}

func TestAnUpgradeRestartsOneAfterAnotherFromWhatIsOnDisk(t *testing.T) {
	u := newUpgradable(t)
	install(t, u.path, "two")
	if got := u.versions(); got != "one one one -" {
		t.Fatalf("got %s before the upgrade", got)
	}
	got := u.upgrade()
	if got.Error != "" || got.Done != 3 || got.Total != 3 || got.Version != "livestream-tui two" {
		t.Errorf("got %+v", got)
	}
	u.awaitVersions("two two two -")
	// Each process is ready again before the next one stops.
	var published []string
	awaitEvent(t, u.events, "the end is published", func(e platform.Event) bool {
		switch {
		case e.Log() != nil && e.Log().Module == "platform":
			published = append(published, strings.TrimSpace(e.Process+" "+e.Log().Message))
		case e.Status() != nil && e.Status().Incarnation == 2 && e.Status().State == procs.Ready, e.Status() != nil && e.Status().Incarnation == 1 && e.Status().State == procs.Stopping && e.Process != "stopped":
			published = append(published, e.Process+" "+e.Status().State.String())
		}
		return e.Log() != nil && strings.HasPrefix(e.Log().Message, "upgraded 3 processes to livestream-tui two in ")
	})
	want := []string{
		"upgrading 4 processes to livestream-tui two: last, second, stopped, first",
		"last upgrading, 1 of 4", "last stopping", "last ready",
		"second upgrading, 2 of 4", "second stopping", "second ready",
		"stopped is stopped: its next start uses the new binary",
		"first upgrading, 4 of 4", "first stopping", "first ready",
	}
	if !slices.Equal(published[:len(published)-1], want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(published, "\n"), strings.Join(want, "\n"))
	}
	if err := u.Command(t.Context(), platform.Command{Process: "stopped", Action: platform.Start}); err != nil {
		t.Fatal(err)
	}
	u.awaitVersions("two two two two")
}

func TestAFailedStepStopsAnUpgrade(t *testing.T) {
	u := newUpgradable(t)
	install(t, u.path, "two", "origin")
	got := u.upgrade()
	if got.Done != 1 || got.Process != "second" || !strings.HasPrefix(got.Error, "second did not become ready: backoff: exit status 1, restarting in ") {
		t.Errorf("got %+v", got)
	}
	if p := processOf(t, u.Now(), "first"); p.Incarnation != 1 {
		t.Errorf("first: got incarnation %d, want it untouched", p.Incarnation)
	}
	awaitEvent(t, u.events, "the failure is published", func(e platform.Event) bool {
		return e.Log() != nil && e.Process == "second" && e.Log().Level == event.LevelError && strings.HasPrefix(e.Log().Message, "upgrade stopped after 1 of 4 processes: ")
	})
	// The way out: put a better one there.
	install(t, u.path, "three")
	u.awaitVersions("two three one -")
	if got := u.upgrade(); got.Error != "" {
		t.Errorf("got %+v", got)
	}
	u.awaitVersions("three three three -")
}

func TestABinaryThatDoesNotRunUpgradesNothing(t *testing.T) {
	u := newUpgradable(t)
	for name, spoil := range map[string]func() error{
		"fails":   func() error { return os.WriteFile(u.path, []byte("#!/bin/sh\nexit 3\n"), 0o755) },
		"is mute": func() error { return os.WriteFile(u.path, []byte("#!/bin/sh\n"), 0o755) },
		"is gone": func() error { return os.Remove(u.path) },
	} {
		if err := spoil(); err != nil {
			t.Fatal(err)
		}
		got := u.upgrade()
		if got.Done != 0 || !strings.HasPrefix(got.Error, u.path+" does not run: ") || !strings.HasSuffix(got.Error, "; nothing was restarted") {
			t.Errorf("%s: got %+v", name, got)
		}
		install(t, u.path, "one")
	}
	if got := u.versions(); got != "one one one -" {
		t.Errorf("got %s", got)
	}
	for _, p := range u.Now().Processes {
		if p.Incarnation != 1 {
			t.Errorf("%s: got incarnation %d", p.Name, p.Incarnation)
		}
	}
}

func TestOneUpgradeAtATime(t *testing.T) {
	u := newUpgradable(t)
	if err := u.Command(t.Context(), platform.Command{Action: platform.Upgrade}); err != nil {
		t.Fatal(err)
	}
	if err := u.Command(t.Context(), platform.Command{Action: platform.Upgrade}); err == nil || err.Error() != errUpgrading.Error() {
		t.Errorf("got %v, want %v", err, errUpgrading)
	}
	// The end of the platform ends it.
}

func TestCtlUpgradeWaitsForTheEnd(t *testing.T) {
	u := newUpgradable(t)
	verb := ctl.Verbs()[slices.IndexFunc(ctl.Verbs(), func(v ctl.Verb) bool { return v.Action == platform.Upgrade })]
	install(t, u.path, "two")
	done, err := ctl.Do(t.Context(), u.Local, ctl.Request{Verb: verb, Wait: true, Timeout: platformtest.Deadline})
	if err != nil || !strings.HasPrefix(done.Message, "upgraded 3 processes to livestream-tui two in ") {
		t.Errorf("got %+v, %v", done, err)
	}
	install(t, u.path, "three", "origin")
	_, err = ctl.Do(t.Context(), u.Local, ctl.Request{Verb: verb, Wait: true, Timeout: platformtest.Deadline})
	if err == nil || !strings.HasPrefix(err.Error(), "upgrade stopped after 1 of 4 processes: second did not become ready: ") {
		t.Errorf("got %v", err)
	}
	if done, err := ctl.Do(t.Context(), u.Local, ctl.Request{Verb: verb}); err != nil || done.Message != "upgrade started" {
		t.Errorf("got %+v, %v", done, err)
	}
}

func TestRenewed(t *testing.T) {
	before := platform.Process{Status: platform.Status{Name: "proxy", Incarnation: 3, State: procs.Ready, Wanted: true}}
	for _, c := range []struct {
		name string
		now  platform.Status
		want bool
		err  string
	}{
		{"the next one is starting", platform.Status{Incarnation: 3, Next: 4, State: procs.Ready, Reason: "restart asked for"}, false, ""},
		{"it has taken over", platform.Status{Incarnation: 4, Draining: 3, State: procs.Ready}, true, ""},
		{"it came to nothing", platform.Status{Incarnation: 3, State: procs.Ready, Cause: machine.CauseRestartFailed, Reason: "restart failed: incarnation 4"}, false, "restart failed: incarnation 4"},
		{"the old one stops", platform.Status{Incarnation: 3, State: procs.Stopping}, false, ""},
		{"the new one starts", platform.Status{Incarnation: 4, State: procs.Starting}, false, ""},
		{"it died", platform.Status{Incarnation: 4, State: procs.Backoff, Reason: "exit status 1"}, false, "did not become ready: backoff: exit status 1"},
		{"the old one died before", platform.Status{Incarnation: 3, State: procs.Backoff}, false, ""},
		{"it has failed", platform.Status{Incarnation: 3, State: procs.Failed, Reason: "could not be stopped"}, false, "failed: could not be stopped"},
	} {
		c.now.Name, c.now.Wanted = "proxy", true
		got, err := isRenewed(before, platform.Process{Status: c.now})
		if got != c.want || (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
			t.Errorf("%s: got %t, %v, want %t, %q", c.name, got, err, c.want, c.err)
		}
	}
	if _, err := isRenewed(before, platform.Process{Status: platform.Status{Name: "proxy", Incarnation: 3, State: procs.Stopping}}); err == nil || !strings.Contains(err.Error(), "stopped in the meantime") {
		t.Errorf("stopped by the operator: got %v", err)
	}
}
