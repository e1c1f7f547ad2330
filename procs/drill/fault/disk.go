package fault

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"livestream-tui/procs/drill/poll"
)

var diskFull = Fault{Name: "disk-full", More: true, Own: true, hits: theDisk, NoSource: 3*time.Second + ComeBack, prepare: afterSegment, inject: fillDisk,
	Proves: "The disk is full, or a file is half written",
	About:  "the disk that the encoder writes to is full until a segment could not be written"}

// diskFullSpare is how long the disk stays full after a segment was due.
const diskFullSpare = 300 * time.Millisecond

// fillDisk leaves no room on the encoder's disk until a segment could not be written.
func fillDisk(ctx context.Context, a *attempt, _ string) error {
	if a.target.Disk == "" {
		return &UnavailableError{"a small disk of the drill's own is needed: mounting one needs root on Linux"}
	}
	if signals, err := filepath.Glob(filepath.Join(a.target.Disk, "*", "*.m3u8")); err != nil || len(signals) == 0 {
		return &UnavailableError{"this platform's encoders write to no disk"}
	}
	ballast := filepath.Join(a.target.Disk, "ballast")
	a.undo(func(context.Context) error {
		if err := os.Remove(ballast); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		return nil
	})
	if err := fill(ballast); err != nil {
		return err
	}
	// A segment is due once in each target duration, and this one does not fit.
	return poll.Sleep(ctx, TargetDuration+diskFullSpare)
}

// fill makes a file that takes all the room there is.
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
