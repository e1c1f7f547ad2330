package worker

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"

	"livestream-tui/procs/child"
	"livestream-tui/services/runner"
)

const (
	// An FFmpeg that ends before it gave a segment is started again after
	// restartFirst, then twice as long each time up to restartMost, each longer
	// by up to jitter.
	restartFirst = 50 * time.Millisecond
	restartMost  = 5 * time.Second
	jitter       = 0.2
	// overdue is how long without a new segment a signal counts as on air.
	overdue = 4 * SegmentDuration
)

// encoder turns one signal's mezzanine into segments, for as long as it runs.
type encoder struct {
	signal  string
	source  mezzanine
	ffmpeg  string
	path    string // the signal's folder; empty for none
	window  int
	urls    runner.URLs // of packagers to deliver to
	token   string      // to show them
	clock   clock
	spawner *child.Spawner
	log     hclog.Logger
	metrics *metrics
	// folder is used by run's goroutine alone, and with store may be that of an
	// encoder before this one.
	folder *folder
	store  *store // what is delivered; nil where there are no urls

	mu      sync.Mutex
	full    bool      // the playlist is as long as it is to be; guarded by mu
	last    time.Time // when the last segment was published, or run began; guarded by mu
	trouble string    // why FFmpeg ended since; guarded by mu
}

// stalledAfter is how long a running FFmpeg may give nothing.
const stalledAfter = 3 * SegmentDuration

// errStalled is why a running FFmpeg is replaced.
var errStalled = fmt.Errorf("it gave nothing for %s", stalledAfter)

// errTooLate breaks off an FFmpeg that is behind by more than two windows.
var errTooLate = errors.New("it fell behind by more than two playlists")

// run publishes segments until ctx is cancelled. FFmpeg is started again however
// it ends; the error is one that needs more than that, such as a full disk.
func (e *encoder) run(ctx context.Context) error {
	var err error
	if e.folder == nil {
		if e.folder, err = openFolder(e.path, e.window, segmentAt(e.clock.now())); err != nil {
			return err
		}
	}
	if e.store != nil {
		e.restock()
		var couriers sync.WaitGroup
		defer couriers.Wait()
		ended, cancel := context.WithCancel(ctx)
		defer cancel()
		e.deliver(ended, &couriers)
	}
	e.clock = e.clock.notBefore(startOf(e.folder.newest() + 1))
	e.note("")
	wait := restartFirst
	for {
		before := e.folder.newest()
		if err := e.source.writeList(); err != nil {
			return err
		}
		exit, err := e.once(ctx)
		if ctx.Err() != nil {
			return nil
		}
		if needsMore := (*publishError)(nil); errors.As(err, &needsMore) {
			return err
		}
		if _, err := os.Stat(e.source.File); err != nil {
			return fmt.Errorf("mezzanine: %w", err)
		}
		if e.folder.newest() > before {
			wait = restartFirst
		}
		e.metrics.restarts.WithLabelValues(e.signal).Inc()
		if exit == (child.Exit{}) && isEnd(err) {
			e.log.Info("FFmpeg has played its list of turns, starting another", "signal", e.signal, "next_msn", e.next())
		} else {
			cause := exit.String()
			if !isEnd(err) {
				cause = err.Error()
			}
			e.log.Warn("FFmpeg ended, starting another", "signal", e.signal, "cause", cause, "next_msn", e.next(), "wait_ms", wait.Milliseconds())
			e.setTrouble("FFmpeg ended: " + cause)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(longer(wait)):
		}
		wait = min(2*wait, restartMost)
	}
}

// restock stores what was found in the folder.
func (e *encoder) restock() {
	list := &e.folder.list
	if e.path == "" || e.store.goods().oldest() >= 0 {
		return
	}
	for i, s := range list.Segments {
		init, err := e.folder.read(s.Map.URI)
		if err != nil {
			continue // it was there a moment ago; then others have it
		}
		if b, err := e.folder.read(s.URI); err == nil {
			e.store.add(newParcel(s.URI, b, list.MediaSequence+int64(i)), newParcel(s.Map.URI, init, -1), list, i == len(list.Segments)-1 && e.folder.full())
		}
	}
}

// longer adds the jitter to a wait.
func longer(d time.Duration) time.Duration {
	return d + time.Duration(float64(d)*jitter*rand.Float64())
}

// next is the segment to publish next: the one after the newest, or where the
// window begins when that was too long ago.
func (e *encoder) next() int64 { return max(e.folder.newest()+1, e.oldest()) }

// oldest is the first segment of the window that ends now.
func (e *encoder) oldest() int64 { return segmentAt(e.clock.now()) - int64(e.window) }

// publishError is why a segment could not be put in place.
type publishError struct {
	msn int64
	err error
}

func (e *publishError) Error() string { return fmt.Sprintf("segment %d: %v", e.msn, e.err) }
func (e *publishError) Unwrap() error { return e.err }

// once runs one FFmpeg from the next segment on until it or ctx ends, or until
// its output is of no use, which the error says.
func (e *encoder) once(ctx context.Context) (child.Exit, error) {
	first := e.next()
	// One segment early: the sound at the first cut straddles it differently.
	argv := append([]string{e.ffmpeg}, liveArgs(e.source.list(), seekTo(first-1, e.source.Length))...)
	c, err := start(ctx, e.spawner, argv, func(line string) {
		e.log.Warn("FFmpeg says", "signal", e.signal, "line", line)
	})
	if err != nil {
		return child.Exit{Code: -1}, err
	}
	e.log.Debug("FFmpeg started", "signal", e.signal, "pid", c.child.PID(), "next_msn", first)
	ended, cancel := context.WithCancel(ctx)
	defer cancel()
	c.tasks.Go(func() {
		<-c.child.Done()
		cancel() // what it left in the pipe would only hide its death
	})
	err = e.cut(ended, c.Out, first)
	if errors.Is(err, os.ErrDeadlineExceeded) && ctx.Err() == nil {
		select {
		case <-c.child.Done():
		default:
			err = errStalled
		}
	}
	return c.end(), err
}

// cut reads FFmpeg's fragments, none before its time, and publishes from segment
// first on. The error is never nil; isEnd holds for it where FFmpeg has ended or
// ctx was cancelled.
func (e *encoder) cut(ctx context.Context, out *os.File, first int64) error {
	patience := func() error { return out.SetReadDeadline(time.Now().Add(stalledAfter)) }
	if err := patience(); err != nil {
		return err
	}
	cut, err := newCutter(out)
	if err != nil {
		return err
	}
	for {
		if err := patience(); err != nil {
			return err
		}
		end, done, err := cut.next()
		if err != nil {
			return err
		}
		if !e.pace(ctx, end) {
			return os.ErrDeadlineExceeded // what a read would have given
		}
		if done == nil || done.MSN < first {
			continue
		}
		// A playlist's length of patience: segments go on falling due while a busy
		// machine still makes those that the start had missed.
		if done.MSN < e.oldest()-int64(e.window) {
			return errTooLate
		}
		if err := e.folder.publish(done, cut.Init, cut.InitName); err != nil {
			return &publishError{done.MSN, err}
		}
		if e.store != nil {
			e.store.add(newParcel(segmentName(done.MSN), done.Data, done.MSN), newParcel(cut.InitName, cut.Init, -1), &e.folder.list, e.folder.full())
		}
		e.note("")
		e.metrics.published(e.signal, done, e.clock.now().Sub(end))
		e.log.Debug("segment published", "signal", e.signal, "msn", done.MSN, "bytes", len(done.Data))
		if err := e.folder.tidy(); err != nil {
			e.log.Warn("cannot remove old segments", "signal", e.signal, "error", err)
		}
	}
}

// pace waits until the last frame of a fragment is over: live, it could not be
// there before. Meanwhile the pipe is full and FFmpeg waits as well. It returns
// false when ctx is cancelled.
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

// note notes that a segment was published, or that run begins.
func (e *encoder) note(trouble string) {
	full := e.folder.full()
	e.mu.Lock()
	defer e.mu.Unlock()
	e.full, e.last, e.trouble = full, time.Now(), trouble
}

func (e *encoder) setTrouble(why string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.trouble = why
}

// condition tells whether the playlist is full and, if no segment has come for
// too long, what is wrong.
func (e *encoder) condition() (full bool, problem string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	since := time.Since(e.last)
	if since < overdue {
		return e.full, ""
	}
	problem = fmt.Sprintf("no segment of %s for %.0f s", e.signal, since.Seconds())
	if e.trouble != "" {
		problem += ": " + e.trouble
	}
	return e.full, problem
}
