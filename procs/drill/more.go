package drill

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"livestream-tui/procs/platform"
)

const (
	// passSpeed is how many times as fast as it plays a packager sends a segment that
	// the proxy is to pass on as it arrives, and passing how long after it was listed
	// the proxy does that: what it holds whole the kernel delivers for the dead.
	passSpeed = 1.5
	passing   = 900 * time.Millisecond
)

// whileItPasses waits until the proxy passes a segment on that it has not whole.
func whileItPasses(ctx context.Context, s *scene) error {
	for _, p := range s.target.packagers() {
		if err := s.slowDown(ctx, p.Name, passSpeed); err != nil {
			return err
		}
	}
	for range midBodyTries {
		if err := s.target.awaitSegment(ctx, s.active); err != nil {
			return err
		}
		if err := sleep(ctx, passing); err != nil {
			return err
		}
		if s.target.good() {
			break
		}
	}
	return nil
}

// killProxy kills the proxy, and waits until it is back. Packagers that were slow are
// so no more: the next one is to fetch what it needs as ever.
func killProxy(ctx context.Context, s *scene, process string) error {
	old, err := s.target.process(process)
	if err != nil {
		return err
	}
	from := time.Now()
	s.breaks(span{from, from.Add(deathWithin)})
	if err := s.target.command(ctx, process, platform.Kill); err != nil {
		return err
	}
	if err := s.takeBack(ctx); err != nil {
		return err
	}
	return s.target.awaitNext(ctx, process, old.Incarnation)
}

// deathWithin is how long after it was asked for a SIGKILL may have its effect.
const deathWithin = 250 * time.Millisecond

// renew restarts a process in good order and waits until the next incarnation is
// ready.
func renew(ctx context.Context, s *scene, process string) error {
	return s.target.andAwait(ctx, process, platform.Restart)
}

// killTwice kills a process, and again as soon as it is back.
func killTwice(ctx context.Context, s *scene, process string) error {
	for range 2 {
		if err := s.target.killAndAwait(ctx, process); err != nil {
			return err
		}
	}
	return nil
}

// upgrade has every process restarted from the binary on disk and waits for the last.
func upgrade(ctx context.Context, s *scene) error {
	s.victim = "each process"
	before := map[string]int{}
	for _, p := range latest(s.target.Platform).Processes {
		before[p.Name] = p.Incarnation
	}
	if err := s.target.command(ctx, "", platform.Upgrade); err != nil {
		return err
	}
	stopped := errors.New("")
	err := await(ctx, upgradeWithin, func() error {
		now := latest(s.target.Platform)
		if u := now.Upgrade; u != nil && u.Error != "" {
			stopped = fmt.Errorf("the upgrade stopped at %s: %s", u.Process, u.Error)
			return nil
		}
		for _, p := range now.Processes {
			if p.Incarnation == before[p.Name] || !isReady(p) {
				return fmt.Errorf("%s is not renewed: %s %s", p.Name, p.State, p.Reason)
			}
		}
		if now.Upgrade == nil || now.Upgrade.Ended.IsZero() {
			return errors.New("the upgrade is not over")
		}
		return nil
	})
	if stopped.Error() != "" {
		return stopped
	}
	return err
}

// upgradeWithin bounds the upgrade of a whole platform.
const upgradeWithin = 90 * time.Second

// afterASegment waits until the active packager lists a new segment: players have
// the most then. Without an encoder for three seconds and its start at the worst
// moment, what a player of plain HLS holds would not last, whatever a proxy did.
func afterASegment(ctx context.Context, s *scene) error { return s.target.awaitSegment(ctx, s.active) }

// everyWorkerDown kills every encoder and keeps them down until the fault is over.
func everyWorkerDown(ctx context.Context, s *scene) error {
	s.victim = "every worker"
	list := s.target.those(isWorker)
	if len(list) == 0 {
		return &notHereError{"this platform has no worker"}
	}
	for _, p := range list {
		if err := down(ctx, s, p.Name); err != nil {
			return err
		}
	}
	return nil
}

const (
	ffmpegKills = 3
	// ffmpegWithin is how long a worker may take to have another FFmpeg.
	ffmpegWithin = 10 * time.Second
)

// killFFmpeg kills a worker's FFmpeg each time there is another.
func killFFmpeg(ctx context.Context, s *scene, process string) error {
	s.victim = process + "'s FFmpeg"
	for range ffmpegKills {
		if err := s.target.killChildOf(ctx, process); err != nil {
			return err
		}
	}
	return nil
}

// killChildOf kills the child that a process has, and waits until it has another.
func (t Target) killChildOf(ctx context.Context, process string) error {
	var killed []int
	return await(ctx, ffmpegWithin, func() error {
		p, err := t.process(process)
		if err != nil {
			return err
		}
		list, err := childrenOf(p.PID)
		switch {
		case err != nil:
			return err
		case len(list) == 0:
			return fmt.Errorf("%s has no FFmpeg", process)
		case killed == nil:
			killed = list
			for _, pid := range list {
				if err := syscall.Kill(pid, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
					return err
				}
			}
			return errors.New("just killed")
		}
		for _, pid := range list {
			for _, was := range killed {
				if pid == was {
					return fmt.Errorf("%d has not ended", pid)
				}
			}
		}
		return nil
	})
}

// clockStep is an hour, in seconds.
const clockStep = 3600

// stepClock sets a worker's clock on and back. The FFmpeg is killed each time, so
// that whatever a worker asks the clock for when it begins is asked for again.
func stepClock(ctx context.Context, s *scene, process string) error {
	for _, step := range []float64{clockStep, -clockStep} {
		if err := s.fault(ctx, process, fault{Mode: "clock-step", Seconds: step}); err != nil {
			return err
		}
		if err := s.target.killChildOf(ctx, process); err != nil {
			return err
		}
		if err := sleep(ctx, target); err != nil { // a segment
			return err
		}
	}
	return nil
}

// fillDisk leaves no room on the encoder's disk until a segment could not be written.
func fillDisk(ctx context.Context, s *scene) error {
	s.victim = "the encoder's disk"
	if s.target.Disk == "" {
		return &notHereError{"a small disk of the drill's own is needed: mounting one needs root on Linux"}
	}
	if signals, err := filepath.Glob(filepath.Join(s.target.Disk, "*", "*.m3u8")); err != nil || len(signals) == 0 {
		return &notHereError{"this platform's encoders write to no disk"}
	}
	ballast := filepath.Join(s.target.Disk, "ballast")
	s.undo(func(context.Context) error {
		if err := os.Remove(ballast); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		return nil
	})
	if err := fill(ballast); err != nil {
		return err
	}
	// A segment is due every two seconds, and what did not fit is what went wrong.
	return sleep(ctx, target+diskFullSpare)
}

// diskFullSpare is for how long the disk stays full once a segment was due.
const diskFullSpare = 300 * time.Millisecond

// fill makes a file as large as there is room.
func fill(path string) (err error) {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	for chunk := make([]byte, 1<<20); len(chunk) > 0; {
		_, err := f.Write(chunk)
		switch {
		case errors.Is(err, syscall.ENOSPC):
			chunk = chunk[:len(chunk)/2]
		case err != nil:
			return err
		}
	}
	return nil
}

// noDescriptors lets a process open nothing more until the fault is over.
func noDescriptors(_ context.Context, s *scene, process string) error {
	s.victim = process
	p, err := s.target.process(process)
	if err != nil {
		return err
	}
	if p.PID == 0 {
		return fmt.Errorf("%s does not run", process)
	}
	restore, err := denyDescriptors(p.PID)
	if err != nil {
		return err
	}
	s.undo(func(context.Context) error {
		// One that has ended meanwhile took its limit with it.
		if now, err := s.target.process(process); err != nil || now.Incarnation != p.Incarnation {
			return err
		}
		if err := restore(); err != nil && !errors.Is(err, syscall.ESRCH) {
			return err
		}
		return nil
	})
	return nil
}
