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
)

// Config is what a transcoder needs to know.
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

// Progress is told how far long work is. Its methods may be called by several
// goroutines at once.
type Progress interface {
	// Tell tells that a stage of a signal is at percent, -1 while another process makes
	// it.
	Tell(signal, stage string, percent float64)
	// Done tells that a stage has ended, well or not.
	Done(signal, stage string, well bool)
}

// Transcoder makes mezzanines. Its methods may be called by several goroutines at
// once; how many films are made at a time is up to the caller.
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

// askFilters asks FFmpeg which filters it has; none where it does not answer.
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
func (t *Transcoder) Cached(f Film) (Mezzanine, bool) {
	k, err := t.key(f)
	if err != nil {
		return Mezzanine{}, false
	}
	m, err := openMezzanine(t.place(k))
	if err != nil {
		return Mezzanine{}, false
	}
	m.use()
	return m, true
}

func (t *Transcoder) place(key string) string { return filepath.Join(t.config.Cache, key) }

// Length returns how long a film is by its container. The error says why it is no
// film.
func (t *Transcoder) Length(ctx context.Context, f Film) (time.Duration, error) {
	s, err := t.probe(ctx, f.File)
	return s.Duration, err
}

// ExcerptLength is how much of a film an excerpt has.
const ExcerptLength = time.Minute

// Excerpt makes a mezzanine of the film's beginning.
func (t *Transcoder) Excerpt(ctx context.Context, f Film) (Mezzanine, error) {
	k, err := t.key(f)
	if err != nil {
		return Mezzanine{}, err
	}
	return t.make(ctx, f, k+"-excerpt", "excerpt", func(work string, tell func(float64)) (Mezzanine, error) {
		m, err := t.convert(ctx, f, ExcerptLength, work, tell)
		m.Excerpt = true
		return m, err
	})
}

// Make makes a film's mezzanine, or returns it from the cache.
func (t *Transcoder) Make(ctx context.Context, f Film) (Mezzanine, error) {
	k, err := t.key(f)
	if err != nil {
		return Mezzanine{}, err
	}
	return t.make(ctx, f, k, "mezzanine", func(work string, tell func(float64)) (Mezzanine, error) {
		return t.convert(ctx, f, 0, work, tell)
	})
}

// make makes the mezzanine of a key unless it is there. A lock keeps other workers
// off the same one; what is seen under its name is always whole. An error of which
// the machine's FFmpeg is the cause is an *ffmpeg.Machine.
func (t *Transcoder) make(ctx context.Context, f Film, key, stage string, convert func(work string, tell func(percent float64)) (Mezzanine, error)) (Mezzanine, error) {
	if err := os.MkdirAll(t.config.Cache, 0o755); err != nil {
		return Mezzanine{}, fmt.Errorf("CACHE_PATH: %w", err)
	}
	waited := false
	unlock, err := lockFile(ctx, t.place(key)+".lock", func() {
		waited = true
		t.progress.Tell(f.Signal, stage, -1)
	})
	if err != nil {
		return Mezzanine{}, err
	}
	defer unlock()
	if m, err := openMezzanine(t.place(key)); err == nil {
		if waited {
			t.progress.Done(f.Signal, stage, true)
		}
		m.use()
		return m, nil
	}
	work := t.place(key) + ".making" // ours while we hold the lock; one that died may have left it
	for _, left := range []string{work, t.place(key)} {
		if err := os.RemoveAll(left); err != nil {
			return Mezzanine{}, fmt.Errorf("CACHE_PATH: %w", err)
		}
	}
	if err := os.Mkdir(work, 0o755); err != nil {
		return Mezzanine{}, fmt.Errorf("CACHE_PATH: %w", err)
	}
	defer func() { _ = os.RemoveAll(work) }() // the next one to make it removes what is left
	m, err := convert(work, func(percent float64) { t.progress.Tell(f.Signal, stage, percent) })
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
