package packages

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"livestream-tui/test/harness"
)

// TestMakeSaysWhatDockerLacks runs the targets of Docker beside commands that behave as Docker
// does where a part of it is missing.
func TestMakeSaysWhatDockerLacks(t *testing.T) {
	tool, err := exec.LookPath("make")
	if err != nil {
		t.Skip("no make here")
	}
	const (
		// without is Docker 20 and later where the plugin is missing.
		without = `case "$1" in compose) echo "unknown flag: --no-build" >&2; exit 125;; esac`
		dead    = `case "$1" in version) echo "Cannot connect to the Docker daemon" >&2; exit 1;; esac`
		bare    = `case "$1" in image) exit 1;; esac`
		works   = `echo "docker $*"`
		command = `echo "docker-compose $*"`
	)
	for _, c := range []struct {
		name, target, docker, compose string
		want                          string
		fails                         bool
	}{
		{"no docker", "run-proxy", "", "", "there is no docker here", true},
		{"no docker", "docker-build", "", "", "there is no docker here", true},
		{"no docker", "run-cluster", "", "", "there is no docker here", true},
		{"no engine", "run-proxy", dead, "", "its engine does not answer", true},
		{"no engine", "docker-build", dead, "", "Cannot connect to the Docker daemon", true},
		{"no Compose", "run-proxy", without, "", "install the Compose plugin", true},
		{"no image", "run-proxy", bare, "", "make docker-build", true},
		{"the plugin", "run-proxy", works, command, "docker compose up --no-build proxy", false},
		{"Compose 1.29", "run-proxy", without, command, "docker-compose up --no-build proxy", false},
	} {
		t.Run(c.name+", "+c.target, func(t *testing.T) {
			bin := t.TempDir()
			for _, name := range []string{"sh", "env", "mkdir", "ls", "chmod", "git", "grep"} {
				if path, err := exec.LookPath(name); err == nil {
					if err := os.Symlink(path, filepath.Join(bin, name)); err != nil {
						t.Fatal(err)
					}
				}
			}
			for name, script := range map[string]string{"docker": c.docker, "docker-compose": c.compose} {
				if script == "" {
					continue
				}
				if err := os.WriteFile(filepath.Join(bin, name), []byte("#!/bin/sh\n"+script+"\n"), 0o700); err != nil {
					t.Fatal(err)
				}
			}
			work := t.TempDir() // where it may make the folder input
			cmd := exec.Command(tool, "--no-print-directory", "-f", filepath.Join(harness.Root(), "Makefile"), c.target)
			cmd.Dir, cmd.Env = work, []string{"PATH=" + bin}
			out, err := cmd.CombinedOutput()
			var exit *exec.ExitError
			if failed := errors.As(err, &exit); failed != c.fails || err != nil && !failed || !strings.Contains(string(out), c.want) {
				t.Errorf("got %v, want it to fail: %t, with %q:\n%s", err, c.fails, c.want, out)
			}
		})
	}
}
