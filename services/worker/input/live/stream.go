package live

import (
	"cmp"
	"fmt"
	"math"
	"strconv"
	"time"

	"livestream-tui/services/hls/feed"
	"livestream-tui/services/hls/media"
	"livestream-tui/services/kit/signals"
	"livestream-tui/services/worker/ffmpeg"
	"livestream-tui/services/worker/input"
	"livestream-tui/services/worker/segmenter"
)

const (
	// timescale is that of the pictures, so that segments of whole seconds are whole
	// numbers of it.
	timescale = 90000
	// sampleRate and frameLength are those of the sound.
	sampleRate  = 48000
	frameLength = 1024
	// early is how long before the segment that is due the stream is read: pictures are
	// decoded from a key frame on.
	early = 12 * time.Second
)

// stream is a signal that FFmpeg encodes: an input.Source. Two workers give segments of the
// same times, not of the same bytes.
type stream struct {
	base, signal string
	picture      picture
}

// picture is what an encoded picture is like, whatever the input's is.
type picture struct{ width, height, fps int }

var _ input.Source = (*stream)(nil)

// pictureOf is the picture of a signal: that of its first input, at a rate of which two
// seconds are a whole number of pictures.
func pictureOf(s signals.Status) picture {
	even := func(n, otherwise int) int { return max(cmp.Or(n, otherwise)&^1, 16) }
	p := picture{even(s.Width, 1280), even(s.Height, 720), 25}
	nearest := math.Inf(1)
	for _, rate := range []int{24, 25, 30, 50, 60} {
		if off := math.Abs(float64(rate) - s.FPS); s.FPS > 0 && off < nearest {
			p.fps, nearest = rate, off
		}
	}
	return p
}

// Args implements input.Source. The segment msn is dropped. The next one may begin in a format
// that ends within it, so the stream is of the format in which it ends. What lies before the
// first picture that is there is filled with that picture and silence, so that a first playlist
// is full.
func (s *stream) Args(grid media.Grid, msn int64) ([]string, error) {
	at := grid.Start(msn)
	seconds := ffmpeg.Seconds(time.Duration(at.UnixNano()))
	sound := (at.Unix()*sampleRate + frameLength - 1) / frameLength * frameLength
	group := strconv.Itoa(int(grid.Length().Seconds()*float64(s.picture.fps) + 0.5))
	video := fmt.Sprintf("fps=%d:start_time=%s,trim=start=%s,scale=%d:%d:force_original_aspect_ratio=decrease,pad=%d:%d:-1:-1,setsar=1,format=yuv420p",
		s.picture.fps, seconds, seconds, s.picture.width, s.picture.height, s.picture.width, s.picture.height)
	return []string{
		"-hide_banner", "-v", ffmpeg.LogLevel, "-nostdin", "-copyts", "-probesize", "500000", "-analyzeduration", "500000",
		"-f", "mp4", "-i", s.base + feed.StreamPath(s.signal, at.Add(-early), grid.Start(msn+2)),
		"-map", "0:v:0", "-map", "0:a:0?",
		"-vf", video, "-c:v", "libx264", "-preset", "veryfast", "-profile:v", "high", "-crf", "21", "-maxrate", "4M", "-bufsize", "4M",
		"-g", group, "-keyint_min", group, "-sc_threshold", "0", "-bf", "0",
		"-af", fmt.Sprintf("aresample=%d:async=1:first_pts=%d", sampleRate, sound), "-c:a", "aac", "-ac", "2", "-b:a", "128k",
		"-map_metadata", "-1", "-bitexact", "-fflags", "+bitexact", "-flags", "+bitexact+cgop", "-avoid_negative_ts", "disabled", "-use_editlist", "0",
		"-video_track_timescale", strconv.Itoa(timescale), "-f", "mp4",
		"-movflags", "+empty_moov+default_base_moof+frag_keyframe+frag_discont+skip_trailer",
		// What was missed comes in a burst, the sound of it before the pictures: fragments wait
		// until they have both.
		"-max_interleave_delta", "0",
		"-frag_duration", strconv.FormatInt(segmenter.FragmentDuration.Microseconds(), 10), "-flush_packets", "1", "pipe:1",
	}, nil
}

// Check implements input.Source. A receiver that does not answer is about to be restarted.
func (s *stream) Check() error { return nil }

// Discard implements input.Source: there is nothing to discard.
func (s *stream) Discard() error { return nil }
