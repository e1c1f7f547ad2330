package receiver

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"os/exec"
	"strconv"
	"sync"
	"time"

	"livestream-tui/procs/child"
	"livestream-tui/services/kit/service"
	"livestream-tui/services/kit/signals"
	"livestream-tui/services/kit/text"
	"livestream-tui/services/receiver/input"
	"livestream-tui/services/receiver/input/remote"
	"livestream-tui/services/receiver/input/rtmp"
	"livestream-tui/services/receiver/input/srt"
	"livestream-tui/services/receiver/input/udp"
	"livestream-tui/services/receiver/keys"
	"livestream-tui/services/receiver/program"
	"livestream-tui/services/receiver/watch"
)

// programs are the programs that inputs and slates need, with their paths.
type programs struct {
	ffmpeg, ffprobe string
	transmit        string // srt-live-transmit; empty where it is not installed
	spawner         *child.Spawner
}

// find finds the programs.
func (p *programs) find(c Config) error {
	for _, one := range []struct {
		variable, name string
		path           *string
	}{{"FFMPEG_PATH", c.FFmpeg, &p.ffmpeg}, {"FFPROBE_PATH", c.FFprobe, &p.ffprobe}} {
		path, err := exec.LookPath(one.name)
		if err != nil {
			return fmt.Errorf("%s: %s is not found; install FFmpeg 5 or newer, or set %s to its path", one.variable, one.name, one.variable)
		}
		*one.path = path
	}
	p.transmit, _ = exec.LookPath("srt-live-transmit") // FFmpeg takes its place
	return nil
}

// kinds make the inputs of each kind; key is the stream key or the passphrase.
var kinds = map[string]func(s *Service, in signals.Input, key string) input.Input{
	"rtmp": func(s *Service, _ signals.Input, key string) input.Input { return s.rtmp.Input(key) },
	"srt": func(s *Service, in signals.Input, key string) input.Input {
		return srt.New(srt.Options{
			Address: net.JoinHostPort(s.config.LiveBind, strconv.Itoa(in.SRT.Port)), Latency: in.SRT.Latency, Passphrase: key,
			Transmit: s.programs.transmit, FFmpeg: s.programs.ffmpeg, Spawner: s.programs.spawner,
		})
	},
	"udp": func(_ *Service, in signals.Input, _ string) input.Input { return udp.New(in.UDP) },
	"url": func(s *Service, in signals.Input, _ string) input.Input {
		return remote.New(remote.Options{URL: in.URL, FFmpeg: s.programs.ffmpeg, FFprobe: s.programs.ffprobe, Spawner: s.programs.spawner})
	},
}

// sourcesOf are the inputs of a signal.
func (s *Service) sourcesOf(c signals.Signal, k keys.Keys) []source {
	places := s.config.Places()
	var list []source
	for _, in := range c.Inputs {
		key := k.Of(c.Name, in)
		list = append(list, source{
			name: in.Name, kind: in.Kind(), address: places.EndpointOf(c.Name, in, key).Masked,
			open: func() input.Input { return kinds[in.Kind()](s, in, key) },
		})
	}
	return list
}

// watchOf is what is looked for at the inputs of a signal.
func (s *Service) watchOf(c signals.Signal) func() watch.Options {
	return func() watch.Options {
		return watch.Options{Frozen: c.FrozenAfter, Black: c.BlackAfter, Silent: c.SilentAfter, FFmpeg: s.programs.ffmpeg, Spawner: s.programs.spawner}
	}
}

// problems are the faults of inputs as the program knows them.
var problems = map[watch.Fault]program.Reason{watch.Frozen: program.Frozen, watch.Black: program.Black, watch.Silent: program.Silent}

// watcher looks for faults of an input; nil where nothing is looked for.
func (g *signal) watcher(i int, to *inbox) *watch.Watcher {
	o := g.watch()
	if !o.Any() {
		return nil
	}
	o.Tell = func(f watch.Fault, on bool) {
		to.put(program.Problem{Input: i, Reason: problems[f], On: on}, nil)
	}
	return watch.New(o)
}

// listener is a place where encoders connect over RTMP.
type listener struct {
	address string
	secure  *tls.Config
}

// listenersOf are those that the signals need.
func listenersOf(c Config) ([]listener, error) {
	if !c.takesRTMP() {
		return nil, nil
	}
	at := func(p service.Port) string { return net.JoinHostPort(c.LiveBind, strconv.Itoa(int(p))) }
	list := []listener{{address: at(c.RTMPPort)}}
	if c.RTMPSPort != 0 {
		pair, err := tls.LoadX509KeyPair(c.RTMPCert, c.RTMPKey)
		if err != nil {
			return nil, fmt.Errorf("the certificate of RTMPS_PORT: %w", err)
		}
		list = append(list, listener{at(c.RTMPSPort), &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}})
	}
	return list, nil
}

func (c Config) takesRTMP() bool {
	for _, s := range c.Signals {
		for _, in := range s.Inputs {
			if in.RTMP != nil {
				return true
			}
		}
	}
	return false
}

// listenEvery is how often a port that is taken is tried again: another incarnation leaves it
// to this one, and encoders connect again at once.
const listenEvery = 50 * time.Millisecond

// listen takes encoders over RTMP until ctx is cancelled. A port that is taken may become
// free, such as when another incarnation ends.
func (s *Service) listen(ctx context.Context) {
	var serving sync.WaitGroup
	defer serving.Wait()
	for i, l := range s.listeners {
		serving.Go(func() {
			for told := false; ctx.Err() == nil; {
				open, err := rtmp.Listen(l.address, l.secure)
				if err == nil {
					s.log.Info("taking encoders over RTMP", "address", open.Addr().String(), "tls", l.secure != nil)
					s.setTrouble(i, "")
					told, err = false, s.rtmp.Serve(ctx, open)
				}
				if err != nil && ctx.Err() == nil {
					s.setTrouble(i, fmt.Sprintf("cannot take encoders at %s: %v", l.address, err))
					if !told {
						told = true
						s.log.Error("cannot take encoders, still trying", "address", l.address, "error", err)
					}
				}
				select {
				case <-ctx.Done():
				case <-time.After(listenEvery):
				}
			}
		})
	}
}

// refused logs that an encoder was refused.
func (s *Service) refused(host string, why error) {
	s.metrics.refused.Inc()
	s.log.Warn("an encoder was refused", "from", text.Shown(host), "reason", text.Shown(why.Error()))
}
