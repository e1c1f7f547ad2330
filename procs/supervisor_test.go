package procs

import (
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"

	"livestream-tui/procs/child"
)

func TestStartInOrderStopInReverse(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil, spec(t, "proxy", "lingering", "origin"), spec(t, "viewer", "lingering", "origin"),
		spec(t, "origin", "ready", "reporter"), spec(t, "reporter", "ready"))
	h.awaitReady("proxy")
	h.awaitReady("viewer")
	before := func(what string, earlier, later func(Status) bool) {
		t.Helper()
		e, l := h.index(earlier), h.index(later)
		if e < 0 || l < 0 || e > l {
			t.Errorf("%s: got places %d and %d in what was told", what, e, l)
		}
	}
	before("origin waits for reporter", state("reporter", Ready), state("origin", Starting))
	before("proxy waits for origin", state("origin", Ready), state("proxy", Starting))
	before("proxy and viewer start together", state("viewer", Starting), state("proxy", Ready))
	if i := h.index(state("origin", Waiting)); i < 0 || h.told()[i].Reason != "waiting for reporter" {
		t.Errorf("origin did not say what it waits for")
	}
	sockets := map[string]string{}
	for _, s := range h.Statuses() {
		sockets[s.Name] = s.Socket
		if _, err := os.Stat(s.Socket); err != nil || s.PID == 0 || s.Started.IsZero() || !s.Wanted {
			t.Errorf("%s: got %+v, %v", s.Name, s, err)
		}
	}
	h.stop()
	if h.err != nil {
		t.Errorf("got %v, want a clean end", h.err)
	}
	before("viewer is told to stop before proxy has stopped", state("viewer", Stopping), state("proxy", Exited))
	before("proxy is told to stop before viewer has stopped", state("proxy", Stopping), state("viewer", Exited))
	before("origin stops after proxy", state("proxy", Exited), state("origin", Stopping))
	before("origin stops after viewer", state("viewer", Exited), state("origin", Stopping))
	before("reporter stops last", state("origin", Exited), state("reporter", Stopping))
	for _, s := range h.Statuses() {
		if s.State != Exited || s.LastExit != "exit status 0" || s.PID != 0 || s.Socket != "" || s.Restarts != 0 {
			t.Errorf("%s: got %+v, want it to have ended by itself", s.Name, s)
		}
		if _, err := os.Stat(sockets[s.Name]); !os.IsNotExist(err) {
			t.Errorf("%s: its socket is left: %v", s.Name, err)
		}
		if !h.said(s.Name + ": ended well") {
			t.Errorf("%s: its last line was not told", s.Name)
		}
	}
	if left, err := filepath.Glob(filepath.Join(h.run, "records*")); err != nil || len(left) > 0 {
		t.Errorf("records are left: %v %v", left, err)
	}
	if err := h.Command(t.Context(), "proxy", Start); err == nil {
		t.Error("a command after the end: got no error")
	}
}

func TestACrashIsRestarted(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil, spec(t, "proxy", "ready"), spec(t, "bystander", "ready"))
	other, first := h.awaitReady("bystander"), h.awaitReady("proxy")
	kill(t, first)
	second := h.awaitBack(first)
	if second.Restarts != 1 || second.Incarnation != 2 || second.PID == first.PID || second.Socket == first.Socket || second.LastExit != "signal: killed" {
		t.Errorf("got %+v", second)
	}
	if i := h.index(state("proxy", Backoff)); i < 0 || h.told()[i].Reason != "signal: killed, restart in 100ms" || h.told()[i].PID != 0 {
		t.Error("the crash was not told")
	}
	if now := h.status("bystander"); now.PID != other.PID || now.Restarts != 0 {
		t.Errorf("bystander: got %+v, want it untouched", now)
	}
}

func TestTheStandInOfOneThatEndsIsNotKeptWaiting(t *testing.T) {
	t.Parallel()
	of := func(kind string, s Spec) Spec {
		s.Kind = kind
		return s
	}
	h := newHouse(t, nil, of("packager", spec(t, "server1", "ready")), of("packager", spec(t, "server2", "ready")), of("proxy", spec(t, "proxy", "ready")))
	first, other, proxy := h.awaitReady("server1"), h.awaitReady("server2"), h.awaitReady("proxy")
	for range budget {
		kill(t, other)
		other = h.awaitBack(other)
	}
	kill(t, proxy)
	h.awaitBack(proxy) // it stands in for nobody
	kill(t, other)
	h.await("server2", "failed", func(s Status) bool { return s.State == Failed })
	kill(t, first)
	h.awaitBack(other) // in 10 s; in a minute, if it were kept waiting
}

func TestWhatDependsOnOneThatIsBackIsNotKeptWaiting(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil, spec(t, "reporter", "ready"), spec(t, "discovery", "ready", "reporter"))
	reporter, discovery := h.awaitReady("reporter"), h.awaitReady("discovery")
	for range budget {
		kill(t, discovery)
		discovery = h.awaitBack(discovery)
	}
	kill(t, discovery)
	h.await("discovery", "failed", func(s Status) bool { return s.State == Failed })
	kill(t, reporter)
	h.awaitBack(discovery) // in 10 s; in a minute, if it were kept waiting
}

func kill(t *testing.T, s Status) {
	t.Helper()
	if err := syscall.Kill(s.PID, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
}

func TestABadConfigurationStaysDown(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil, spec(t, "proxy", "bad"))
	s := h.await("proxy", "failed", func(s Status) bool { return s.State == Failed })
	if s.Incarnation != 1 || s.LastExit != "exit status 78" {
		t.Errorf("got %+v", s)
	}
}

func TestAMissingCommandIsToldAndTriedAgain(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil, Spec{Name: "gone", Argv: []string{"/not/there"}})
	s := h.await("gone", "tried again", func(s Status) bool { return s.Incarnation > 1 && s.State == Backoff })
	if !strings.Contains(s.Reason, "start /not/there: ") || s.PID != 0 || s.Socket != "" {
		t.Errorf("got %+v", s)
	}
}

func TestUnreadySaysWhy(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil, spec(t, "worker", "unready"), spec(t, "packager", "ready", "worker"))
	h.await("worker", "running", func(s Status) bool { return s.State == Running && s.Reason == "no film" })
	if s := h.status("packager"); s.State != Waiting || s.PID != 0 {
		t.Errorf("got %+v, want it to wait", s)
	}
}

func TestCommands(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil, spec(t, "proxy", "ready"))
	first := h.awaitReady("proxy")
	h.command("proxy", Kill)
	second := h.awaitBack(first)
	if second.LastExit != "signal: killed" {
		t.Errorf("got %q, want it killed", second.LastExit)
	}
	h.command("proxy", Restart)
	third := h.awaitBack(second)
	if third.LastExit != "exit status 0" {
		t.Errorf("got %q, want it to have ended by itself", third.LastExit)
	}
	h.command("proxy", Stop)
	if s := h.status("proxy"); s.State != Stopping && s.State != Exited {
		t.Errorf("got %s after the answer, want it under way", s.State)
	}
	h.await("proxy", "stopped", func(s Status) bool { return s.State == Exited && !s.Wanted && s.PID == 0 })
	for _, c := range []struct {
		action Action
		name   string
		want   string
	}{
		{Kill, "proxy", "proxy is not running (exited): nothing to kill"},
		{Pause, "proxy", "nothing to pause"},
		{Resume, "proxy", "nothing to resume"},
		{Stop, "proxy", "proxy is stopped already"},
		{Kill, "porxy", `no process "porxy"; there are proxy`},
		{0, "proxy", "no such action"},
		{Resume + 1, "proxy", "no such action"},
	} {
		if err := h.Command(t.Context(), c.name, c.action); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s %s: got %v, want %q", c.action, c.name, err, c.want)
		}
	}
	h.command("proxy", Start)
	h.awaitBack(third)
	for action, want := range map[Action]string{Start: "proxy runs already (ready)", Resume: "proxy is not paused"} {
		if err := h.Command(t.Context(), "proxy", action); err == nil || err.Error() != want {
			t.Errorf("%s: got %v, want %q", action, err, want)
		}
	}
}

func TestNoCommandOnTheWayDown(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil, spec(t, "viewer", "lingering", "proxy"), spec(t, "proxy", "ready"))
	h.awaitReady("viewer")
	h.end()
	h.await("viewer", "stopping", func(s Status) bool { return s.State == Stopping })
	for _, name := range []string{"viewer", "proxy"} {
		if err := h.Command(t.Context(), name, Restart); err == nil || !strings.Contains(err.Error(), "the platform") {
			t.Errorf("%s: got %v, want it refused", name, err)
		}
	}
	h.stop()
	if s := h.status("proxy"); s.Incarnation != 1 || s.State != Exited {
		t.Errorf("got %+v", s)
	}
}

func TestTheStubbornIsKilledAfterItsGrace(t *testing.T) {
	t.Parallel()
	const grace = 300 * time.Millisecond
	one := spec(t, "stubborn", "stubborn")
	one.Grace = grace
	h := newHouse(t, nil, one)
	h.awaitReady("stubborn")
	began := time.Now()
	h.command("stubborn", Stop)
	s := h.await("stubborn", "killed", func(s Status) bool { return s.State == Exited })
	if took := time.Since(began); took < grace || s.LastExit != "signal: killed" {
		t.Errorf("got %q after %s, want KILL after %s", s.LastExit, took, grace)
	}
	if h.index(func(s Status) bool { return s.Reason == "did not stop within 300ms: killing it" }) < 0 {
		t.Error("the kill was not told")
	}
}

func TestGraceIsForTheGroupNotForItsLeader(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil, spec(t, "worker", "slow-orphan"))
	s := h.awaitReady("worker")
	h.member("worker")
	h.command("worker", Stop)
	h.await("worker", "stopped", func(s Status) bool { return s.State == Exited })
	if !h.said("worker: member ended well") {
		t.Error("the leader's end took the member's grace")
	}
	if !child.GroupEmpty(s.PID) {
		t.Error("exited, but not empty")
	}
}

func TestOrphansAreKilledBeforeTheNextIncarnation(t *testing.T) {
	t.Parallel()
	worker := spec(t, "worker", "orphan")
	worker.Grace = 300 * time.Millisecond
	var group int
	var lived bool
	h := newHouse(t, func(h *house, o *Options) {
		o.OnStatus = func(s Status) {
			if s.Incarnation == 1 && s.PID > 0 {
				group = s.PID
			}
			if s.Incarnation == 2 && s.State == Starting {
				lived = lived || !child.GroupEmpty(group)
			}
			h.onStatus(s)
		}
	}, worker)
	first := h.awaitReady("worker")
	if h.member("worker") == first.PID {
		t.Fatal("the member is the leader")
	}
	if err := syscall.Kill(first.PID, syscall.SIGKILL); err != nil { // the leader alone
		t.Fatal(err)
	}
	h.awaitBack(first)
	h.stop()
	if h.index(func(s Status) bool { return strings.HasPrefix(s.Reason, "hung") }) >= 0 {
		t.Error("the orphan was not killed until the probes missed its leader")
	}
	if lived {
		t.Error("the second incarnation began while the first one's group lived")
	}
}

func TestZombiesAreLookedPast(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil, spec(t, "worker", "ready"))
	first := h.awaitReady("worker")
	zombie := &exec.Cmd{Path: self(t), Env: []string{modeOf + "=member"}, SysProcAttr: &syscall.SysProcAttr{Setpgid: true, Pgid: first.PID}}
	if err := zombie.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = zombie.Wait() }() // it was killed
	h.command("worker", Kill)
	second := h.awaitBack(first)
	if list, err := child.Members(first.PID); err != nil || len(list) != 1 || !list[0].Zombie {
		t.Errorf("got %+v, %v, want a zombie in the first group", list, err)
	}
	h.command("worker", Stop)
	h.await("worker", "stopped", func(s Status) bool { return s.State == Exited && s.Incarnation == second.Incarnation })
}

func TestAHungChildIsKilledAndRestarted(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil, spec(t, "proxy", "ready"))
	first := h.awaitReady("proxy")
	if err := syscall.Kill(-first.PID, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	h.awaitBack(first)
	if h.index(func(s Status) bool { return strings.HasPrefix(s.Reason, "hung: 3 health probes in a row missed") }) < 0 {
		t.Errorf("got %+v, want to be told that it hung", h.told())
	}
}

func TestPauseResumeAndStopWhilePaused(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil, spec(t, "proxy", "ready"))
	first := h.awaitReady("proxy")
	answers := func() bool {
		client := over(first.Socket)
		defer client.CloseIdleConnections()
		res, err := client.Get("http://service/healthz")
		if err == nil {
			res.Body.Close()
		}
		return err == nil
	}
	h.command("proxy", Pause)
	if s := h.status("proxy"); !s.Paused || s.PID != first.PID {
		t.Errorf("got %+v, want it paused", s)
	}
	awaitTrue(t, "a paused process does not answer", func() bool { return !answers() })
	h.command("proxy", Resume)
	awaitTrue(t, "a resumed process answers", answers)
	if s := h.status("proxy"); s.Paused || s.PID != first.PID || s.State != Ready {
		t.Errorf("got %+v, want it as before", s)
	}
	h.command("proxy", Pause)
	h.command("proxy", Stop)
	s := h.await("proxy", "stopped", func(s Status) bool { return s.State == Exited })
	if s.LastExit != "exit status 0" || !h.said("proxy: ended well") {
		t.Errorf("got %q, want it to have ended by itself: TERM, then CONT", s.LastExit)
	}
}

// over is a client of a unix socket with little patience.
func over(socket string) *http.Client {
	client := newClient(to(socket))
	client.Timeout = 200 * time.Millisecond
	return client
}

func TestAFloodNeverBlocksItsWriter(t *testing.T) {
	t.Parallel()
	gate := make(chan struct{})
	var told int64
	h := newHouse(t, func(h *house, o *Options) {
		o.OnLine = func(process string, line []byte) {
			<-gate // whoever takes the lines is stopped
			told += int64(len(line)) + 1
		}
	}, spec(t, "flood", "flood"))
	open := sync.OnceFunc(func() { close(gate) })
	t.Cleanup(open)
	first := h.awaitReady("flood") // it is ready only when all is written
	// A restart waits for the lines of the dead, but not for ever.
	h.command("flood", Kill)
	second := h.awaitBack(first)
	open()
	h.command("flood", Stop)
	h.await("flood", "stopped", func(s Status) bool { return s.State == Exited && s.Incarnation == second.Incarnation })
	h.stop()
	written := int64(2*floodSize + len("ended well\n"))
	s := h.status("flood")
	if s.LogLost < logMost {
		t.Errorf("got %d bytes lost, want at least %d", s.LogLost, logMost)
	}
	// The ends of torn lines are not counted.
	if sum := told + s.LogLost; sum > written || sum < written-100 {
		t.Errorf("told %d and lost %d are %d, want %d", told, s.LogLost, sum, written)
	}
	if info, err := os.Stat(s.LogPath); err != nil || info.Size() > logMost {
		t.Errorf("got %v, %v, want it truncated to %d bytes at most", info.Size(), err, logMost)
	}
}

func TestALongLineIsCut(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil, spec(t, "proxy", "long-line"))
	h.awaitReady("proxy")
	awaitTrue(t, "the next line", func() bool { return h.said("proxy: after the long line") })
	if !h.said("proxy: "+strings.Repeat("x", lineMost)) || h.status("proxy").LogLost != 4*lineMost {
		t.Errorf("got %d lost, want %d and the beginning told", h.status("proxy").LogLost, 4*lineMost)
	}
}

func TestStdinIsEmpty(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil, spec(t, "proxy", "stdin"))
	awaitTrue(t, "an empty stdin", func() bool { return h.said(`proxy: stdin: "" <nil>`) })
}

func TestLastWordsComeBeforeTheNewsOfTheEnd(t *testing.T) {
	t.Parallel()
	var late bool
	h := newHouse(t, func(h *house, o *Options) {
		o.OnStatus = func(s Status) {
			if s.State == Backoff && !h.said("proxy: panic: last words, without an end") {
				late = true
			}
			h.onStatus(s)
		}
	}, spec(t, "proxy", "last-words"))
	h.await("proxy", "crashed", func(s Status) bool { return s.State == Backoff })
	h.stop()
	if late {
		t.Error("the end was told before the last words")
	}
}

// jam is a log whose reader has stopped.
type jam struct {
	once  sync.Once
	stuck chan struct{}
	gate  chan struct{}
}

func (j *jam) Write(b []byte) (int, error) {
	j.once.Do(func() { close(j.stuck) })
	<-j.gate
	return len(b), nil
}

func TestABlockedLogDoesNotStopSupervision(t *testing.T) {
	t.Parallel()
	j := &jam{stuck: make(chan struct{}), gate: make(chan struct{})}
	defer close(j.gate)
	h := newHouse(t, func(_ *house, o *Options) { o.Log = hclog.New(&hclog.LoggerOptions{Output: j}) },
		Spec{Name: "gone", Argv: []string{"/not/there"}}, spec(t, "proxy", "ready"))
	<-j.stuck
	first := h.awaitReady("proxy")
	h.command("proxy", Kill)
	h.awaitBack(first)
	h.stop()
}

func TestAFloodOfProgressDoesNotLockUp(t *testing.T) {
	t.Parallel()
	h := newHouse(t, func(h *house, o *Options) { o.OnLine = func(process string, _ []byte) { h.Progress(process) } },
		spec(t, "worker", "flood"))
	stop := make(chan struct{})
	var readers sync.WaitGroup
	for range 2 {
		readers.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
					h.Statuses()
				}
			}
		})
	}
	first := h.awaitReady("worker")
	h.command("worker", Kill)
	h.awaitBack(first)
	close(stop)
	readers.Wait()
}

func TestKillAllEndsEveryGroupAtOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil, spec(t, "stubborn", "stubborn"), spec(t, "worker", "orphan", "stubborn"))
	h.awaitReady("worker")
	h.member("worker") // it ignores TERM from now on
	began := time.Now()
	h.end()
	h.await("worker", "stopping", func(s Status) bool { return s.State == Stopping })
	h.KillAll()
	h.stop()
	if took := time.Since(began); took > defaultGrace {
		t.Errorf("took %s, want it at once", took)
	}
	if h.err != nil {
		t.Error(h.err)
	}
}

func TestUsageIsMeasured(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil, spec(t, "proxy", "ready"))
	h.awaitReady("proxy")
	h.await("proxy", "measured", func(s Status) bool { return s.RSS > 1<<20 })
	h.command("proxy", Stop)
	h.await("proxy", "stopped", func(s Status) bool { return s.State == Exited && s.RSS == 0 && s.CPU == 0 })
}

func TestCPUIsOfTheGroupOverTime(t *testing.T) {
	s := &Supervisor{statuses: map[string]Status{"worker": {PID: 10}, "proxy": {PID: 20}, "down": {}}}
	cpu := func() float64 { return s.statuses["worker"].CPU }
	const ms = time.Millisecond
	used := s.measured([]child.Process{{PID: 10, Group: 10, CPU: 5 * time.Second, RSS: 1}, {PID: 11, Group: 10, RSS: 2}}, nil, time.Second)
	if cpu() != 0 || s.statuses["worker"].RSS != 3 {
		t.Errorf("the first look: got %+v, want 3 bytes and no CPU yet", s.statuses["worker"])
	}
	used = s.measured([]child.Process{{PID: 10, Group: 10, CPU: 5200 * ms}, {PID: 11, Group: 10, CPU: 300 * ms}}, used, 2*time.Second)
	if cpu() != 25 {
		t.Errorf("got %v, want 25: half a second of two", cpu())
	}
	used = s.measured([]child.Process{{PID: 10, Group: 10, CPU: 5300 * ms}}, used, time.Second) // one has gone with its time
	if cpu() != 25 {
		t.Errorf("got %v, want the last figure", cpu())
	}
	s.measured([]child.Process{{PID: 10, Group: 10, CPU: 5400 * ms}}, used, time.Second)
	if got := cpu(); got < 9.99 || got > 10.01 {
		t.Errorf("got %v, want 10", got)
	}
	if s.statuses["proxy"].CPU != 0 || s.statuses["down"].RSS != 0 {
		t.Errorf("got %+v", s.statuses)
	}
}

func TestSpecsAreChecked(t *testing.T) {
	argv := []string{"/bin/true"}
	for _, c := range []struct {
		name  string
		specs []Spec
		want  string
	}{
		{"no name", []Spec{{Argv: argv}}, "must be unique"},
		{"a slash", []Spec{{Name: "a/b", Argv: argv}}, "without a slash"},
		{"twice", []Spec{{Name: "a", Argv: argv}, {Name: "a", Argv: argv}}, "must be unique"},
		{"no command", []Spec{{Name: "a"}}, "absolute path"},
		{"a relative command", []Spec{{Name: "a", Argv: []string{"true"}}}, "absolute path"},
		{"a circle", []Spec{{Name: "a", Argv: argv, DependsOn: []string{"b"}}, {Name: "b", Argv: argv, DependsOn: []string{"a"}}}, "processes a, b: they depend on each other"},
		{"on nobody", []Spec{{Name: "a", Argv: argv, DependsOn: []string{"x"}}}, "not there"},
	} {
		if _, err := New(Options{Specs: c.specs, RunPath: t.TempDir()}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", c.name, err, c.want)
		}
	}
}

func TestNotesAreDroppedAndCounted(t *testing.T) {
	var out strings.Builder
	n := newNotes(hclog.New(&hclog.LoggerOptions{Output: io.Writer(&out), DisableTime: true}))
	for range notesMost + 7 {
		n.say(hclog.Info, "a note")
	}
	ctx, cancel := newEnded()
	defer cancel()
	n.run(ctx)
	n.wait()
	if got := strings.Count(out.String(), "a note"); got != notesMost || !strings.Contains(out.String(), "notes=7") {
		t.Errorf("got %d notes, want %d and to be told that 7 are missing:\n%.200s", got, notesMost, out.String())
	}
}
