package local

import (
	"cmp"
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
	"livestream-tui/procs/disk"
	"livestream-tui/procs/onair"
	"livestream-tui/procs/platform"
	"livestream-tui/procs/platform/model"
	"livestream-tui/procs/preflight"
	"livestream-tui/services/kit/event"
	"livestream-tui/services/kit/signals"
	"livestream-tui/services/kit/token"
)

// measurePeriod is how often CPU, memory and lost log are read.
const measurePeriod = time.Second

// Local is a platform that this process supervises. Make it with New, then call Run once.
// Safe for concurrent use.
type Local struct {
	log       hclog.Logger
	sup       Supervisor
	poll      poller
	receivers receivers
	layout    layouts.Layout
	// control is the control socket, watching the one that takes no commands, and serve
	// answers the clients of both; all are nil without a control socket.
	control, watching net.Listener
	serve             Serve
	// packagers are the base URLs of the processes that are packagers, by name.
	packagers map[string]string
	// self and env run the binary on disk for its version; env has no settings.
	self string
	env  map[string]string
	// playback are the keys of the tokens with which the platform looks at playlists.
	playback token.Keys
	// upgrades starts an upgrade. It has room for the one that is under way.
	upgrades chan struct{}
	// options are those of New. rolling restarts processes, one after the other.
	options Options
	rolling rolling
	// stopping is closed once it begins to stop.
	stopping chan struct{}
	// chronicle is the journal.
	chronicle chronicle
	past      past
	// show is what clients of the sockets are shown; see Show.
	show platform.Platform
	// drain begins and ends drains; see DrainWith.
	drain func(ctx context.Context, machine string, on bool, by string) error
	// beside runs with the platform; see Beside.
	beside []companion
	// folders are those whose disks are watched, and lowDisk is when one is low, in bytes.
	folders []preflight.Folder
	lowDisk int64

	mu          sync.Mutex
	model       model.Model // guarded by mu
	latest      latest      // guarded by mu
	lines       *ring
	own         own                  // guarded by mu, except for Write
	subscribers map[*subscriber]bool // guarded by mu
	running     bool                 // Run is supervising; guarded by mu
	ended       bool                 // there will be no more events; guarded by mu
}

// Supervisor is what Local needs of procs.Supervisor.
type Supervisor interface {
	Run(ctx context.Context) error
	KillAll()
	Statuses() []procs.Status
	Command(ctx context.Context, process string, a procs.Action) error
	Progress(process string)
	SetEnv(ctx context.Context, process string, env []string) (newest int, err error)
}

var _ platform.Runner = (*Local)(nil)

// New checks what the platform needs (run folder, other folders, ports) and returns it, not
// started. The error lists everything that is wrong, one problem a line, each with its
// remedy. It wraps procs.ErrAlreadyRunning when another platform uses the run folder.
func New(o Options) (*Local, error) {
	o.Env = withAdminToken(o.Env)
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
	l.options = o
	l.placeOn(o.Machine, o.Address)
	l.folders, l.lowDisk = o.Folders, o.LowDisk
	l.poll.token = o.Env[adminToken]
	l.receivers.poll = l.poll
	_ = l.playback.UnmarshalText([]byte(o.Env["PLAYBACK_KEYS"])) // the proxy refuses bad ones
	l.showAccess(list, ends)
	l.showEnvironment(list, o.Settings)
	// Before the supervisor, which ends what a killed platform left behind: a platform that
	// runs must not be mistaken for that.
	if err := preflight.CheckNotRunning(platform.SocketPath(o.RunPath)); err != nil {
		return nil, preflight.SuggestSettings(err, o.requirements(), ends)
	}
	// Before the ports are checked: the supervisor ends the processes that an earlier run
	// left on them.
	sup, err := procs.New(procs.Options{
		Specs: list, Sockets: o.Sockets, RunPath: o.RunPath, LogPath: o.LogPath, Self: o.Self, Guardian: o.Guardian, Log: l.log,
		// The guardian reads no settings. RUN_PATH shows which platform it belongs to.
		GuardianEnv: append(listed(l.env), "RUN_PATH="+o.RunPath), OnLine: l.OnLine, OnLines: l.OnLines, OnStatus: l.OnStatus, OnNotice: l.onNotice,
	})
	if err != nil {
		if problems := preflight.CheckFolders(o.Folders); len(problems) > 0 && !errors.Is(err, procs.ErrAlreadyRunning) {
			return nil, errors.Join(problems...) // they name the settings
		}
		return nil, preflight.SuggestSettings(err, o.requirements(), ends)
	}
	if err := errors.Join(append(preflight.CheckFolders(o.Folders), preflight.CheckPorts(o.unpassed(ends))...)...); err != nil {
		return nil, err // the lock ends with this process
	}
	if err := sup.Hold(); err != nil {
		return nil, err
	}
	if l.serve = o.Serve; l.serve != nil {
		if l.control, err = sup.Listen(platform.SocketName); err != nil {
			return nil, fmt.Errorf("RUN_PATH=%q: control socket: %w", o.RunPath, err)
		}
		if l.watching, err = sup.Listen(platform.WatchSocketName); err != nil {
			return nil, fmt.Errorf("RUN_PATH=%q: socket for watching: %w", o.RunPath, err)
		}
	}
	l.sup = sup
	l.chronicle = newChronicle(o.StatePath, o.OnEvent, l.log) // we have the lock by now
	for _, line := range o.Layout.Warnings {
		l.log.Warn(line)
	}
	return l, nil
}

// NewWithSupervisor returns a platform of a layout whose processes sup runs, at those
// endpoints. It has no control socket and checks nothing: tests of clients need no
// processes.
func NewWithSupervisor(layout layouts.Layout, ends []preflight.Endpoint, sup Supervisor) *Local {
	l := newLocal(layout, ends, "logs", hclog.NewNullLogger())
	l.sup = sup
	return l
}

// newLocal returns a platform without a supervisor.
func newLocal(layout layouts.Layout, ends []preflight.Endpoint, logs string, log hclog.Logger) *Local {
	l := &Local{
		poll: newPoller(ends), layout: layout, packagers: map[string]string{}, lines: newRing(platform.LogsMost),
		subscribers: map[*subscriber]bool{}, upgrades: make(chan struct{}, 1), rolling: newRolling(), stopping: make(chan struct{}),
	}
	l.receivers = newReceivers(ends, l.poll)
	l.own = own{lines: l.lines, said: map[string]said{}}
	l.log = l.own.heard(log)
	l.chronicle = newChronicle("", "", nil)
	l.model.Publish = l.publish
	l.model.Now = platform.Snapshot{Version: 1, PID: os.Getpid(), Layout: layout.Name, Started: time.Now(), LogFolder: logs}
	for _, p := range layout.Processes {
		v := platform.Process{Status: platform.Status{Name: p.Name}, Service: p.Service, Role: p.Role()}
		for _, e := range ends {
			if e.Process == p.Name {
				v.Port = e.Port
			}
			if e.Service == "proxy" {
				l.model.Now.PlayURL, l.model.Now.PageURL = e.URL(), e.URL()
			}
			if layouts.RoleOf(e.Service) == layouts.Packager {
				l.packagers[e.Process] = e.URL()
			}
		}
		l.model.Now.Processes = append(l.model.Now.Processes, v)
	}
	return l
}

// Run implements platform.Runner. It returns when every process has ended. The error says
// which could not be stopped.
func (l *Local) Run(ctx context.Context) error {
	stopping := make(chan time.Time, 1)
	defer context.AfterFunc(ctx, func() {
		stopping <- time.Now()
		l.Update((*model.Model).SetStopping)
		close(l.stopping)
	})()
	l.begin()
	noting, endNotes := context.WithCancel(context.WithoutCancel(ctx))
	var notes sync.WaitGroup
	notes.Go(func() { l.chronicle.run(noting) })
	defer collectSeldom()()
	background, cancel := context.WithCancel(context.WithoutCancel(ctx))
	var work sync.WaitGroup
	work.Go(func() {
		l.receivers.run(background, func(list []signals.Status) { l.Update(func(m *model.Model) { m.SetLiveSignals(list) }) })
	})
	work.Go(func() {
		l.poll.run(background, func(a model.Answers) { l.Update(func(m *model.Model) { m.SetAnswers(a, time.Now()) }) })
	})
	work.Go(func() { l.measure(background) })
	work.Go(func() { l.keep(background) })
	work.Go(func() {
		disk.Watch(background, l.folders, l.lowDisk, func(list []platform.Disk) { l.Update(func(m *model.Model) { m.SetDisks(list) }) })
	})
	if s := l.Now(); !s.Watched() && s.PlayURL != "" {
		work.Go(func() { l.watch(background) })
	}
	upgrading, endUpgrades := context.WithCancel(ctx) // no upgrade goes on during a shutdown
	work.Go(func() { l.doUpgrades(upgrading) })
	l.setRunning(true)
	serving, hangUp := context.WithCancel(context.WithoutCancel(ctx))
	if l.control != nil {
		work.Go(func() { l.serve(serving, l.shown(), l.layout, l.log, l.control) })
		work.Go(func() { l.serve(serving, platform.ReadOnly(l.shown()), l.layout, l.log, l.watching) })
	}
	for _, do := range l.beside {
		work.Go(func() { do(serving, l, l.log) })
	}
	err := l.sup.Run(ctx)
	l.setRunning(false)
	endUpgrades()
	cancel()
	l.end(timeOf(stopping), err)
	l.EndSubscriptions()
	hangUp() // after the subscriptions, so that clients learn of the end
	work.Wait()
	endNotes()
	notes.Wait()
	return err
}

func (l *Local) setRunning(running bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.running = running
}

// Snapshot implements platform.Platform. It fails only when ctx is cancelled. The figures
// may be half a second old.
func (l *Local) Snapshot(ctx context.Context) (platform.Snapshot, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.recent(), ctx.Err()
}

// Now returns the platform as it is now.
func (l *Local) Now() platform.Snapshot {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.snapshot()
}

// snapshot needs mu.
func (l *Local) snapshot() platform.Snapshot {
	s := l.model.Now
	s.At, s.LogSeq = time.Now(), l.lines.newest()
	return onair.Complete(s)
}

// Logs implements platform.Platform. It fails only when ctx is cancelled.
func (l *Local) Logs(ctx context.Context, since uint64, limit int) ([]platform.LogLine, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.lines.after(since, limit), ctx.Err()
}

// Command implements platform.Platform. It logs each command, and publishes it with its
// source.
func (l *Local) Command(ctx context.Context, c platform.Command) error {
	if c.By.PID == 0 && c.By.User == "" {
		c.By.User, c.By.Via = ownUser(), cmp.Or(c.By.Via, platform.ViaKey)
	}
	at := time.Now() // before its effects
	err := l.command(ctx, c)
	if ctx.Err() == nil {
		l.note(at, c, err)
	}
	if err != nil {
		l.log.Info("refused: "+given(c).String(), "by", c.By.String(), "reason", err.Error())
		return err
	}
	l.log.Info("command: "+given(c).String(), "by", c.By.String())
	return nil
}

func (l *Local) command(ctx context.Context, c platform.Command) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	switch c.Action {
	case platform.Failover:
		return l.poll.failover(ctx, c.Signal)
	case platform.Hold:
		return l.hold(ctx, c.Signal, c.Process)
	case platform.Release:
		return l.poll.hold(ctx, c.Signal, "")
	case platform.SwitchInput:
		return l.receivers.switchInput(ctx, c.Signal, c.Input)
	case platform.Upgrade:
		return l.upgrade()
	case platform.Drain, platform.Undrain:
		return l.drainMachine(ctx, c)
	case platform.SetFault:
		return l.setFault(ctx, c.Process, c.Fault)
	case platform.NoteDrill:
		if c.Drill == nil {
			return errNoDrill
		}
		return nil // the note is all there is to do
	}
	return l.sup.Command(ctx, c.Process, procs.Action(c.Action))
}

// measure reads what changes without a change of state (CPU, memory, lost log), until ctx
// is cancelled.
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

// Update calls change with the platform's model under its lock: the supervisor, the poller
// and tests report facts by it.
func (l *Local) Update(change func(m *model.Model)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	change(&l.model)
}

// OnStatus takes a change of a process's state.
func (l *Local) OnStatus(s procs.Status) {
	l.Update(func(m *model.Model) { m.SetStatus(s, time.Now()) })
}

// OnLine takes a line of a process's log. It does not keep it.
func (l *Local) OnLine(process string, line []byte) {
	if event.IsQuiet(line) {
		l.lines.addQuiet(process, line, time.Now())
		return
	}
	parsed := event.ParseLine(line, time.Now())
	carried, _, err := event.EventOf(parsed)
	if err != nil {
		l.log.Debug("malformed event", "process", process, "error", err)
	}
	l.Update(func(m *model.Model) {
		l.lines.add(platform.LogLine{Process: process, Line: parsed})
		m.ApplyLine(process, parsed, carried)
	})
	if _, ok := carried.(event.Progress); ok {
		l.sup.Progress(process)
	}
}

// OnLines takes lines of a process's log, each with its end, if no client has to be told of
// any of them: it returns false when OnLine must look at each. It does not keep them.
func (l *Local) OnLines(process string, lines []byte) bool {
	if !event.AreQuiet(lines) {
		return false
	}
	l.lines.addQuietLines(process, lines, time.Now())
	return true
}

// onNotice takes a message of the supervision itself, which is in its log already.
func (l *Local) onNotice(message string) {
	l.Update(func(m *model.Model) { m.Announce(event.LevelWarn, "", message, time.Now()) })
}
