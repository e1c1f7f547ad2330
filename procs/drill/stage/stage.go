package stage

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"livestream-tui/layouts"
	"livestream-tui/procs/drill/audience"
	"livestream-tui/procs/drill/encoder"
	"livestream-tui/procs/drill/fault"
	"livestream-tui/procs/drill/judge"
	"livestream-tui/procs/drill/proxy"
	"livestream-tui/procs/drill/report"
	"livestream-tui/procs/drill/sandbox"
	"livestream-tui/procs/platform"
	"livestream-tui/services/viewer/player"
)

// Options say how to put a platform on air.
type Options struct {
	// Players is how many players watch, 1 or more.
	Players int
	// Keep is how much each player remembers; zero means the player's default.
	Keep int
	// Sandbox holds the ports and folders of the platform.
	Sandbox sandbox.Sandbox
	// Proxy is the command line of an external proxy, and Env its environment; nil for
	// the platform's own proxy.
	Proxy []string
	Env   map[string]string
	// Out shows what happens.
	Out report.Printer
}

// Times of a stage.
const (
	// Aftermath is how long after a fault its effects may show.
	Aftermath = 2500 * time.Millisecond
	// HealWithin is how long everything may take to recover from a fault.
	HealWithin = 20 * time.Second
	// steadyWithin is how long players may take until all of them play.
	steadyWithin = 30 * time.Second
)

// Stage is a platform on air with its players. One goroutine uses it, but Target, API and
// Clock are safe for concurrent use.
type Stage struct {
	Options
	Platform platform.Platform
	Audience *audience.Audience
	Target   fault.Target
	API      proxy.API
	Clock    judge.StallClock
	// Through names the proxy that the players play through.
	Through string
	// Results are the results so far.
	Results []report.Result

	external *proxy.External // nil for the platform's own proxy
	crew     *encoder.Crew   // nil without live signals
	client   *http.Client
	// playlist is the URL that players load.
	playlist  string
	originals audience.Originals
}

// Run launches p, calls do when players play, and stops p. planned is how many results are
// expected. The error is a *platform.Outcome when p does not come on air. A cancelled ctx
// is no error: the summary shows how far the run came.
func Run(ctx context.Context, p platform.Runner, o Options, planned int, do func(context.Context, *Stage) error) (report.Summary, error) {
	s := &Stage{Options: o, Platform: p}
	began := time.Now()
	own, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	ended := make(chan struct{})
	var ran error
	go func() {
		defer close(ended)
		ran = p.Run(own)
	}()
	// The drill ends when the platform does.
	doing, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	go func() {
		select {
		case <-ended:
			cancel(errors.New("the platform has ended"))
		case <-doing.Done():
		}
	}()

	var measuring sync.WaitGroup
	measuring.Go(func() { s.Clock.Run(doing) })
	err := s.run(doing, do)
	if cause := context.Cause(doing); cause != nil && ctx.Err() == nil {
		err = errors.Join(err, cause)
	}
	if ctx.Err() != nil {
		err = nil
	}
	cancel(nil)
	measuring.Wait()
	s.Out.Phase(report.Phase{Text: "stopping"})
	stop()
	<-ended
	summary := report.Summary{Took: time.Since(began), Results: s.Results, Planned: planned}
	s.Out.End(summary)
	return summary, errors.Join(err, ran)
}

// run waits until the platform is on air, gathers players and calls do.
func (s *Stage) run(ctx context.Context, do func(context.Context, *Stage) error) (err error) {
	s.Out.Phase(report.Phase{Text: "putting a platform on air"})
	s.client = player.NewClient(false)
	defer s.client.CloseIdleConnections()
	if len(s.Sandbox.Signals) > 0 {
		if err := s.startEncoders(); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, s.crew.Stop()) }()
	}
	signal, err := s.awaitReady(ctx)
	if err != nil {
		return err
	}
	now, err := s.Platform.Snapshot(ctx)
	if err != nil {
		return err
	}
	s.Target = fault.Target{Platform: s.Platform, Signal: signal, Client: s.client, Disk: s.Sandbox.Disk, State: s.Sandbox.State, Crew: s.crew}
	s.API = proxy.API{URL: now.PlayURL, Client: s.client}
	s.Through = "the platform's proxy"
	if len(s.Proxy) > 0 {
		if err := s.startExternal(now); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, s.external.Stop()) }()
	}
	s.playlist = s.API.URL + "/" + signal + "/playlist.m3u8"
	if s.external != nil {
		if err := s.external.AwaitPlaylist(ctx, s.client, s.playlist, steadyWithin); err != nil {
			return err
		}
	}
	s.awaitWindow(ctx)
	s.originals.Folder = filepath.Join(s.Sandbox.Output, signal)
	defer func() { s.Audience.Leave() }()
	if err := s.Gather(ctx, 0); err != nil {
		return fmt.Errorf("players cannot play through %s before any fault: %w", s.Through, err)
	}
	return do(ctx, s)
}

// startEncoders starts the encoders of the live signals.
func (s *Stage) startEncoders() (err error) {
	s.crew, err = encoder.Start(encoder.Options{
		Signals: s.Sandbox.Signals, Places: s.Sandbox.Places, State: s.Sandbox.State, Logs: s.Sandbox.Logs, FFmpeg: s.Env["FFMPEG_PATH"],
	})
	return err
}

// startExternal starts an external proxy in place of the platform's own.
func (s *Stage) startExternal(now platform.Snapshot) (err error) {
	s.external, err = proxy.StartExternal(proxy.ExternalOptions{
		Command: s.Proxy, Env: s.Env, Packagers: now.OfRole(layouts.Packager), Port: s.Sandbox.ProxyPort, Folder: s.Sandbox.Root,
	})
	if err != nil {
		return err
	}
	s.API.URL, s.Through = s.external.URL, strings.Join(s.Proxy, " ")
	s.Target.Active = func(ctx context.Context) (string, error) { return s.external.Active(ctx, s.client, s.playlist) }
	return nil
}

// Gather replaces the players with new ones, and waits until all of them play and the
// platform is well. number is the number of the fault, for the report.
func (s *Stage) Gather(ctx context.Context, number int) error {
	s.Out.Phase(report.Phase{Number: number, Text: "waiting for every player to play"})
	s.Audience.Leave()
	now, err := s.Platform.Snapshot(ctx)
	if err != nil {
		return err
	}
	var packagers []string
	for _, p := range now.OfRole(layouts.Packager) {
		packagers = append(packagers, p.URL())
	}
	if s.Audience, err = audience.Gather(ctx, audience.Options{
		Players: s.Players, Playlist: s.playlist, Proxy: s.API.URL, Packagers: packagers, Originals: &s.originals, Keep: s.Keep,
	}); err != nil {
		return err
	}
	return s.awaitWell(ctx)
}

// Add keeps a result and shows it.
func (s *Stage) Add(number int, r report.Result) {
	s.Results = append(s.Results, r)
	s.Out.Result(number, r)
}
