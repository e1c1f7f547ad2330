package drill

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"livestream-tui/procs/platform"
)

// Fault is one thing that goes wrong on purpose: a row of the table. A value.
type Fault struct {
	// Name is what an operator types, About what happens, in one line.
	Name, About string
	// Hold is how long the fault lasts once it is there.
	Hold time.Duration
	// NoSource is for how long there is nowhere to get a new segment from, besides:
	// no packager, or no encoder. A playlist may stand still for so much longer.
	NoSource time.Duration
	// More: only a drill of all faults makes it, or one that names it.
	More bool
	// Own: only on a platform of the drill's own.
	Own bool
	// prepare brings the platform to the moment of the fault; nil for none needed.
	prepare func(context.Context, *scene) error
	// inject makes the fault and leaves with scene.undo how to take it back.
	inject func(context.Context, *scene) error
}

// comeBack is how long a packager or the encoder may take to serve again what is
// new, once it was killed.
const comeBack = 2 * time.Second

// Faults are all faults, in the order in which a drill without names makes them.
func Faults() []Fault {
	const second = time.Second
	return []Fault{
		{Name: "kill-active", prepare: toActive(paced), inject: toActive(kill),
			About: "the packager that players are served from is killed (SIGKILL) and comes back at once"},
		{Name: "kill-standby", inject: toStandby(kill),
			About: "a packager that nobody is served from is killed"},
		{Name: "kill-active-in-mid-body", prepare: toActive(inMidBody), inject: toActive(kill),
			About: "the active packager is killed while it sends a segment that has just come"},
		{Name: "pause-active", Hold: 5 * second, prepare: toActive(paced), inject: toActive(pause),
			About: "the active packager is stopped (SIGSTOP): it accepts and does not answer"},
		{Name: "stale-active", Hold: 6 * second, inject: toActive(misbehave("stale")),
			About: "the active packager's playlist stands still"},
		{Name: "lag-active", Hold: 5 * second, inject: toActive(misbehave("lag")),
			About: "the active packager is a segment behind"},
		{Name: "slow-active", Hold: 6 * second, inject: toActive(misbehave("slow")),
			About: "the active packager's bodies trickle at 20 kB/s"},
		{Name: "truncate-active", Hold: 4 * second, inject: toActive(misbehave("truncate")),
			About: "the active packager's segments break off half way"},
		{Name: "error-active", Hold: 3 * second, inject: toActive(misbehave("error")),
			About: "the active packager answers 503"},
		{Name: "html-active", Hold: 3 * second, inject: toActive(misbehave("html")),
			About: "the active packager answers everything with 200 and a web page"},
		{Name: "empty-active", Hold: 3 * second, inject: toActive(misbehave("empty")),
			About: "the active packager answers everything with 200 and nothing"},
		{Name: "not-found-active", Hold: 3 * second, inject: toActive(misbehave("not-found")),
			About: "the active packager lists segments and answers them with 404"},
		{Name: "hang-active", Hold: 5 * second, inject: toActive(misbehave("hang")),
			About: "the active packager accepts and never answers"},
		{Name: "hang-body-active", Hold: 5 * second, inject: toActive(misbehave("hang-body")),
			About: "the active packager sends half of each body, then nothing"},
		{Name: "corrupt-active", Hold: 3 * second, inject: toActive(misbehave("corrupt")),
			About: "the active packager flips bytes of its segments"},
		{Name: "truncate-playlist-active", Hold: 3 * second, inject: toActive(misbehave("truncate-playlist")),
			About: "the active packager's playlist ends in mid-line"},
		{Name: "endlist-active", Hold: 3 * second, inject: toActive(misbehave("endlist")),
			About: "the active packager's playlist says that the stream is over"},
		{Name: "restart-msn-active", Hold: 4 * second, inject: toActive(misbehave("restart-msn")),
			About: "the active packager's numbers begin again at 0"},
		{Name: "misaligned-active", Hold: 4 * second, inject: toActive(misbehave("misaligned")),
			About: "the active packager's numbers are each of the segment before"},
		{Name: "restart-active", prepare: toActive(paced), inject: toActive(restart),
			About: "the active packager is restarted in good order (SIGTERM)"},
		{Name: "flap", prepare: toActive(paced), inject: toActive(flap),
			About: "the active packager is killed each time it is back"},
		{Name: "back-after-3s", Hold: 3 * second, prepare: toActive(paced), inject: toActive(down),
			About: "the active packager is killed and comes back after three seconds"},
		{Name: "kill-both-for-3s", Hold: 3 * second, NoSource: 3*second + comeBack, inject: everyPackagerDown,
			About: "every packager is killed and comes back after three seconds"},
		{Name: "kill-discovery", Hold: 2 * second, inject: toService("discovery", kill),
			About: "discovery is killed"},
		{Name: "kill-reporter", Hold: 2 * second, inject: toService("reporter", kill),
			About: "the reporter is killed"},
		{Name: "kill-origin", Hold: 2 * second, inject: toService("origin", kill),
			About: "the origin is killed"},
		{Name: "kill-each-in-turn", NoSource: comeBack, prepare: everyPackagerPaced, inject: eachInTurn,
			About: "every process but the proxy is killed, one after the other"},
		{Name: "kill-worker", NoSource: comeBack, inject: toService("worker", kill),
			About: "the encoder is killed"},
		{Name: "kill-ffmpeg", NoSource: comeBack, inject: toService("worker", killFFmpeg),
			About: "the encoder's FFmpeg is killed, three times"},
		{Name: "kill-proxy", NoSource: comeBack, prepare: whileItPasses, inject: toService("proxy", killProxy),
			About: "the proxy is killed under its players: what breaks off comes whole when it is asked for again, no connection is refused"},
		{Name: "restart-proxy", NoSource: comeBack, prepare: everyPackagerPaced, inject: toService("proxy", renew),
			About: "the proxy is restarted in good order: the next one takes over while the one before finishes"},
		{Name: "pause-worker", More: true, Hold: 3 * second, NoSource: 3*second + comeBack, prepare: afterASegment, inject: toService("worker", pause),
			About: "the encoder is stopped (SIGSTOP) for three seconds"},
		{Name: "kill-all-workers-3s", More: true, Hold: 3 * second, NoSource: 3*second + comeBack, prepare: afterASegment, inject: everyWorkerDown,
			About: "every encoder is killed and comes back after three seconds"},
		{Name: "clock-step", More: true, inject: toService("worker", stepClock),
			About: "the encoder's clock is set an hour on, then an hour back, and its FFmpeg is killed each time"},
		{Name: "disk-full", More: true, Own: true, NoSource: 3*second + comeBack, prepare: afterASegment, inject: fillDisk,
			About: "the disk that the encoder writes to is full until a segment could not be written"},
		{Name: "fd-exhaustion", More: true, Hold: 4 * second, inject: toActive(noDescriptors),
			About: "the active packager may open nothing more: no file, no connection"},
		{Name: "fd-exhaustion-proxy", More: true, Hold: second, inject: toService("proxy", noDescriptors),
			About: "the proxy may open nothing more for a second: new connections wait, those that are open go on"},
		{Name: "upgrade", More: true, NoSource: comeBack, prepare: everyPackagerPaced, inject: upgrade,
			About: "every process is restarted from the binary on disk, one after the other"},
	}
}

// Select returns the faults of those names in the order of the names. Without any:
// those of an ordinary drill, or with more all that there are. The error names those
// that there are.
func Select(names []string, more bool) ([]Fault, error) {
	all := Faults()
	if len(names) == 0 {
		return slices.DeleteFunc(slices.Clone(all), func(f Fault) bool { return f.More && !more }), nil
	}
	var list []Fault
	for _, name := range names {
		i := slices.IndexFunc(all, func(f Fault) bool { return f.Name == name })
		if i < 0 {
			known := make([]string, len(all))
			for j, f := range all {
				known[j] = f.Name
			}
			return nil, fmt.Errorf("no drill %q; there are %s", name, strings.Join(known, ", "))
		}
		list = append(list, all[i])
	}
	return list, nil
}

// act is something done to one process.
type act func(ctx context.Context, s *scene, process string) error

func toActive(do act) func(context.Context, *scene) error {
	return func(ctx context.Context, s *scene) error { return do(ctx, s, s.active) }
}

func toStandby(do act) func(context.Context, *scene) error {
	return func(ctx context.Context, s *scene) error {
		for _, p := range s.target.packagers() {
			if p.Name != s.active {
				s.victim = p.Name
				return do(ctx, s, p.Name)
			}
		}
		return fmt.Errorf("there is no packager beside %s", s.active)
	}
}

func toService(service string, do act) func(context.Context, *scene) error {
	return func(ctx context.Context, s *scene) error {
		for _, p := range latest(s.target.Platform).Processes {
			if p.Service == service {
				s.victim = p.Name
				return do(ctx, s, p.Name)
			}
		}
		return &notHereError{"this platform has no " + service}
	}
}

func kill(ctx context.Context, s *scene, process string) error {
	return s.target.command(ctx, process, platform.Kill)
}

func restart(ctx context.Context, s *scene, process string) error {
	return s.target.command(ctx, process, platform.Restart)
}

func pause(ctx context.Context, s *scene, process string) error {
	if err := s.target.command(ctx, process, platform.Pause); err != nil {
		return err
	}
	s.undo(func(ctx context.Context) error { return s.target.command(ctx, process, platform.Resume) })
	return nil
}

// down kills a process and keeps it down until the fault is over.
func down(ctx context.Context, s *scene, process string) error {
	if err := s.target.command(ctx, process, platform.Kill); err != nil {
		return err
	}
	s.undo(func(ctx context.Context) error { return s.target.command(ctx, process, platform.Start) })
	return s.target.command(ctx, process, platform.Stop)
}

func everyPackagerDown(ctx context.Context, s *scene) error {
	s.victim = "every packager"
	for _, p := range s.target.packagers() {
		if err := down(ctx, s, p.Name); err != nil {
			return err
		}
	}
	return nil
}

// misbehave sets the fault switch of a packager.
func misbehave(mode string) act {
	return func(ctx context.Context, s *scene, process string) error {
		return s.fault(ctx, process, fault{Mode: mode})
	}
}

const (
	// networkSpeed is how many times as fast as it plays a packager sends its
	// segments where a transfer is to be in flight when a fault comes. On the
	// loopback interface a body is in the kernel's hands before it is looked at, and
	// what happens to its sender then makes no difference to anybody.
	networkSpeed = 3
	// pacedFor is how long it does so before the fault: requests begun before are
	// over then.
	pacedFor = time.Second
	// midBody is how long after a segment was listed the packager is killed.
	midBody = 150 * time.Millisecond
	// midBodyTries is how many segments are waited for until players have enough in
	// flight just then.
	midBodyTries = 3
)

// paced makes a packager send at the speed of a network, as a preparation.
func paced(ctx context.Context, s *scene, process string) error {
	if err := s.slowDown(ctx, process, networkSpeed); err != nil {
		return err
	}
	return sleep(ctx, pacedFor)
}

func everyPackagerPaced(ctx context.Context, s *scene) error {
	for _, p := range s.target.packagers() {
		if err := s.slowDown(ctx, p.Name, networkSpeed); err != nil {
			return err
		}
	}
	return sleep(ctx, pacedFor)
}

// inMidBody waits until a packager sends a segment that has just come.
func inMidBody(ctx context.Context, s *scene, process string) error {
	if err := s.slowDown(ctx, process, networkSpeed); err != nil {
		return err
	}
	for range midBodyTries {
		if err := s.target.awaitSegment(ctx, process); err != nil {
			return err
		}
		if err := sleep(ctx, midBody); err != nil {
			return err
		}
		if s.target.good() {
			break
		}
	}
	return nil
}

const (
	flapFor   = 4 * time.Second
	flapPause = 200 * time.Millisecond
)

// flap kills a process each time it is ready again.
func flap(ctx context.Context, s *scene, process string) error {
	for end := time.Now().Add(flapFor); time.Now().Before(end); {
		if err := s.target.killAndAwait(ctx, process); err != nil {
			return err
		}
		if err := sleep(ctx, flapPause); err != nil {
			return err
		}
	}
	return nil
}

// eachInTurn kills one process after the other, each when the one before is back.
func eachInTurn(ctx context.Context, s *scene) error {
	s.victim = "each process"
	for _, p := range latest(s.target.Platform).Processes {
		if p.Service == "proxy" || p.Service == "viewer" {
			continue // the proxy comes later; a viewer is one of the audience
		}
		if err := s.target.killAndAwait(ctx, p.Name); err != nil {
			return err
		}
	}
	return nil
}
