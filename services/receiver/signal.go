package receiver

import (
	"cmp"
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/go-hclog"

	"livestream-tui/services/kit/signals"
	"livestream-tui/services/receiver/feed"
	"livestream-tui/services/receiver/input"
	"livestream-tui/services/receiver/lead"
	"livestream-tui/services/receiver/program"
	"livestream-tui/services/receiver/sample"
	"livestream-tui/services/receiver/segment"
	"livestream-tui/services/receiver/slate"
	"livestream-tui/services/receiver/state"
	"livestream-tui/services/receiver/watch"
)

const (
	// tick is how often the program looks at the time, statusEvery how often the status is
	// made, lockEvery how often the lock of another incarnation is tried.
	tick        = 20 * time.Millisecond
	statusEvery = 250 * time.Millisecond
	lockEvery   = 10 * time.Millisecond
)

// maker makes a slate as a signal wants it. It may return one in its place, and why.
type maker func(ctx context.Context, spec string, e program.MakeSlate) (*sample.Slate, error)

// source is an input of a signal with what people see of it.
type source struct {
	name, kind, address string
	// open makes it, once the receiver runs.
	open func() input.Input
}

// signal is a live signal. Its goroutine runs in run, and alone uses what has no comment.
type signal struct {
	name    string
	config  signals.Signal
	sources []source
	slate   maker
	watch   func() watch.Options // once the receiver runs
	store   state.Store
	log     hclog.Logger // names the signal
	events  hclog.Logger // does not: events have it
	metrics *metrics
	now     func() time.Duration // since the Unix epoch; it never runs back
	feed    atomic.Pointer[feed.Feed]
	status  atomic.Pointer[signals.Status]
	choices chan program.Event // the operator's; safe for senders
	queued  atomic.Bool        // another process of this machine has the signal
	machine string             // this one's name among several; empty where it is alone
	tell    func(lead.Claim)   // tells the other receivers; it does not wait
	heard   chan lead.Claim    // what they tell; safe for senders
	claim   atomic.Pointer[lead.Claim]

	lead      *lead.State
	said      time.Duration // when the last claim was
	program   *program.State
	segmenter *segment.Segmenter
	kept      state.Kept
	current   []*connection // of each input
	onAir     bool          // the newest generation could be begun
	conditions
	since   time.Duration  // when what is on air began to be
	latest  program.Source // what the last event has put on air
	problem string         // why the state is not kept; empty while it is
}

// conditions are those of inputs when the last status was made, and since when.
type conditions struct {
	was  []program.Condition
	from []time.Duration
}

func newSignal(s *Service, c signals.Signal, sources []source) *signal {
	g := &signal{
		name: c.Name, config: c, sources: sources, slate: s.slate, watch: s.watchOf(c), store: s.store, log: s.log.With("signal", c.Name), events: s.log, metrics: s.metrics, now: s.now,
		machine: s.machines.name(), tell: s.machines.tell, heard: make(chan lead.Claim, heardMost), choices: make(chan program.Event), current: make([]*connection, len(sources)),
		latest: program.Nothing, conditions: conditions{make([]program.Condition, len(sources)), make([]time.Duration, len(sources))},
	}
	for i := range g.from {
		g.from[i] = g.now()
	}
	g.feed.Store(feed.New())
	g.lead = lead.New(g.machine, state.Kept{}, g.now())
	g.program = program.New(program.Config{Inputs: g.names()}, g.now())
	g.segmenter = segment.New(c.Segment, segment.State{})
	g.show()
	return g
}

func (g *signal) names() []string {
	names := make([]string, len(g.sources))
	for i, s := range g.sources {
		names[i] = s.name
	}
	return names
}

// run takes the signal in until ctx is cancelled, and returns when its inputs have ended. It
// waits until no other process has the signal.
func (g *signal) run(ctx context.Context, lossAfter, returnAfter time.Duration) error {
	release, err := g.lock(ctx)
	if err != nil || release == nil {
		return err
	}
	defer release()
	if g.kept, err = g.store.Load(g.name); err != nil {
		g.log.Error("the kept timeline cannot be read, the signal begins anew", "error", err)
	}
	c := program.Config{
		Inputs:    g.names(),
		LossAfter: cmp.Or(g.config.LossAfter, lossAfter), ReturnAfter: cmp.Or(g.config.ReturnAfter, returnAfter),
		Last: g.config.Slate == slate.Last, Still: g.config.Slate == signals.StillSlate, Resume: g.resume(false),
	}
	g.lead = lead.New(g.machine, g.kept, g.now())
	c.StandBy = !g.lead.Leads()
	g.program = program.New(c, g.now())
	g.segmenter = segment.New(g.config.Segment, g.kept.Timeline)
	var running sync.WaitGroup
	defer running.Wait()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	box := newInbox(ctx, g.now)
	for i, s := range g.sources {
		to := &sink{input: i, inbox: box, watch: g.watcher(i, box)}
		running.Go(func() { g.take(ctx, s, to) })
		if to.watch != nil {
			running.Go(func() { to.watch.Run(ctx) })
		}
	}
	g.loop(ctx, box, &running)
	return nil
}

// lock waits for the signal's lock. It returns nil when ctx is cancelled first.
func (g *signal) lock(ctx context.Context) (release func(), err error) {
	pause := time.NewTicker(lockEvery)
	defer pause.Stop()
	for waited := false; ; waited = true {
		if release, err = g.store.Lock(g.name); err != nil || release != nil {
			g.queued.Store(false)
			return release, err
		}
		g.queued.Store(true)
		if !waited {
			g.log.Info("another receiver has the signal, waiting for it")
		}
		select {
		case <-ctx.Done():
			return nil, nil
		case <-pause.C:
		}
	}
}

// retryEvery is how often an input that cannot run is tried again.
const retryEvery = time.Second

// take runs an input. What makes it impossible, such as a port that is taken, may end.
func (g *signal) take(ctx context.Context, s source, to *sink) {
	in := s.open()
	for told := ""; ctx.Err() == nil; {
		err := in.Run(ctx, to)
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			to.Failed(err)
			if told != err.Error() {
				told = err.Error()
				g.log.Error("an input cannot run, still trying", "input", s.name, "error", err)
			}
		}
		select {
		case <-ctx.Done():
		case <-time.After(retryEvery):
		}
	}
}

// loop is the goroutine of the signal.
func (g *signal) loop(ctx context.Context, box *inbox, running *sync.WaitGroup) {
	ticks := time.NewTicker(tick)
	defer ticks.Stop()
	shown := g.now()
	for {
		var m message
		select {
		case <-ctx.Done():
			g.publish(g.segmenter.End())
			g.leave()
			return
		case m = <-box.messages:
			if !g.isCurrent(m) {
				continue
			}
		case e := <-g.choices:
			m = message{event: e, at: g.now()}
		case c := <-g.heard:
			g.hear(c)
			m = message{event: program.Tick{}, at: g.now()}
		case <-ticks.C:
			m = message{event: program.Tick{}, at: g.now()}
		}
		do := func(e program.Event, at time.Duration) {
			effects := g.program.Step(e, at)
			for i, e := range effects {
				g.carryOut(ctx, e, effects[i+1:], box, running)
			}
		}
		do(m.event, m.at)
		if e := g.decide(); e != nil {
			do(e, g.now())
		}
		g.publish(g.segmenter.Tick(g.now()))
		if now := g.now(); now-shown >= statusEvery {
			shown = now
			g.show()
		}
	}
}

// isCurrent reports whether a message comes from the newest connection of its input.
func (g *signal) isCurrent(m message) bool {
	if m.from == nil {
		return true
	}
	i := m.from.sink.input
	if _, opens := m.event.(program.Connected); opens {
		g.current[i] = m.from
	}
	return g.current[i] == m.from
}

// carryOut carries out an effect; next are the effects after it.
func (g *signal) carryOut(ctx context.Context, e program.Effect, next []program.Effect, box *inbox, running *sync.WaitGroup) {
	switch e := e.(type) {
	case program.Begin:
		g.begin(e)
	case program.Emit:
		if g.onAir {
			g.publish(g.segmenter.Add(e.Sample, g.now()))
		}
	case program.MakeSlate:
		spec := g.config.Slate
		if spec == signals.StillSlate { // before there is a picture to repeat, and for its silence
			spec = ""
		}
		running.Go(func() {
			made, err := g.slate(ctx, spec, e)
			if ctx.Err() != nil {
				return
			}
			if err != nil {
				g.log.Error("the slate cannot be made as it should be", "standing_in", made != nil, "error", err)
			}
			box.put(program.Made{For: e.Format, Slate: made, Why: err}, nil)
		})
	default:
		g.announce(e, next)
	}
}

func (g *signal) begin(e program.Begin) {
	err := g.segmenter.Begin(segment.Generation{Format: e.Format, Slate: e.Source == program.Slate, Interval: e.Interval})
	if g.onAir = err == nil; !g.onAir {
		g.log.Error("the format cannot be aired", "source", g.sourceName(e.Source), "error", err)
		return
	}
	g.since = g.now()
	if e.Source == program.Slate {
		return
	}
	g.kept.Format = e.Format
	if v := e.Format.Video; g.kept.First == (state.Pictures{}) {
		g.kept.First = state.Pictures{Width: v.Width, Height: v.Height, FPS: v.FPS}
	}
}

// publish serves what is ready, once the timeline up to there is kept.
func (g *signal) publish(out segment.Output) {
	if len(out.Segments) > 0 {
		g.kept.Timeline = g.segmenter.State()
		g.keep()
		g.say()
		g.metrics.segments.WithLabelValues(g.name).Add(float64(len(out.Segments)))
	}
	g.feed.Load().Publish(out, g.segmenter.State().Target())
}

// keep keeps the state on disk. A signal goes on without it: only a restart needs it.
func (g *signal) keep() {
	problem := ""
	if err := g.store.Save(g.name, g.kept); err != nil {
		problem = err.Error()
	}
	switch {
	case problem != "" && g.problem == "":
		g.log.Error("the timeline cannot be kept: after a restart, players would notice", "error", problem)
	case problem == "" && g.problem != "":
		g.log.Info("the timeline is kept again")
	}
	g.problem = problem
}

// sourceName is the name of what is on air; empty for nothing.
func (g *signal) sourceName(s program.Source) string {
	switch {
	case s == program.Slate:
		return signals.SlateSource
	case s < 0:
		return ""
	}
	return g.sources[s].name
}
