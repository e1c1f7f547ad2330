package ffmpeg

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"
	"time"

	"livestream-tui/procs/child"
)

// Machine is a fault of the machine's FFmpeg rather than of a film: no film can be made
// until it is mended.
type Machine struct {
	// Command is the FFmpeg command, What its fault, and Remedy what mends it.
	Command, What, Remedy string
}

// Error says what is wrong and what mends it.
func (m *Machine) Error() string {
	return fmt.Sprintf("%s cannot encode: %s; %s", m.Command, m.What, m.Remedy)
}

// checkTimeout bounds the encoding of one frame.
const checkTimeout = 20 * time.Second

// Check encodes one frame of picture and one of sound in the form that the worker needs.
// The error is a *Machine, or that of ctx.
func Check(ctx context.Context, command string) error {
	ctx, cancel := context.WithTimeoutCause(ctx, checkTimeout, fmt.Errorf("it encodes no frame within %s", checkTimeout))
	defer cancel()
	spawner := child.NewSpawner()
	defer spawner.Close()
	var said []string
	c, err := Start(ctx, spawner, []string{command, "-hide_banner", "-nostdin", "-v", LogLevel,
		"-f", "lavfi", "-i", "color=s=64x64:r=25:d=0.04", "-f", "lavfi", "-i", "anullsrc=r=48000:cl=stereo:d=0.04",
		"-frames:v", "1", "-pix_fmt", "yuv420p", "-c:v", "libx264", "-c:a", "aac", "-f", "null", "-"},
		func(line string) { said = append(said, line) })
	if err != nil {
		return &Machine{command, err.Error(), reinstall}
	}
	_, _ = io.Copy(io.Discard, c.Out) // it ends with the process, or with ctx
	exit := c.Result()
	switch {
	case errors.Is(ctx.Err(), context.Canceled):
		return context.Cause(ctx)
	case ctx.Err() != nil:
		return &Machine{command, context.Cause(ctx).Error(), reinstall}
	}
	if exit == (child.Exit{}) {
		return nil
	}
	what, remedy := diagnosis(said, exit)
	return &Machine{command, what, remedy}
}

const (
	reinstall = "install FFmpeg 5 or newer anew (Debian and Ubuntu: apt-get install --reinstall ffmpeg; macOS: brew reinstall ffmpeg)"
	complete  = "install an FFmpeg that is built with it (Debian and Ubuntu: apt-get install ffmpeg; macOS: brew install ffmpeg), or set FFMPEG_PATH to one"
)

var (
	loader  = regexp.MustCompile(`(?:error while loading shared libraries: |Library not loaded: |symbol lookup error: )(\S+?)(?::|\s|$)`)
	encoder = regexp.MustCompile(`Unknown encoder '([^']+)'`)
)

// diagnosis returns the fault of an FFmpeg by its lines and its exit, and what mends it.
func diagnosis(said []string, exit child.Exit) (what, remedy string) {
	text := strings.Join(said, "\n")
	if m := loader.FindStringSubmatch(text); m != nil {
		library := m[1]
		return "its library " + library + " is missing or broken", fmt.Sprintf(
			"install the package of %s anew (Debian and Ubuntu: apt-get install --reinstall %s; macOS: brew reinstall ffmpeg)", library, packageOf(library))
	}
	if m := encoder.FindStringSubmatch(text); m != nil {
		return "it is built without " + m[1], complete
	}
	var c Complaints
	for _, line := range said {
		c.Says(line)
	}
	return c.Or(exit), reinstall
}

// packageOf is the Debian package of a shared library, by Debian's rule for names:
// libx264.so.164 is in libx264-164, libavcodec.so.59 in libavcodec59.
func packageOf(library string) string {
	name, version, ok := strings.Cut(library[strings.LastIndexByte(library, os.PathSeparator)+1:], ".so.")
	version, _, _ = strings.Cut(version, ".")
	if !ok || name == "" || version == "" {
		return "ffmpeg"
	}
	if last := name[len(name)-1]; last >= '0' && last <= '9' {
		return name + "-" + version
	}
	return name + version
}
