package fault

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"syscall"
	"time"

	"livestream-tui/layouts"
	"livestream-tui/procs/drill/poll"
	"livestream-tui/services/kit/signals"
)

var (
	killFFmpeg = Fault{Name: "kill-ffmpeg", hits: theFirst(layouts.Worker), NoSource: ComeBack, inject: killFFmpegs, Proves: "FFmpeg dies or hangs",
		About: "the encoder's FFmpeg is killed, three times"}

	randomKillFFmpeg = Random{Name: "kill-ffmpeg", About: "loses its FFmpeg three times", Roles: []layouts.Role{layouts.Worker}, inject: killFFmpegs}
)

const (
	ffmpegKills = 3
	// ffmpegWithin is how long a worker may take to have another FFmpeg.
	ffmpegWithin = 10 * time.Second
)

// killFFmpegs kills a worker's FFmpeg each time it has another one.
func killFFmpegs(ctx context.Context, a *attempt, process string) error {
	if err := a.copied(ctx, process); err != nil {
		return err
	}
	a.victim = process + "'s FFmpeg"
	for range ffmpegKills {
		if err := a.target.killChildOf(ctx, process); err != nil {
			return err
		}
	}
	return nil
}

// copied says that a worker has no FFmpeg, where the signal that players watch is a live one
// that it copies.
func (a *attempt) copied(ctx context.Context, process string) error {
	now, err := a.target.Platform.Snapshot(ctx)
	if err != nil {
		return err
	}
	if s, live := now.LiveSignal(a.target.Signal); live && s.Mode == signals.CopyMode {
		return &UnavailableError{fmt.Sprintf("%s copies %s: it has no FFmpeg", process, a.target.Signal)}
	}
	return nil
}

// killChildOf kills the children that a process has, and waits until it has others.
func (t Target) killChildOf(ctx context.Context, process string) error {
	var killed []int
	return poll.Until(ctx, ffmpegWithin, func() error {
		p, err := t.process(ctx, process)
		if err != nil {
			return err
		}
		if p.PID == 0 { // whose children would be the system's
			return fmt.Errorf("%s does not run", process)
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
			if slices.Contains(killed, pid) {
				return fmt.Errorf("%d has not ended", pid)
			}
		}
		return nil
	})
}
