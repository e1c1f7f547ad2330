package srt

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"sync"
	"time"

	"livestream-tui/procs/child"
	"livestream-tui/services/receiver/input"
	"livestream-tui/services/receiver/input/process"
)

// Options are those of an input.
type Options struct {
	// Address is where it listens, HOST:PORT, over UDP. The host may be empty.
	Address string
	// Latency is how long it waits for what was lost. Zero means 200 ms.
	Latency time.Duration
	// Passphrase encrypts it: 10 to 79 characters, letters, digits and some others. Empty
	// means that it is not encrypted.
	Passphrase string
	// Silence is how long a connection that has given something may give nothing before it is
	// closed, so that an encoder that died can come back: SRT itself would keep its port for
	// 5 s. Zero means 1 s.
	Silence time.Duration
	// Transmit is the path of srt-live-transmit, which is used where it is not empty. FFmpeg
	// is that of FFmpeg. One of both is needed.
	Transmit, FFmpeg string
	// Spawner starts the programs.
	Spawner *child.Spawner
}

const (
	// latencyDefault is the Latency, silenceDefault the Silence that zero means.
	latencyDefault, silenceDefault = 200 * time.Millisecond, time.Second
	// pauseLeast and pauseMost bound the pause after a program that gave nothing.
	pauseLeast, pauseMost = 100 * time.Millisecond, 2 * time.Second
	// tellEvery is how often the same complaint is told.
	tellEvery = time.Second
)

// New returns an input.
func New(o Options) input.Input {
	if o.Latency == 0 {
		o.Latency = latencyDefault
	}
	if o.Silence == 0 {
		o.Silence = silenceDefault
	}
	return &listener{o}
}

type listener struct{ Options }

// Run takes connections, one after the other, until ctx is cancelled.
func (l *listener) Run(ctx context.Context, sink input.Sink) error {
	if err := l.check(); err != nil {
		return err
	}
	pause := pauseLeast
	for ctx.Err() == nil {
		complaints := &complaints{sink: sink}
		c := l.command()
		c.Says, c.Silence, c.Why = complaints.says, l.Silence, complaints.why
		begun := time.Now()
		result, err := c.Run(ctx, l.Spawner, sink)
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil:
			sink.Failed(err)
		case result.Gave, time.Since(begun) > pauseMost:
			pause = pauseLeast
			continue // the port is to be open again at once
		default:
			sink.Failed(complaints.failure(l.Address, result.Exit))
		}
		select {
		case <-ctx.Done():
		case <-time.After(pause):
		}
		pause = min(2*pause, pauseMost)
	}
	return nil
}

// check reports what makes the input impossible.
func (l *listener) check() error {
	host, port, err := net.SplitHostPort(l.Address)
	if err != nil {
		return fmt.Errorf("SRT address %q: want HOST:PORT", l.Address)
	}
	if n, err := strconv.Atoi(port); err != nil || n < 1 || n > 65535 {
		return fmt.Errorf("SRT port %q: want a number from 1 to 65535", port)
	}
	if host != "" && net.ParseIP(host) == nil && host != "localhost" {
		return fmt.Errorf("SRT address %q: want the address of an interface", host)
	}
	if l.Transmit == "" && l.FFmpeg == "" {
		return errors.New("neither srt-live-transmit nor FFmpeg is here to take SRT")
	}
	if l.Passphrase == "" {
		return nil
	}
	if n := len(l.Passphrase); n < 10 || n > 79 {
		return fmt.Errorf("an SRT passphrase has %d characters, allowed are 10 to 79", n)
	}
	if strings.ContainsFunc(l.Passphrase, func(r rune) bool {
		return !strings.ContainsRune("-._~!$*,;:@/", r) && (r > 'z' || r < '0' || r > '9' && r < 'A' || r > 'Z' && r < 'a')
	}) {
		return errors.New("an SRT passphrase may have letters, digits and -._~!$*,;:@/")
	}
	return nil
}

// command is the program that takes one connection.
func (l *listener) command() process.Command {
	host, port, _ := net.SplitHostPort(l.Address) // check has seen it
	if host == "localhost" {
		host = "127.0.0.1"
	}
	address := "srt://" + net.JoinHostPort(host, port) + "?mode=listener"
	if l.Transmit != "" {
		return transmit(l, address)
	}
	return ffmpeg(l, address)
}

// complaints are what a program says of connections that failed. Safe for concurrent use.
type complaints struct {
	sink input.Sink

	mu    sync.Mutex
	last  string // guarded by mu
	told  string // guarded by mu
	at    time.Time
	taken bool
}

// reasons are the marks that libsrt puts into its log, and what they mean to people.
var reasons = []struct{ mark, means string }{
	{"ERROR:BADSECRET", "an encoder came with a wrong passphrase"},
	{"ERROR:UNSECURE", "an encoder came without a passphrase, or with one where none is set"},
	{"ERROR:VERSION", "an encoder came with a version of SRT that is too old"},
}

// says takes a line of the program.
func (c *complaints) says(line string) {
	line = strings.TrimSpace(line)
	if line == "" {
		return
	}
	for _, r := range reasons {
		if strings.Contains(line, r.mark) {
			c.tell(r.means)
			return
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if strings.Contains(line, "srt_bind") || strings.Contains(line, "Address already in use") {
		c.taken = true
	}
	c.last = line
}

// tell passes on a failure, not more often than every second.
func (c *complaints) tell(what string) {
	c.mu.Lock()
	again := what == c.told && time.Since(c.at) < tellEvery
	if !again {
		c.told, c.at = what, time.Now()
	}
	c.mu.Unlock()
	if !again {
		c.sink.Failed(errors.New(what))
	}
}

// failure is why a program ended without a connection.
func (c *complaints) failure(address string, e child.Exit) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.taken {
		return fmt.Errorf("the UDP port of %s is in use by another program", address)
	}
	return fmt.Errorf("the program that takes SRT at %s ended: %s", address, e)
}

// why is why a connection ended: the program ends like this whether the encoder said so or
// fell silent for 5 s.
func (c *complaints) why(e child.Exit) error {
	if e.Signal != 0 {
		return fmt.Errorf("the program that takes SRT ended: %s", e)
	}
	return nil
}
