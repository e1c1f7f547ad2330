package packages

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"testing"

	"livestream-tui/test/harness"
)

func TestMain(m *testing.M) {
	code := harness.Main(m)
	folders.Range(func(_, made any) bool {
		out, _ := made.(func() (string, error))()
		_ = os.RemoveAll(out) // a temporary folder: no harm if it stays
		return true
	})
	os.Exit(code)
}

// file is the text of a file in packaging.
func file(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(harness.Root(), "packaging", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// gated skips a test that builds packages unless it is asked for: it takes minutes, and
// fetches the tools that make packages.
func gated(t *testing.T) {
	t.Helper()
	if os.Getenv("PACKAGES") == "" {
		t.Skip("runs with make dist-test")
	}
}

// The versions that the tests install, the second one after the first.
const first, second = "v9.0.1", "v9.0.2"

// build makes what is published of a version for this machine, and returns the folder.
func build(version, name string) (string, error) {
	out, err := os.MkdirTemp("", "livestream-tui-"+name+"-")
	if err != nil {
		return "", err
	}
	cmd := exec.Command("sh", "packaging/build.sh")
	cmd.Dir = harness.Root()
	cmd.Env = append(os.Environ(), "VERSION="+version, "OUT="+out, "TARGETS=linux/"+runtime.GOARCH)
	said, err := cmd.CombinedOutput()
	if err != nil {
		return out, &buildError{err, string(said)}
	}
	return out, nil
}

type buildError struct {
	error
	said string
}

func (e *buildError) Error() string { return e.error.Error() + "\n" + e.said }

var folders sync.Map // by version

// built is the folder of a version, which is made once.
func built(t *testing.T, version string) string {
	t.Helper()
	made, _ := folders.LoadOrStore(version, sync.OnceValues(func() (string, error) { return build(version, version) }))
	out, err := made.(func() (string, error))()
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// one is the only file in a folder with a pattern.
func one(t *testing.T, folder, pattern string) string {
	t.Helper()
	list, err := filepath.Glob(filepath.Join(folder, pattern))
	if err != nil || len(list) != 1 {
		t.Fatalf("%s in %s: got %v, %v, want one", pattern, folder, list, err)
	}
	return list[0]
}
