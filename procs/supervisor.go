package procs

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/go-hclog"

	"livestream-tui/procs/child"
	"livestream-tui/procs/guardian"
	"livestream-tui/procs/machine"
	"livestream-tui/procs/runfolder"
	"livestream-tui/procs/tail"
)

// Options say what to supervise and where.
type Options struct {
	Specs []Spec
	// Sockets are listening sockets that a service manager has passed to us, each named for
	// the process that it is for. They are held in place of those of Spec.Held; the
	// Supervisor closes them. Nil for none.
	Sockets []*os.File
	// RunPath holds the lock, the records of running groups and the children's
	// sockets; it is made 0700. LogPath holds a log file for each process.
	RunPath, LogPath string
	// Self is our own binary; with the argument guardian.Command and the path of
	// the records it must call guardian.Guard. Empty: no guardian.
	Self string
	// Guardian are further arguments of the guardian, for what else it is to do;
	// GuardianEnv is its environment, nil for ours.
	Guardian    []string
	GuardianEnv []string
	// Log takes the messages of supervision; it may be slow or block. Nil is allowed.
	Log hclog.Logger
	// OnLine gets every line that a process writes, in order for each process,
	// from several goroutines. It should not block (what is written meanwhile may
	// be lost, but is counted) and must not keep the slice. Nil: lines are dropped.
	OnLine func(process string, line []byte)
	// OnLines gets several lines at once, each with its end, before OnLine does; where it
	// returns true, OnLine does not get them. It must not keep the slice. Nil: OnLine gets
	// all lines.
	OnLines func(process string, lines []byte) bool
	// OnStatus gets every change of a process's state, in order. It must not
	// block and must not call the Supervisor. Nil is allowed.
	OnStatus func(Status)
	// OnNotice gets what an operator is to know of supervision itself; the log has it
	// too. It must not block. Nil is allowed.
	OnNotice func(text string)
}

// exitsMost is how many ends of a process a Status has.
const exitsMost = 5

// Supervisor runs processes. Make it with New, then call Run once.
type Supervisor struct {
	o       Options
	folder  *runfolder.Folder
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
	machine machine.Machine
	living  map[int]*incarnation // by epoch
	held    []*os.File           // the sockets of spec.Held
	tail    *tail.Tail
	readied int      // the last incarnation that was ready; 0 before the first
	exits   []Ending // replaced, never written to
	// progressed: a Progressed event is in the inbox. Safe for concurrent use.
	progressed atomic.Bool
}

// ErrAlreadyRunning says that another supervisor holds the run folder's lock.
var ErrAlreadyRunning = runfolder.ErrAlreadyRunning

// New checks the specs, makes the folders, takes the lock and ends what an
// earlier supervisor that was killed left running. ErrAlreadyRunning is wrapped
// in the error when another one holds the lock.
func New(o Options) (*Supervisor, error) {
	o.setDefaults()
	levels, err := order(o.Specs)
	if err != nil {
		return nil, err
	}
	if err := fits(o.RunPath, o.Specs); err != nil {
		return nil, err
	}
	folder, err := runfolder.Enter(o.RunPath)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(o.LogPath, 0o755); err != nil {
		folder.Leave()
		return nil, fmt.Errorf("log folder: %w", err)
	}
	if swept, err := guardian.SweepFolder(o.RunPath); err != nil {
		o.Log.Warn("cannot end what an earlier run left", "error", err)
	} else if swept > 0 {
		o.Log.Warn("ended process groups that an earlier run left", "groups", swept)
	}
	s := &Supervisor{
		o: o, folder: folder, levels: levels, notes: newNotes(o.Log),
		procs: map[string]*process{}, statuses: map[string]Status{}, leaders: map[int]bool{},
		inbox: make(chan message, 256), ended: make(chan struct{}),
	}
	for _, spec := range o.Specs {
		if err := s.add(spec); err != nil {
			for _, p := range s.procs {
				p.tail.Close()
			}
			folder.Leave()
			return nil, err
		}
	}
	return s, nil
}

func (o *Options) setDefaults() {
	if o.Log == nil {
		o.Log = hclog.NewNullLogger()
	}
	if o.OnLine == nil {
		o.OnLine = func(string, []byte) {}
	}
	if o.OnLines == nil {
		o.OnLines = func(string, []byte) bool { return false }
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
}

func (s *Supervisor) add(spec Spec) error {
	log := filepath.Join(s.o.LogPath, spec.Name+".log")
	t, err := tail.New(log, func(line []byte) { s.o.OnLine(spec.Name, line) }, func(lines []byte) bool { return s.o.OnLines(spec.Name, lines) })
	if err != nil {
		return err
	}
	s.procs[spec.Name] = &process{spec: spec, machine: machine.New(spec.machine()), living: map[int]*incarnation{}, tail: t}
	s.statuses[spec.Name] = Status{Name: spec.Name, LogPath: log, Argv: spec.Argv}
	return nil
}

// Run starts every process and supervises until ctx is cancelled; then it stops
// them, dependents first, and returns when all have gone. The error names what
// could not be stopped, or a socket that cannot be held.
func (s *Supervisor) Run(ctx context.Context) error {
	defer s.folder.Leave()
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
	tails := make([]*tail.Tail, 0, len(s.procs))
	for _, p := range s.procs {
		tails = append(tails, p.tail)
		s.work.Go(func() { p.tail.Follow(background) })
	}
	s.work.Go(func() { tail.Watch(background, tails) })
	s.work.Go(func() { s.measure(background) })
	s.work.Go(func() { s.keepFolder(background) })
	endGuardian := s.startGuardian()

	s.openGates() // to those that depend on what is stopped
	for _, level := range s.levels {
		for _, name := range level {
			s.apply(name, machine.Event{Kind: machine.Asked, Action: first(s.procs[name].spec)})
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
		return fmt.Errorf("could not stop %s: end them by hand", strings.Join(left, ", "))
	}
	if err := s.folder.Records.Remove(); err != nil {
		s.notes.say(hclog.Warn, "cannot remove the records of running groups", "error", err)
	}
	endGuardian()
	s.spawner.Close()
	return nil
}

// startGuardian starts a guardian, if there is to be one; end ends it and waits for it.
func (s *Supervisor) startGuardian() (end func()) {
	if s.o.Self == "" {
		return func() {}
	}
	keeper := guardian.Keeper{
		Argv: append([]string{s.o.Self, guardian.Command, s.folder.Records.Path()}, s.o.Guardian...), Env: s.o.GuardianEnv,
		Records: s.folder.Records,
		OnEnd: func(err error, pause time.Duration) {
			s.notes.say(hclog.Warn, "guardian ended, starting another", "error", err, "wait_ms", pause.Milliseconds())
		},
	}
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { keeper.Run(ctx) })
	return func() {
		cancel()
		running.Wait()
	}
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

func (s *Supervisor) names() []string {
	var names []string
	for _, spec := range s.o.Specs {
		names = append(names, spec.Name)
	}
	return names
}

// shutDown stops level after level and returns the names of what remains.
func (s *Supervisor) shutDown() []string {
	s.closing = true // no command from now on
	for _, p := range s.procs {
		p.machine.Wanted = false // nothing comes back either
	}
	for i := len(s.levels) - 1; i >= 0; i-- {
		for _, name := range s.levels[i] {
			s.procs[name].release() // no connection is to wait for what does not come back
			s.apply(name, machine.Event{Kind: machine.ShutDown})
		}
		for !s.stopped(s.levels[i]) {
			s.receive(<-s.inbox)
		}
	}
	var left []string
	for _, level := range s.levels {
		for _, name := range level {
			if s.procs[name].machine.Alive() {
				left = append(left, name)
			}
		}
	}
	return left
}

func (s *Supervisor) stopped(names []string) bool {
	for _, name := range names {
		m := s.procs[name].machine
		if m.Alive() && m.State != Failed {
			return false
		}
	}
	return true
}

// apply moves one machine, carries out the effects and publishes the change.
func (s *Supervisor) apply(name string, e machine.Event) {
	p := s.procs[name]
	before := p.machine
	if e.Kind == machine.Ended || e.Kind == machine.NotSpawned {
		e.Urgent = s.alone(p)
	}
	next, effects := machine.Reduce(before, e, time.Now())
	p.machine = next
	if e.Kind == machine.Ended {
		delete(p.living, e.Epoch)
		exits := append(slices.Clone(p.exits), Ending{time.Now(), e.Epoch, machine.ExitKindOf(e.Exit), e.Exit.String()})
		p.exits = exits[max(0, len(exits)-exitsMost):]
	}
	if next.State == Stopping {
		s.publish(p) // before the TERM: what follows from it comes later
	}
	for _, effect := range effects {
		s.do(p, effect)
	}
	s.publish(p)
	s.notifyOthers(p, before)
}

// send delivers an event from another goroutine; after Run it is dropped.
func (s *Supervisor) send(name string, e machine.Event) {
	select {
	case s.inbox <- message{process: name, event: e}:
	case <-s.ended:
	}
}

// publish keeps the status, and calls OnStatus when more than a measurement changed.
func (s *Supervisor) publish(p *process) {
	m := p.machine
	s.mu.Lock()
	old := s.statuses[p.spec.Name]
	st := old
	st.State, st.Cause, st.Reason, st.Paused, st.Wanted = m.State, m.Cause, m.Reason, m.Paused, m.Wanted
	st.Incarnation, st.Restarts, st.LastExit = m.Epoch, m.Restarts, m.LastExit
	st.Next, st.Draining, st.Exits, st.NextTry = m.Next, m.Draining, p.exits, m.NextTry().Round(0)
	st.PID, st.Socket, st.Started = 0, "", time.Time{}
	if i := p.living[m.Epoch]; m.Running && i != nil {
		st.PID, st.Socket, st.Started = i.child.PID(), i.socket.Path(), i.started
	} else {
		st.CPU, st.RSS = 0, 0
	}
	s.statuses[p.spec.Name] = st
	s.mu.Unlock()
	if st.State != old.State || st.Cause != old.Cause || st.Reason != old.Reason || st.Paused != old.Paused || st.PID != old.PID ||
		st.Next != old.Next || st.Draining != old.Draining || !st.NextTry.Equal(old.NextTry) {
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
