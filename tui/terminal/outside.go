package terminal

import (
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
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
	// Notify shows a notification on the desktop, in one of the ways of Notifications.
	Notify func(way, text string)
	// Write writes a file into a folder, which it makes if need be, and returns the path.
	Write func(folder, name, text string) (path string, err error)
	// VLC opens addresses, or playlists of them. An error says that there is no such program,
	// or why it ended at once.
	VLC func(urls []string) error
	// Browser opens an address, likewise. A secret one is in no argument of a process:
	// everybody on the machine sees these. Then it returns once the browser has asked for the
	// address, with an error when it has not.
	Browser func(ctx context.Context, address string, secret bool) error
	// Read shows a file on the terminal, which nobody else may use meanwhile, until the
	// operator has read it or ctx is cancelled.
	Read func(ctx context.Context, path string) error
	// Picture decodes a playlist to pictures of up to w by h pixels.
	Picture func(url string, w, h int) (picture.Source, error)
	// Still decodes one picture of a playlist, of up to w by h pixels, and returns how much
	// of a processor's time that took.
	Still func(ctx context.Context, url string, w, h int) (picture.Picture, time.Duration, error)
}

// NewOutside returns what works with the terminal at out, and with this machine.
func NewOutside(out io.Writer) Outside {
	return Outside{
		Clock: time.Now,
		Copy: func(text string) error {
			termenv.NewOutput(out).Copy(text) // OSC 52: the terminal's clipboard, over ssh too
			return nil
		},
		Bell:   func() { _, _ = io.WriteString(out, "\a") }, // a terminal that is gone needs no bell
		Notify: func(way, text string) { notify(out, way, text) },
		Write:  writeFile,
		VLC: func(urls []string) error {
			for _, name := range vlcPaths() {
				if path, err := exec.LookPath(name); err == nil {
					return launch(launchPatience, path, urls...)
				}
			}
			return errors.New("it is not installed")
		},
		Browser: func(ctx context.Context, address string, secret bool) error {
			open := func(address string) error { return launch(launchPatience, opener(), address) }
			if !secret {
				return open(address)
			}
			return lead(ctx, leadPatience, address, open)
		},
		Read:    read,
		Picture: picture.Open,
		Still:   picture.Still,
	}
}

// opener is the program that opens an address in the operator's browser.
func opener() string {
	if runtime.GOOS == "darwin" {
		return "open"
	}
	return "xdg-open"
}

// vlcPaths returns where VLC usually is.
func vlcPaths() []string {
	home, _ := os.UserHomeDir() // an empty one makes a path that is not there
	return []string{
		"vlc", "/Applications/VLC.app/Contents/MacOS/VLC", filepath.Join(home, "Applications/VLC.app/Contents/MacOS/VLC"),
		"/usr/bin/vlc", "/usr/local/bin/vlc", "/snap/bin/vlc", "/var/lib/flatpak/exports/bin/org.videolan.VLC",
	}
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
