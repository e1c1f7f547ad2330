package procs

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/hashicorp/go-hclog"

	"livestream-tui/procs/child"
)

// Options say what to supervise and where.
type Options struct {
	Specs []Spec
	// RunPath holds the lock, the records of running groups and the children's
	// sockets; it is made 0700. LogPath holds a log file for each process.
	RunPath, LogPath string
	// Self is our own binary; with the argument GuardianCommand and the path of
	// the records it must call Guard. Empty: no guardian.
	Self string
	// Guardian are further arguments of the guardian, for what else it is to do;
	// GuardianEnv is its environment, nil for ours.
	Guardian    []string
	GuardianEnv []string
	// Log takes what supervision has to say; it may be slow or block. Nil: none.
	Log hclog.Logger
	// OnLine gets every line that a process writes, in order for each process,
	// from several goroutines. It should not block (what is written meanwhile may
	// be lost, but is counted) and must not keep the slice. Nil: lines are dropped.
	OnLine func(process string, line []byte)
	// OnStatus gets every change of a process's state, in order. It must not
	// block and must not call the Supervisor. Nil: nobody is told.
	OnStatus func(Status)
	// OnNotice gets what an operator is to know of supervision itself; the log has it
	// too. It must not block. Nil: nobody is told.
	OnNotice func(text string)
}

// exitsMost is how many ends of a process are told.
const exitsMost = 5

// Supervisor runs processes. Make it with New, then call Run once.
type Supervisor struct {
	o       Options
	place   *place
	notes   *notes
	spawner *child.Spawner
	procs   map[string]*process
	levels  [][]string // names, dependencies first
	inbox   chan message
	ended   chan struct{} // closed when Run returns: senders give up
	work    sync.WaitGroup
	closing bool // on the way down; Run's goroutine's

	mu       sync.Mutex
	statuses map[string]Status // guarded by mu
	leaders  map[int]bool      // pids of every incarnation whose group is not empty; guarded by mu
}

// process is a machine with what belongs to its incarnations. Only Run's
// goroutine touches it, apart from the tail.
type process struct {
	spec    Spec
	machine Machine
	living  map[int]*incarnation // by epoch
	held    []*os.File           // the sockets of spec.Held
	tail    *tail
	readied int      // the last incarnation that was ready; 0: none ever was
	exits   []Ending // replaced, never written to
	// progressed: a Progressed event is in the inbox. Safe for concurrent use.
	progressed atomic.Bool
}

type message struct {
	process string
	event   Event
	answer  chan error // of a command; nil otherwise
}

// New checks the specs, makes the folders, takes the lock and ends what an
// earlier supervisor that was killed left running. ErrAlreadyRunning is wrapped
// in the error when another one holds the lock.
func New(o Options) (*Supervisor, error) {
	if o.Log == nil {
		o.Log = hclog.NewNullLogger()
	}
	if o.OnLine == nil {
		o.OnLine = func(string, []byte) {}
	}
	if o.OnStatus == nil {
		o.OnStatus = func(Status) {}
	}
	if o.OnNotice == nil {
		o.OnNotice = func(string) {}
	}
	if o.GuardianEnv == nil {
		o.GuardianEnv = os.Environ()
	}
	levels, err := order(o.Specs)
	if err != nil {
		return nil, err
	}
	if err := fits(o.RunPath, o.Specs); err != nil {
		return nil, err
	}
	place, err := enter(o.RunPath)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(o.LogPath, 0o755); err != nil {
		place.leave()
		return nil, fmt.Errorf("log folder: %w", err)
	}
	if swept, err := sweepFolder(o.RunPath); err != nil {
		o.Log.Warn("cannot end what an earlier run left", "error", err)
	} else if swept > 0 {
		o.Log.Warn("ended process groups that an earlier run left", "groups", swept)
	}
	s := &Supervisor{
		o: o, place: place, levels: levels, notes: newNotes(o.Log),
		procs: map[string]*process{}, statuses: map[string]Status{}, leaders: map[int]bool{},
		inbox: make(chan message, 256), ended: make(chan struct{}),
	}
	for _, spec := range o.Specs {
		if err := s.add(spec); err != nil {
			for _, p := range s.procs {
				p.tail.close()
			}
			place.leave()
			return nil, err
		}
	}
	return s, nil
}

func (s *Supervisor) add(spec Spec) error {
	log := filepath.Join(s.o.LogPath, spec.Name+".log")
	t, err := newTail(log, func(line []byte) { s.o.OnLine(spec.Name, line) })
	if err != nil {
		return err
	}
	s.procs[spec.Name] = &process{spec: spec, machine: NewMachine(spec), living: map[int]*incarnation{}, tail: t}
	s.statuses[spec.Name] = Status{Name: spec.Name, LogPath: log, Argv: spec.Argv}
	return nil
}

// Run starts every process and supervises until ctx is cancelled; then it stops
// them, dependents first, and returns when all have gone. The error names what
// could not be stopped, or a socket that cannot be held.
func (s *Supervisor) Run(ctx context.Context) error {
	defer s.place.leave()
	if err := s.Hold(); err != nil {
		return err
	}
	defer s.release()
	s.spawner = child.NewSpawner()
	background, cancel := context.WithCancel(context.Background())
	noting, endNotes := context.WithCancel(context.Background())
	go s.notes.run(noting)
	defer s.notes.wait()
	defer endNotes()
	tails := make([]*tail, 0, len(s.procs))
	for _, p := range s.procs {
		tails = append(tails, p.tail)
		s.work.Go(func() { p.tail.follow(background) })
	}
	s.work.Go(func() { watch(background, tails) })
	s.work.Go(func() { s.measure(background) })
	s.work.Go(func() { s.keepPlace(background) })
	var guardian sync.WaitGroup
	guardCtx, endGuardian := context.WithCancel(context.Background())
	if s.o.Self != "" {
		guardian.Go(func() { s.keepGuardian(guardCtx) })
	}

	for _, level := range s.levels {
		for _, name := range level {
			s.apply(name, Event{Kind: Asked, Action: Start})
		}
	}
	s.loop(ctx)
	left := s.shutDown()

	close(s.ended)
	cancel()
	s.work.Wait()
	if len(left) > 0 {
		// The guardian sweeps what is left; a Close would wait for it for good.
		endGuardian()
		guardian.Wait()
		return fmt.Errorf("could not stop %s: end them by hand", strings.Join(left, ", "))
	}
	if err := s.place.records.remove(); err != nil {
		s.notes.say(hclog.Warn, "cannot remove the records of running groups", "error", err)
	}
	endGuardian()
	guardian.Wait()
	s.spawner.Close()
	return nil
}

func (s *Supervisor) loop(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case m := <-s.inbox:
			s.receive(m)
		}
	}
}

func (s *Supervisor) receive(m message) {
	if m.answer != nil {
		err := s.check(m.process, m.event.Action)
		if err == nil {
			s.apply(m.process, m.event)
		}
		m.answer <- err // has room
		return
	}
	if m.event.Kind == Progressed {
		p := s.procs[m.process]
		p.progressed.Store(false)
		m.event.Epoch = cmp.Or(p.machine.Next, p.machine.Epoch)
	}
	s.apply(m.process, m.event)
}

func (s *Supervisor) names() []string {
	var names []string
	for _, spec := range s.o.Specs {
		names = append(names, spec.Name)
	}
	return names
}

// apply moves one machine, does what follows and tells of the change.
func (s *Supervisor) apply(name string, e Event) {
	p := s.procs[name]
	before := p.machine
	if e.Kind == Ended || e.Kind == NotSpawned {
		e.Alone = s.alone(p)
	}
	machine, effects := Reduce(before, e, time.Now())
	p.machine = machine
	if e.Kind == Ended {
		delete(p.living, e.Epoch)
		exits := append(slices.Clone(p.exits), Ending{time.Now(), e.Epoch, e.Exit.String()})
		p.exits = exits[max(0, len(exits)-exitsMost):]
	}
	if machine.State == Stopping {
		s.publish(p) // before the TERM: what follows from it comes later
	}
	for _, effect := range effects {
		s.do(p, effect)
	}
	s.publish(p)
	s.tellOthers(p, before)
}

func (s *Supervisor) do(p *process, e Effect) {
	switch e.Kind {
	case Spawn:
		if err := s.spawn(p, e.Epoch); err != nil {
			s.notes.say(hclog.Error, "cannot start", "process", p.spec.Name, "error", err)
			s.apply(p.spec.Name, Event{Kind: NotSpawned, Epoch: e.Epoch, Reason: err.Error()})
		}
	case Terminate, HandOver:
		i := p.living[e.Epoch]
		switch {
		case i == nil:
		case e.Kind == HandOver:
			s.work.Go(func() { s.handOver(p.spec.Name, i) })
		default:
			s.terminate(p.spec.Name, i)
		}
	case Slay:
		s.signal(p, e.Epoch, syscall.SIGKILL)
	case Halt:
		s.signal(p, e.Epoch, syscall.SIGSTOP)
	case Continue:
		s.signal(p, e.Epoch, syscall.SIGCONT)
	case SetTimer:
		after := e.After
		if e.Timer == BackoffTimer {
			after = jittered(after, rand.Float64())
		}
		time.AfterFunc(after, func() {
			s.send(p.spec.Name, Event{Kind: TimedOut, Epoch: e.Epoch, Timer: e.Timer})
		})
	}
}

func (s *Supervisor) signal(p *process, epoch int, sig syscall.Signal) {
	i := p.living[epoch]
	if i == nil {
		return
	}
	if err := i.child.Signal(sig); err != nil {
		s.notes.say(hclog.Error, "cannot signal", "process", p.spec.Name, "error", err)
	}
}

// terminate asks an incarnation to end.
func (s *Supervisor) terminate(name string, i *incarnation) {
	i.asked.Store(true) // before the TERM: whoever sees the leader end must know why
	// A paused one holds the TERM until the CONT.
	for _, sig := range []syscall.Signal{syscall.SIGTERM, syscall.SIGCONT} {
		if err := i.child.Signal(sig); err != nil {
			s.notes.say(hclog.Error, "cannot signal", "process", name, "error", err)
		}
	}
}

// send delivers an event from another goroutine; after Run it is dropped.
func (s *Supervisor) send(name string, e Event) {
	select {
	case s.inbox <- message{process: name, event: e}:
	case <-s.ended:
	}
}

// publish keeps the status and tells of it when something worth telling changed.
func (s *Supervisor) publish(p *process) {
	m := p.machine
	s.mu.Lock()
	old := s.statuses[p.spec.Name]
	st := old
	st.State, st.Reason, st.Paused, st.Wanted = m.State, m.Reason, m.Paused, m.Wanted
	st.Incarnation, st.Restarts, st.LastExit = m.Epoch, m.Restarts, m.LastExit
	st.Next, st.Draining, st.Exits = m.Next, m.Draining, p.exits
	st.PID, st.Socket, st.Started = 0, "", time.Time{}
	if i := p.living[m.Epoch]; m.Running && i != nil {
		st.PID, st.Socket, st.Started = i.child.PID(), i.socket.path, i.started
	} else {
		st.CPU, st.RSS = 0, 0
	}
	s.statuses[p.spec.Name] = st
	s.mu.Unlock()
	if st.State != old.State || st.Reason != old.Reason || st.Paused != old.Paused || st.PID != old.PID ||
		st.Next != old.Next || st.Draining != old.Draining {
		s.o.OnStatus(st)
	}
}

// Statuses returns what every process is now, in the order of the specs.
func (s *Supervisor) Statuses() []Status {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := make([]Status, 0, len(s.o.Specs))
	for _, name := range s.names() {
		st := s.statuses[name]
		st.LogLost = s.procs[name].tail.Lost()
		list = append(list, st)
	}
	return list
}
