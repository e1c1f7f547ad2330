package worker

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/gorilla/mux"
	"github.com/hashicorp/go-hclog"

	"livestream-tui/procs/child"
	"livestream-tui/services/hls/media"
	"livestream-tui/services/kit/event"
	"livestream-tui/services/kit/service"
	"livestream-tui/services/worker/input"
	"livestream-tui/services/worker/input/folder"
	"livestream-tui/services/worker/mezzanine"
	"livestream-tui/services/worker/output"
	"livestream-tui/services/worker/progress"
	"livestream-tui/services/worker/queue"
	"livestream-tui/services/worker/transcoder"
)

const (
	// rescanEvery is how often the inputs are looked at.
	rescanEvery = 2 * time.Second
	// filmSignal is the signal of the test film.
	filmSignal = "live01"
	// endedFor is how long an ended signal's media stays, beyond a playlist's length: a
	// player that has just read the playlist may ask for all of it.
	endedFor = 25 * time.Second
	// lockPatience is how long another process may have the locks of all signals before
	// that is an error: a worker that ends gives them back.
	lockPatience = 5 * time.Second
)

// maker makes mezzanines; it is a *transcoder.Transcoder except in tests.
type maker interface {
	Cached(transcoder.Film) (mezzanine.Mezzanine, bool)
	Length(context.Context, transcoder.Film) (time.Duration, error)
	Excerpt(context.Context, transcoder.Film) (mezzanine.Mezzanine, error)
	Make(context.Context, transcoder.Film) (mezzanine.Mezzanine, error)
	TestFilm(ctx context.Context, signal, file string) error
}

// Service is the worker.
type Service struct {
	config     Config
	log        hclog.Logger
	metrics    *metrics
	spawner    *child.Spawner // set by Run
	transcoder maker          // set by Run where it is nil
	machine    *machine
	queue      *queue.Queue
	outcomes   *outcomes
	clock      clock
	began      time.Time
	rescan     time.Duration   // how often the inputs are looked at
	keepEnded  time.Duration   // how long an ended signal's media stays
	settler    folder.Settler  // used by Run's goroutine alone
	unreadable event.Recurring // used by Run's goroutine alone

	mu      sync.Mutex
	doing   string             // what keeps the service from looking at its inputs, empty when nothing does; guarded by mu
	ready   bool               // it has been ready; guarded by mu
	signals map[string]*signal // by file; written by Run's goroutine alone, guarded by mu
	// outputs are those of signals that are or were on air, ending those of signals whose
	// film is gone; by signal, guarded by mu.
	outputs map[string]*output.Output
	ending  map[string]ending
}

// ending is the output of a signal that has ended, and when its media is removed.
type ending struct {
	output *output.Output
	at     time.Time
}

var (
	_ service.Service       = (*Service)(nil)
	_ service.ControlRouter = (*Service)(nil)
	_ maker                 = (*transcoder.Transcoder)(nil)
	_ input.Source          = mezzanine.Mezzanine{}
)

// New returns a worker that is not running.
func New(c Config, k service.Kit) (*Service, error) {
	if c.Paths.Output != service.NoOutput {
		if err := tryOutput(c.Paths.Output); err != nil {
			return nil, fmt.Errorf("OUTPUT_STREAM_PATH=%q: %w", c.Paths.Output, err)
		}
	}
	s := &Service{
		config: c, log: k.Log, metrics: newMetrics(k.Metrics), machine: newMachine(c.FFmpeg, k.Log),
		queue: queue.New(), outcomes: newOutcomes(k.Log), clock: newClock(), doing: "looking for films in " + c.Paths.Input,
		rescan:    rescanEvery,
		keepEnded: endedFor + time.Duration(c.Window)*media.DefaultSegment,
		signals:   map[string]*signal{}, outputs: map[string]*output.Output{}, ending: map[string]ending{},
	}
	s.settler = folder.Settler{Written: folder.IsWritten, Whole: func(f folder.File) bool {
		_, ok := s.transcoder.Cached((&signal{file: f}).film())
		return ok
	}}
	return s, nil
}

func tryOutput(path string) error {
	if err := os.MkdirAll(path, 0o755); err != nil {
		return fmt.Errorf("cannot make it: %w", err)
	}
	probe, err := os.CreateTemp(path, ".writable-*")
	if err != nil {
		return fmt.Errorf("cannot write there: %w", err)
	}
	return errors.Join(probe.Close(), os.Remove(probe.Name()))
}

// Address is empty: a worker has no port.
func (s *Service) Address() string { return "" }

// Routes adds no route.
func (s *Service) Routes(*mux.Router) {}

// Run puts every film on air until ctx is cancelled.
func (s *Service) Run(ctx context.Context) error {
	s.spawner = child.NewSpawner()
	defer s.spawner.Close()
	var group sync.WaitGroup
	defer group.Wait()
	watching, stop := context.WithCancel(ctx)
	defer stop()
	group.Go(func() { s.machine.watch(watching) })
	defer s.stopAll()
	if s.transcoder == nil {
		t, err := transcoder.New(s.config.transcoder(), s.spawner, progress.NewAnnouncer(s.log, s.config.Terminal))
		if err != nil {
			return err
		}
		s.transcoder = t
		group.Go(func() {
			t.KeepTidy(watching, func(err error) { s.log.Warn("old mezzanines cannot be removed", "error", err.Error()) })
		})
	}
	if err := s.prepare(ctx); err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return err
	}
	tick := time.NewTicker(s.rescan)
	defer tick.Stop()
	for s.began = time.Now(); ; {
		for _, look := range s.inputs() {
			look(ctx)
		}
		s.setDoing("")
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

func (s *Service) setDoing(what string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.doing = what
}

// prepare makes the test film where the input folder has no film, and makes sure that the
// worker may write to its output.
func (s *Service) prepare(ctx context.Context) error {
	list, err := folder.Read(s.config.Paths.Input)
	if errors.Is(err, fs.ErrNotExist) && s.config.Paths.Output != service.NoOutput && output.HasSignals(s.config.Paths.Output) {
		list, err = s.awaitInput(ctx)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("INPUT_STREAM_PATH=%q: %w", s.config.Paths.Input, err)
	}
	signals := []string{filmSignal}
	if folder.HasFilms(list) {
		signals = signals[:0]
		for _, f := range list {
			if f.Signal != "" {
				signals = append(signals, f.Signal)
			}
		}
	}
	if err := s.awaitOutput(ctx, signals); err != nil {
		return err
	}
	if folder.HasFilms(list) {
		return nil
	}
	return s.makeFilm(ctx)
}

// awaitInput waits until the input folder is there. It existed when signals were
// published: their viewers must not see the test film instead.
func (s *Service) awaitInput(ctx context.Context) ([]folder.File, error) {
	s.setDoing("the input folder " + s.config.Paths.Input + " is gone")
	s.log.Error("the input folder is gone, waiting for it", "path", s.config.Paths.Input)
	for {
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(s.rescan):
		}
		if list, err := folder.Read(s.config.Paths.Input); !errors.Is(err, fs.ErrNotExist) {
			return list, err
		}
	}
}

// makeFilm makes the test film.
func (s *Service) makeFilm(ctx context.Context) error {
	path := s.config.Paths.Input
	if err := os.MkdirAll(path, 0o755); err != nil {
		return fmt.Errorf("INPUT_STREAM_PATH=%q: %w", path, err)
	}
	file := filepath.Join(path, filmSignal+".mp4")
	s.log.Info("no film in the input folder: making a test film there", "file", file)
	for {
		s.setDoing("making a test film in " + path)
		err := s.transcoder.TestFilm(ctx, filmSignal, file)
		if err == nil || ctx.Err() != nil {
			return err
		}
		if !s.machine.blame(err) {
			return fmt.Errorf("test film %s: %w", file, err)
		}
		s.setDoing("no test film can be made: " + err.Error())
		s.machine.await(ctx)
	}
}

// awaitOutput returns a *service.ConfigError where another process keeps writing the
// folders of all signals.
func (s *Service) awaitOutput(ctx context.Context, signals []string) error {
	if s.config.Paths.Output == service.NoOutput {
		return nil
	}
	for deadline := time.Now().Add(lockPatience); ; {
		var locked *output.LockedError
		for _, name := range signals {
			if !errors.As(output.CheckLock(s.outputOf(name)), &locked) {
				return nil
			}
		}
		if locked == nil {
			return nil
		}
		s.setDoing(fmt.Sprintf("waiting for %s, which writes to %s", locked.Writer(), s.config.Paths.Output))
		if time.Now().After(deadline) {
			var p service.Problems
			p.Add("OUTPUT_STREAM_PATH", s.config.Paths.Output, fmt.Sprintf("%s writes the same signals there; stop it, or, to run beside it, set "+
				"OUTPUT_STREAM_PATH, RUN_PATH and STATE_PATH to folders that it does not use, and SERVER_ONE_PORT, SERVER_TWO_PORT, REPORTER_PORT, "+
				"ORIGIN_PORT and PROXY_PORT (or the URLs of a layout of your own) to free ports", locked.Writer()))
			return p.Err()
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(lockPoll):
		}
	}
}

// lockPoll is how often a lock that another process has is looked at.
const lockPoll = 100 * time.Millisecond

func (s *Service) stopAll() {
	for _, sig := range s.signals {
		sig.cancel() // all at once
	}
	for _, sig := range s.signals {
		s.stop(sig)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range s.ending {
		s.closed(e.output.Close())
	}
	for _, out := range s.outputs {
		s.closed(out.Close())
	}
	clear(s.ending)
	clear(s.outputs)
}

func (s *Service) closed(err error) {
	if err != nil {
		s.log.Warn("cannot close the output of a signal", "error", err)
	}
}
