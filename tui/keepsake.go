package tui

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"

	"github.com/charmbracelet/x/term"
	"golang.org/x/sys/unix"
)

// Keepsake is what the guardian needs to give the terminal back after a dashboard
// that could not do so itself: it was killed, or a goroutine of it has panicked.
type Keepsake struct {
	// Terminal is the terminal's state before the dashboard.
	Terminal *term.State `json:"terminal"`
	// Crash is the file that Go writes a panic to, Logs the folder it lies in.
	Crash string `json:"crash"`
	Logs  string `json:"logs"`
}

// leaveScreen turns off what a dashboard turns on: mouse, bracketed paste, colours,
// the hidden cursor and at last the alternate screen.
const leaveScreen = "\x1b[?1002l\x1b[?1003l\x1b[?1006l\x1b[?2004l\x1b[0m\x1b[?25h\x1b[?1049l"

// NewKeepsake takes the terminal's state as it is now, and has a panic written to a
// file of its own: what it says on the screen is gone with the screen.
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

// Arguments are what the guardian is started with, for RestoreTerminal.
func (k Keepsake) Arguments() ([]string, error) {
	b, err := json.Marshal(k)
	return []string{string(b)}, err
}

// RestoreTerminal gives the terminal back as arguments tell. The caller must have
// ignored TTOU: the terminal is no longer its own.
func RestoreTerminal(arguments []string) error {
	if len(arguments) == 0 {
		return nil // there was no dashboard
	}
	var k Keepsake
	if err := json.Unmarshal([]byte(arguments[0]), &k); err != nil {
		return fmt.Errorf("guardian's arguments: %w", err)
	}
	tty, err := os.OpenFile("/dev/tty", os.O_RDWR, 0)
	if err != nil {
		return err // the terminal has gone too
	}
	defer func() { _ = tty.Close() }() // nothing is held back in it
	// Most shells have set the terminal already as they want it, with signals on;
	// only what is still raw is the dashboard's.
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
	_, err = fmt.Fprintf(tty, "%s\r\nlivestream-tui %s. What it ran was ended.\r\nlogs: %s\r\n", leaveScreen, why, k.Logs)
	return err
}
