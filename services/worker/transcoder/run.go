package transcoder

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"

	"livestream-tui/procs/child"
	"livestream-tui/services/worker/ffmpeg"
)

// stuckAfter is how long an FFmpeg may make no progress.
const stuckAfter = time.Minute

// pass is one FFmpeg that runs to its end.
type pass struct {
	args []string
	// input writes its standard input; nil means that it has none.
	input func(io.Writer) error
	// at gets how far it is; nil is allowed.
	at func(time.Duration)
	// others are the codecs of the tracks that the pass does not decode. FFmpeg complains
	// about them all the same, which does not count.
	others []string
}

// outcome is what a pass made and what FFmpeg complained about.
type outcome struct {
	Frames     int64 // of its picture
	Complaints ffmpeg.Complaints
}

// run runs a pass. The error is an *Unfit where the film is to blame.
func (t *Transcoder) run(ctx context.Context, p pass) (outcome, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	stuck := time.AfterFunc(stuckAfter, func() { cancel(unfit(FaultUnreadable, "FFmpeg got no further with it for %s", stuckAfter)) })
	defer stuck.Stop()
	out := outcome{Complaints: ffmpeg.Complaints{Ignored: p.others}}
	var in, feed *os.File
	if p.input != nil {
		var err error
		if in, feed, err = os.Pipe(); err != nil {
			return out, err
		}
		defer func() { _ = in.Close() }() // the child has its own
	}
	argv := append([]string{t.config.FFmpeg, "-hide_banner", "-y", "-v", ffmpeg.LogLevel, "-progress", "pipe:1"}, p.args...)
	if p.input == nil {
		argv = append(argv[:1:1], append([]string{"-nostdin"}, argv[1:]...)...)
	}
	c, err := ffmpeg.StartFrom(ctx, t.spawner, in, argv, out.Complaints.Says)
	if err != nil {
		if feed != nil {
			_ = feed.Close() // nothing was written
		}
		return out, err
	}
	fed := make(chan error, 1)
	if feed != nil {
		_ = in.Close() // else a child that ends would leave the writer waiting
		c.Go(func() {
			err := p.input(feed)
			if closing := feed.Close(); err == nil {
				err = closing
			}
			fed <- err
		})
	} else {
		fed <- nil
	}
	// Signals on air come first. Where the system refuses, all share alike.
	_ = syscall.Setpriority(syscall.PRIO_PROCESS, c.PID(), 10)
	var reached time.Duration
	lines := bufio.NewScanner(c.Out)
	for lines.Scan() {
		if n, ok := strings.CutPrefix(lines.Text(), "frame="); ok {
			out.Frames, _ = strconv.ParseInt(strings.TrimSpace(n), 10, 64) // FFmpeg's own number
		}
		if at, ok := parseProgress(lines.Text()); ok && at > reached {
			reached = at
			stuck.Reset(stuckAfter)
			if p.at != nil {
				p.at(at)
			}
		}
	}
	exit := c.Result()
	if ctx.Err() != nil {
		return out, context.Cause(ctx)
	}
	if exit != (child.Exit{}) {
		return out, blame("FFmpeg cannot convert it", out.Complaints.Or(exit))
	}
	if err := <-fed; err != nil && !errors.Is(err, syscall.EPIPE) {
		return out, err
	}
	return out, nil
}

// ask runs an ffprobe and returns what it printed.
func (t *Transcoder) ask(ctx context.Context, args []string) ([]byte, error) {
	var said ffmpeg.Complaints
	argv := append([]string{t.config.FFprobe, "-v", ffmpeg.LogLevel}, args...)
	c, err := ffmpeg.Start(ctx, t.spawner, argv, said.Says)
	if err != nil {
		return nil, err
	}
	out, err := io.ReadAll(c.Out)
	if err != nil {
		c.End()
		return nil, errors.Join(ctx.Err(), err)
	}
	if exit := c.Result(); exit != (child.Exit{}) {
		return nil, blame("FFmpeg cannot read it", said.Or(exit))
	}
	return out, nil
}

// circumstances are what FFmpeg says when the film is not to blame.
var circumstances = regexp.MustCompile(`(?i)no space left|quota exceeded|read-only file system|permission denied|input/output error|cannot allocate|too many open files|no such file|shared librar|unknown encoder|^signal: `)

// full is what FFmpeg says when the disk is full, or a quota is used up: it says so in words
// alone.
var full = regexp.MustCompile(`(?i)no space left|quota exceeded`)

// noRoom is an error of FFmpeg's for which the disk is to blame.
type noRoom struct{ error }

// Unwrap returns the error that the same has in a program that gets it from the system.
func (noRoom) Unwrap() error { return syscall.ENOSPC }

// noIndex is what FFmpeg says of an MP4 whose index, its moov box, is missing: it comes
// last in most files.
const noIndex = "moov atom not found"

// blame makes an error of what FFmpeg said first: an *Unfit unless the film is not to
// blame.
func blame(what, said string) error {
	err := fmt.Errorf("%s: %s", what, said)
	switch {
	case full.MatchString(said):
		return noRoom{err}
	case circumstances.MatchString(said):
		return err
	}
	return &Unfit{Err: err, Unfinished: strings.Contains(said, noIndex)}
}

// parseProgress reads one line of -progress; ok where it has the time reached.
func parseProgress(line string) (time.Duration, bool) {
	v, found := strings.CutPrefix(line, "out_time_us=")
	us, err := strconv.ParseInt(strings.TrimSpace(v), 10, 64)
	if !found || err != nil || us < 0 {
		return 0, false
	}
	return time.Duration(us) * time.Microsecond, true
}
