package remote

import (
	"context"
	"fmt"
	"time"

	"livestream-tui/procs/child"
	"livestream-tui/services/receiver/input"
	"livestream-tui/services/receiver/input/process"
)

// Options are those of an input.
type Options struct {
	// URL is what FFmpeg opens; a path is a file.
	URL string
	// FFmpeg and FFprobe are their paths.
	FFmpeg, FFprobe string
	// Spawner starts them.
	Spawner *child.Spawner
}

const (
	// pauseLeast and pauseMost bound the pause after a run, steady is how long a run must have
	// lasted for the pause to be short again.
	pauseLeast, pauseMost, steady = 500 * time.Millisecond, 10 * time.Second, 10 * time.Second
	// beginMost is how long FFmpeg may take until it gives something, silenceMost how long it
	// may give nothing afterwards.
	beginMost, silenceMost = 20 * time.Second, 10 * time.Second
)

// New returns an input.
func New(o Options) input.Input { return &puller{o, sourceOf(o.URL)} }

type puller struct {
	Options
	source source
}

// Run opens the URL again and again until ctx is cancelled.
func (p *puller) Run(ctx context.Context, sink input.Sink) error {
	if p.URL == "" {
		return fmt.Errorf("an input has no URL")
	}
	pause := pauseLeast
	var known *streams // what the URL has, nil before that is known
	for ctx.Err() == nil {
		begun := time.Now()
		gave, err := p.once(ctx, sink, &known)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			sink.Failed(err)
		}
		if gave && time.Since(begun) >= steady {
			pause = pauseLeast
		}
		select {
		case <-ctx.Done():
		case <-time.After(pause):
		}
		pause = min(2*pause, pauseMost)
	}
	return nil
}

// once opens the URL and reads it to its end.
func (p *puller) once(ctx context.Context, sink input.Sink, known **streams) (gave bool, err error) {
	if *known == nil {
		if *known, err = p.probe(ctx); err != nil {
			return false, err
		}
	}
	if err := (*known).problem(); err != nil {
		*known = nil
		return false, err
	}
	var said sayings
	c := process.Command{
		Argv: append([]string{p.FFmpeg}, p.source.play(*known)...), Stdin: p.source.list(),
		Says: said.says, Begin: beginMost, Silence: silenceMost,
		About: input.About{Remote: p.source.shown, Encoder: (*known).encoder},
		Why: func(e child.Exit) error {
			if e == (child.Exit{}) && said.first.First == "" {
				return nil
			}
			return p.source.explain(&said, e)
		},
	}
	result, err := c.Run(ctx, p.Spawner, sink)
	if !result.Gave {
		*known = nil // it may have become another
		if err == nil && result.Silent {
			return false, fmt.Errorf("%s: it gives nothing", p.source.shown)
		}
		if err == nil {
			err = p.source.explain(&said, result.Exit)
		}
	}
	return result.Gave, err
}
