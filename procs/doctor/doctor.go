package doctor

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/charmbracelet/x/term"

	"livestream-tui/layouts"
	"livestream-tui/procs/preflight"
	"livestream-tui/services/kit/text"
)

const (
	// The smallest size of the dashboard, and the size at which it shows everything, in
	// cells.
	leastColumns, leastLines = 40, 10
	goodColumns, goodLines   = 120, 36
)

// Finding is the result of one check.
type Finding struct {
	// Name is what was checked, Detail what was found.
	Name, Detail string
	OK           bool
	// Optional is set when the platform goes on air without it.
	Optional bool
	// Remedy is how to fix it; empty when OK.
	Remedy string

	broken bool // a tool that exists and does not run
}

// Options say what to check.
type Options struct {
	Layout layouts.Layout
	// Env is the operator's environment.
	Env     map[string]string
	Folders []preflight.Folder
	// RunPath is where a platform of this user would run.
	RunPath string
	// Terminal is where the dashboard would be drawn.
	Terminal *os.File
	// Encode makes the FFmpeg at a path encode a video frame and an audio frame, and returns
	// what is wrong and how to fix it; both are empty when it works. Nil skips this check.
	Encode func(ctx context.Context, ffmpeg string) (wrong, remedy string)
	// HLS is set when hls.js is built into this program.
	HLS bool
	// Cluster is the one that this machine belongs to; nil for none.
	Cluster *Cluster
}

// Examine checks everything that the platform needs on this machine. It starts nothing
// but FFmpeg's tools, each for a moment.
func Examine(ctx context.Context, o Options) []Finding {
	list := media(ctx, o)
	for _, f := range o.Folders {
		list = append(list, folder(f))
	}
	list = append(list, ports(o)...)
	if o.Cluster != nil {
		list = append(list, inCluster(ctx, *o.Cluster)...)
	}
	return append(list, webPage(o.HLS), vlc(o.Env), terminalSize(o.Terminal), terminalText(o.Env))
}

// media checks FFmpeg's tools. A layout that makes no pictures goes on air without them.
func media(ctx context.Context, o Options) []Finding {
	makes := slices.ContainsFunc(o.Layout.Processes, func(p layouts.Process) bool { return p.Role() == layouts.Worker || p.Role() == layouts.Receiver })
	if !makes {
		f := tool(ctx, "ffmpeg", "FFMPEG_PATH", o.Env)
		f.Optional = true
		return []Finding{f}
	}
	return append(encoder(ctx, o), tool(ctx, "ffprobe", "FFPROBE_PATH", o.Env))
}

// WriteFindings writes a line for each finding and reports whether everything that is
// required is OK.
func WriteFindings(w io.Writer, list []Finding) bool {
	ok := true
	for _, f := range list {
		word := "ok"
		switch {
		case !f.OK && f.Optional:
			word = "optional"
		case !f.OK:
			word, ok = "missing", false
		}
		_, _ = fmt.Fprintf(w, "%-8s  %-25s %s\n", word, f.Name, text.Clean(f.Detail)) // a closed output has no reader
		if f.Remedy != "" {
			_, _ = fmt.Fprintf(w, "%-8s  %-25s -> %s\n", "", "", text.Clean(f.Remedy))
		}
	}
	return ok
}

func folder(f preflight.Folder) Finding {
	found := Finding{Name: "folder " + f.Variable, Detail: f.Path}
	if path, err := filepath.Abs(f.Path); err == nil {
		found.Detail = path
	}
	if err := f.Check(); err != nil {
		found.Remedy = err.Error()
		return found
	}
	found.OK = true
	return found
}

// ports checks each port. One that the platform of this run folder holds is as it should be:
// that platform runs.
func ports(o Options) []Finding {
	list, err := preflight.Endpoints(o.Layout, o.Env)
	if err != nil {
		return []Finding{{Name: "ports", Detail: "cannot be checked", Remedy: err.Error()}}
	}
	var found []Finding
	for _, e := range list {
		f := Finding{Name: fmt.Sprintf("port %d", e.Port), Detail: "free, for " + e.Process, OK: true}
		if err := preflight.CheckPort(e); err == nil {
			found = append(found, f)
			continue
		} else if pid, ours := preflight.OwnPlatform(o.RunPath, e); ours {
			f.Detail = fmt.Sprintf("your platform, pid %d, for %s", pid, e.Process)
		} else {
			f.OK, f.Detail, f.Remedy = false, "not free, wanted by "+e.Process, err.Error()
		}
		found = append(found, f)
	}
	return found
}

// webPage says which browsers play on the proxy's page.
func webPage(hasHLS bool) Finding {
	if hasHLS {
		return Finding{Name: "web page", OK: true, Optional: true, Detail: "hls.js is built in: every browser plays"}
	}
	return Finding{
		Name: "web page", Optional: true, Detail: "hls.js is not built in: only Safari, and Chromium since version 142, play",
		Remedy: "install npm, and run make build again",
	}
}

// vlc looks for VLC in PATH and in the usual places.
func vlc(env map[string]string) Finding {
	f := Finding{Name: "VLC", Optional: true, Detail: "not found"}
	for _, path := range []string{
		"vlc", "/usr/bin/vlc", "/usr/local/bin/vlc", "/snap/bin/vlc", "/var/lib/flatpak/exports/bin/org.videolan.VLC",
		"/Applications/VLC.app/Contents/MacOS/VLC", filepath.Join(env["HOME"], "Applications/VLC.app/Contents/MacOS/VLC"),
	} {
		if found, err := exec.LookPath(path); err == nil {
			f.OK, f.Detail = true, found
			return f
		}
	}
	f.Remedy = "to watch the stream, install VLC (https://www.videolan.org), or open the URL in Safari"
	return f
}

func terminalSize(file *os.File) Finding {
	f := Finding{Name: "terminal size", Optional: true}
	w, h, err := term.GetSize(file.Fd())
	switch {
	case err != nil:
		f.Detail, f.Remedy = "standard output is not a terminal", "the dashboard needs one; without it use --headless"
	case w < leastColumns || h < leastLines:
		f.Detail, f.Remedy = fmt.Sprintf("%dx%d", w, h), fmt.Sprintf("make it at least %dx%d; %dx%d shows everything", leastColumns, leastLines, goodColumns, goodLines)
	default:
		f.OK, f.Detail = true, fmt.Sprintf("%dx%d", w, h)
	}
	return f
}

// terminalText checks the terminal's colours and characters.
func terminalText(env map[string]string) Finding {
	f := Finding{Name: "terminal text", Optional: true, OK: true}
	colours := "colours"
	switch {
	case !MovesCursor(env):
		colours = fmt.Sprintf("TERM=%q", env["TERM"])
		f.OK, f.Remedy = false, "the dashboard needs a terminal that can move its cursor; set TERM, for example to xterm-256color, or use --headless"
	case env["NO_COLOR"] != "":
		colours = "no colours (NO_COLOR)"
	case env["COLORTERM"] == "truecolor" || env["COLORTERM"] == "24bit":
		colours = "16 million colours"
	case strings.Contains(env["TERM"], "256color"):
		colours = "256 colours"
	}
	f.Detail = colours + ", UTF-8"
	if variable, _ := locale(env); variable == "" {
		f.Detail = colours + ", UTF-8 is assumed: LANG is not set"
	}
	if !WritesUTF8(env) {
		f.OK, f.Detail = false, colours+", no UTF-8"
		if f.Remedy == "" {
			f.Remedy = "the dashboard is drawn in ASCII; set LANG to a UTF-8 locale, such as C.UTF-8, for line drawing"
		}
	}
	return f
}

// MovesCursor reports whether the terminal can show a dashboard, by its TERM.
func MovesCursor(env map[string]string) bool { return env["TERM"] != "" && env["TERM"] != "dumb" }

// WritesUTF8 reports whether the terminal shows characters beyond ASCII, by its locale. It
// does when no locale is set: today's terminals can, and containers and remote shells often
// have no locale.
func WritesUTF8(env map[string]string) bool {
	variable, v := locale(env)
	v = strings.ToLower(v)
	return variable == "" || strings.Contains(v, "utf-8") || strings.Contains(v, "utf8")
}

// locale returns the variable that decides the character set, which is the first that is
// set (POSIX, 8.2), and its value; both are empty when none is set.
func locale(env map[string]string) (variable, value string) {
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if v := env[name]; v != "" {
			return name, v
		}
	}
	return "", ""
}
