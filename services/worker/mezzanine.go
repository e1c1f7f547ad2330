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
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// mezzanine is a film normalised once (ENCODER.md): every track ends on a frame
// and on the segment grid, so that it loops without a seam.
type mezzanine struct {
	File   string
	Length time.Duration
}

// studio makes mezzanines and the test film, one at a time: each uses all cores.
type studio struct {
	config Config
	turn   chan struct{} // holds one token
	tell   func(signal, stage string, percent float64)
}

func newStudio(c Config, tell func(signal, stage string, percent float64)) *studio {
	s := &studio{config: c, turn: make(chan struct{}, 1), tell: tell}
	s.turn <- struct{}{}
	return s
}

// recipe changes whenever a mezzanine made before is not what we would make now.
const recipe = "1"

// key names a film by its content (size, modification time, head and tail) and
// the recipe.
func key(in input) (string, error) {
	f, err := os.Open(in.File)
	if err != nil {
		return "", err
	}
	defer f.Close()
	const ends = 1 << 20
	h := sha256.New()
	fmt.Fprintf(h, "%s %d %d\n", recipe, in.Size, in.Modified.UnixNano())
	if _, err := io.Copy(h, io.NewSectionReader(f, 0, ends)); err != nil {
		return "", err
	}
	if _, err := io.Copy(h, io.NewSectionReader(f, max(0, in.Size-ends), ends)); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)[:12]), nil
}

// mezzanine returns the film's mezzanine, from the cache or made now. The error
// says why the film is refused.
func (s *studio) mezzanine(ctx context.Context, in input) (mezzanine, error) {
	m, err := s.probe(ctx, in.File)
	if err != nil {
		return mezzanine{}, err
	}
	k, err := key(in)
	if err != nil {
		return mezzanine{}, fmt.Errorf("it cannot be read: %w", err)
	}
	made := mezzanine{File: filepath.Join(s.config.Paths.Cache, k+".mp4"), Length: loopLength(m.Duration)}
	sound := fileSource(in.File)
	if !m.Audio {
		sound = silence()
	}
	return made, s.make(ctx, in.Signal, "mezzanine", made, fileSource(in.File), sound, m.frameRate())
}

// film makes the test film as in, and its mezzanine, which is the same file.
func (s *studio) film(ctx context.Context, signal, file string) error {
	picture := filmSource(signal, s.config.FilmSize)
	if exec.CommandContext(ctx, s.config.FFmpeg, append(quiet("error"), "-f", "lavfi", "-i", "testsrc2=d=0.1",
		"-vf", strings.TrimSuffix(picture.filter, ","), "-f", "null", "-")...).Run() != nil {
		picture.filter = "" // an FFmpeg without drawtext or without a font: the pattern has a clock of its own
	}
	made := mezzanine{File: filepath.Join(s.config.Paths.Cache, "film-"+recipe+"-"+s.config.FilmSize+"-"+signal+".mp4"), Length: filmLength}
	if err := s.make(ctx, signal, "test film", made, picture, filmSound(), filmRate); err != nil {
		return err
	}
	part := filepath.Join(filepath.Dir(file), "."+filepath.Base(file)+".part")
	if err := copyFile(made.File, part); err != nil {
		return err
	}
	if err := os.Rename(part, file); err != nil {
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
	known := filepath.Join(s.config.Paths.Cache, k+".mp4")
	if err := os.Link(made.File, known); err != nil && !errors.Is(err, os.ErrExist) {
		return copyFile(made.File, known)
	}
	return nil
}

func (s *studio) probe(ctx context.Context, file string) (media, error) {
	var out, complaint strings.Builder
	cmd := exec.CommandContext(ctx, s.config.FFprobe, probeArgs(file)...)
	cmd.Stdout, cmd.Stderr = &out, &complaint
	if err := cmd.Run(); err != nil {
		return media{}, fmt.Errorf("ffprobe cannot read it: %s", lastLine(complaint.String(), err))
	}
	return parseProbe([]byte(out.String()))
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
	if err := os.MkdirAll(s.config.Paths.Cache, 0o755); err != nil {
		return fmt.Errorf("CACHE_PATH=%q: %w", s.config.Paths.Cache, err)
	}
	unlock, err := lockFile(ctx, m.File+".lock", func() { s.tell(signal, "waiting for another worker's "+stage, -1) })
	if err != nil {
		return err
	}
	defer unlock()
	if _, err := os.Stat(m.File); err == nil {
		return nil
	}
	work, err := os.MkdirTemp(s.config.Paths.Cache, "making-")
	if err != nil {
		return fmt.Errorf("CACHE_PATH=%q: %w", s.config.Paths.Cache, err)
	}
	defer os.RemoveAll(work)
	video, wav, turns := filepath.Join(work, "video.mp4"), filepath.Join(work, "sound.wav"), filepath.Join(work, "turns.mp4")
	list, whole := filepath.Join(work, "turns.txt"), filepath.Join(work, "whole.mp4")
	if err := os.WriteFile(list, []byte(strings.Repeat("file 'sound.wav'\n", soundTurns)), 0o644); err != nil {
		return err
	}
	s.tell(signal, stage, 0)
	progress := func(at time.Duration) {
		// The sound and the joining after it take about a twentieth of the time.
		s.tell(signal, stage, 95*min(1, at.Seconds()/m.Length.Seconds()))
	}
	for _, step := range []struct {
		args     []string
		progress func(time.Duration)
	}{
		{videoArgs(picture, rate, m.Length, video), progress},
		{soundArgs(sound, m.Length, wav), nil},
		{turnsArgs(list, turns), nil},
		{joinArgs(video, turns, m.Length, whole), nil},
	} {
		if err := s.run(ctx, step.args, step.progress); err != nil {
			return err
		}
	}
	if err := os.Rename(whole, m.File); err != nil {
		return err
	}
	s.tell(signal, stage, 100)
	return nil
}

// run runs one FFmpeg to its end; progress gets what -progress tells.
func (s *studio) run(ctx context.Context, args []string, progress func(time.Duration)) error {
	cmd := exec.CommandContext(ctx, s.config.FFmpeg, args...)
	var complaint strings.Builder
	cmd.Stderr = &complaint
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if at, ok := parseProgress(lines.Text()); ok && progress != nil {
			progress(at)
		}
	}
	if err := cmd.Wait(); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return fmt.Errorf("FFmpeg cannot convert it: %s", lastLine(complaint.String(), err))
	}
	return nil
}

// lastLine is the last thing that a command said, or how it ended.
func lastLine(said string, err error) string {
	lines := strings.Split(strings.TrimSpace(said), "\n")
	if last := strings.TrimSpace(lines[len(lines)-1]); last != "" {
		return last
	}
	return err.Error()
}

// lockPoll is how often a lock that another process holds is tried again.
const lockPoll = 200 * time.Millisecond

// lockFile takes the lock at path, calling waiting once if it is held.
func lockFile(ctx context.Context, path string, waiting func()) (unlock func(), err error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, fmt.Errorf("lock: %w", err)
	}
	for told := false; ; {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			return func() { f.Close() }, nil
		}
		if !errors.Is(err, syscall.EWOULDBLOCK) {
			f.Close()
			return nil, fmt.Errorf("lock %s: %w", path, err)
		}
		if !told {
			waiting()
			told = true
		}
		select {
		case <-time.After(lockPoll):
		case <-ctx.Done():
			f.Close()
			return nil, ctx.Err()
		}
	}
}

func copyFile(from, to string) error {
	src, err := os.Open(from)
	if err != nil {
		return err
	}
	defer src.Close()
	dst, err := os.Create(to)
	if err != nil {
		return err
	}
	if _, err := io.Copy(dst, src); err != nil {
		dst.Close()
		return err
	}
	return dst.Close()
}
