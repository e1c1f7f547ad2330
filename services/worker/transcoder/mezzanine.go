package transcoder

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Mezzanine is a film normalised once. Its picture is a whole number of segments
// long, so that each round of it begins on a segment with a key frame.
type Mezzanine struct {
	// Film is the name of the file that it was made of.
	Film string `json:"film"`
	// Made is when it was made.
	Made time.Time `json:"made"`
	// Turn is how long its picture is: a whole number of segments of Segment.
	Turn time.Duration `json:"turn_ns"`
	// Segment is how long a segment is: 2 s, or 2.002 s at rates such as
	// 30000/1001 frames a second.
	Segment time.Duration `json:"segment_ns"`
	// Loop is after how long picture and sound repeat together: a whole number of
	// turns. Positions in it are less than Loop.
	Loop time.Duration `json:"loop_ns"`
	// Frames is how many frames a segment's picture has.
	Frames int `json:"frames"`
	// Excerpt: only the film's beginning is in it.
	Excerpt bool `json:"excerpt"`
	// PictureBytes and SoundBytes are the sizes of its files.
	PictureBytes int64 `json:"picture_bytes"`
	SoundBytes   int64 `json:"sound_bytes"`
	// Remarks are what differs from the film, in words; none where nothing does.
	Remarks []string `json:"remarks"`

	folder string
}

// The files of a mezzanine in its folder.
const (
	pictureFile = "picture.mp4"
	soundFile   = "sound.mp4"
	pictureList = "picture.ffconcat"
	soundList   = "sound.ffconcat"
	aboutFile   = "about.json"
)

// openMezzanine reads the mezzanine in a folder, whose files are whole.
func openMezzanine(folder string) (Mezzanine, error) {
	m, err := readMezzanine(folder)
	if err != nil {
		return Mezzanine{}, err
	}
	return m, m.Present()
}

// readMezzanine reads what is known of the mezzanine in a folder.
func readMezzanine(folder string) (Mezzanine, error) {
	b, err := os.ReadFile(filepath.Join(folder, aboutFile))
	if err != nil {
		return Mezzanine{}, err
	}
	m := Mezzanine{folder: folder}
	if err := json.Unmarshal(b, &m); err != nil {
		return Mezzanine{}, fmt.Errorf("%s: %w", filepath.Join(folder, aboutFile), err)
	}
	if m.Segment <= 0 || m.Turn < m.Segment || m.Turn%m.Segment != 0 || m.Loop < m.Turn || m.Loop%m.Turn != 0 || m.Frames <= 0 {
		return Mezzanine{}, fmt.Errorf("%s: a turn of %s and a loop of %s in segments of %s cannot be played", filepath.Join(folder, aboutFile), m.Turn, m.Loop, m.Segment)
	}
	return m, nil
}

// Present returns nil while its files are there and as large as they were made.
func (m Mezzanine) Present() error {
	for _, f := range []struct {
		name  string
		bytes int64
	}{{pictureFile, m.PictureBytes}, {soundFile, m.SoundBytes}} {
		info, err := os.Stat(filepath.Join(m.folder, f.name))
		if err != nil {
			return fmt.Errorf("mezzanine: %w", err)
		}
		if info.Size() != f.bytes {
			return fmt.Errorf("mezzanine: %s is damaged", f.name)
		}
	}
	return nil
}

// Discard has the mezzanine made again when it is needed next: FFmpeg cannot play it.
// Without its files there is nothing to discard, which is no error.
func (m Mezzanine) Discard() error {
	err := os.Remove(filepath.Join(m.folder, aboutFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// Hold keeps the cache from removing the mezzanine until release is called. Without
// its files there is nothing to hold, which is no error.
func (m Mezzanine) Hold() (release func()) {
	f, err := os.Open(filepath.Join(m.folder, aboutFile))
	if err != nil {
		return func() {}
	}
	_ = syscall.Flock(int(f.Fd()), syscall.LOCK_SH|syscall.LOCK_NB) // who removes it asks first; then it is gone, and Present tells
	return func() { _ = f.Close() }                                 // only read
}

// use notes that the mezzanine is used now. That it cannot be noted is nothing to
// stop for: it is removed earlier, and made again.
func (m Mezzanine) use() {
	now := time.Now()
	_ = os.Chtimes(filepath.Join(m.folder, aboutFile), now, now)
}

// WriteLists writes the lists of what FFmpeg plays one after the other, a day of it,
// unless they are there. Where the lists end FFmpeg ends, and is started again
// without a loss.
func (m Mezzanine) WriteLists() error {
	loops := int(24*time.Hour/m.Loop) + 2
	for _, l := range []struct {
		list, file string
		length     time.Duration
	}{{pictureList, pictureFile, m.Turn}, {soundList, soundFile, m.Loop}} {
		path := filepath.Join(m.folder, l.list)
		if _, err := os.Stat(path); err == nil {
			continue
		}
		entry := "file '" + l.file + "'\nduration " + seconds(l.length) + "\n"
		text := "ffconcat version 1.0\n" + strings.Repeat(entry, loops*int(m.Loop/l.length))
		if err := placeFile(path, []byte(text)); err != nil {
			return err
		}
	}
	return nil
}

// fragmentDuration is how long a fragment is: low latency will publish them as
// parts.
const fragmentDuration = 400 * time.Millisecond

// LiveArgs are FFmpeg's arguments to copy the loop, from the position in of it on, to
// standard output: fragments whose timestamps begin at in+offset. Both are whole
// numbers of segments. The same position gives the same bytes from any start but for
// the first segment, whose sound begins elsewhere.
func (m Mezzanine) LiveArgs(in, offset time.Duration) []string {
	input := func(list string) []string {
		return []string{"-ss", seconds(in), "-f", "concat", "-safe", "0", "-auto_convert", "0", "-i", filepath.Join(m.folder, list)}
	}
	args := []string{"-hide_banner", "-v", "level+warning", "-nostdin", "-copyts"}
	args = append(append(args, input(pictureList)...), input(soundList)...)
	args = append(args, "-map", "0:v", "-map", "1:a", "-c", "copy", "-output_ts_offset", seconds(offset))
	return append(args, "-bitexact", "-fflags", "+bitexact", "-avoid_negative_ts", "disabled", "-use_editlist", "0",
		"-video_track_timescale", strconv.Itoa(Timescale), "-f", "mp4",
		"-movflags", "+empty_moov+default_base_moof+frag_keyframe+frag_discont+skip_trailer",
		"-frag_duration", strconv.FormatInt(fragmentDuration.Microseconds(), 10), "-flush_packets", "1", "pipe:1")
}

// seconds is a duration as FFmpeg reads it, to the microsecond.
func seconds(d time.Duration) string {
	return strconv.FormatInt(int64(d/time.Second), 10) + fmt.Sprintf(".%06d", d%time.Second/time.Microsecond)
}

// placeFile puts a file in place at once: nobody ever sees half of it.
func placeFile(path string, b []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".new-*")
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(f.Name()) }() // there no more once it is in place
	_, err = f.Write(b)
	if err == nil {
		err = f.Chmod(0o644)
	}
	if closing := f.Close(); err == nil {
		err = closing
	}
	if err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

// writeAbout writes what is known of the mezzanine beside it.
func (m Mezzanine) writeAbout() error {
	b, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return err
	}
	return placeFile(filepath.Join(m.folder, aboutFile), append(b, '\n'))
}
