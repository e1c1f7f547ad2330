package worker

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/hashicorp/go-hclog"

	"livestream-tui/procs/child"
)

const (
	// turnsMost is how many turns of the loop one FFmpeg plays; at its end the
	// next one goes on without a loss.
	turnsMost = 50000
	// An FFmpeg that ends before it gave a segment is started again after
	// restartFirst, then twice as long each time up to restartMost.
	restartFirst = 50 * time.Millisecond
	restartMost  = 5 * time.Second
)

// encoder turns one signal's mezzanine into segments, for as long as it runs.
type encoder struct {
	signal  string
	source  mezzanine
	ffmpeg  string
	path    string // the signal's folder
	list    string // path of the ffconcat list
	window  int
	clock   clock
	spawner *child.Spawner
	log     hclog.Logger
	metrics *metrics

	full   atomic.Bool // the playlist is as long as it is to be
	folder *folder     // used by run's goroutine alone
}

// run publishes segments until ctx is cancelled; the error is one that starting
// again cannot help, such as a full disk's folder that cannot be written.
func (e *encoder) run(ctx context.Context) error {
	oldest := segmentAt(e.clock.now()) - int64(e.window)
	var err error
	if e.folder, err = openFolder(e.path, e.window, oldest); err != nil {
		return err
	}
	e.clock = e.clock.notBefore(startOf(e.folder.newest() + 1))
	if err := os.WriteFile(e.list, loopList(e.source.File, e.source.Length, turnsMost), 0o644); err != nil {
		return fmt.Errorf("list of turns: %w", err)
	}
	e.full.Store(e.folder.full())
	wait := restartFirst
	for {
		before := e.folder.newest()
		err := e.once(ctx)
		if ctx.Err() != nil {
			return nil
		}
		if e.folder.newest() > before {
			wait = restartFirst
		}
		e.metrics.restarts.WithLabelValues(e.signal).Inc()
		e.log.Warn("FFmpeg ended, starting another", "signal", e.signal, "cause", err, "next_msn", e.next(), "wait_ms", wait.Milliseconds())
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(wait):
		}
		wait = min(2*wait, restartMost)
	}
}

// next is the segment to publish next: the one after the newest, or where the
// window begins when that was too long ago.
func (e *encoder) next() int64 {
	oldest := segmentAt(e.clock.now()) - int64(e.window)
	return max(e.folder.newest()+1, oldest)
}

// once runs one FFmpeg from the next segment on until it or ctx ends.
func (e *encoder) once(ctx context.Context) error {
	first := e.next()
	// One segment early: the sound at the first cut straddles it differently.
	argv := append([]string{e.ffmpeg}, liveArgs(e.list, seekTo(first-1, e.source.Length))...)
	out, outW, err := os.Pipe()
	if err != nil {
		return err
	}
	defer out.Close()
	says, saysW, err := os.Pipe()
	if err != nil {
		outW.Close()
		return err
	}
	defer says.Close()
	c, err := e.spawner.Start(child.Options{Argv: argv, Env: os.Environ(), Stdout: outW, Stderr: saysW, SameGroup: true})
	outW.Close()
	saysW.Close()
	if err != nil {
		return err
	}
	e.log.Debug("FFmpeg started", "signal", e.signal, "pid", c.PID(), "next_msn", first)

	reading, cancel := context.WithCancel(ctx)
	defer cancel()
	var tasks sync.WaitGroup
	tasks.Go(func() { e.relay(says) })
	tasks.Go(func() {
		select {
		case <-c.Done(): // what it left in the pipe would only hide its death
		case <-reading.Done():
		}
		cancel()
		_ = out.SetReadDeadline(time.Now()) // ends a read under way
	})
	err = e.cut(reading, out, first)
	cancel()
	_ = c.Signal(syscall.SIGKILL) // it may have ended
	<-c.Done()
	tasks.Wait()
	if ctx.Err() == nil && (err == nil || errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, context.Canceled)) {
		err = errors.New(c.Exit().String())
	}
	return err
}

// cut reads FFmpeg's fragments, none before its time, and publishes from segment
// first on.
func (e *encoder) cut(ctx context.Context, out *os.File, first int64) error {
	cut, err := newCutter(out)
	if err != nil {
		return err
	}
	for {
		end, done, err := cut.next()
		if err != nil {
			return err
		}
		if err := e.pace(ctx, end); err != nil {
			return err
		}
		if done == nil || done.MSN < first {
			continue
		}
		if err := e.folder.publish(done, cut.Init, cut.InitName); err != nil {
			return fmt.Errorf("cannot publish segment %d: %w", done.MSN, err)
		}
		e.full.Store(e.folder.full())
		e.metrics.published(e.signal, done, e.clock.now().Sub(end))
		e.log.Debug("segment published", "signal", e.signal, "msn", done.MSN, "bytes", len(done.Data))
	}
}

// pace waits until the last frame of a fragment is over: live, it could not be
// there before. Meanwhile the pipe is full and FFmpeg waits as well.
func (e *encoder) pace(ctx context.Context, end time.Time) error {
	wait := end.Sub(e.clock.now())
	if wait <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// relay logs what FFmpeg says, until it has ended.
func (e *encoder) relay(says *os.File) {
	lines := bufio.NewScanner(says)
	for lines.Scan() {
		e.log.Warn("FFmpeg says", "signal", e.signal, "line", lines.Text())
	}
}

// listPath is where a signal's list of turns stands: beside the mezzanine.
func listPath(m mezzanine) string {
	return filepath.Join(filepath.Dir(m.File), filepath.Base(m.File)+".ffconcat")
}
