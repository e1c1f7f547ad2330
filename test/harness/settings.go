package harness

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// Folder is a temporary folder of a test's own with a short path, because sockets lie
// in it and their paths are bounded.
func Folder(t *testing.T) string {
	t.Helper()
	root, err := os.MkdirTemp("", "lt-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(root) }) // a temporary folder: no harm if it stays
	return root
}

// Settings are the environment of a platform of the test's own, with the film as its
// input.
func Settings(t *testing.T) map[string]string {
	t.Helper()
	film, root := Film(t), Folder(t)
	env := map[string]string{"PROXY_ADMIN": "public"} // tests ask the proxy for /metrics and /events where players are
	for variable, folder := range map[string]string{
		"INPUT_STREAM_PATH": "input", "OUTPUT_STREAM_PATH": "output", "RUN_PATH": "run", "STATE_PATH": "state",
	} {
		env[variable] = filepath.Join(root, folder)
	}
	env["CACHE_PATH"] = Cache(t)
	input := env["INPUT_STREAM_PATH"]
	if err := os.Mkdir(input, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Link(film, filepath.Join(input, "live01.mp4")); err != nil {
		CopyFile(t, film, filepath.Join(input, "live01.mp4"))
	}
	SetPorts(t, env, "SERVER_ONE_PORT", "SERVER_TWO_PORT", "REPORTER_PORT", "ORIGIN_PORT", "PROXY_PORT")
	return env
}

// small is a layout that is ready at once.
const small = `about: two services without media
processes:
  - {name: reporter, service: reporter, port: {variable: REPORTER_PORT, default: 2000}}
  - {name: origin, service: origin, port: {variable: ORIGIN_PORT, default: 8001}, depends_on: [reporter]}
screens:
  - {name: main, rows: [{panels: [{panel: services}]}, {panels: [{panel: logs}]}]}
`

// SmallSettings are the environment of a platform without media, which is ready at
// once, and the file of its layout.
func SmallSettings(t *testing.T) (env map[string]string, layout string) {
	t.Helper()
	root := Folder(t)
	env = map[string]string{}
	for variable, folder := range map[string]string{
		"INPUT_STREAM_PATH": "input", "OUTPUT_STREAM_PATH": "output", "RUN_PATH": "run", "STATE_PATH": "state", "CACHE_PATH": "cache",
	} {
		env[variable] = filepath.Join(root, folder)
	}
	SetPorts(t, env, "REPORTER_PORT", "ORIGIN_PORT")
	layout = filepath.Join(root, "small.yaml")
	if err := os.WriteFile(layout, []byte(small), 0o600); err != nil {
		t.Fatal(err)
	}
	return env, layout
}

// given are the ports that Ports has returned.
var given sync.Map

// Ports finds free ports below those that the system gives to outgoing connections:
// one of these could have a killed packager's port when it comes back.
func Ports(t *testing.T, n int) []int {
	t.Helper()
	var ports []int
	for len(ports) < n {
		port := 15000 + rand.IntN(17000)
		if _, taken := given.LoadOrStore(port, true); taken {
			continue // by a test that runs beside this one
		}
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err != nil {
			continue // taken
		}
		defer l.Close() // when all are found
		ports = append(ports, port)
	}
	return ports
}

// SetPorts gives each variable a free port.
func SetPorts(t *testing.T, env map[string]string, variables ...string) {
	t.Helper()
	for i, port := range Ports(t, len(variables)) {
		env[variables[i]] = strconv.Itoa(port)
	}
}

// CopyFile copies a file, without its mode. No process is started meanwhile: it would hold the
// file open for writing until its exec, and a copy of a program could not be run ("text file
// busy").
func CopyFile(t *testing.T, from, to string) {
	t.Helper()
	b, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	syscall.ForkLock.RLock()
	err = os.WriteFile(to, b, 0o644)
	syscall.ForkLock.RUnlock()
	if err != nil {
		t.Fatal(err)
	}
}

// Command is the binary with env over this process's own environment.
func Command(t *testing.T, env map[string]string, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(Binary(t), args...)
	cmd.Env = os.Environ()
	for k, v := range env {
		cmd.Env = append(cmd.Env, k+"="+v)
	}
	return cmd
}

// Outcome runs the binary to its end.
func Outcome(t *testing.T, env map[string]string, args ...string) (status int, stdout, stderr string) {
	t.Helper()
	cmd := Command(t, env, args...)
	var out, errs strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit):
		status = exit.ExitCode()
	case err != nil:
		t.Fatal(err)
	}
	return status, out.String(), errs.String()
}
