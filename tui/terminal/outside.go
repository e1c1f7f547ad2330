package terminal

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
	"time"

	"github.com/muesli/termenv"

	"livestream-tui/tui/picture"
)

// Outside is what the dashboard's commands do beyond the platform. Tests have their own.
type Outside struct {
	// Clock returns the time.
	Clock func() time.Time
	// Copy puts text on the clipboard.
	Copy func(text string) error
	// Bell rings the terminal's bell.
	Bell func()
	// Write writes a file into a folder, which it makes if need be, and returns the path.
	Write func(folder, name, text string) (path string, err error)
	// VLC and Browser open addresses. An error means that there is no such program.
	VLC     func(urls []string) error
	Browser func(address string) error
	// Picture decodes a playlist to pictures of w by h pixels.
	Picture func(url string, w, h int) (picture.Source, error)
}

// NewOutside returns what works with the terminal at out, and with this machine.
func NewOutside(out io.Writer) Outside {
	return Outside{
		Clock: time.Now,
		Copy: func(text string) error {
			termenv.NewOutput(out).Copy(text) // OSC 52: the terminal's clipboard, over ssh too
			return nil
		},
		Bell:  func() { _, _ = io.WriteString(out, "\a") }, // a terminal that is gone needs no bell
		Write: writeFile,
		VLC: func(urls []string) error {
			for _, name := range vlcPaths() {
				if path, err := exec.LookPath(name); err == nil {
					return launch(path, urls...)
				}
			}
			return errors.New("no VLC")
		},
		Browser: func(address string) error {
			name := "xdg-open"
			if runtime.GOOS == "darwin" {
				name = "open"
			}
			return launch(name, address)
		},
		Picture: picture.Open,
	}
}

// vlcPaths returns where VLC usually is.
func vlcPaths() []string {
	home, _ := os.UserHomeDir() // an empty one makes a path that is not there
	return []string{
		"vlc", "/Applications/VLC.app/Contents/MacOS/VLC", filepath.Join(home, "Applications/VLC.app/Contents/MacOS/VLC"),
		"/usr/bin/vlc", "/usr/local/bin/vlc", "/snap/bin/vlc", "/var/lib/flatpak/exports/bin/org.videolan.VLC",
	}
}

// launch starts a program for the operator. It has a session of its own, so that the
// terminal's signals do not reach it, and outlives the dashboard.
func launch(name string, args ...string) error {
	cmd := exec.CommandContext(context.Background(), name, args...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	go func() { _ = cmd.Wait() }() // reaps it; how it ends does not matter here
	return nil
}

// writeFile writes into the folder saved of a folder.
func writeFile(folder, name, text string) (string, error) {
	folder = filepath.Join(folder, "saved")
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return "", err
	}
	path := filepath.Join(folder, name)
	return path, os.WriteFile(path, []byte(text), 0o600)
}
