package procs

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"livestream-tui/procs/child"
	"livestream-tui/procs/guardian"
	"livestream-tui/procs/socket"
	"livestream-tui/services/kit/handover"
)

// notices are what an operator got to know.
type notices struct {
	mu   sync.Mutex
	list []string // guarded by mu
}

func (n *notices) add(text string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.list = append(n.list, text)
}

// count is how many hold the words.
func (n *notices) count(words string) int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return len(slices.DeleteFunc(slices.Clone(n.list), func(s string) bool { return !strings.Contains(s, words) }))
}

// answers reports whether the process at a socket's path is ready.
func answers(path string) bool {
	client := over(path)
	defer client.CloseIdleConnections()
	res, err := client.Get("http://service/readyz")
	if err != nil {
		return false
	}
	defer res.Body.Close()
	return res.StatusCode == http.StatusOK
}

func isThere(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// removeAll removes a folder in which something may be made again meanwhile.
func removeAll(path string) error {
	err := os.RemoveAll(path)
	for range 100 {
		if !errors.Is(err, syscall.ENOTEMPTY) {
			break
		}
		err = os.RemoveAll(path)
	}
	return err
}

func TestARunFolderThatIsSweptIsMadeAgain(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		sweep func(run string) error
	}{
		{"the whole of it", removeAll},
		{"all that is in it", func(run string) error {
			names, err := os.ReadDir(run)
			for _, name := range names {
				err = errors.Join(err, os.Remove(filepath.Join(run, name.Name())))
			}
			return err
		}},
		{"moved away", func(run string) error { return os.Rename(run, run+".old") }},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var shown notices
			h := newHouse(t, func(_ *house, o *Options) { o.OnNotice, o.Self = shown.add, self(t) }, spec(t, "proxy", "ready"), spec(t, "origin", "ready"))
			first, other := h.awaitReady("proxy"), h.awaitReady("origin")
			control, err := h.Listen("control.sock")
			if err != nil {
				t.Fatal(err)
			}
			go func() { _ = http.Serve(control, http.NotFoundHandler()) }() // until it is closed
			defer control.Close()
			awaitTrue(t, "it answers", func() bool { return answers(first.Socket) })
			if err := c.sweep(h.run); err != nil {
				t.Fatal(err)
			}
			if err := syscall.Kill(first.PID, syscall.SIGKILL); err != nil {
				t.Fatal(err)
			}
			second := h.awaitBack(first)
			awaitTrue(t, "everything is there again", func() bool {
				return isThere(guardian.Path(h.run)) && isThere(filepath.Join(h.run, "lock")) && socket.Listens(control.Path()) && answers(second.Socket) && answers(other.Socket)
			})
			if isThere(first.Socket) {
				t.Errorf("%s is there, want no socket of one that has gone", first.Socket)
			}
			info, err := os.Stat(h.run)
			if err != nil || info.Mode().Perm() != 0o700 {
				t.Errorf("the folder: got %v, %v, want it closed to others", info.Mode(), err)
			}
			if _, err := New(Options{RunPath: h.run, LogPath: h.run}); !errors.Is(err, ErrAlreadyRunning) || !strings.Contains(err.Error(), fmt.Sprintf("pid %d,", os.Getpid())) {
				t.Errorf("a second one: got %v, want %v with our pid", err, ErrAlreadyRunning)
			}
			awaitTrue(t, "the operator is informed", func() bool { return shown.count("was removed, and is made again") == 1 })
			if now := h.status("origin"); now.PID != other.PID || now.State != Ready {
				t.Errorf("origin: got %+v, want it as it was", now)
			}
			h.stop()
			if left, err := os.ReadDir(h.run); h.err != nil || err != nil || len(left) > 3 { // lock, guardian's note, the test's own socket
				t.Errorf("after the end: got %v, %v, %v", h.err, left, err)
			}
		})
	}
}

// TestARunFolderThatCannotBeMadeAgainKeepsNobodyDown has a file where the folder was,
// as a logout leaves nothing that a user may write to.
func TestARunFolderThatCannotBeMadeAgainKeepsNobodyDown(t *testing.T) {
	t.Parallel()
	var shown notices
	h := newHouse(t, func(_ *house, o *Options) { o.OnNotice, o.Self = shown.add, self(t) }, spec(t, "proxy", "ready"))
	now := h.awaitReady("proxy")
	if err := removeAll(h.run); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(h.run, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := syscall.Kill(now.PID, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		now = h.awaitBack(now)
	}
	awaitTrue(t, "the operator is informed", func() bool { return shown.count("cannot be made again") == 1 })
	h.command("proxy", Restart)
	now = h.awaitBack(now)
	if err := os.Remove(h.run); err != nil {
		t.Fatal(err)
	}
	awaitTrue(t, "it is made again", func() bool { return answers(now.Socket) && isThere(guardian.Path(h.run)) })
	awaitTrue(t, "the operator is informed", func() bool { return shown.count("is made again") == 1 })
	if n := shown.count("cannot be made again"); n != 1 {
		t.Errorf("it was reported %d times, want once", n)
	}
}

// TestASupervisorThatLivesIsNotSweptByAnother has lost its lock file alone, as a
// cleaner of old files leaves it.
func TestASupervisorThatLivesIsNotSweptByAnother(t *testing.T) {
	t.Parallel()
	v := newVictim(t)
	if err := os.Remove(filepath.Join(v.run, "lock")); err != nil {
		t.Fatal(err)
	}
	killed, err := guardian.SweepFolder(v.run) // as one does that has the lock
	if killed != 0 || err == nil || !strings.Contains(err.Error(), "runs") {
		t.Errorf("got %d groups, %v, want none, and the reason", killed, err)
	}
	if got := v.groups(); len(got) != 3 {
		t.Errorf("got %v, want all three", got)
	}
}

func TestTheGuardianNeedsNoFolder(t *testing.T) {
	t.Parallel()
	v := newVictim(t)
	keeper := guardianOf(t, v.run)
	if err := removeAll(v.run); err != nil {
		t.Fatal(err)
	}
	v.kill()
	v.awaitSwept()
	awaitTrue(t, "the guardian has gone", func() bool { return child.GroupEmpty(keeper) })
}

// TestAGuardianThatReadsNothingIsReplaced stops one for as long as it takes to fill its
// pipe: it must not delay anything, and sweep nothing when it goes on.
func TestAGuardianThatReadsNothingIsReplaced(t *testing.T) {
	t.Parallel()
	h := newHouse(t, func(_ *house, o *Options) { o.Self = self(t) }, spec(t, "proxy", "ready"))
	proxy := h.awaitReady("proxy")
	awaitTrue(t, "a guardian", func() bool { return guardianOf(t, h.run) > 0 })
	first := guardianOf(t, h.run)
	if err := syscall.Kill(first, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	records := h.folder.Records
	awaitTrue(t, "another guardian", func() bool {
		for range 100 {
			if err := records.Add("empty", 1<<30, strings.Repeat("x", 1000)); err != nil {
				t.Fatal(err)
			}
			if err := records.Drop(1 << 30); err != nil {
				t.Fatal(err)
			}
		}
		return guardianOf(t, h.run) != first
	})
	if !child.GroupEmpty(first) {
		t.Error("the first guardian lives: it would sweep what runs")
	}
	if now := h.status("proxy"); now.PID != proxy.PID || now.State != Ready {
		t.Errorf("got %+v, want it as it was", now)
	}
}

func TestARunFolderThatWillNotDoIsSaidAtTheStart(t *testing.T) {
	root := folder(t)
	specs := []Spec{{Name: "proxy", Argv: []string{"/bin/true"}}}
	long := filepath.Join(root, strings.Repeat("x", 100))
	rows := []struct{ name, path, want string }{
		{"too long", long, "may have 103"},
		{"too long with a process's socket", filepath.Join(root, strings.Repeat("x", 90)), "too long"},
		{"too long by the control socket alone", filepath.Join(root, strings.Repeat("x", 103-len(root)-len("control.sock"))), "set one of at most 90"},
	}
	if runtime.GOOS == "linux" {
		rows = append(rows, struct{ name, path, want string }{"one that holds no files", "/proc/livestream", `RUN_PATH="/proc/livestream"`})
	}
	if os.Getuid() != 0 {
		if err := os.Mkdir(filepath.Join(root, "closed"), 0o500); err != nil {
			t.Fatal(err)
		}
		rows = append(rows, struct{ name, path, want string }{"not ours to write to", filepath.Join(root, "closed", "run"), "permission denied"})
	}
	for _, c := range rows {
		list := specs
		if strings.Contains(c.name, "alone") {
			list = nil
		}
		s, err := New(Options{RunPath: c.path, LogPath: root, Specs: list})
		if err == nil {
			s.folder.Leave()
		}
		if got := fmt.Sprint(err); !strings.Contains(got, c.want) || !strings.Contains(got, "RUN_PATH=") {
			t.Errorf("%s: got %v, want RUN_PATH and %q", c.name, err, c.want)
		}
	}
}

// TestLogsThatAreRemovedAreMadeAgain removes them under children that run.
func TestLogsThatAreRemovedAreMadeAgain(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil, spec(t, "proxy", "ready"), spec(t, "origin", "ready"))
	first := h.awaitReady("proxy")
	h.awaitReady("origin")
	if err := removeAll(filepath.Dir(first.LogPath)); err != nil {
		t.Fatal(err)
	}
	awaitTrue(t, "both are there again", func() bool { return isThere(first.LogPath) && isThere(h.status("origin").LogPath) })
	holds := func(text string) func() bool {
		return func() bool {
			b, err := os.ReadFile(first.LogPath)
			return err == nil && string(b) == text
		}
	}
	h.command("proxy", Restart)
	second := h.awaitBack(first)
	awaitTrue(t, "the last words of one that wrote to the old file", holds("ended well\n"))
	if !h.said("proxy: ended well") {
		t.Error("its last words were not handed on")
	}
	if err := os.Remove(first.LogPath); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(second.PID, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	third := h.awaitBack(second)
	h.command("proxy", Stop)
	h.await("proxy", "stopped", func(s Status) bool { return s.State == Exited })
	awaitTrue(t, "the words of a later one", holds("ended well\n"))
	if third.Incarnation != 3 {
		t.Errorf("got incarnation %d, want 3", third.Incarnation)
	}
}

// TestAChildOfAnEarlierVersionListensItself takes no connections as descriptors: it
// makes a socket at its path.
func TestAChildOfAnEarlierVersionListensItself(t *testing.T) {
	t.Parallel()
	var shown notices
	h := newHouse(t, func(_ *house, o *Options) { o.OnNotice = shown.add }, spec(t, "proxy", "by-path"))
	first := h.awaitReady("proxy")
	if !answers(first.Socket) {
		t.Error("it does not answer at its path")
	}
	if err := syscall.Kill(first.PID, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	second := h.awaitBack(first)
	awaitTrue(t, "it answers", func() bool { return answers(second.Socket) })
	if _, err := h.folder.Renew(); err != nil || shown.count("") > 0 {
		t.Errorf("a look at the folder: got %v, notices %q, want it to be in order", err, shown.list)
	}
}

// TestAnotherPlatformsSocketIsNotTakenForOurs has an incarnation's path taken by
// another process, which must not be asked how it is, let alone to hand over.
func TestAnotherPlatformsSocketIsNotTakenForOurs(t *testing.T) {
	t.Parallel()
	pass, theirs, err := socket.NewConnections()
	if err != nil {
		t.Fatal(err)
	}
	defer pass.Close()
	spawner := child.NewSpawner()
	c, err := spawner.Start(child.Options{
		Argv: []string{self(t)}, Extra: []*os.File{theirs},
		Env: []string{modeOf + "=ready", handover.CountVariable + "=1", handover.NamesVariable + "=" + handover.Connections, hasty},
	})
	theirs.Close()
	if err != nil {
		t.Fatal(err)
	}
	defer spawner.Close()
	defer func() { _ = c.Signal(syscall.SIGKILL) }() // whatever it does
	other := socket.NewListener(filepath.Join(folder(t), "proxy.1.sock"))
	if err := other.Renew(); err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	var asked atomic.Int64
	go func() {
		for {
			c, err := other.Accept()
			if err != nil {
				return
			}
			if n, _ := c.Read(make([]byte, 1)); n > 0 { // the end, where nothing was sent
				asked.Add(1)
			}
			_ = c.Close() // a test's
		}
	}()
	i := &incarnation{child: c, connections: pass, socket: socket.NewListener(other.Path())}
	client := newClient(i.connect)
	client.Timeout = deadline // it is about to begin
	defer client.CloseIdleConnections()
	res, err := client.Get("http://service/readyz")
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if !i.socket.Replaced() || res.StatusCode != http.StatusOK || asked.Load() != 0 {
		t.Errorf("got status %d, and the other was asked %d times, want our own to answer", res.StatusCode, asked.Load())
	}
}
