package proxy

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"

	"livestream-tui/procs/drill/poll"
	"livestream-tui/procs/platform"
	"livestream-tui/services/kit/text"
)

// ExternalOptions say how to run an external proxy.
type ExternalOptions struct {
	// Command is the command line in words. In each of them {port} stands for Port, and
	// {NAME} for HOST:PORT of the packager of that name.
	Command []string
	// Env is its environment, to which PROXY_PORT and PACKAGERS (base URLs, separated by
	// commas) are added.
	Env map[string]string
	// Packagers are the processes behind it.
	Packagers []platform.Process
	// Port is where it must listen, Folder where its output is kept.
	Port   int
	Folder string
}

// External is another proxy in front of the platform's packagers. Make it with
// StartExternal.
type External struct {
	// URL is its base URL.
	URL string

	packagers []platform.Process
	cmd       *exec.Cmd
	output    string // the file that holds what it writes
	ended     chan struct{}
	err       error // how it ended; read after ended
}

// grace is how long it may take to end when it is asked to.
const grace = 3 * time.Second

// StartExternal runs the command. Stop it with Stop.
func StartExternal(o ExternalOptions) (*External, error) {
	port := strconv.Itoa(o.Port)
	pairs, urls := []string{"{port}", port}, make([]string, len(o.Packagers))
	for i, p := range o.Packagers {
		address := net.JoinHostPort("127.0.0.1", strconv.Itoa(p.Port))
		pairs = append(pairs, "{"+p.Name+"}", address)
		urls[i] = "http://" + address
	}
	put := strings.NewReplacer(pairs...)
	argv := make([]string, len(o.Command))
	for i, w := range o.Command {
		argv[i] = put.Replace(w)
	}
	e := &External{URL: "http://127.0.0.1:" + port, packagers: o.Packagers, ended: make(chan struct{})}
	out, err := os.CreateTemp(o.Folder, "proxy-*.log")
	if err != nil {
		return nil, err
	}
	defer func() { _ = out.Close() }() // the command has its own
	e.output = out.Name()
	e.cmd = exec.Command(argv[0], argv[1:]...) //nolint:noctx // Stop ends it, with its group
	e.cmd.Stdout, e.cmd.Stderr = out, out
	e.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	for name, value := range o.Env {
		e.cmd.Env = append(e.cmd.Env, name+"="+value)
	}
	e.cmd.Env = append(e.cmd.Env, "PROXY_PORT="+port, "PACKAGERS="+strings.Join(urls, ","))
	if err := e.cmd.Start(); err != nil {
		return nil, fmt.Errorf("the proxy command: %w", err)
	}
	go func() {
		e.err = e.cmd.Wait()
		close(e.ended)
	}()
	return e, nil
}

// Ended returns how it ended; nil while it runs, and for a nil External.
func (e *External) Ended() error {
	if e == nil {
		return nil
	}
	select {
	case <-e.ended:
	default:
		return nil
	}
	why := "exit status 0"
	if e.err != nil {
		why = e.err.Error()
	}
	return fmt.Errorf("the proxy command has ended: %s%s", why, e.lastOutput())
}

// lastOutput is the last lines of what it wrote.
func (e *External) lastOutput() string {
	b, err := os.ReadFile(e.output)
	if err != nil {
		return "; its output cannot be read: " + err.Error()
	}
	if len(b) == 0 {
		return ""
	}
	lines := strings.Split(strings.TrimSpace(string(b)), "\n")
	var tail strings.Builder
	for _, l := range lines[max(0, len(lines)-5):] {
		tail.WriteString("\n  " + text.Clean(l))
	}
	return tail.String()
}

// Stop ends it and all that it started.
func (e *External) Stop() error {
	group := -e.cmd.Process.Pid
	for _, s := range []syscall.Signal{syscall.SIGTERM, syscall.SIGKILL} {
		if err := syscall.Kill(group, s); err != nil && !errors.Is(err, syscall.ESRCH) {
			return fmt.Errorf("the proxy command: %s: %w", s, err)
		}
		select {
		case <-e.ended:
			// What is left of its group goes with it.
			_ = syscall.Kill(group, syscall.SIGKILL) // mostly there is nothing
			return nil
		case <-time.After(grace):
		}
	}
	return errors.New("the proxy command does not end")
}

// AwaitPlaylist waits until it serves a playlist.
func (e *External) AwaitPlaylist(ctx context.Context, client *http.Client, playlist string, limit time.Duration) error {
	var ended error
	err := poll.Until(ctx, limit, func() error {
		if ended = e.Ended(); ended != nil {
			return nil //nolint:nilerr // it ends the wait and is returned below
		}
		_, err := get(ctx, client, playlist)
		return err
	})
	if err != nil {
		err = fmt.Errorf("%w%s", err, e.lastOutput())
	}
	return errors.Join(ended, err)
}

// Active returns the name of the packager that a playlist came from, by the X-Packager
// that the packagers set and most proxies pass on, or that of the first packager: the
// platform does not know where another proxy serves players from.
func (e *External) Active(ctx context.Context, client *http.Client, playlist string) (string, error) {
	answer, err := get(ctx, client, playlist)
	if err != nil {
		return "", err
	}
	from := answer.Header.Get("X-Packager")
	for _, p := range e.packagers {
		if from == p.Name || from == p.URL() {
			return p.Name, nil
		}
	}
	return e.packagers[0].Name, nil
}
