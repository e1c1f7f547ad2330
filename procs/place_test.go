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
)

// notices are what an operator was told.
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
			var told notices
			h := newHouse(t, func(_ *house, o *Options) { o.OnNotice, o.Self = told.add, self(t) }, spec(t, "proxy", "ready"), spec(t, "origin", "ready"))
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
				return isThere(recordsPath(h.run)) && isThere(filepath.Join(h.run, lockName)) && listens(control.path) && answers(second.Socket) && answers(other.Socket)
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
			awaitTrue(t, "the operator is told", func() bool { return told.count("was removed, and is made again") == 1 })
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
	var told notices
	h := newHouse(t, func(_ *house, o *Options) { o.OnNotice, o.Self = told.add, self(t) }, spec(t, "proxy", "ready"))
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
	awaitTrue(t, "the operator is told", func() bool { return told.count("cannot be made again") == 1 })
	h.command("proxy", Restart)
	now = h.awaitBack(now)
	if err := os.Remove(h.run); err != nil {
		t.Fatal(err)
	}
	awaitTrue(t, "it is made again", func() bool { return answers(now.Socket) && isThere(recordsPath(h.run)) })
	awaitTrue(t, "the operator is told", func() bool { return told.count("is made again") == 1 })
	if n := told.count("cannot be made again"); n != 1 {
		t.Errorf("it was told %d times, want once", n)
	}
}

// TestAFolderThatAnotherHasTakenIsLeftToIt has a second supervisor come in the moment
// in which the first one's folder is not there.
func TestAFolderThatAnotherHasTakenIsLeftToIt(t *testing.T) {
	run := filepath.Join(folder(t), "run")
	first, err := enter(run)
	if err != nil {
		t.Fatal(err)
	}
	defer first.leave()
	own, err := first.listen("proxy.1.sock")
	if err != nil {
		t.Fatal(err)
	}
	defer first.forget(own)
	if err := removeAll(run); err != nil {
		t.Fatal(err)
	}
	second, err := enter(run)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := first.look(); !errors.Is(err, ErrAlreadyRunning) {
		t.Errorf("got %v, want %v", err, ErrAlreadyRunning)
	}
	if err := first.records.add("proxy", os.Getpid(), own.path); err != nil {
		t.Error(err)
	}
	if other, err := first.listen("proxy.2.sock"); err != nil || isThere(other.path) {
		t.Errorf("a new socket: got %v, there: %t, want it kept for later", err, isThere(other.path))
	}
	if names, err := os.ReadDir(run); err != nil || len(names) != 1 {
		t.Errorf("got %v, %v, want nothing but the other's lock", names, err)
	}
	second.leave()
	if renewed, err := first.look(); err != nil || !renewed || !isThere(own.path) || !isThere(first.records.path) {
		t.Errorf("once the other has gone: got %t, %v, want all of it made again", renewed, err)
	}
}

// TestASupervisorThatLivesIsNotSweptByAnother has lost its lock file alone, as a
// cleaner of old files leaves it.
func TestASupervisorThatLivesIsNotSweptByAnother(t *testing.T) {
	t.Parallel()
	v := newVictim(t)
	if err := os.Remove(filepath.Join(v.run, lockName)); err != nil {
		t.Fatal(err)
	}
	killed, err := sweepFolder(v.run) // as one does that has the lock
	if killed != 0 || err == nil || !strings.Contains(err.Error(), "runs") {
		t.Errorf("got %d groups, %v, want none, and to be told why", killed, err)
	}
	if got := v.groups(); len(got) != 3 {
		t.Errorf("got %v, want all three", got)
	}
}

func TestTheGuardianNeedsNoFolder(t *testing.T) {
	t.Parallel()
	v := newVictim(t)
	guardian := guardianOf(t, v.run)
	if err := removeAll(v.run); err != nil {
		t.Fatal(err)
	}
	v.kill()
	v.awaitSwept()
	awaitTrue(t, "the guardian has gone", func() bool { return child.GroupEmpty(guardian) })
}

// TestAGuardianThatReadsNothingIsReplaced stops one for as long as it takes to fill its
// pipe: it must hold up nobody, and sweep nothing when it goes on.
func TestAGuardianThatReadsNothingIsReplaced(t *testing.T) {
	t.Parallel()
	h := newHouse(t, func(_ *house, o *Options) { o.Self = self(t) }, spec(t, "proxy", "ready"))
	proxy := h.awaitReady("proxy")
	awaitTrue(t, "a guardian", func() bool { return guardianOf(t, h.run) > 0 })
	first := guardianOf(t, h.run)
	if err := syscall.Kill(first, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	records := h.place.records
	awaitTrue(t, "another guardian", func() bool {
		for range 100 {
			if err := records.add("nobody", 1<<30, strings.Repeat("x", 1000)); err != nil {
				t.Fatal(err)
			}
			if err := records.drop(1 << 30); err != nil {
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

func TestALockIsTakenOfNobodyElse(t *testing.T) {
	root := folder(t)
	at := func(name string) string { return filepath.Join(root, name) }
	if err := os.WriteFile(at("target"), []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(at("target"), at("link")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(at("nowhere"), at("loose")); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo(at("pipe"), 0o600); err != nil {
		t.Fatal(err)
	}
	rows := []struct{ name, want string }{{"link", "a symbolic link"}, {"loose", "a symbolic link"}, {"pipe", "it is no file"}}
	if os.Getuid() == 0 {
		if err := os.WriteFile(at("foreign"), []byte("theirs"), 0o666); err != nil {
			t.Fatal(err)
		}
		if err := os.Chown(at("foreign"), 12345, 12345); err != nil {
			t.Fatal(err)
		}
		rows = append(rows, struct{ name, want string }{"foreign", "another user's"})
	}
	for _, c := range rows {
		lock, err := takeLock(at(c.name))
		if err == nil {
			lock.Close()
		}
		if got := fmt.Sprint(err); !strings.Contains(got, c.want) || !strings.Contains(got, at(c.name)) {
			t.Errorf("%s: got %v, want %q", c.name, err, c.want)
		}
	}
	if b, err := os.ReadFile(at("target")); err != nil || string(b) != "precious" || isThere(at("nowhere")) {
		t.Errorf("got %q, %v, want what links lead to left alone", b, err)
	}
}

func TestARunFolderThatWillNotDoIsSaidAtTheStart(t *testing.T) {
	root := folder(t)
	specs := []Spec{{Name: "proxy", Argv: []string{"/bin/true"}}}
	long := filepath.Join(root, strings.Repeat("x", 100))
	rows := []struct{ name, path, want string }{
		{"too long", long, "may have 103"},
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
			s.place.leave()
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
		t.Error("its last words were not told")
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
	var told notices
	h := newHouse(t, func(_ *house, o *Options) { o.OnNotice = told.add }, spec(t, "proxy", "by-path"))
	first := h.awaitReady("proxy")
	if !answers(first.Socket) {
		t.Error("it does not answer at its path")
	}
	if err := syscall.Kill(first.PID, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	second := h.awaitBack(first)
	awaitTrue(t, "it answers", func() bool { return answers(second.Socket) })
	if _, err := h.place.look(); err != nil || told.count("") > 0 {
		t.Errorf("a look at the folder: got %v, told %q, want it to be in order", err, told.list)
	}
}

// TestAnotherPlatformsSocketIsNotTakenForOurs has an incarnation's path taken by
// another process, which must not be asked how it is, let alone to hand over.
func TestAnotherPlatformsSocketIsNotTakenForOurs(t *testing.T) {
	t.Parallel()
	pass, theirs, err := newConnections()
	if err != nil {
		t.Fatal(err)
	}
	defer pass.close()
	spawner := child.NewSpawner()
	c, err := spawner.Start(child.Options{
		Argv: []string{self(t)}, Extra: []*os.File{theirs},
		Env: []string{modeOf + "=ready", listenCount + "=1", listenNames + "=" + connectionsName, hasty},
	})
	theirs.Close()
	if err != nil {
		t.Fatal(err)
	}
	defer spawner.Close()
	defer func() { _ = c.Signal(syscall.SIGKILL) }() // whatever it does
	other := NewListener(filepath.Join(folder(t), "proxy.1.sock"))
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
	i := &incarnation{child: c, connections: pass, socket: NewListener(other.path)}
	client := newClient(i.connect)
	client.Timeout = deadline // it is about to begin
	defer client.CloseIdleConnections()
	res, err := client.Get("http://service/readyz")
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if !i.socket.replaced() || res.StatusCode != http.StatusOK || asked.Load() != 0 {
		t.Errorf("got status %d, and the other was asked %d times, want our own to answer", res.StatusCode, asked.Load())
	}
}
