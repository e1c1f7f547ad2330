package api

import (
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
	"unicode"

	"livestream-tui/procs"
	"livestream-tui/procs/ctl"
	"livestream-tui/procs/platform"
	"livestream-tui/procs/platform/platformtest"
	"livestream-tui/procs/preflight"
	"livestream-tui/services/kit/report"
	"livestream-tui/services/kit/text"
)

// hostile would move the cursor, set the title and reverse text.
const hostile = "a\x1b[2J\x1b]0;owned\x07b\u009b31m\u202ec\nd"

func isPlain(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return unicode.In(r, unicode.Cc, unicode.Cf) })
}

// TestMain lets this test binary act as another user's platform.
func TestMain(m *testing.M) {
	path := os.Getenv("API_TEST_LISTEN")
	if path == "" {
		os.Exit(m.Run())
	}
	if _, err := net.Listen("unix", path); err != nil || os.Chmod(path, 0o777) != nil {
		os.Exit(1)
	}
	select {} // until it is killed
}

// TestNothingOfAForeignPlatformSteersTheTerminal has a platform that answers anything.
func TestNothingOfAForeignPlatformSteersTheTerminal(t *testing.T) {
	foreign := platform.Snapshot{
		At: time.Now(), Layout: hostile, PlayURL: hostile, PageURL: hostile, LogFolder: hostile, IngestsErr: hostile,
		Processes: []platform.Process{{Status: platform.Status{Name: hostile, Reason: hostile, Argv: []string{hostile}}, Service: hostile, Env: []string{hostile}}},
		Ingests:   []report.Ingest{{Signal: hostile, Packagers: []string{hostile}}},
		Upgrade:   &platform.Upgrading{Error: hostile},
	}
	path := serveHandler(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/snapshot" {
			_ = json.NewEncoder(w).Encode(foreign) // the test misses it
			return
		}
		w.WriteHeader(http.StatusConflict)
		_ = json.NewEncoder(w).Encode(report.Error{Error: hostile})
	})
	r := dialed(t, path)
	var out strings.Builder
	if err := ctl.WriteStatus(&out, seen(t, r)); err != nil {
		t.Fatal(err)
	}
	if err := ctl.WriteStatusJSON(&out, seen(t, r)); err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(out.String()) {
		if !isPlain(strings.TrimRight(line, "\n")) {
			t.Errorf("status: got %q", line)
		}
	}
	if s := seen(t, r); s.Layout != text.Clean(hostile) || s.Processes[0].Env[0] != text.Clean(hostile) || s.Upgrade.Error != text.Clean(hostile) {
		t.Errorf("snapshot: got %+v", s)
	}
	if err := r.Command(t.Context(), platform.Command{Process: "proxy", Action: platform.Kill}); err == nil || !isPlain(err.Error()) {
		t.Errorf("a command: got %q, want a plain refusal", err)
	}
}

// TestAnotherUsersPlatformIsNotTrusted has another user listen on the socket.
func TestAnotherUsersPlatformIsNotTrusted(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("needs root, to be another user")
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	run, err := os.MkdirTemp("", "ctl")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(run)
	if err := os.Chmod(run, 0o777); err != nil { //nolint:gosec // another user must reach it
		t.Fatal(err)
	}
	binary := filepath.Join(run, "listener")
	copied, err := os.ReadFile(self)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(binary, copied, 0o755); err != nil { //nolint:gosec // another user runs it
		t.Fatal(err)
	}
	path := platform.SocketPath(run)
	cmd := exec.Command(binary)
	cmd.Env = []string{"API_TEST_LISTEN=" + path}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 12345, Gid: 12345}}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = cmd.Process.Kill() // it may have ended
		_ = cmd.Wait()
	}()
	platformtest.Await(t, "it listens", func() bool {
		c, err := net.Dial("unix", path)
		if err == nil {
			_ = c.Close() // nothing was sent
		}
		return err == nil
	})
	if _, err := Dial(t.Context(), path); !errors.Is(err, errForeign) || !strings.Contains(err.Error(), "RUN_PATH=") {
		t.Errorf("got %v, want %v", err, errForeign)
	}
	if err := preflight.CheckNotRunning(path); errors.Is(err, procs.ErrAlreadyRunning) {
		t.Errorf("a start: got %v, want another user's platform not to count as ours", err)
	}
}
