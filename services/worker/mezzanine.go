package worker

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"time"

	"livestream-tui/procs/child"
)

// mezzanine is a film normalised once (ENCODER.md): every track ends on a frame
// and on the segment grid, so that it loops without a seam.
type mezzanine struct {
	File   string // an absolute path
	Length time.Duration
}

// list is the path of the list of its turns.
func (m mezzanine) list() string { return strings.TrimSuffix(m.File, ".mp4") + ".ffconcat" }

// writeList writes the list of turns unless it is there.
func (m mezzanine) writeList() error {
	if _, err := os.Stat(m.list()); err == nil {
		return nil
	}
	return placeFile(m.list(), func(f *os.File) error {
		_, err := f.Write(loopList(filepath.Base(m.File), m.Length))
		return err
	})
}

// unfit is why a film cannot become a signal as it is: trying again is of no use
// before the file has changed.
type unfit struct{ err error }

func (u *unfit) Error() string { return u.err.Error() }
func (u *unfit) Unwrap() error { return u.err }

// studio makes mezzanines and the test film, one at a time: each uses all cores.
type studio struct {
	config   Config
	cache    string // an absolute path
	spawner  *child.Spawner
	progress *progress
	turn     chan struct{} // holds one token
}

func newStudio(c Config, spawner *child.Spawner, p *progress) (*studio, error) {
	cache, err := filepath.Abs(c.Paths.Cache)
	if err != nil {
		return nil, fmt.Errorf("CACHE_PATH=%q: %w", c.Paths.Cache, err)
	}
	s := &studio{config: c, cache: cache, spawner: spawner, progress: p, turn: make(chan struct{}, 1)}
	s.turn <- struct{}{}
	return s, nil
}

// recipe changes whenever a mezzanine made before is not what we would make now.
func recipe() string {
	const length = 8 * time.Second
	return fmt.Sprint(videoArgs(source{}, 25, length, ""), soundArgs(source{}, length, ""), turnsArgs("", ""),
		joinArgs("", "", length, ""), soundTurns, silence(), fileSource(""))
}

// key names a film by its content (size, modification time, head and tail) and
// the recipe.
func key(in input) (string, error) {
	f, err := os.Open(in.File)
	if err != nil {
		return "", err
	}
	defer func() { _ = f.Close() }() // only read
	const ends = 1 << 20
	h := sha256.New()
	fmt.Fprintf(h, "%s %d %d\n", recipe(), in.Size, in.Modified.UnixNano())
	if _, err := io.Copy(h, io.NewSectionReader(f, 0, ends)); err != nil {
		return "", err
	}
	if _, err := io.Copy(h, io.NewSectionReader(f, max(0, in.Size-ends), ends)); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)[:12]), nil
}

// known returns the mezzanine in the cache that has the key; its name tells its
// length, so that a start asks no ffprobe.
func (s *studio) known(k string) (mezzanine, bool) {
	entries, err := os.ReadDir(s.cache)
	if err != nil {
		return mezzanine{}, false // no cache yet
	}
	for _, e := range entries {
		rest, ours := strings.CutPrefix(e.Name(), k+"-")
		length, isFilm := strings.CutSuffix(rest, ".mp4")
		d, err := time.ParseDuration(length)
		if ours && isFilm && err == nil && d > 0 && d == loopLength(d) {
			return s.place(k, d), true
		}
	}
	return mezzanine{}, false
}

func (s *studio) place(k string, length time.Duration) mezzanine {
	return mezzanine{File: filepath.Join(s.cache, k+"-"+seconds(length)+"s.mp4"), Length: length}
}

// mezzanine returns the film's mezzanine, from the cache or made now. The error
// says why there is none, and is an unfit where the film is to blame.
func (s *studio) mezzanine(ctx context.Context, in input) (mezzanine, error) {
	k, err := key(in)
	if err != nil {
		return mezzanine{}, fmt.Errorf("it cannot be read: %w", err)
	}
	if made, ok := s.known(k); ok {
		return made, nil
	}
	m, err := s.probe(ctx, in.File)
	if err != nil {
		return mezzanine{}, err
	}
	made := s.place(k, loopLength(m.Duration))
	sound := fileSource(in.File)
	if !m.Audio {
		sound = silence()
	}
	return made, s.make(ctx, in.Signal, "mezzanine", made, fileSource(in.File), sound, m.frameRate())
}

// film makes the test film as file, and its mezzanine, which is the same.
func (s *studio) film(ctx context.Context, signal, file string) error {
	picture := filmSource(signal, s.config.FilmSize)
	try := append(quiet("error"), "-f", "lavfi", "-i", "testsrc2=d=0.1", "-vf", strings.TrimSuffix(picture.filter, ","), "-f", "null", "-")
	if s.run(ctx, try, nil) != nil {
		picture.filter = "" // an FFmpeg without drawtext or without a font: the pattern has a clock of its own
	}
	h := sha256.Sum256(fmt.Append(nil, recipe(), picture, filmSound(), signal))
	made := s.place("film-"+hex.EncodeToString(h[:12]), filmLength)
	if err := s.make(ctx, signal, "test film", made, picture, filmSound(), filmRate); err != nil {
		return err
	}
	if err := copyFile(made.File, file); err != nil {
		return err
	}
	info, err := os.Stat(file)
	if err != nil {
		return err
	}
	k, err := key(input{File: file, Size: info.Size(), Modified: info.ModTime()})
	if err != nil {
		return err
	}
	known := s.place(k, filmLength)
	if err := os.Link(made.File, known.File); err != nil && !errors.Is(err, os.ErrExist) {
		return copyFile(made.File, known.File)
	}
	return nil
}

func (s *studio) probe(ctx context.Context, file string) (media, error) {
	var last lastWords
	c, err := start(ctx, s.spawner, append([]string{s.config.FFprobe}, probeArgs(file)...), last.says)
	if err != nil {
		return media{}, err
	}
	out, err := io.ReadAll(c.Out)
	if err != nil {
		c.end()
		return media{}, errors.Join(ctx.Err(), err)
	}
	if exit := c.result(); exit != (child.Exit{}) {
		return media{}, blame("ffprobe cannot read it", last.or(exit))
	}
	m, err := parseProbe(out)
	if err != nil {
		return media{}, &unfit{err}
	}
	return m, nil
}

// circumstances are what FFmpeg says when it is not the film that is to blame.
var circumstances = regexp.MustCompile(`(?i)no space left|quota exceeded|read-only file system|permission denied|input/output error|cannot allocate|too many open files|no such file|^signal: `)

// blame makes an error of what FFmpeg said last: an unfit unless it tells of
// something else than the film.
func blame(what, said string) error {
	err := fmt.Errorf("%s: %s", what, said)
	if circumstances.MatchString(said) {
		return err
	}
	return &unfit{err}
}

// make makes a mezzanine unless it is there. A lock keeps other workers off the
// same one; what is seen under its name is always whole.
func (s *studio) make(ctx context.Context, signal, stage string, m mezzanine, picture, sound source, rate int) error {
	select {
	case <-s.turn:
		defer func() { s.turn <- struct{}{} }()
	case <-ctx.Done():
		return ctx.Err()
	}
	if err := os.MkdirAll(s.cache, 0o755); err != nil {
		return fmt.Errorf("CACHE_PATH: %w", err)
	}
	waited := false
	unlock, err := lockFile(ctx, m.File+".lock", func() {
		waited = true
		s.progress.tell(signal, stage, -1)
	})
	if err != nil {
		return err
	}
	defer unlock()
	if _, err := os.Stat(m.File); err == nil {
		if waited {
			s.progress.done(signal, stage, true)
		}
		return nil
	}
	work := m.File + ".making" // ours while we hold the lock; one that died may have left it
	if err := os.RemoveAll(work); err != nil {
		return fmt.Errorf("CACHE_PATH: %w", err)
	}
	if err := os.Mkdir(work, 0o755); err != nil {
		return fmt.Errorf("CACHE_PATH: %w", err)
	}
	defer func() { _ = os.RemoveAll(work) }() // the next one to make it removes what is left
	err = s.makeIn(ctx, work, m, picture, sound, rate, func(percent float64) { s.progress.tell(signal, stage, percent) })
	s.progress.done(signal, stage, err == nil)
	return err
}

// makeIn makes a mezzanine in a folder of its own and renames it into place.
func (s *studio) makeIn(ctx context.Context, work string, m mezzanine, picture, sound source, rate int, tell func(percent float64)) error {
	video, wav, turns := filepath.Join(work, "video.mp4"), filepath.Join(work, "sound.wav"), filepath.Join(work, "turns.mp4")
	list, whole := filepath.Join(work, "turns.txt"), filepath.Join(work, "whole.mp4")
	if err := os.WriteFile(list, []byte(strings.Repeat("file 'sound.wav'\n", soundTurns)), 0o644); err != nil {
		return err
	}
	before := 0.0
	for _, step := range []struct {
		args   []string
		length time.Duration
		share  float64 // of the work as a whole, in percent
	}{
		{videoArgs(picture, rate, m.Length, video), m.Length, 80},
		{soundArgs(sound, m.Length, wav), m.Length, 3},
		{turnsArgs(list, turns), soundTurns * m.Length, 15},
		{joinArgs(video, turns, m.Length, whole), m.Length, 2},
	} {
		tell(before)
		err := s.run(ctx, step.args, func(at time.Duration) {
			tell(before + step.share*min(1, at.Seconds()/step.length.Seconds()))
		})
		if err != nil {
			return err
		}
		before += step.share
	}
	f, err := os.Open(whole)
	if err != nil {
		return err
	}
	err = f.Sync() // a power cut must not leave half of it under its name
	_ = f.Close()  // only read
	if err != nil {
		return err
	}
	return os.Rename(whole, m.File)
}

// stuckAfter is how long an FFmpeg may get no further.
const stuckAfter = time.Minute

// run runs one FFmpeg to its end; progress gets what -progress tells.
func (s *studio) run(ctx context.Context, args []string, progress func(time.Duration)) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	// A film that is read again and again but holds nothing that can be decoded
	// would keep FFmpeg busy for ever.
	stuck := time.AfterFunc(stuckAfter, func() { cancel(&unfit{fmt.Errorf("FFmpeg got no further with it for %s", stuckAfter)}) })
	defer stuck.Stop()
	var last lastWords
	c, err := start(ctx, s.spawner, append([]string{s.config.FFmpeg}, args...), last.says)
	if err != nil {
		return err
	}
	// Signals on air come first; where it is refused they share.
	_ = syscall.Setpriority(syscall.PRIO_PROCESS, c.child.PID(), 10)
	var reached time.Duration
	lines := bufio.NewScanner(c.Out)
	for lines.Scan() {
		at, ok := parseProgress(lines.Text())
		if !ok {
			continue
		}
		if at > reached {
			reached = at
			stuck.Reset(stuckAfter)
		}
		if progress != nil {
			progress(at)
		}
	}
	exit := c.result()
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if exit != (child.Exit{}) {
		return blame("FFmpeg cannot convert it", last.or(exit))
	}
	return nil
}

// lockPoll is how often a lock that another process holds is tried again.
const lockPoll = 200 * time.Millisecond

// lockFile takes the lock at path, calling waiting again and again while another
// process holds it.
func lockFile(ctx context.Context, path string, waiting func()) (unlock func(), err error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, fmt.Errorf("lock: %w", err)
	}
	for {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			return func() { _ = f.Close() }, nil // nothing is written to it
		}
		if !errors.Is(err, syscall.EWOULDBLOCK) {
			_ = f.Close() // not ours
			return nil, fmt.Errorf("lock %s: %w", path, err)
		}
		waiting()
		select {
		case <-time.After(lockPoll):
		case <-ctx.Done():
			_ = f.Close() // not ours
			return nil, ctx.Err()
		}
	}
}

// copyFile puts a copy of a file in place at once.
func copyFile(from, to string) error {
	src, err := os.Open(from)
	if err != nil {
		return err
	}
	defer func() { _ = src.Close() }() // only read
	return placeFile(to, func(f *os.File) error {
		_, err := io.Copy(f, src)
		return err
	})
}

// placeFile puts a file in place at once: nobody ever sees half of it.
func placeFile(path string, write func(*os.File) error) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".new-*")
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(f.Name()) }() // there no more once it is in place
	err = write(f)
	if err == nil {
		err = f.Chmod(0o644)
	}
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
