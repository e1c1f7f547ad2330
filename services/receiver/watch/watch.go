package watch

import (
	"context"
	"sync/atomic"
	"time"

	"livestream-tui/procs/child"
	"livestream-tui/services/receiver/sample"
)

// Fault is something wrong with pictures or sound.
type Fault uint8

// The faults.
const (
	Frozen Fault = iota
	Black
	Silent
	faults // their number
)

// Options are those of a Watcher.
type Options struct {
	// Frozen, Black and Silent are how long each fault must last until it is told. Zero means
	// that it is not looked for.
	Frozen, Black, Silent time.Duration
	// FFmpeg is its path, and Spawner starts it.
	FFmpeg  string
	Spawner *child.Spawner
	// Tell is told that an input has a fault, or no longer has it. It may block.
	Tell func(f Fault, on bool)
}

// Any reports whether anything is looked for.
func (o Options) Any() bool { return o.Frozen > 0 || o.Black > 0 || o.Silent > 0 }

// queued is how many samples may wait for FFmpeg. When more come, what follows begins anew
// with a key frame: an input is never held back.
const queued = 512

// Watcher looks at one input. Format, Write and Close never block; one goroutine uses them,
// another one Run.
type Watcher struct {
	options Options
	items   chan item
	dropped atomic.Bool // something did not fit
}

// item is a sample, or a format, or neither at the end of a connection.
type item struct {
	sample *sample.Sample
	format *sample.Format
}

// New returns a Watcher.
func New(o Options) *Watcher { return &Watcher{options: o, items: make(chan item, queued)} }

// Format says which format the samples have that follow.
func (w *Watcher) Format(f sample.Format) { w.put(item{format: &f}) }

// Write takes a sample.
func (w *Watcher) Write(s sample.Sample) { w.put(item{sample: &s}) }

// Close says that the connection has ended. Its faults end with it.
func (w *Watcher) Close() { w.put(item{}) }

func (w *Watcher) put(i item) {
	select {
	case w.items <- i:
	default:
		w.dropped.Store(true)
	}
}

const (
	// jump is by how much the times of a track may leap until FFmpeg is started anew.
	jump = 2 * time.Second
	// retryAfter is the pause after an FFmpeg that failed, look how often its findings are
	// looked at.
	retryAfter = 10 * time.Second
	look       = 100 * time.Millisecond
)

// Run watches until ctx is cancelled.
func (w *Watcher) Run(ctx context.Context) {
	var format sample.Format
	var r *decoding
	var told [faults]bool
	var pause time.Time
	end := func() {
		if r != nil {
			r.end()
			r = nil
		}
	}
	defer end()
	tick := time.NewTicker(look)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		case i := <-w.items:
			switch {
			case i.format != nil:
				end()
				format = *i.format
			case i.sample == nil:
				end()
				format = sample.Format{}
			case w.dropped.Swap(false), r != nil && r.leaps(*i.sample):
				end()
			}
			if x := i.sample; x != nil && r == nil && format.Video != nil && x.Track == sample.Video && x.Sync && time.Now().After(pause) {
				if r = begin(ctx, w.options, format, *x); r == nil {
					pause = time.Now().Add(retryAfter)
				}
			}
			if i.sample != nil && r != nil && !r.write(*i.sample) {
				end()
				pause = time.Now().Add(retryAfter)
			}
		}
		var found [faults]bool
		if r != nil {
			found = r.found(time.Now())
		}
		for f, on := range found {
			if on != told[f] {
				told[f] = on
				w.options.Tell(Fault(f), on)
			}
		}
	}
}
