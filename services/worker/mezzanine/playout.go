package mezzanine

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"livestream-tui/services/hls/media"
	"livestream-tui/services/kit/atomicfile"
	"livestream-tui/services/worker/ffmpeg"
	"livestream-tui/services/worker/segmenter"
)

// Args implements input.Source: FFmpeg copies the loop again and again. The same position
// gives the same bytes from any start but for the first segment, whose sound begins
// elsewhere.
func (m Mezzanine) Args(grid media.Grid, msn int64) ([]string, error) {
	in, offset := position(grid, msn, m.Loop)
	return m.liveArgs(in, offset), m.writeLists()
}

// position is where segment n begins in a film that is played again and again: in
// within the loop, which began offset after the epoch.
func position(g media.Grid, n int64, loop time.Duration) (in, offset time.Duration) {
	at := g.Elapsed(n)
	offset = at / loop * loop
	return at - offset, offset
}

// writeLists writes the lists of what FFmpeg plays one after the other, a day of it,
// unless they are there. Where the lists end FFmpeg ends, and is started again
// without a loss.
func (m Mezzanine) writeLists() error {
	loops := int(24*time.Hour/m.Loop) + 2
	for _, l := range []struct {
		list, file string
		length     time.Duration
	}{{pictureList, PictureFile, m.Turn}, {soundList, SoundFile, m.Loop}} {
		path := filepath.Join(m.folder, l.list)
		if _, err := os.Stat(path); err == nil {
			continue
		}
		entry := "file '" + l.file + "'\nduration " + ffmpeg.Seconds(l.length) + "\n"
		text := "ffconcat version 1.0\n" + strings.Repeat(entry, loops*int(m.Loop/l.length))
		if err := atomicfile.Write(path, []byte(text), atomicfile.Options{}); err != nil {
			return err
		}
	}
	return nil
}

// liveArgs are FFmpeg's arguments to copy the loop, from the position in of it on, to
// standard output: fragments whose timestamps begin at in+offset. Both are whole
// numbers of segments.
func (m Mezzanine) liveArgs(in, offset time.Duration) []string {
	input := func(list string) []string {
		return []string{"-ss", ffmpeg.Seconds(in), "-f", "concat", "-safe", "0", "-auto_convert", "0", "-i", filepath.Join(m.folder, list)}
	}
	args := []string{"-hide_banner", "-v", "level+warning", "-nostdin", "-copyts"}
	args = append(append(args, input(pictureList)...), input(soundList)...)
	args = append(args, "-map", "0:v", "-map", "1:a", "-c", "copy", "-output_ts_offset", ffmpeg.Seconds(offset))
	return append(args, "-bitexact", "-fflags", "+bitexact", "-avoid_negative_ts", "disabled", "-use_editlist", "0",
		"-video_track_timescale", strconv.Itoa(Timescale), "-f", "mp4",
		"-movflags", "+empty_moov+default_base_moof+frag_keyframe+frag_discont+skip_trailer",
		"-frag_duration", strconv.FormatInt(segmenter.FragmentDuration.Microseconds(), 10), "-flush_packets", "1", "pipe:1")
}
