package terminal

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"

	"github.com/charmbracelet/x/term"
	"golang.org/x/sys/unix"
)

// Keepsake is what the guardian needs to give the terminal back after a dashboard that was
// killed, or that panicked in a goroutine.
type Keepsake struct {
	// Terminal is the terminal's state before the dashboard.
	Terminal *term.State `json:"terminal"`
	// Crash is the file that Go writes a panic to, Logs the folder it is in.
	Crash string `json:"crash"`
	Logs  string `json:"logs"`
}

// leaveScreen turns off what a dashboard turns on: the mouse, bracketed paste, colours, the
// hidden cursor, and last the alternate screen.
const leaveScreen = "\x1b[?1002l\x1b[?1003l\x1b[?1006l\x1b[?2004l\x1b[0m\x1b[?25h\x1b[?1049l"

// NewKeepsake takes the terminal's state as it is now, and has Go write panics to a file,
// because text on the alternate screen is lost.
func NewKeepsake(logs string) (Keepsake, error) {
	k := Keepsake{Logs: logs, Crash: filepath.Join(logs, "crash.log")}
	var err error
	if k.Terminal, err = term.GetState(os.Stdin.Fd()); err != nil {
		return k, fmt.Errorf("the terminal's state: %w", err)
	}
	f, err := os.Create(k.Crash)
	if err != nil {
		return k, err
	}
	defer func() { _ = f.Close() }() // the runtime keeps a copy
	return k, debug.SetCrashOutput(f, debug.CrashOptions{})
}

// Arguments returns the arguments for Restore, with which the guardian is started.
func (k Keepsake) Arguments() ([]string, error) {
	b, err := json.Marshal(k)
	return []string{string(b)}, err
}

// Restore gives the terminal back. Its arguments are those of Keepsake.Arguments; without
// any there was no dashboard. The caller must ignore SIGTTOU, because it is not in the
// terminal's foreground.
func Restore(arguments []string) error {
	if len(arguments) == 0 {
		return nil
	}
	var k Keepsake
	if err := json.Unmarshal([]byte(arguments[0]), &k); err != nil {
		return fmt.Errorf("guardian's arguments: %w", err)
	}
	tty, err := os.OpenFile("/dev/tty", os.O_RDWR, 0)
	if err != nil {
		return err // the terminal is gone too
	}
	defer func() { _ = tty.Close() }() // writes are not buffered
	// Most shells have set the terminal as they want it by now, with signals on. Only a
	// terminal that is still raw is as the dashboard left it.
	now, err := term.GetState(tty.Fd())
	if err == nil && k.Terminal != nil && now.Lflag&unix.ISIG == 0 {
		err = term.Restore(tty.Fd(), k.Terminal)
	}
	if err != nil {
		return err
	}
	why := "was killed"
	if crash, err := os.Stat(k.Crash); err == nil && crash.Size() > 0 {
		why = "has crashed, see " + k.Crash
	}
	_, err = fmt.Fprintf(tty, "%s\r\nlivestream-tui %s. Its processes were ended.\r\nlogs: %s\r\n", leaveScreen, why, k.Logs)
	return err
}
