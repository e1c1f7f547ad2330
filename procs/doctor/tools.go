package doctor

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"time"

	"livestream-tui/services/kit/text"
)

const (
	// ffmpegOldest is the oldest major version of FFmpeg that works.
	ffmpegOldest = 5
	toolTimeout  = 10 * time.Second
)

// wantedFilters are filters of FFmpeg that some films need, and the effect of their
// absence. The platform goes on air without them.
var wantedFilters = []struct{ name, without string }{
	{"zscale", "HDR films look pale"},
	{"tonemap", "HDR films look pale"},
	{"bwdif", "interlaced films stay interlaced"},
	{"drawtext", "the test film shows neither the signal's name nor a clock"},
}

// encoder checks FFmpeg and makes it encode.
func encoder(ctx context.Context, o Options) []Finding {
	found := tool(ctx, "ffmpeg", "FFMPEG_PATH", o.Env)
	command, err := exec.LookPath(commandOf("ffmpeg", "FFMPEG_PATH", o.Env))
	if err != nil || o.Encode == nil {
		return []Finding{found}
	}
	wrong, remedy := o.Encode(ctx, command)
	if found.broken && wrong != "" {
		found.Remedy = cmp.Or(remedy, found.Remedy) // both have one cause
		return []Finding{found}
	}
	encodes := Finding{Name: "encoding", Detail: "a frame of video (libx264) and of audio (aac)", OK: wrong == ""}
	if wrong != "" {
		encodes.Detail, encodes.Remedy = text.Short(wrong), remedy
	}
	return append([]Finding{found, encodes}, filters(ctx, command)...)
}

// filters reports the wanted filters that FFmpeg lacks; nil when it has them all, or does
// not list its filters.
func filters(ctx context.Context, command string) []Finding {
	out, err := output(ctx, command, "-hide_banner", "-filters")
	if err != nil {
		return nil
	}
	has := map[string]bool{}
	for line := range strings.Lines(out) {
		if fields := strings.Fields(line); len(fields) > 2 { // flags, name, inputs and outputs
			has[fields[1]] = true
		}
	}
	var lacking, without []string
	for _, f := range wantedFilters {
		if has[f.name] {
			continue
		}
		lacking = append(lacking, f.name)
		if len(without) == 0 || without[len(without)-1] != f.without {
			without = append(without, f.without)
		}
	}
	if len(lacking) == 0 {
		return nil
	}
	return []Finding{{
		Name: "filters", Optional: true, Detail: "FFmpeg is built without " + strings.Join(lacking, ", "),
		Remedy: strings.Join(without, "; ") + ": install an FFmpeg that has them (" + ffmpegHint() + ")",
	}}
}

// commandOf returns the command of a tool: that of its variable, or else its name.
func commandOf(name, variable string, env map[string]string) string {
	return cmp.Or(env[variable], name)
}

// tool checks that one of FFmpeg's tools runs and is new enough.
func tool(ctx context.Context, name, variable string, env map[string]string) Finding {
	f := Finding{Name: name, Remedy: fmt.Sprintf("install FFmpeg %d or newer (%s), or set %s to its path", ffmpegOldest, ffmpegHint(), variable)}
	command := commandOf(name, variable, env)
	path, err := exec.LookPath(command)
	if err != nil {
		f.Detail = fmt.Sprintf("%s was not found", command)
		return f
	}
	out, err := output(ctx, path, "-version")
	if err != nil {
		f.Detail, f.broken = fmt.Sprintf("%s does not run: %v", path, err), true
		return f
	}
	version, major := ffmpegVersion(out)
	f.Detail = fmt.Sprintf("%s, version %s", path, version)
	if f.OK = major >= ffmpegOldest; f.OK {
		f.Remedy = ""
	}
	return f
}

// output returns what a tool prints; the error has the first line that it wrote to
// standard error.
func output(ctx context.Context, command string, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, toolTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, command, args...)
	cmd.WaitDelay = time.Second // its children may keep its output open
	out, err := cmd.Output()
	var exit *exec.ExitError
	switch {
	case ctx.Err() != nil:
		return "", fmt.Errorf("no answer within %s", toolTimeout)
	case errors.As(err, &exit):
		complaint, _, _ := strings.Cut(strings.TrimSpace(string(exit.Stderr)), "\n")
		return "", errors.New(text.Short(cmp.Or(complaint, err.Error())))
	}
	return string(out), err
}

func ffmpegHint() string {
	if runtime.GOOS == "darwin" {
		return "brew install ffmpeg"
	}
	return "Debian and Ubuntu: apt-get install ffmpeg"
}

// versionLine matches the first line of ffmpeg and ffprobe: "ffmpeg version 5.1.8-0+deb12u1
// Copyright", "ffprobe version n7.1", "ffmpeg version N-117000-g1a2b3c4".
var versionLine = regexp.MustCompile(`^ff(?:mpeg|probe) version (n?(\d+)\.\S*|\S+)`)

// ffmpegVersion returns the version and its major number. A build of the development
// branch has no major number and counts as the newest.
func ffmpegVersion(out string) (version string, major int) {
	m := versionLine.FindStringSubmatch(out)
	if m == nil {
		return "unknown", 0
	}
	if m[2] == "" {
		return m[1], 1000
	}
	major, err := strconv.Atoi(m[2])
	if err != nil {
		return m[1], 0
	}
	return m[1], major
}
