package drill

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"

	"livestream-tui/procs/platform"
	"livestream-tui/services/kit/text"
)

// front is a proxy that is not the platform's, in front of its packagers.
type front struct {
	cmd    *exec.Cmd
	url    string // its base URL
	output string // the file that holds what it says
	ended  chan struct{}
	err    error // how it ended; read after ended
}

// frontGrace is how long it may take to end when it is asked to.
const frontGrace = 3 * time.Second

// startFront runs the command. In its words {port} stands for the port that it is
// to listen on and {NAME} for the HOST:PORT of the packager of that name; they are
// in its environment as well, PROXY_PORT and PACKAGERS (base URLs, with commas).
func startFront(words []string, env map[string]string, packagers []platform.Process, place Place) (*front, error) {
	port := strconv.Itoa(place.Front)
	pairs, urls := []string{"{port}", port}, make([]string, len(packagers))
	for i, p := range packagers {
		address := net.JoinHostPort("127.0.0.1", strconv.Itoa(p.Port))
		pairs = append(pairs, "{"+p.Name+"}", address)
		urls[i] = "http://" + address
	}
	put := strings.NewReplacer(pairs...)
	argv := make([]string, len(words))
	for i, w := range words {
		argv[i] = put.Replace(w)
	}
	f := &front{url: "http://127.0.0.1:" + port, ended: make(chan struct{})}
	out, err := os.CreateTemp(place.Root, "proxy-*.log")
	if err != nil {
		return nil, err
	}
	defer func() { _ = out.Close() }() // the command has its own
	f.output = out.Name()
	f.cmd = exec.Command(argv[0], argv[1:]...) //nolint:noctx // stop ends it, with its group
	f.cmd.Stdout, f.cmd.Stderr = out, out
	f.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	for name, value := range env {
		f.cmd.Env = append(f.cmd.Env, name+"="+value)
	}
	f.cmd.Env = append(f.cmd.Env, "PROXY_PORT="+port, "PACKAGERS="+strings.Join(urls, ","))
	if err := f.cmd.Start(); err != nil {
		return nil, fmt.Errorf("the proxy command: %w", err)
	}
	go func() {
		f.err = f.cmd.Wait()
		close(f.ended)
	}()
	return f, nil
}

// gone says how it ended, nil while it runs.
func (f *front) gone() error {
	select {
	case <-f.ended:
	default:
		return nil
	}
	why := "exit status 0"
	if f.err != nil {
		why = f.err.Error()
	}
	return fmt.Errorf("the proxy command has ended: %s%s", why, f.lastWords())
}

// lastWords are the last lines of its output.
func (f *front) lastWords() string {
	b, err := os.ReadFile(f.output)
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

// stop ends it and all that it started.
func (f *front) stop() error {
	group := -f.cmd.Process.Pid
	for _, s := range []syscall.Signal{syscall.SIGTERM, syscall.SIGKILL} {
		if err := syscall.Kill(group, s); err != nil && !errors.Is(err, syscall.ESRCH) {
			return fmt.Errorf("the proxy command: %s: %w", s, err)
		}
		select {
		case <-f.ended:
			// What it left behind of its group goes with it.
			_ = syscall.Kill(group, syscall.SIGKILL) // mostly there is nothing
			return nil
		case <-time.After(frontGrace):
		}
	}
	return errors.New("the proxy command does not end")
}

// awaitFront waits until it gives the playlist.
func awaitFront(ctx context.Context, f *front, t Target) error {
	var gone error
	err := await(ctx, steadyWithin, func() error {
		if gone = f.gone(); gone != nil {
			return nil //nolint:nilerr // it ends the wait and is told below
		}
		_, _, err := t.get(ctx, t.Playlist)
		return err
	})
	if err != nil {
		err = fmt.Errorf("%s: %w%s", t.Playlist, err, f.lastWords())
	}
	return errors.Join(gone, err)
}

// Words splits a command line at blanks. Quotes keep blanks, and a backslash keeps
// what follows it, except in single quotes; no shell is asked.
func Words(line string) ([]string, error) {
	var list []string
	var word strings.Builder
	quote, begun, kept := rune(0), false, false
	for _, r := range line {
		switch {
		case kept:
			word.WriteRune(r)
			kept = false
		case r == '\\' && quote != '\'':
			kept, begun = true, true
		case quote != 0 && r == quote:
			quote = 0
		case quote != 0:
			word.WriteRune(r)
		case r == '\'' || r == '"':
			quote, begun = r, true
		case r == ' ' || r == '\t' || r == '\n':
			if begun {
				list = append(list, word.String())
			}
			word.Reset()
			begun = false
		default:
			word.WriteRune(r)
			begun = true
		}
	}
	if quote != 0 {
		return nil, fmt.Errorf("a %c is open at the end", quote)
	}
	if begun {
		list = append(list, word.String())
	}
	if len(list) == 0 {
		return nil, errors.New("it is empty")
	}
	return list, nil
}
