package procs

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
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
	Log  hclog.Logger
	// OnLine gets every line that a process writes, in order for each process,
	// from several goroutines. It must not block and must not keep the slice.
	OnLine func(process string, line []byte)
	// OnStatus gets every change of a process's state, in order. It must not
	// block and must not call the Supervisor.
	OnStatus func(Status)
}

// Supervisor runs processes. Make it with New, then call Run once.
type Supervisor struct {
	o       Options
	lock    *os.File
	records *records
	spawner *child.Spawner
	procs   map[string]*process
	levels  [][]string // names, dependencies first
	inbox   chan message
	ended   chan struct{} // closed when Run returns: senders give up
	work    sync.WaitGroup

	mu       sync.Mutex
	statuses map[string]Status // guarded by mu
}

// process is a machine with what belongs to its incarnation. Only Run's
// goroutine touches it, apart from the tail.
type process struct {
	spec      Spec
	machine   Machine
	child     *child.Child
	started   time.Time
	socket    string
	tail      *tail
	everReady bool
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
	levels, err := order(o.Specs)
	if err != nil {
		return nil, err
	}
	for _, spec := range o.Specs {
		if path := socketPath(o.RunPath, spec.Name, 999999); len(path) > socketMost {
			return nil, fmt.Errorf("RUN_PATH=%q: too long, a socket in it (%s) would have more than %d bytes; set a shorter one", o.RunPath, path, socketMost)
		}
	}
	if err := ownFolder(o.RunPath); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(o.LogPath, 0o755); err != nil {
		return nil, fmt.Errorf("log folder: %w", err)
	}
	lock, err := takeLock(filepath.Join(o.RunPath, "lock"))
	if err != nil {
		return nil, err
	}
	path := filepath.Join(o.RunPath, "records")
	if swept, err := sweep(path); err != nil {
		o.Log.Warn("cannot end what an earlier run left", "error", err)
	} else if swept > 0 {
		o.Log.Warn("ended process groups that an earlier run left", "groups", swept)
	}
	s := &Supervisor{
		o: o, lock: lock, levels: levels, records: &records{path: path},
		procs: map[string]*process{}, statuses: map[string]Status{},
		inbox: make(chan message, 256), ended: make(chan struct{}),
	}
	for _, spec := range o.Specs {
		log := filepath.Join(o.LogPath, spec.Name+".log")
		p := &process{spec: spec, machine: NewMachine(spec)}
		p.tail = newTail(log, func(line []byte) { o.OnLine(spec.Name, line) })
		s.procs[spec.Name] = p
		s.statuses[spec.Name] = Status{Name: spec.Name, LogPath: log, Argv: spec.Argv}
	}
	return s, nil
}

// order returns the names by level: each depends only on levels before its own.
func order(specs []Spec) ([][]string, error) {
	depends := map[string][]string{}
	for _, s := range specs {
		if _, twice := depends[s.Name]; twice || s.Name == "" || strings.ContainsAny(s.Name, "/\x00") {
			return nil, fmt.Errorf("process %q: the name must be unique, not empty and without a slash", s.Name)
		}
		if len(s.Argv) == 0 || !filepath.IsAbs(s.Argv[0]) {
			return nil, fmt.Errorf("process %q: the command must begin with an absolute path", s.Name)
		}
		depends[s.Name] = s.DependsOn
	}
	placed := map[string]bool{}
	var levels [][]string
	for len(placed) < len(specs) {
		var level []string
		for _, s := range specs {
			if !placed[s.Name] && all(s.DependsOn, placed) {
				level = append(level, s.Name)
			}
		}
		if len(level) == 0 {
			var rest []string
			for _, s := range specs {
				if !placed[s.Name] {
					rest = append(rest, s.Name)
				}
			}
			return nil, fmt.Errorf("processes %s: they depend on each other or on a process that is not there", strings.Join(rest, ", "))
		}
		for _, name := range level {
			placed[name] = true
		}
		levels = append(levels, level)
	}
	return levels, nil
}

func all(names []string, in map[string]bool) bool {
	for _, n := range names {
		if !in[n] {
			return false
		}
	}
	return true
}

// Run starts every process and supervises until ctx is cancelled; then it stops
// them, dependents first, and returns when all have gone. The error names what
// could not be stopped.
func (s *Supervisor) Run(ctx context.Context) error {
	defer s.lock.Close()
	s.spawner = child.NewSpawner()
	background, cancel := context.WithCancel(context.Background())
	for _, p := range s.procs {
		s.work.Go(func() { p.tail.follow(background) })
	}
	s.work.Go(func() { s.measure(background) })
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
	for _, p := range s.procs {
		p.tail.close()
	}
	if len(left) > 0 {
		// The guardian sweeps what is left; a Close would wait for it for good.
		endGuardian()
		guardian.Wait()
		return fmt.Errorf("could not stop %s: end them by hand", strings.Join(left, ", "))
	}
	if err := s.records.remove(); err != nil {
		s.o.Log.Warn("cannot remove the records of running groups", "error", err)
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

// shutDown stops level after level and returns the names of what remains.
func (s *Supervisor) shutDown() []string {
	for _, p := range s.procs {
		p.machine.Wanted = false // nothing comes back from now on
	}
	for i := len(s.levels) - 1; i >= 0; i-- {
		for _, name := range s.levels[i] {
			s.apply(name, Event{Kind: ShutDown})
		}
		for !s.stopped(s.levels[i]) {
			s.receive(<-s.inbox)
		}
	}
	var left []string
	for _, level := range s.levels {
		for _, name := range level {
			if s.procs[name].machine.Running {
				left = append(left, name)
			}
		}
	}
	return left
}

func (s *Supervisor) stopped(names []string) bool {
	for _, name := range names {
		m := s.procs[name].machine
		if m.Running && m.State != Failed {
			return false
		}
	}
	return true
}

func (s *Supervisor) receive(m message) {
	if m.answer != nil {
		err := s.check(m.process, m.event.Action)
		m.answer <- err
		if err != nil {
			return
		}
	}
	if m.event.Kind == Progressed {
		m.event.Epoch = s.procs[m.process].machine.Epoch
	}
	s.apply(m.process, m.event)
}

// check refuses a command that would do nothing.
func (s *Supervisor) check(name string, a Action) error {
	p, ok := s.procs[name]
	switch {
	case !ok:
		return fmt.Errorf("no process %q; there are %s", name, strings.Join(s.names(), ", "))
	case (a == Kill || a == Pause || a == Resume) && !p.machine.Running:
		return fmt.Errorf("%s is not running (%s): nothing to %s", name, p.machine.State, a)
	case a == Resume && !p.machine.Paused:
		return fmt.Errorf("%s is not paused", name)
	case a == Pause && p.machine.Paused:
		return fmt.Errorf("%s is paused already", name)
	case a == Stop && !p.machine.Running && !p.machine.Wanted:
		return fmt.Errorf("%s is stopped already", name)
	}
	return nil
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
	machine, effects := Reduce(p.machine, e, time.Now())
	p.machine = machine
	if machine.State == Stopping {
		s.publish(p) // before the TERM: whoever sees the leader end must know why
	}
	for _, effect := range effects {
		s.do(p, effect)
	}
	s.publish(p)
	if machine.State == Ready && !p.everReady {
		p.everReady = true
		s.openGates()
	}
}

// lacking are the dependencies of spec that were never ready. Once ready counts
// for good: a proxy that died must come back though the origin is away.
func (s *Supervisor) lacking(spec Spec) []string {
	var names []string
	for _, d := range spec.DependsOn {
		if !s.procs[d].everReady {
			names = append(names, d)
		}
	}
	return names
}

func (s *Supervisor) openGates() {
	for _, name := range s.names() {
		if p := s.procs[name]; len(p.machine.lacking) > 0 {
			s.apply(name, Event{Kind: Dependencies, Lacking: s.lacking(p.spec)})
		}
	}
}

func (s *Supervisor) do(p *process, e Effect) {
	switch e.Kind {
	case Spawn:
		if err := s.spawn(p, e.Epoch); err != nil {
			s.o.Log.Error("cannot start", "process", p.spec.Name, "error", err)
			s.apply(p.spec.Name, Event{Kind: NotSpawned, Epoch: e.Epoch, Reason: err.Error()})
		}
	case Terminate:
		s.signal(p, syscall.SIGTERM)
		s.signal(p, syscall.SIGCONT) // a paused one holds the TERM until then
	case Slay:
		s.signal(p, syscall.SIGKILL)
	case Halt:
		s.signal(p, syscall.SIGSTOP)
	case Continue:
		s.signal(p, syscall.SIGCONT)
	case SetTimer:
		after := e.After
		if e.Timer == BackoffTimer {
			after += time.Duration(rand.Float64() * 0.2 * float64(after)) // jitter
		}
		time.AfterFunc(after, func() {
			s.send(p.spec.Name, Event{Kind: TimedOut, Epoch: e.Epoch, Timer: e.Timer})
		})
	}
}

func (s *Supervisor) signal(p *process, sig syscall.Signal) {
	if p.child == nil {
		return
	}
	if err := p.child.Signal(sig); err != nil {
		s.o.Log.Error("cannot signal", "process", p.spec.Name, "error", err)
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
	st.PID, st.Socket, st.Started = 0, "", time.Time{}
	if m.Running && p.child != nil {
		st.PID, st.Socket, st.Started = p.child.PID(), p.socket, p.started
	} else {
		st.CPU, st.RSS = 0, 0
	}
	s.statuses[p.spec.Name] = st
	s.mu.Unlock()
	if st.State != old.State || st.Reason != old.Reason || st.Paused != old.Paused || st.PID != old.PID {
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

// errNotRunning answers commands when the platform has ended.
var errNotRunning = errors.New("the platform has ended")

// Command asks a of one process and returns once it is under way. The error says
// what is wrong: no such process, nothing to do.
func (s *Supervisor) Command(ctx context.Context, name string, a Action) error {
	answer := make(chan error, 1)
	select {
	case s.inbox <- message{process: name, event: Event{Kind: Asked, Action: a}, answer: answer}:
	case <-s.ended:
		return errNotRunning
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case err := <-answer:
		return err
	case <-s.ended:
		return errNotRunning
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Progress tells that a process which is starting has got further; its start
// timeout begins anew. It never blocks for long and may be called from OnLine.
func (s *Supervisor) Progress(name string) {
	if _, ok := s.procs[name]; ok {
		s.send(name, Event{Kind: Progressed})
	}
}

// KillAll sends KILL to every group at once, for an operator who does not want
// to wait; Run then returns soon. Safe from any goroutine.
func (s *Supervisor) KillAll() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, st := range s.statuses {
		if st.PID > 0 {
			_ = syscall.Kill(-st.PID, syscall.SIGKILL) // it may have gone
		}
	}
}
