package slate

import (
	"context"
	"fmt"
	"math"
	"os"
	"strings"
	"time"

	"livestream-tui/procs/child"
	"livestream-tui/services/receiver/sample"
)

// rate is pictures a second, as a fraction.
type rate struct{ num, den int }

// rateOf is the rate nearest to what a format says, 25 where it says nothing of use. Rates of
// NTSC are multiples of 1000/1001.
func rateOf(fps float64) rate {
	if fps < 1 || fps > 240 {
		return rate{25, 1}
	}
	whole := math.Round(fps)
	if ntsc := math.Round(fps * 1.001); math.Abs(ntsc/1.001-fps) < 0.004 && math.Abs(whole-fps) > 0.004 {
		return rate{int(ntsc) * 1000, 1001}
	}
	if math.Abs(whole-fps) < 0.004 {
		return rate{int(whole), 1}
	}
	return rate{int(math.Round(fps * 1000)), 1000}
}

// String is the rate as FFmpeg reads it.
func (r rate) String() string { return fmt.Sprintf("%d/%d", r.num, r.den) }

// at is when picture n is shown.
func (r rate) at(n int) time.Duration {
	return time.Duration(int64(n) * int64(r.den) * int64(time.Second) / int64(r.num))
}

// frames is the number of pictures in a time.
func (r rate) frames(d time.Duration) int {
	return int(math.Round(d.Seconds() * float64(r.num) / float64(r.den)))
}

// encoder is FFmpeg's arguments for pictures like those of a format, with a key frame each so
// many of them.
func encoder(v *sample.VideoFormat, interval int) []string {
	parameters := fmt.Sprintf("keyint=%d:min-keyint=%[1]d:scenecut=0:bframes=0", interval)
	limit := []string{"-crf", "24", "-maxrate", "3M", "-bufsize", "3M"} // a film's
	if v.Codec == sample.HEVC {
		return append(limit, "-c:v", "libx265", "-preset", "ultrafast",
			"-x265-params", parameters+":open-gop=0:log-level=error", "-bsf:v", "hevc_metadata=aud=insert", "-f", "hevc")
	}
	if len(v.SPS) > 3 {
		const main, high = 77, 100
		switch profile := v.SPS[1]; {
		case profile == main:
			parameters += ":cabac=1"
		case profile >= high:
			parameters += ":cabac=1:8x8dct=1"
		}
		if level := v.SPS[3]; level >= 10 && level <= 62 {
			parameters += fmt.Sprintf(":level=%d.%d", level/10, level%10)
		}
	}
	return append(limit, "-c:v", "libx264", "-preset", "ultrafast",
		"-x264-params", parameters, "-bsf:v", "h264_metadata=aud=insert", "-f", "h264")
}

// layout is FFmpeg's name of the usual arrangement of so many channels.
func layout(channels int) string {
	switch channels {
	case 1:
		return "mono"
	case 2:
		return "stereo"
	case 3:
		return "3.0"
	case 4:
		return "4.0"
	case 5:
		return "5.0"
	case 6:
		return "5.1"
	}
	return "7.1"
}

// run runs FFmpeg. An error is its last line.
func (w *work) run(ctx context.Context, args ...string) error {
	complaint, err := os.Create(w.path("complaint"))
	if err != nil {
		return err
	}
	defer func() { _ = complaint.Close() }() // it is read by its name
	argv := append([]string{w.FFmpeg, "-hide_banner", "-nostdin", "-y", "-v", "error"}, args...)
	c, err := w.Spawner.Start(child.Options{Argv: argv, Env: environment(), Stderr: complaint, SameGroup: true})
	if err != nil {
		return fmt.Errorf("FFmpeg cannot be started: %w", err)
	}
	select {
	case <-c.Done():
	case <-ctx.Done():
		_ = c.Signal(killed) // it may have ended
		<-c.Done()
		return ctx.Err()
	}
	if c.Exit() == (child.Exit{}) {
		return nil
	}
	said, _ := os.ReadFile(w.path("complaint")) // the exit is told in any case
	lines := strings.Split(strings.TrimSpace(string(said)), "\n")
	if first := lines[0]; first != "" {
		return fmt.Errorf("FFmpeg says: %s", first)
	}
	return fmt.Errorf("FFmpeg ended with %s", c.Exit())
}
