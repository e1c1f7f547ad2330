package worker

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"

	"livestream-tui/procs/child"
	"livestream-tui/services/hls/media"
	"livestream-tui/services/kit/event"
	"livestream-tui/services/worker/ffmpeg"
	"livestream-tui/services/worker/input"
	"livestream-tui/services/worker/machine"
	"livestream-tui/services/worker/output"
	"livestream-tui/services/worker/segmenter"
)

const (
	// An FFmpeg that ends before it gave a segment is started again after restartFirst,
	// then after twice as long each time up to restartMost, each a little longer by jitter.
	restartFirst = 50 * time.Millisecond
	restartMost  = 5 * time.Second
	// suspicious is how many FFmpegs in a row end without a segment before the machine is
	// checked.
	suspicious = 3
	// overdue is how long a signal without a new segment still counts as on air.
	overdue = 4 * media.DefaultSegment
	// stalledAfter is how long a running FFmpeg may give no output.
	stalledAfter = 6 * time.Second
)

// encoder turns a source into segments for as long as it runs.
type encoder struct {
	signal  string
	source  input.Source
	encoded bool       // as in input.Airing
	grid    media.Grid // of the segments
	ffmpeg  string
	window  int
	clock   clock
	spawner *child.Spawner
	machine *machine.Machine
	log     hclog.Logger
	metrics *metrics
	output  *output.Output // used by run's goroutine alone
	// published is called once the first segment is published; nil is allowed.
	published func() // used by run's goroutine alone

	ends event.Recurring // causes of FFmpeg's ends since the last segment; used by run's goroutine alone
	says event.Recurring // lines of FFmpeg; used by the goroutine that reads them

	mu      sync.Mutex
	full    bool      // the playlist has its full length; guarded by mu
	last    time.Time // when the last segment was published, or run began; guarded by mu
	trouble string    // why FFmpeg ended since, for people; empty while it has not; guarded by mu
}

// errStalled is why a running FFmpeg is replaced.
var errStalled = fmt.Errorf("it gave nothing for %s", stalledAfter)

// errTooLate ends an FFmpeg that is more than two windows behind.
var errTooLate = errors.New("it fell behind by more than two playlists")

// run publishes segments until ctx is cancelled. FFmpeg is started again however it ends;
// the error is one for which that is not enough, such as a full disk.
func (e *encoder) run(ctx context.Context) error {
	e.output.SetGrid(e.grid)
	e.clock = e.clock.notBefore(e.grid.Start(e.output.Newest() + 1))
	e.note()
	wait, fruitless, refused := restartFirst, 0, 0
	for {
		before, first := e.output.Newest(), e.next()
		// One segment early: the sound at the first cut straddles it differently.
		args, err := e.source.Args(e.grid, first-1)
		if err != nil {
			return err
		}
		exit, err := e.once(ctx, args, first)
		if ctx.Err() != nil {
			return nil
		}
		if needsMore := (*publishError)(nil); errors.As(err, &needsMore) {
			return err
		}
		if err := e.source.Check(); err != nil {
			return err
		}
		if fruitless++; e.output.Newest() > before {
			wait, fruitless, refused = restartFirst, 0, 0
		} else if exit.Signal == 0 && exit.Code > 0 {
			refused++ // FFmpeg ended by itself
		}
		e.metrics.restarts.WithLabelValues(e.signal).Inc()
		e.logEnd(exit, err, wait)
		if fruitless > 0 && fruitless%suspicious == 0 {
			if fault := e.machine.Suspect(ctx); fault != nil {
				return fault
			}
			if refused >= suspicious {
				return e.discard()
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(input.Jitter(wait)):
		}
		wait = min(2*wait, restartMost)
	}
}

// discard gives up a source that FFmpeg refuses to play.
func (e *encoder) discard() error {
	if err := e.source.Discard(); err != nil {
		return fmt.Errorf("%w, and it cannot be discarded: %w", input.ErrUnplayable, err)
	}
	return input.ErrUnplayable
}

// logEnd logs how an FFmpeg ended.
func (e *encoder) logEnd(exit child.Exit, err error, wait time.Duration) {
	if exit == (child.Exit{}) && segmenter.IsEnd(err) {
		e.log.Info("FFmpeg has played its list of turns, starting another", "signal", e.signal, "next_msn", e.next())
		return
	}
	cause := exit.String()
	if !segmenter.IsEnd(err) {
		cause = err.Error()
	}
	if t, due := e.ends.Seen(cause, time.Now()); due {
		e.log.Warn("FFmpeg ended, starting another", "signal", e.signal, "cause", t.String(), "next_msn", e.next(), "wait_ms", wait.Milliseconds())
	}
	e.setTrouble("FFmpeg ended: " + cause)
}

// next is the segment to publish next: the one after the newest, or where the
// window begins when that was too long ago.
func (e *encoder) next() int64 { return max(e.output.Newest()+1, e.oldest()) }

// oldest is the first segment of the window that ends now.
func (e *encoder) oldest() int64 { return e.grid.At(e.clock.now()) - int64(e.window) }

// publishError is why a segment could not be put in place.
type publishError struct {
	msn int64
	err error
}

func (e *publishError) Error() string { return "a segment cannot be published: " + e.err.Error() }
func (e *publishError) Unwrap() error { return e.err }

// once runs one FFmpeg, which publishes from segment first on, until it or ctx ends, or
// until its output is useless, which the error says.
func (e *encoder) once(ctx context.Context, args []string, first int64) (child.Exit, error) {
	c, err := ffmpeg.Start(ctx, e.spawner, append([]string{e.ffmpeg}, args...), e.hear)
	if err != nil {
		return child.Exit{Code: -1}, err
	}
	e.log.Debug("FFmpeg started", "signal", e.signal, "pid", c.PID(), "next_msn", first)
	ended, cancel := context.WithCancel(ctx)
	defer cancel()
	c.Go(func() {
		<-c.Done()
		cancel() // what it left in the pipe would only hide its end
	})
	err = e.cut(ended, c.Out, first)
	if errors.Is(err, os.ErrDeadlineExceeded) && ctx.Err() == nil {
		select {
		case <-c.Done():
		default:
			err = errStalled
		}
	}
	return c.End(), err
}

// hear logs what FFmpeg says, repetitions now and then.
func (e *encoder) hear(line string) {
	text, _ := ffmpeg.Line(line)
	if t, due := e.says.Seen(text, time.Now()); due && text != "" {
		e.log.Warn("FFmpeg says", "signal", e.signal, "line", t.String())
	}
}

// cut reads FFmpeg's fragments, each not before its time, and publishes from segment first
// on. The error is never nil; segmenter.IsEnd is true of it where FFmpeg ended or ctx was
// cancelled.
func (e *encoder) cut(ctx context.Context, out *os.File, first int64) error {
	patience := func() error { return out.SetReadDeadline(time.Now().Add(stalledAfter)) }
	if err := patience(); err != nil {
		return err
	}
	cut, err := segmenter.New(out, e.grid)
	if err != nil {
		return err
	}
	name, data := cut.Init()
	for {
		if err := patience(); err != nil {
			return err
		}
		end, done, err := cut.Next()
		if err != nil {
			return err
		}
		if !e.pace(ctx, end) {
			return os.ErrDeadlineExceeded // what a read would have given
		}
		if done == nil || done.MSN < first {
			continue
		}
		// The second window is patience: segments go on falling due while a busy machine
		// still makes those that the start had missed.
		if done.MSN < e.oldest()-int64(e.window) {
			return errTooLate
		}
		done.Encoded = e.encoded
		if err := e.output.Publish(done, output.Init{Name: name, Data: data}); err != nil {
			return &publishError{done.MSN, err}
		}
		e.note()
		if e.published != nil {
			e.published()
			e.published = nil
		}
		e.metrics.published(e.signal, done, e.clock.now().Sub(end))
		e.log.Debug("segment published", "signal", e.signal, "msn", done.MSN, "bytes", len(done.Data))
	}
}

// pace waits until the last frame of a fragment is over: a live one could not be there
// before. Meanwhile the pipe is full and FFmpeg waits as well. It returns false when ctx is
// cancelled.
func (e *encoder) pace(ctx context.Context, end time.Time) bool {
	wait := end.Sub(e.clock.now())
	if wait <= 0 {
		return ctx.Err() == nil
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// note notes that a segment was published, or that run began.
func (e *encoder) note() {
	for _, t := range e.ends.EndExcept() {
		if t.Times > 1 {
			e.log.Info("FFmpeg gives segments again", "signal", e.signal, "after", t.String())
		}
	}
	full := e.output.Full()
	e.mu.Lock()
	defer e.mu.Unlock()
	e.full, e.last, e.trouble = full, time.Now(), ""
}

func (e *encoder) setTrouble(why string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.trouble = why
}

// condition implements airing.
func (e *encoder) condition() (full bool, problem string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if time.Since(e.last) < overdue {
		return e.full, ""
	}
	problem = "no new segment of " + e.signal
	if e.trouble != "" {
		problem += ": " + e.trouble
	}
	return e.full, problem
}
