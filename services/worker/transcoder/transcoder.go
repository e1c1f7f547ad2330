package transcoder

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"livestream-tui/procs/child"
	"livestream-tui/services/worker/ffmpeg"
	"livestream-tui/services/worker/mezzanine"
)

// Config is a transcoder's settings.
type Config struct {
	// FFmpeg and FFprobe are paths.
	FFmpeg, FFprobe string
	// Cache is the folder of the mezzanines.
	Cache string
	// CacheBytes bounds the cache: beyond it what was not used for longest goes. Zero
	// means no bound.
	CacheBytes int64
	// Long and Short bound the sides of a picture in pixels, whichever of them is its
	// width. Zero means 1920 and 1080.
	Long, Short int
	// Rate is the frame rate of every mezzanine: a number of Rates. Empty means the
	// film's own.
	Rate string
	// Bitrate is the highest of a mezzanine's picture, in bits per second. Zero means
	// 4,000,000.
	Bitrate int
	// FilmSize is the size of the test film, WIDTHxHEIGHT.
	FilmSize string
}

// Rates are the frame rates that a mezzanine may have.
func Rates() []string {
	var list []string
	for _, r := range rates {
		list = append(list, r.String())
	}
	return list
}

// form is what of the configuration decides what a mezzanine is.
func (c Config) form() string { return fmt.Sprintf("%dx%d %s %d", c.Long, c.Short, c.Rate, c.Bitrate) }

// Progress gets how far long work is. Its methods must be safe for concurrent use.
type Progress interface {
	// Update says that a stage of a signal is at percent, -1 while another process does it.
	Update(signal, stage string, percent float64)
	// Done says that a stage has ended, and whether it succeeded.
	Done(signal, stage string, success bool)
}

// Transcoder makes mezzanines. Safe for concurrent use; how many films are made at a time
// is up to the caller.
type Transcoder struct {
	config   Config
	spawner  *child.Spawner
	progress Progress

	filters func() map[string]bool
}

// New returns a transcoder.
func New(c Config, spawner *child.Spawner, p Progress) (*Transcoder, error) {
	cache, err := filepath.Abs(c.Cache)
	if err != nil {
		return nil, fmt.Errorf("CACHE_PATH=%q: %w", c.Cache, err)
	}
	c.Cache = cache
	if c.Long == 0 || c.Short == 0 {
		c.Long, c.Short = 1920, 1080
	}
	if c.Bitrate == 0 {
		c.Bitrate = 4_000_000
	}
	t := &Transcoder{config: c, spawner: spawner, progress: p}
	t.filters = sync.OnceValue(t.askFilters)
	return t, nil
}

// askFilters asks FFmpeg which filters it has; without an answer there are none.
func (t *Transcoder) askFilters() map[string]bool {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	has := map[string]bool{}
	out, err := (&Transcoder{config: Config{FFprobe: t.config.FFmpeg}, spawner: t.spawner}).ask(ctx, []string{"-hide_banner", "-filters"})
	if err != nil {
		return has
	}
	for line := range strings.Lines(string(out)) {
		if f := strings.Fields(line); len(f) > 2 {
			has[f[1]] = true
		}
	}
	return has
}

// Cached returns the film's mezzanine, whole, from the cache.
func (t *Transcoder) Cached(f Film) (mezzanine.Mezzanine, bool) {
	k, err := t.key(f)
	if err != nil {
		return mezzanine.Mezzanine{}, false
	}
	m, err := mezzanine.Open(t.place(k))
	if err != nil {
		return mezzanine.Mezzanine{}, false
	}
	m.Touch()
	return m, true
}

func (t *Transcoder) place(key string) string { return filepath.Join(t.config.Cache, key) }

// Length returns how long a film is by its container. The error says why the file cannot
// be aired.
func (t *Transcoder) Length(ctx context.Context, f Film) (time.Duration, error) {
	s, err := t.probe(ctx, f.File)
	return s.Duration, err
}

// ExcerptLength is how much of a film an excerpt has.
const ExcerptLength = time.Minute

// Excerpt makes a mezzanine of the film's beginning.
func (t *Transcoder) Excerpt(ctx context.Context, f Film) (mezzanine.Mezzanine, error) {
	k, err := t.key(f)
	if err != nil {
		return mezzanine.Mezzanine{}, err
	}
	return t.ensure(ctx, f, k+"-excerpt", "excerpt", func(work string, progress func(float64)) (mezzanine.Mezzanine, error) {
		m, err := t.convert(ctx, f, ExcerptLength, work, progress)
		m.Excerpt = true
		return m, err
	})
}

// Make makes a film's mezzanine, or returns it from the cache.
func (t *Transcoder) Make(ctx context.Context, f Film) (mezzanine.Mezzanine, error) {
	k, err := t.key(f)
	if err != nil {
		return mezzanine.Mezzanine{}, err
	}
	return t.ensure(ctx, f, k, "mezzanine", func(work string, progress func(float64)) (mezzanine.Mezzanine, error) {
		return t.convert(ctx, f, 0, work, progress)
	})
}

// ensure makes the mezzanine of a key unless it is there. A lock keeps other workers from
// making the same one; under its name it is whole from the beginning. The error is an
// *ffmpeg.Machine where the machine's FFmpeg is at fault.
func (t *Transcoder) ensure(ctx context.Context, f Film, key, stage string, convert func(work string, progress func(percent float64)) (mezzanine.Mezzanine, error)) (mezzanine.Mezzanine, error) {
	if err := os.MkdirAll(t.config.Cache, 0o755); err != nil {
		return mezzanine.Mezzanine{}, fmt.Errorf("CACHE_PATH: %w", err)
	}
	waited := false
	unlock, err := lockFile(ctx, t.place(key)+".lock", func() {
		waited = true
		t.progress.Update(f.Signal, stage, -1)
	})
	if err != nil {
		return mezzanine.Mezzanine{}, err
	}
	defer unlock()
	if m, err := mezzanine.Open(t.place(key)); err == nil {
		if waited {
			t.progress.Done(f.Signal, stage, true)
		}
		m.Touch()
		return m, nil
	}
	work := t.place(key) + ".making" // ours while the lock is ours; a worker that died may have left it
	for _, left := range []string{work, t.place(key)} {
		if err := os.RemoveAll(left); err != nil {
			return mezzanine.Mezzanine{}, fmt.Errorf("CACHE_PATH: %w", err)
		}
	}
	if err := os.Mkdir(work, 0o755); err != nil {
		return mezzanine.Mezzanine{}, fmt.Errorf("CACHE_PATH: %w", err)
	}
	defer func() { _ = os.RemoveAll(work) }() // the next attempt removes what is left
	m, err := convert(work, func(percent float64) { t.progress.Update(f.Signal, stage, percent) })
	if err == nil {
		m.Film, m.Made = filepath.Base(f.File), time.Now()
		m, err = t.keep(m, work, key)
	}
	t.progress.Done(f.Signal, stage, err == nil)
	if err != nil && ctx.Err() == nil {
		var machine *ffmpeg.Machine
		if checked := ffmpeg.Check(ctx, t.config.FFmpeg); errors.As(checked, &machine) {
			err = machine
		}
	}
	return m, err
}
