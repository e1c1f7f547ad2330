package tui

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"time"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/muesli/termenv"

	"livestream-tui/tui/film"
)

// outside is what commands do beyond the platform. Tests put their own here.
type outside struct {
	clock func() time.Time
	// copy puts text on the clipboard.
	copy func(text string) error
	bell func()
	// write writes a file into a folder that may have to be made first, and
	// returns its path.
	write func(folder, name, text string) (path string, err error)
	// vlc and browser open addresses; the error says that there is no such program.
	vlc     func(urls []string) error
	browser func(address string) error
	// film decodes a playlist to pictures of w by h pixels.
	film func(url string, w, h int) (film.Film, error)
}

// do is a command that has nothing to tell.
func (outside) do(f func()) tea.Cmd {
	return func() tea.Msg { f(); return nil }
}

// terminalOutside uses the terminal that out is, and this machine.
func terminalOutside(out io.Writer) outside {
	return outside{
		clock: time.Now,
		copy: func(text string) error {
			termenv.NewOutput(out).Copy(text) // OSC 52: the terminal's clipboard, over ssh too
			return nil
		},
		bell:  func() { _, _ = io.WriteString(out, "\a") }, // a terminal that is gone needs no bell
		write: writeFile,
		vlc: func(urls []string) error {
			for _, name := range vlcPaths() {
				if path, err := exec.LookPath(name); err == nil {
					return launch(path, urls...)
				}
			}
			return errors.New("no VLC")
		},
		browser: func(address string) error {
			name := "xdg-open"
			if runtime.GOOS == "darwin" {
				name = "open"
			}
			return launch(name, address)
		},
		film: film.Open,
	}
}

// vlcPaths is where VLC is usually found.
func vlcPaths() []string {
	home, _ := os.UserHomeDir() // an empty one makes a path that is not there
	return []string{
		"vlc", "/Applications/VLC.app/Contents/MacOS/VLC", filepath.Join(home, "Applications/VLC.app/Contents/MacOS/VLC"),
		"/usr/bin/vlc", "/usr/local/bin/vlc", "/snap/bin/vlc", "/var/lib/flatpak/exports/bin/org.videolan.VLC",
	}
}

// launch starts a program of the operator's and leaves it to itself: it has no
// part in the terminal and outlives the dashboard.
func launch(name string, args ...string) error {
	cmd := exec.CommandContext(context.Background(), name, args...)
	detach(cmd)
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	go func() { _ = cmd.Wait() }() // reaps it; how it ends is the operator's affair
	return nil
}

func writeFile(folder, name, text string) (string, error) {
	folder = filepath.Join(folder, "saved")
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return "", err
	}
	path := filepath.Join(folder, name)
	return path, os.WriteFile(path, []byte(text), 0o600)
}
