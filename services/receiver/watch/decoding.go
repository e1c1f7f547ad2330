package watch

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"syscall"
	"time"

	"livestream-tui/procs/child"
	"livestream-tui/services/receiver/sample"
	"livestream-tui/services/receiver/segment"
)

// decoding is a run of FFmpeg on samples of one format.
type decoding struct {
	options Options
	child   *child.Child
	in      *os.File
	reading sync.WaitGroup
	cut     *segment.Segmenter
	begun   bool // the initialization section is written
	shift   time.Duration
	last    [2]time.Duration
	since   time.Time

	mu sync.Mutex
	// from is when a fault was first seen, zero while it is not there; guarded by mu.
	from [faults]time.Time
}

// writeMost is how long FFmpeg may take no more.
const writeMost = 2 * time.Second

// begin starts FFmpeg for samples that begin with first; nil when it cannot.
func begin(ctx context.Context, o Options, f sample.Format, first sample.Sample) *decoding {
	d := &decoding{options: o, cut: segment.New(time.Second, segment.State{}), shift: time.Second - first.DTS, since: time.Now()}
	if ctx.Err() != nil || d.cut.Begin(segment.Generation{Format: f}) != nil {
		return nil
	}
	d.last = [2]time.Duration{first.DTS, first.DTS}
	in, ours, err := os.Pipe()
	if err != nil {
		return nil
	}
	lines, theirs, err := os.Pipe()
	if err != nil {
		_, _ = in.Close(), ours.Close() // nothing was written
		return nil
	}
	d.child, err = o.Spawner.Start(child.Options{
		Argv: append([]string{o.FFmpeg}, d.arguments(f.Audio != nil)...), Env: environment(), Stdin: in, Stderr: theirs, SameGroup: true,
	})
	_, _ = in.Close(), theirs.Close() // the child has its own of both
	if err != nil {
		_, _ = ours.Close(), lines.Close() // nothing was written
		return nil
	}
	d.in = ours
	d.reading.Go(func() {
		defer func() { _ = lines.Close() }() // only read
		for scan := bufio.NewScanner(lines); scan.Scan(); {
			d.hear(scan.Text(), time.Now())
		}
		_, _ = io.Copy(io.Discard, lines) // a line too long must not block it
	})
	return d
}

// environment is what FFmpeg needs of ours: no keys.
func environment() []string {
	var list []string
	for _, name := range []string{"PATH", "HOME", "TMPDIR", "LD_LIBRARY_PATH"} {
		if v, ok := os.LookupEnv(name); ok {
			list = append(list, name+"="+v)
		}
	}
	return list
}

func (d *decoding) arguments(sound bool) []string {
	o := d.options
	args := []string{"-hide_banner", "-nostdin", "-nostats", "-v", "info", "-probesize", "200000", "-f", "mp4", "-i", "pipe:0"}
	video := "fps=5,scale=160:90"
	if o.Frozen > 0 {
		video += fmt.Sprintf(",freezedetect=n=-60dB:d=%g", o.Frozen.Seconds())
	}
	if o.Black > 0 {
		video += ",blackdetect=d=0.1:pix_th=0.1,metadata=print:key=lavfi.black_start,metadata=print:key=lavfi.black_end"
	}
	look, hear := o.Frozen > 0 || o.Black > 0, o.Silent > 0 && sound
	if look {
		args = append(args, "-map", "0:v", "-vf", video, "-f", "null", "-")
	}
	if hear {
		args = append(args, "-map", "0:a", "-af", fmt.Sprintf("silencedetect=n=-60dB:d=%g", o.Silent.Seconds()), "-f", "null", "-")
	}
	if !look && !hear { // FFmpeg wants an output
		args = append(args, "-map", "0:v", "-c", "copy", "-f", "null", "-")
	}
	return args
}

// signs are what FFmpeg says when a fault begins and ends. FFmpeg tells a black picture at
// once, and the others when they have lasted for as long as they must.
var signs = [...]struct {
	text  string
	fault Fault
	on    bool
}{
	{"freezedetect.freeze_start", Frozen, true},
	{"freezedetect.freeze_end", Frozen, false},
	{"lavfi.black_start", Black, true},
	{"lavfi.black_end", Black, false},
	{"silence_start:", Silent, true},
	{"silence_end:", Silent, false},
}

func (d *decoding) hear(line string, now time.Time) {
	for _, s := range signs {
		if !strings.Contains(line, s.text) {
			continue
		}
		d.mu.Lock()
		if d.from[s.fault] = (time.Time{}); s.on {
			d.from[s.fault] = now
		}
		d.mu.Unlock()
	}
}

// found is the faults of now.
func (d *decoding) found(now time.Time) (list [faults]bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for f, from := range d.from {
		list[f] = !from.IsZero() && (Fault(f) != Black || now.Sub(from) >= d.options.Black)
	}
	return list
}

// leaps reports whether a sample does not follow the ones before in time.
func (d *decoding) leaps(x sample.Sample) bool {
	by := x.DTS - d.last[x.Track]
	d.last[x.Track] = x.DTS
	return by.Abs() > jump
}

// write gives FFmpeg a sample; false when it takes no more.
func (d *decoding) write(x sample.Sample) bool {
	out := d.cut.Add(x.Shifted(d.shift), time.Since(d.since))
	for _, f := range out.Fragments {
		_ = d.in.SetWriteDeadline(time.Now().Add(writeMost)) // a pipe has deadlines
		if !d.begun {
			d.begun = true
			if _, err := d.in.Write(f.Init.Data); err != nil {
				return false
			}
		}
		if _, err := d.in.Write(f.Data); err != nil {
			return false
		}
	}
	return true
}

// end ends FFmpeg.
func (d *decoding) end() {
	_ = d.in.Close()                    // it is not to finish
	_ = d.child.Signal(syscall.SIGKILL) // it may have ended
	<-d.child.Done()
	d.reading.Wait()
}
