package mezzanine

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"livestream-tui/services/kit/atomicfile"
)

// Timescale is that of a mezzanine's picture, in units per second: a frame of each of
// its rates is a whole number of them.
const Timescale = 120000

// Mezzanine is a film normalised once. Its picture is a whole number of segments
// long, so that each round of it begins on a segment with a key frame. It is an
// input.Source.
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
	// Excerpt says that only the film's beginning is in it.
	Excerpt bool `json:"excerpt"`
	// PictureBytes and SoundBytes are the sizes of its files.
	PictureBytes int64 `json:"picture_bytes"`
	SoundBytes   int64 `json:"sound_bytes"`
	// Remarks are what differs from the film, in words; empty where nothing does.
	Remarks []string `json:"remarks"`

	folder string
}

// The files of a mezzanine in its folder. FFmpeg makes the first two.
const (
	PictureFile = "picture.mp4"
	SoundFile   = "sound.mp4"
	pictureList = "picture.ffconcat"
	soundList   = "sound.ffconcat"
	AboutFile   = "about.json"
)

// Open returns the mezzanine in a folder, whose files are whole.
func Open(folder string) (Mezzanine, error) {
	m, err := read(folder)
	if err != nil {
		return Mezzanine{}, err
	}
	return m, m.Check()
}

// read reads what is known of the mezzanine in a folder.
func read(folder string) (Mezzanine, error) {
	b, err := os.ReadFile(filepath.Join(folder, AboutFile))
	if err != nil {
		return Mezzanine{}, err
	}
	m := Mezzanine{folder: folder}
	if err := json.Unmarshal(b, &m); err != nil {
		return Mezzanine{}, fmt.Errorf("%s: %w", filepath.Join(folder, AboutFile), err)
	}
	if m.Segment <= 0 || m.Turn < m.Segment || m.Turn%m.Segment != 0 || m.Loop < m.Turn || m.Loop%m.Turn != 0 || m.Frames <= 0 {
		return Mezzanine{}, fmt.Errorf("%s: a turn of %s and a loop of %s in segments of %s cannot be played", filepath.Join(folder, AboutFile), m.Turn, m.Loop, m.Segment)
	}
	return m, nil
}

// In returns the mezzanine with its files in a folder.
func (m Mezzanine) In(folder string) Mezzanine {
	m.folder = folder
	return m
}

// Folder is where its files are.
func (m Mezzanine) Folder() string { return m.folder }

// Check implements input.Source: it returns nil while the files of the mezzanine are there
// and as large as they were made.
func (m Mezzanine) Check() error {
	for _, f := range []struct {
		name  string
		bytes int64
	}{{PictureFile, m.PictureBytes}, {SoundFile, m.SoundBytes}} {
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

// Discard implements input.Source: the mezzanine is made again when it is needed next.
// Without its files there is nothing to discard, which is not an error.
func (m Mezzanine) Discard() error {
	err := os.Remove(filepath.Join(m.folder, AboutFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// Retain keeps the mezzanine in the cache until release is called. Without its files
// there is nothing to keep, which is not an error.
func (m Mezzanine) Retain() (release func()) {
	f, err := os.Open(filepath.Join(m.folder, AboutFile))
	if err != nil {
		return func() {}
	}
	// Where it is being removed the lock is refused; then Check finds it gone.
	_ = syscall.Flock(int(f.Fd()), syscall.LOCK_SH|syscall.LOCK_NB)
	return func() { _ = f.Close() } // only read
}

// Touch notes that the mezzanine is used now. Where that fails it is removed from the
// cache earlier, and made again.
func (m Mezzanine) Touch() {
	now := time.Now()
	_ = os.Chtimes(filepath.Join(m.folder, AboutFile), now, now)
}

// WriteAbout writes what is known of the mezzanine into its folder.
func (m Mezzanine) WriteAbout() error {
	b, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return err
	}
	return atomicfile.Write(filepath.Join(m.folder, AboutFile), append(b, '\n'), atomicfile.Options{})
}
