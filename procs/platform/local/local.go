package local

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"

	"livestream-tui/layouts"
	"livestream-tui/procs"
	"livestream-tui/procs/onair"
	"livestream-tui/procs/platform"
	"livestream-tui/procs/platform/model"
	"livestream-tui/procs/preflight"
	"livestream-tui/services/kit/event"
)

const (
	QueueMost     = 1024 // events that a subscriber may be behind
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
	Folders []preflight.Folder
	// Serve answers clients of the control socket on l until ctx is cancelled, which is
	// after the platform has ended. Nil: it has no control socket.
	Serve func(ctx context.Context, p platform.Platform, layout layouts.Layout, log hclog.Logger, l net.Listener)
	// Log takes what supervision itself has to say.
	Log hclog.Logger
}

// Local is a platform that this process supervises. Make it with New, then call
// Run once. Safe for concurrent use.
type Local struct {
	log    hclog.Logger
	sup    Supervisor
	poll   poller
	layout layouts.Layout
	// control is the control socket and serve answers its clients; nil without one.
	control net.Listener
	serve   func(ctx context.Context, p platform.Platform, layout layouts.Layout, log hclog.Logger, l net.Listener)
	// packagers are the base URLs of those processes that are packagers.
	packagers map[string]string
	// self and env are what an upgrade asks for its version, env without settings;
	// upgrades has room for the one that is under way.
	self     string
	env      map[string]string
	upgrades chan struct{}

	mu          sync.Mutex
	model       model.Model // guarded by mu
	lines       ring        // guarded by mu
	subscribers map[*subscriber]bool
	running     bool // Run has begun and not ended; guarded by mu
	ended       bool // Run has returned; guarded by mu
}

// Supervisor is what Local needs of procs.Supervisor.
type Supervisor interface {
	Run(ctx context.Context) error
	KillAll()
	Statuses() []procs.Status
	Command(ctx context.Context, process string, a procs.Action) error
	Progress(process string)
}

var _ platform.Platform = (*Local)(nil)

// New checks what the platform needs (its run folder, other folders, ports) and
// returns it, not started. The error names everything that is wrong, each on a
// line of its own with the way out; procs.ErrAlreadyRunning is wrapped in it when
// another instance has the run folder.
func New(o Options) (*Local, error) {
	list, err := specs(o)
	if err != nil {
		return nil, err
	}
	ends, err := preflight.Endpoints(o.Layout, o.Env)
	if err != nil {
		return nil, err
	}
	l := newLocal(o.Layout, ends, o.LogPath, o.Log)
	l.self, l.env = o.Self, except(o.Env, o.Settings)
	l.showEnvironment(list, o.Settings)
	if err := preflight.CheckNotRunning(platform.SocketPath(o.RunPath)); err != nil {
		return nil, preflight.SuggestSettings(err, o.needs(), ends) // before anything that it runs is taken for what a killed one left
	}
	// The supervisor first: it ends what an earlier run left on our ports.
	sup, err := procs.New(procs.Options{
		Specs: list, RunPath: o.RunPath, LogPath: o.LogPath, Self: o.Self, Guardian: o.Guardian, Log: o.Log,
		// The guardian reads no setting. The run folder says whose it is.
		GuardianEnv: append(listed(l.env), "RUN_PATH="+o.RunPath), OnLine: l.OnLine, OnStatus: l.OnStatus, OnNotice: l.onNotice,
	})
	if err != nil {
		return nil, preflight.SuggestSettings(err, o.needs(), ends)
	}
	if err := errors.Join(append(preflight.CheckFolders(o.Folders), preflight.CheckPorts(ends)...)...); err != nil {
		return nil, err // the lock goes with this process
	}
	if err := sup.Hold(); err != nil {
		return nil, err
	}
	if l.serve = o.Serve; l.serve != nil {
		if l.control, err = sup.Listen(platform.SocketName); err != nil {
			return nil, fmt.Errorf("RUN_PATH=%q: control socket: %w", o.RunPath, err)
		}
	}
	l.sup = sup
	return l, nil
}

// needs are what New checks.
func (o Options) needs() preflight.Requirements {
	return preflight.Requirements{Layout: o.Layout, Env: o.Env, Settings: o.Settings, RunPath: o.RunPath, Folders: o.Folders}
}

// Over returns a platform over a supervisor of the caller's, without a control socket:
// tests of what shows a platform need no processes.
func NewWithSupervisor(layout layouts.Layout, ends []preflight.Endpoint, sup Supervisor) *Local {
	l := newLocal(layout, ends, "logs", hclog.NewNullLogger())
	l.sup = sup
	return l
}

// newLocal returns a platform that lacks its supervisor.
func newLocal(layout layouts.Layout, ends []preflight.Endpoint, logs string, log hclog.Logger) *Local {
	l := &Local{log: log, poll: newPoller(ends), layout: layout, packagers: map[string]string{}, lines: newRing(platform.LogsMost), subscribers: map[*subscriber]bool{}, upgrades: make(chan struct{}, 1)}
	l.model.Publish = l.publish
	l.model.Now = platform.Snapshot{Version: 1, PID: os.Getpid(), Layout: layout.Name, Started: time.Now(), LogFolder: logs}
	for _, p := range layout.Processes {
		v := platform.Process{Status: platform.Status{Name: p.Name}, Service: p.Service, Role: p.Role()}
		for _, e := range ends {
			if e.Process == p.Name {
				v.Port = e.Port
			}
			if e.Service == "proxy" {
				l.model.Now.PlayURL = e.URL()
			}
			if layouts.RoleOf(e.Service) == layouts.Packager {
				l.packagers[e.Process] = e.URL()
			}
		}
		l.model.Now.Processes = append(l.model.Now.Processes, v)
	}
	return l
}

// Run starts the platform, supervises it until ctx is cancelled and returns when
// everything has stopped. The error says what could not be stopped.
func (l *Local) Run(ctx context.Context) error {
	defer context.AfterFunc(ctx, func() { l.Update((*model.Model).SetStopping) })()
	background, cancel := context.WithCancel(context.WithoutCancel(ctx))
	var work sync.WaitGroup
	work.Go(func() {
		l.poll.run(background, func(a model.Answers) { l.Update(func(m *model.Model) { m.SetAnswers(a, time.Now()) }) })
	})
	work.Go(func() { l.measure(background) })
	if s := l.Now(); !s.Watched() && s.PlayURL != "" {
		work.Go(func() { l.watch(background) })
	}
	upgrading, endUpgrades := context.WithCancel(ctx) // none on the way down
	work.Go(func() { l.doUpgrades(upgrading) })
	l.setRunning(true)
	serving, hangUp := context.WithCancel(context.WithoutCancel(ctx))
	if l.control != nil {
		work.Go(func() { l.serve(serving, l, l.layout, l.log, l.control) })
	}
	err := l.sup.Run(ctx)
	l.setRunning(false)
	endUpgrades()
	cancel()
	l.EndSubscriptions()
	hangUp() // once its clients can be told of the end
	work.Wait()
	return err
}

func (l *Local) setRunning(running bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.running = running
}

// End closes every subscription once it has been read.
func (l *Local) EndSubscriptions() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ended = true
	for s := range l.subscribers {
		s.wakeUp()
	}
}

// KillAll ends every process at once; Run returns soon after.
func (l *Local) KillAll() { l.sup.KillAll() }

// Snapshot implements platform.Platform. It does not fail.
func (l *Local) Snapshot(context.Context) (platform.Snapshot, error) { return l.Now(), nil }

// Now returns the platform as it is now.
func (l *Local) Now() platform.Snapshot {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.snapshot()
}

// snapshot needs mu.
func (l *Local) snapshot() platform.Snapshot {
	s := l.model.Now
	s.At, s.LogSeq = time.Now(), l.lines.seq
	return onair.Complete(s)
}

// Logs implements platform.Platform. It does not fail.
func (l *Local) Logs(_ context.Context, since uint64, limit int) ([]platform.LogLine, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.lines.after(since, limit), nil
}

// Command implements Platform. What is asked for is logged.
func (l *Local) Command(ctx context.Context, c platform.Command) error {
	var err error
	switch c.Action {
	case platform.Failover:
		err = l.poll.failover(ctx)
	case platform.Hold:
		err = l.hold(ctx, c.Process)
	case platform.Release:
		err = l.poll.hold(ctx, "")
	case platform.Upgrade:
		err = l.upgrade()
	case platform.SetFault:
		err = l.setFault(ctx, c.Process, c.Fault)
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

// measure takes over what changes without a change of state: CPU, memory, lost log.
func (l *Local) measure(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(procs.UntilNext(time.Now(), measurePeriod)):
		}
		measured := l.sup.Statuses()
		l.Update(func(m *model.Model) { m.SetMeasurements(measured, time.Now()) })
	}
}

// Fold has the model take facts: those of the supervisor and of the control plane, and
// in tests whatever a client is to see.
func (l *Local) Update(by func(m *model.Model)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	by(&l.model)
}

// OnStatus takes every change of a process's state.
func (l *Local) OnStatus(s procs.Status) {
	l.Update(func(m *model.Model) { m.SetStatus(s, time.Now()) })
}

// OnLine takes every line of every child's log.
func (l *Local) OnLine(process string, line []byte) {
	parsed := event.ParseLine(line, time.Now())
	told, _, err := event.EventOf(parsed)
	if err != nil {
		l.log.Debug("an event that is not what it should be", "process", process, "error", err)
	}
	l.Update(func(m *model.Model) {
		l.lines.add(platform.LogLine{Process: process, Line: parsed})
		m.ApplyLine(process, parsed, told)
	})
	if _, ok := told.(event.Progress); ok {
		l.sup.Progress(process)
	}
}

// onNotice takes what supervision has to say of itself, which it logs too.
func (l *Local) onNotice(text string) {
	l.Update(func(m *model.Model) { m.Announce(event.LevelWarn, "", text, time.Now()) })
}
