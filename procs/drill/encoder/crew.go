package encoder

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"

	"livestream-tui/procs/child"
	"livestream-tui/services/kit/signals"
	"livestream-tui/services/receiver/keys"
)

// Options say whom the encoders send to.
type Options struct {
	// Signals are the live signals, with the ports of all their inputs.
	Signals signals.List
	// Places are where the receiver takes encoders in.
	Places keys.Places
	// State is the platform's STATE_PATH, which holds the keys.
	State string
	// Logs is the folder that gets what FFmpeg says, a file an encoder.
	Logs string
	// FFmpeg is the command. Empty means ffmpeg.
	FFmpeg string
}

// Crew are the encoders of a platform. Safe for concurrent use.
type Crew struct {
	signals  signals.List
	encoders []*Encoder
	spawner  *child.Spawner
	logs     []*os.File
	work     sync.WaitGroup
	stop     context.CancelFunc
}

// Start starts an encoder for each input that takes one. They send until Stop is called. An
// input that the receiver opens by itself gets none.
func Start(o Options) (*Crew, error) {
	ffmpeg, err := exec.LookPath(cmp.Or(o.FFmpeg, "ffmpeg"))
	if err != nil {
		return nil, fmt.Errorf("the encoders of live inputs: %w", err)
	}
	made, err := keys.Open(o.State, o.Signals)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(o.Logs, 0o755); err != nil {
		return nil, err
	}
	ctx, stop := context.WithCancel(context.Background())
	c := &Crew{signals: o.Signals, spawner: child.NewSpawner(), stop: stop}
	for _, s := range o.Signals {
		for _, in := range s.Inputs {
			if in.URL != "" {
				continue
			}
			log, err := os.Create(filepath.Join(o.Logs, fmt.Sprintf("encoder-%s-%s.log", s.Name, in.Name)))
			if err != nil {
				return nil, errors.Join(err, c.Stop())
			}
			c.logs = append(c.logs, log)
			c.encoders = append(c.encoders, &Encoder{
				Signal: s.Name, Input: in.Name, url: o.Places.EndpointOf(s.Name, in, made.Of(s.Name, in)).URL,
				ffmpeg: ffmpeg, log: log, spawner: c.spawner, changed: make(chan struct{}, 1),
			})
		}
	}
	for _, e := range c.encoders {
		c.work.Go(func() { e.run(ctx) })
	}
	return c, nil
}

// Stop ends the encoders and returns when all have ended. A nil Crew is allowed.
func (c *Crew) Stop() error {
	if c == nil {
		return nil
	}
	c.stop()
	c.work.Wait()
	c.spawner.Close()
	var errs []error
	for _, f := range c.logs {
		errs = append(errs, f.Close())
	}
	return errors.Join(errs...)
}

// Of returns the encoders of a signal, in the order of its inputs; none for a nil Crew.
func (c *Crew) Of(signal string) []*Encoder {
	if c == nil {
		return nil
	}
	var list []*Encoder
	for _, e := range c.encoders {
		if e.Signal == signal {
			list = append(list, e)
		}
	}
	return list
}

// Signal returns a signal as the layout describes it; false where the crew has none of that
// name.
func (c *Crew) Signal(name string) (signals.Signal, bool) {
	if c == nil {
		return signals.Signal{}, false
	}
	for _, s := range c.signals {
		if s.Name == name {
			return s, true
		}
	}
	return signals.Signal{}, false
}

// First is the signal that a drill watches: the first one; empty for a nil Crew.
func (c *Crew) First() string {
	if c == nil {
		return ""
	}
	return c.signals[0].Name
}
