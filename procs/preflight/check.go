package preflight

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"time"
	"unicode/utf8"

	"livestream-tui/procs/child"
	"livestream-tui/services/kit/text"
)

const (
	// portPatience is how long a port may take to become free: processes that an earlier
	// run left behind were killed a moment ago.
	portPatience = time.Second
	portPoll     = 50 * time.Millisecond
	// commandMost is how many characters of another program's command line are shown.
	commandMost = 60
)

// Folder is a folder that the platform needs.
type Folder struct {
	// Variable is the setting that names the folder, Path its value.
	Variable, Path string
	// ReadOnly is set when the folder is only read: it need not exist yet.
	ReadOnly bool
}

// CheckFolders returns a problem for each folder that cannot be used, with its variable.
func CheckFolders(folders []Folder) []error {
	var problems []error
	for _, f := range folders {
		if err := f.Check(); err != nil {
			problems = append(problems, fmt.Errorf("%s=%q: %w; set it to a folder of yours", f.Variable, f.Path, err))
		}
	}
	return problems
}

// Check returns an error unless the folder can be used, or can be made where it does not
// exist. It leaves nothing behind: the service that needs the folder makes it.
func (f Folder) Check() error {
	if f.ReadOnly {
		if _, err := os.ReadDir(f.Path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("cannot be read: %w", bare(err))
		}
		return nil
	}
	path, err := filepath.Abs(f.Path)
	if err != nil {
		return err
	}
	for {
		info, err := os.Stat(path)
		switch {
		case errors.Is(err, fs.ErrNotExist) && filepath.Dir(path) != path:
			path = filepath.Dir(path)
			continue
		case err != nil:
			return fmt.Errorf("cannot be used: %w", bare(err))
		case !info.IsDir():
			return fmt.Errorf("%s is not a folder", path)
		}
		break
	}
	probe, err := os.CreateTemp(path, ".writable-*")
	if err != nil {
		return fmt.Errorf("cannot write to %s: %w", path, bare(err))
	}
	return errors.Join(probe.Close(), os.Remove(probe.Name()))
}

// bare strips the path, which the message names anyway.
func bare(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}

// CheckPorts returns a problem for each port that cannot be listened on, with its variable.
// It waits for ports that are about to become free.
func CheckPorts(list []Endpoint) []error {
	var problems []error
	first := map[int]Endpoint{}
	deadline := time.Now().Add(portPatience)
	for _, e := range list {
		if other, twice := first[e.Port]; twice {
			problems = append(problems, fmt.Errorf("port %d is wanted by %s and by %s: set %s or %s to another",
				e.Port, other.Process, e.Process, other.Variable, e.Variable))
			continue
		}
		first[e.Port] = e
		err := tryPort(e)
		for ; err != nil && time.Now().Before(deadline); err = tryPort(e) {
			time.Sleep(portPoll) // the next look at the port
		}
		if err != nil {
			problems = append(problems, explainPort(e, err))
		}
	}
	return problems
}

// CheckPort returns an error unless the port can be listened on now. The error names the
// process that uses it where that can be seen, and the variable to change.
func CheckPort(e Endpoint) error {
	if err := tryPort(e); err != nil {
		return explainPort(e, err)
	}
	return nil
}

func tryPort(e Endpoint) error {
	host := e.Host
	if ip := e.listens(); ip != nil {
		host = ip.String()
	}
	l, err := net.Listen("tcp", net.JoinHostPort(host, strconv.Itoa(e.Port)))
	if err != nil {
		return err
	}
	return l.Close()
}

// explainPort says why a port cannot be listened on.
func explainPort(e Endpoint, err error) error {
	if pid, command, ok := child.Holder(e.listens(), e.Port); ok {
		return fmt.Errorf("port %d (%s) is in use by pid %d, %s: stop it or set %s",
			e.Port, e.Process, pid, shorten(command), e.Variable)
	}
	var sys *os.SyscallError
	if errors.As(err, &sys) {
		err = sys.Err
	}
	return fmt.Errorf("port %d (%s) cannot be used: %w: free it or set %s", e.Port, e.Process, err, e.Variable)
}

func shorten(command string) string {
	command = text.Clean(command)
	if utf8.RuneCountInString(command) > commandMost {
		command = string([]rune(command)[:commandMost]) + "..."
	}
	return command
}
