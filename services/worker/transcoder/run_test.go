package transcoder

import (
	"errors"
	"syscall"
	"testing"
)

func TestOfWhatFFmpegSaysAFullDiskIsKnown(t *testing.T) {
	for said, c := range map[string]struct{ full, unfit, unfinished bool }{
		"out.mp4: No space left on device":   {full: true},
		"out.mp4: Disk quota exceeded":       {full: true},
		"out.mp4: Permission denied":         {},
		"moov atom not found":                {unfit: true, unfinished: true},
		"Invalid data found when processing": {unfit: true},
	} {
		err := blame("FFmpeg cannot read it", said)
		bad := (*Unfit)(nil)
		unfit := errors.As(err, &bad)
		if errors.Is(err, syscall.ENOSPC) != c.full || unfit != c.unfit || unfit && bad.Unfinished != c.unfinished {
			t.Errorf("%s: got %#v, want %+v", said, err, c)
		}
		if want := "FFmpeg cannot read it: " + said; err.Error() != want {
			t.Errorf("got %q, want %q", err, want)
		}
	}
}
