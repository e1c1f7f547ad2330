package control

import (
	"context"
	"fmt"
	"net"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"

	"livestream-tui/layouts"
	"livestream-tui/procs"
	"livestream-tui/services/kit/event"
)

const (
	logMost       = 10_000 // lines of log that are kept
	failoversMost = 100
	servingMost   = 100
	viewingsMost  = 100
	queueMost     = 1024 // events that a subscriber may be behind
	measurePeriod = time.Second
)

// Options say which platform to run and where.
type Options struct {
	Layout layouts.Layout
	// Env is the operator's environment, which every process is given.
	Env map[string]string
	// Settings are the names of our own variables, which may be shown.
	Settings []string
	// Reads returns those of Settings that a service reads: it is given no other. Nil:
	// every service reads all of them.
	Reads func(service string) []string
	// Self is the path of our own binary, which every process runs.
	Self string
	// Guardian are further arguments of the guardian, which Self runs.
	Guardian []string
	// RunPath holds sockets and locks, LogPath the children's logs.
	RunPath, LogPath string
	// Folders are tried before anything starts.
	Folders []Folder
	// Log takes what supervision itself has to say.
	Log hclog.Logger
}

// Local is a platform that this process supervises. Make it with New, then call
// Run once. Safe for concurrent use.
type Local struct {
	log  hclog.Logger
	sup  supervisor
	poll poller
	// layout and control are what the socket serves, and where; control is nil for
	// a platform without one.
	layout  layouts.Layout
	control net.Listener
	// packagers are the base URLs of those processes that are packagers.
	packagers map[string]string
	// self and env are what an upgrade asks for its version, env without settings;
	// upgrades has room for the one that is under way.
	self     string
	env      map[string]string
	upgrades chan struct{}

	mu          sync.Mutex
	now         Snapshot // its slices are replaced, never written to; guarded by mu
	lines       ring     // guarded by mu
	subscribers map[*subscriber]bool
	running     bool // Run has begun and not ended; guarded by mu
	ended       bool // Run has returned; guarded by mu
}

// supervisor is what Local needs of procs.Supervisor.
type supervisor interface {
	Run(ctx context.Context) error
	KillAll()
	Statuses() []procs.Status
	Command(ctx context.Context, process string, a procs.Action) error
	Progress(process string)
}

var _ Platform = (*Local)(nil)

// New checks what the platform needs (its run folder, other folders, ports) and
// returns it, not started. The error names everything that is wrong, each on a
// line of its own with the way out; procs.ErrAlreadyRunning is wrapped in it when
// another instance has the run folder.
func New(o Options) (*Local, error) {
	list, err := specs(o)
	if err != nil {
		return nil, err
	}
	ends, err := endpoints(o.Layout, o.Env)
	if err != nil {
		return nil, err
	}
	l := newLocal(o.Layout, ends, o.LogPath, o.Log)
	l.self, l.env = o.Self, except(o.Env, o.Settings)
	l.showEnvironment(list, o.Settings)
	if err := alone(SocketPath(o.RunPath)); err != nil {
		return nil, beside(err, o, ends) // before anything that it runs is taken for what a killed one left
	}
	// The supervisor first: it ends what an earlier run left on our ports.
	sup, err := procs.New(procs.Options{
		Specs: list, RunPath: o.RunPath, LogPath: o.LogPath, Self: o.Self, Guardian: o.Guardian, Log: o.Log,
		// The guardian reads no setting. The run folder says whose it is.
		GuardianEnv: append(listed(l.env), "RUN_PATH="+o.RunPath), OnLine: l.onLine, OnStatus: l.onStatus, OnNotice: l.notice,
	})
	if err != nil {
		return nil, beside(err, o, ends)
	}
	if err := joined(append(checkFolders(o.Folders), checkPorts(ends)...)); err != nil {
		return nil, err // the lock goes with this process
	}
	if err := sup.Hold(); err != nil {
		return nil, err
	}
	own, err := sup.Listen(socketName)
	if err != nil {
		return nil, fmt.Errorf("RUN_PATH=%q: control socket: %w", o.RunPath, err)
	}
	l.control = newBounded(own)
	l.sup = sup
	return l, nil
}

// newLocal returns a platform that lacks its supervisor.
func newLocal(layout layouts.Layout, ends []endpoint, logs string, log hclog.Logger) *Local {
	l := &Local{log: log, poll: newPoller(ends), layout: layout, packagers: map[string]string{}, lines: newRing(logMost), subscribers: map[*subscriber]bool{}, upgrades: make(chan struct{}, 1)}
	l.now = Snapshot{Version: 1, PID: os.Getpid(), Layout: layout.Name, Started: time.Now(), LogFolder: logs}
	for _, p := range layout.Processes {
		v := Process{Status: Status{Name: p.Name}, Service: p.Service}
		for _, e := range ends {
			if e.Process == p.Name {
				v.Port = e.Port
			}
			if e.Service == "proxy" {
				l.now.PlayURL = e.url()
			}
			if isPackager(e.Service) {
				l.packagers[e.Process] = e.url()
			}
		}
		l.now.Processes = append(l.now.Processes, v)
	}
	return l
}

// Run starts the platform, supervises it until ctx is cancelled and returns when
// everything has stopped. The error says what could not be stopped.
func (l *Local) Run(ctx context.Context) error {
	defer context.AfterFunc(ctx, l.stopping)()
	background, cancel := context.WithCancel(context.WithoutCancel(ctx))
	var work sync.WaitGroup
	work.Go(func() { l.poll.run(background, l.polled) })
	work.Go(func() { l.measure(background) })
	upgrading, endUpgrades := context.WithCancel(ctx) // none on the way down
	work.Go(func() { l.doUpgrades(upgrading) })
	l.setRunning(true)
	serving, hangUp := context.WithCancel(context.WithoutCancel(ctx))
	if l.control != nil {
		s := &server{platform: l, layout: l.layout, log: l.log, patience: ordinaryPatience()}
		work.Go(func() { s.serve(serving, l.control) })
	}
	err := l.sup.Run(ctx)
	l.setRunning(false)
	endUpgrades()
	cancel()
	l.end()
	hangUp() // once its clients can be told of the end
	work.Wait()
	return err
}

// notice tells subscribers what supervision has to say of itself, which is logged.
func (l *Local) notice(text string) {
	now := time.Now()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.publish(Event{Time: now, Log: &event.Line{Time: now, Level: event.LevelWarn, Module: "platform", Message: text}})
}

func (l *Local) setRunning(running bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.running = running
}

// end closes every subscription once it has been read.
func (l *Local) end() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ended = true
	for s := range l.subscribers {
		s.wakeUp()
	}
}

// KillAll ends every process at once; Run returns soon after.
func (l *Local) KillAll() { l.sup.KillAll() }

// Snapshot implements Platform.
func (l *Local) Snapshot() Snapshot {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.snapshot()
}

// snapshot needs mu.
func (l *Local) snapshot() Snapshot {
	s := l.now
	s.At, s.LogSeq = time.Now(), l.lines.seq
	return s
}

// Logs implements Platform.
func (l *Local) Logs(since uint64, limit int) []LogLine {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.lines.after(since, limit)
}

// Command implements Platform. What is asked for is logged.
func (l *Local) Command(ctx context.Context, c Command) error {
	var err error
	switch c.Action {
	case Failover:
		err = l.poll.failover(ctx)
	case Hold:
		err = l.holdOrRelease(ctx, c.Process)
	case Upgrade:
		err = l.upgrade()
	default:
		err = l.sup.Command(ctx, c.Process, procs.Action(c.Action))
	}
	if err != nil {
		l.log.Info("command refused", "action", c.Action.String(), "process", c.Process, "reason", err.Error())
		return err
	}
	l.log.Info("command", "action", c.Action.String(), "process", c.Process)
	return nil
}

func (l *Local) stopping() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.now.Stopping = true
	l.now.Version++
}

// onStatus takes every change of a process's state.
func (l *Local) onStatus(s procs.Status) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.change(s.Name, func(p *Process) {
		if p.Incarnation != s.Incarnation || s.State == procs.Ready {
			p.Progress = nil
		}
		p.Status = s
	})
	l.now.Degraded = lived(l.now.Degraded, s)
	l.now.Films = filmsLeft(l.now.Films, s)
	l.publish(Event{Time: time.Now(), Process: s.Name, Status: &s})
}

// change replaces one process's record. Needs mu.
func (l *Local) change(name string, by func(*Process)) {
	i := slices.IndexFunc(l.now.Processes, func(p Process) bool { return p.Name == name })
	if i < 0 {
		return
	}
	l.now.Processes = slices.Clone(l.now.Processes)
	by(&l.now.Processes[i])
	l.now.Version++
}

// onLine takes every line of every child's log.
func (l *Local) onLine(process string, line []byte) {
	parsed := event.ParseLine(line, time.Now())
	e, _, err := event.EventOf(parsed)
	if err != nil {
		l.log.Debug("an event that is not what it should be", "process", process, "error", err)
	}
	l.keep(process, parsed, e)
	if _, ok := e.(event.Progress); ok {
		l.sup.Progress(process)
	}
}

func (l *Local) keep(process string, line event.Line, told event.Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines.add(LogLine{Process: process, Line: line})
	switch e := told.(type) {
	case event.Progress:
		l.change(process, func(p *Process) {
			if p.Progress = &e; e.Percent >= 100 {
				p.Progress = nil // it is done
			}
		})
	case event.Failover:
		list := append(slices.Clone(l.now.Failovers), FailoverAt{Time: line.Time, Process: process, Failover: e})
		l.now.Failovers = list[max(0, len(list)-failoversMost):]
		l.now.Version++
		l.publish(Event{Time: line.Time, Process: process, Failover: &e})
	case event.Serving:
		l.serving(ServingAt{Time: line.Time, Process: process, Serving: e})
	case event.Viewing:
		l.viewing(ViewingAt{Time: line.Time, Process: process, Viewing: e})
	case event.Outage:
		l.outage(OutageAt{Time: line.Time, Process: process, Outage: e})
	case event.Film:
		l.film(FilmAt{Time: line.Time, Process: process, Film: e})
	default:
		if line.Level >= event.LevelWarn {
			l.publish(Event{Time: line.Time, Process: process, Log: &line})
		}
	}
}

// heard is list with a viewer's newest word, and without that which it replaces;
// the newest words are last.
func heard(list []ViewingAt, v ViewingAt) []ViewingAt {
	list = slices.DeleteFunc(slices.Clone(list), func(o ViewingAt) bool {
		return o.Process == v.Process && o.Signal == v.Signal || o.State == event.ViewEnded && v.Time.Sub(o.Time) > endedFor
	})
	list = append(list, v)
	return list[max(0, len(list)-viewingsMost):]
}

// polled takes what the control plane answered.
func (l *Local) polled(a answers) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ingested(a, time.Now())
	l.now.Ingests, l.now.Details, l.now.IngestsErr, l.now.Live, l.now.Preferences = a.Ingests, a.Details, a.Err, a.Live, a.Preferences
	l.now.Version++
}

// measure takes over what changes without a change of state: CPU, memory, lost log.
func (l *Local) measure(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(procs.UntilNext(time.Now(), measurePeriod)):
		}
		l.take(l.sup.Statuses())
	}
}

// take keeps of what was measured what is not a state: the state may be older
// than the one that onStatus has told since.
func (l *Local) take(measured []procs.Status) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, m := range measured {
		l.change(m.Name, func(p *Process) {
			p.LogLost = m.LogLost
			if m.PID == p.PID {
				p.CPU, p.RSS = m.CPU, m.RSS
			}
		})
	}
	l.settleOutages(time.Now())
}

// isPackager reports whether a service is a packager, by whatever preset.
func isPackager(service string) bool {
	return service == "packager" || service == "server1" || service == "server2"
}
