package service

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
)

// Paths are the folders that the platform reads and writes. Relative ones are
// relative to the working directory.
type Paths struct {
	Input  string `env:"INPUT_STREAM_PATH" envDefault:"input" doc:"folder of films; live01.mp4 becomes signal live01"`
	Output string `env:"OUTPUT_STREAM_PATH" envDefault:"output" doc:"folder that the worker writes segments to and the packagers read; none where all of them use HTTP"`
	// Run holds sockets and locks; it is made 0700 and its owner is checked.
	Run string `env:"RUN_PATH" doc:"sockets and locks (default: $XDG_RUNTIME_DIR/livestream-tui, else livestream-tui-UID in the temporary folder)"`
	// State holds logs and high-water marks.
	State string `env:"STATE_PATH" doc:"logs and high-water marks (default: the user's state folder)"`
	// Cache holds mezzanines.
	Cache string `env:"CACHE_PATH" doc:"mezzanines (default: the user's cache folder)"`
}

// NoOutput is the value of Output when no folder is shared.
const NoOutput = "none"

// Complete fills the defaults that depend on the machine. Call it after Parse.
func (p *Paths) Complete(e Environment, problems *Problems) {
	const name = "livestream-tui"
	home := e["HOME"]
	if p.Run == "" {
		if dir := e["XDG_RUNTIME_DIR"]; dir != "" {
			p.Run = filepath.Join(dir, name)
		} else {
			p.Run = filepath.Join(os.TempDir(), fmt.Sprintf("%s-%d", name, os.Getuid()))
		}
	}
	if p.State == "" {
		p.State = userFolder(e["XDG_STATE_HOME"], home, ".local/state", name)
	}
	if p.Cache == "" {
		p.Cache = userFolder(e["XDG_CACHE_HOME"], home, ".cache", name)
	}
	if p.State == "" {
		problems.Add("STATE_PATH", "", "not set, and neither are XDG_STATE_HOME and HOME; set one of them to a folder")
	}
	if p.Cache == "" {
		problems.Add("CACHE_PATH", "", "not set, and neither are XDG_CACHE_HOME and HOME; set one of them to a folder")
	}
}

func userFolder(xdg, home, fallback, name string) string {
	switch {
	case xdg != "":
		return filepath.Join(xdg, name)
	case home != "":
		return filepath.Join(home, fallback, name)
	}
	return ""
}

func isAddress(s string) bool { return s == "localhost" || net.ParseIP(s) != nil }
