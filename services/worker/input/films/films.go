package films

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"

	"livestream-tui/services/kit/event"
	"livestream-tui/services/worker/input"
	"livestream-tui/services/worker/input/films/folder"
	"livestream-tui/services/worker/machine"
	"livestream-tui/services/worker/mezzanine"
	"livestream-tui/services/worker/output"
	"livestream-tui/services/worker/queue"
	"livestream-tui/services/worker/transcoder"
)

// Maker makes mezzanines; it is a *transcoder.Transcoder except in tests.
type Maker interface {
	Cached(transcoder.Film) (mezzanine.Mezzanine, bool)
	Length(context.Context, transcoder.Film) (time.Duration, error)
	Excerpt(context.Context, transcoder.Film) (mezzanine.Mezzanine, error)
	Make(context.Context, transcoder.Film) (mezzanine.Mezzanine, error)
	TestFilm(ctx context.Context, signal, file string) error
}

// Config is what the films need.
type Config struct {
	// Path is the input folder. Output is the folder of the signals; empty without one.
	Path, Output string
	Maker        Maker
	Machine      *machine.Machine
	// Rescan is how often an input folder that is gone is looked for.
	Rescan time.Duration
	Log    hclog.Logger
}

// Films is the input.
type Films struct {
	config     Config
	host       input.Host
	log        hclog.Logger
	queue      *queue.Queue
	outcomes   *outcomes
	settler    folder.Settler  // used by the goroutine that looks alone
	unreadable event.Recurring // used by the goroutine that looks alone

	mu      sync.Mutex
	doing   string             // what keeps the input from its first look, empty when nothing does; guarded by mu
	signals map[string]*signal // by file; written by the goroutine that looks alone, guarded by mu
}

var (
	_ input.Fallback = (*Films)(nil)
	_ Maker          = (*transcoder.Transcoder)(nil)
	_ input.Source   = mezzanine.Mezzanine{}
)

// New returns the films of a folder.
func New(c Config, at input.Host) *Films {
	return &Films{
		config: c, host: at, log: c.Log, queue: queue.New(), outcomes: newOutcomes(c.Log),
		doing: "looking for films in " + c.Path, signals: map[string]*signal{},
		settler: folder.Settler{Written: folder.IsWritten, Whole: func(f folder.File) bool {
			_, ok := c.Maker.Cached((&signal{file: f}).film())
			return ok
		}},
	}
}

// Prepare implements input.Input.
func (s *Films) Prepare(ctx context.Context) ([]string, error) {
	list, err := folder.Read(s.config.Path)
	if errors.Is(err, fs.ErrNotExist) && s.config.Output != "" && output.HasSignals(s.config.Output) {
		list, err = s.awaitFolder(ctx)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("INPUT_STREAM_PATH=%q: %w", s.config.Path, err)
	}
	return folder.Signals(list), nil
}

// awaitFolder waits until the input folder is there. It existed when signals were
// published: their viewers must not see the test film instead.
func (s *Films) awaitFolder(ctx context.Context) ([]folder.File, error) {
	s.setDoing("the input folder " + s.config.Path + " is gone")
	s.log.Error("the input folder is gone, waiting for it", "path", s.config.Path)
	for {
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(s.config.Rescan):
		}
		if list, err := folder.Read(s.config.Path); !errors.Is(err, fs.ErrNotExist) {
			return list, err
		}
	}
}

func (s *Films) setDoing(what string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.doing = what
}

// Status implements input.Input.
func (s *Films) Status() input.Status {
	s.mu.Lock()
	defer s.mu.Unlock()
	st := input.Status{Doing: s.doing}
	for _, sig := range s.signals {
		c := input.Coming{Signal: sig.file.Signal, Soon: true}
		switch sig.stage {
		case stageStarting:
			c.Doing = "looking at " + sig.file.Name
		case stageMaking:
			c.Doing, c.Soon = "making the mezzanine of "+c.Signal, false
		case stageAired: // between two encoders
			c.Doing = "filling the playlist of " + c.Signal
		default:
			continue
		}
		st.Coming = append(st.Coming, c)
	}
	waiting, refused := s.outcomes.of(event.FilmWaiting), s.outcomes.of(event.FilmRefused)
	if len(waiting) == 0 {
		waiting = []string{"no film to play in " + s.config.Path}
	}
	st.Idle = append(waiting, refused...)
	return st
}
