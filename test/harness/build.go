package harness

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
)

// Root is the folder of the module.
var Root = sync.OnceValue(func() string {
	_, file, _, _ := runtime.Caller(0)
	return filepath.Join(filepath.Dir(file), "..", "..")
})

// folder holds what is made once for all tests of a run: the binary, the film, and
// the cache with the mezzanine of it.
var folder = sync.OnceValues(func() (string, error) { return os.MkdirTemp("", "livestream-tui-tests-") })

// Main runs a package's tests and removes what they share. TestMain calls it and
// exits with the status it returns.
func Main(m *testing.M) int {
	code := m.Run()
	if dir, err := folder(); err == nil {
		_ = os.RemoveAll(dir) // a temporary folder: no harm if it stays
	}
	return code
}

// Build builds a package of the module and returns the binary's path. flags go before
// the package, which is a path below the module's root. It builds without -race,
// which would slow what the tests watch.
func Build(name, pkg string, flags ...string) (string, error) {
	dir, err := folder()
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, name)
	cmd := exec.Command("go", append(append([]string{"build", "-o", path}, flags...), pkg)...)
	cmd.Dir = Root()
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, out)
	}
	return path, nil
}

var binary = sync.OnceValues(func() (string, error) { return Build("livestream-tui", ".") })

// Binary is the path of livestream-tui, built once for all tests of a run.
func Binary(t *testing.T) string {
	t.Helper()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

var film = sync.OnceValues(func() (string, error) {
	dir, err := folder()
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "live01.mp4")
	out, err := exec.Command("ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc2=s=320x180:r=25:d=8",
		"-f", "lavfi", "-i", "sine=f=440:r=48000:d=8", "-c:v", "libx264", "-preset", "ultrafast", "-c:a", "aac", path).CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("ffmpeg: %w\n%s", err, out)
	}
	return path, nil
})

// Film is the path of a film of 8 s, made once for all tests of a run: the loop's
// seam comes every 8 s.
func Film(t *testing.T) string {
	t.Helper()
	path, err := film()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// Cache is the cache that all platforms of a run share, so that the film's mezzanine
// is made once.
func Cache(t *testing.T) string {
	t.Helper()
	return filepath.Join(filepath.Dir(Film(t)), "cache")
}

// Tool is where a command is: Debian's servers are not in every PATH.
func Tool(name string) string {
	if path, err := exec.LookPath(name); err == nil {
		return path
	}
	return "/usr/sbin/" + name
}

// Soaking reports whether the long form of the tests is asked for: make soak.
func Soaking() bool { return os.Getenv("SOAK") != "" }
