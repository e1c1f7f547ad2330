package viewer

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/mux"
	"github.com/hashicorp/go-hclog"
	"golang.org/x/sync/errgroup"

	"livestream-tui/services/kit/event"
	"livestream-tui/services/kit/service"
	"livestream-tui/services/kit/text"
)

const (
	// look is how often it is looked whether a state has changed, word how often the
	// word is given when it has not.
	look = 100 * time.Millisecond
	word = time.Second
	// patience is how often a supervisor is told that there is nothing to play yet.
	patience = 5 * time.Second
	// shown bounds each list of a player's report: the service reads none of them.
	shown = 50
)

// Service is the viewer.
type Service struct {
	config    Config
	log       hclog.Logger
	client    *http.Client // of the origin and the packagers, never of the proxy
	packagers *Packagers
	connect   func() *http.Client // a client for a player of its own

	mu       sync.Mutex
	roster   *roster             // guarded by mu
	watching map[string]*watcher // by signal; guarded by mu
	trouble  string              // why the origin does not answer, empty when it does; guarded by mu
	silent   event.Recurring     // of the origin; guarded by mu
}

// watcher is one signal's player.
type watcher struct {
	player *Player
	stop   context.CancelCauseFunc
}

// errForgotten is why a player is stopped whose signal is no longer one.
var errForgotten = errors.New("the signal is not watched any more")

var _ service.Service = (*Service)(nil)

// New returns a viewer that plays nothing yet.
func New(c Config, k service.Kit) (*Service, error) {
	return newService(c, k, func() *http.Client { return NewClient(false) })
}

func newService(c Config, k service.Kit, connect func() *http.Client) (*Service, error) {
	s := &Service{
		config: c, log: k.Log, client: connect(), connect: connect,
		roster: newRoster(c.Signals, c.Forget), watching: map[string]*watcher{}, silent: event.Recurring{Every: time.Minute},
	}
	s.packagers = &Packagers{Front: c.ProxyURL[0], URLs: c.Packagers, Client: s.client}
	return s, k.Metrics.Register(newCollector(s))
}

// Address is empty: the viewer has no port.
func (s *Service) Address() string { return "" }

// Routes adds none.
func (s *Service) Routes(*mux.Router) {}

// Ready reports whether a signal plays and none stands still: one that has not been
// shown yet, or has ended, keeps nobody waiting for the others.
func (s *Service) Ready() (bool, string) {
	s.mu.Lock()
	trouble := s.trouble
	s.mu.Unlock()
	list := s.statuses()
	if len(list) == 0 {
		if trouble != "" {
			return false, "no signal is known: " + trouble
		}
		return false, "there is no signal yet"
	}
	plays, waits, stalls := false, []string(nil), []string(nil)
	for _, p := range list {
		switch p.State {
		case event.ViewPlaying, event.ViewEnded:
			plays = true
		case event.ViewStalled:
			stalls = append(stalls, because(fmt.Sprintf("%s is %s since %s", p.Name, p.State, p.Lacking.Local().Format(time.TimeOnly)), p.Trouble))
		default:
			waits = append(waits, because(fmt.Sprintf("%s is %s", p.Name, p.State), p.Trouble))
		}
	}
	if plays {
		waits = nil
	}
	reasons := slices.Concat(stalls, waits)
	return len(reasons) == 0, strings.Join(reasons, "; ")
}

// because is a text with its reason, where there is one.
func because(text, reason string) string {
	if reason == "" {
		return text
	}
	return text + ": " + reason
}

// statuses are those of all players, by signal.
func (s *Service) statuses() []PlayerStatus {
	s.mu.Lock()
	players := make([]*Player, 0, len(s.watching))
	for _, name := range slices.Sorted(maps.Keys(s.watching)) {
		players = append(players, s.watching[name].player)
	}
	s.mu.Unlock()
	list := make([]PlayerStatus, len(players))
	for i, p := range players {
		list[i] = p.Status()
	}
	return list
}

// Run plays every signal until asked to end.
func (s *Service) Run(asked context.Context) error {
	defer s.client.CloseIdleConnections()
	g, ctx := errgroup.WithContext(asked)
	g.Go(func() error {
		var told time.Time
		for {
			began := time.Now()
			s.ask(ctx)
			if err := s.reconcile(ctx, g); err != nil {
				return err
			}
			s.tellPatience(&told)
			if err := sleepUntil(ctx, began.Add(s.period())); err != nil {
				return err
			}
		}
	})
	if err := g.Wait(); asked.Err() == nil {
		return err
	}
	return nil
}

// period is how long it is from one question for the signals to the next.
func (s *Service) period() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.watching) == 0 {
		return signalsSooner
	}
	return signalsPeriod
}

// ask learns the signals from the origin, when there is one.
func (s *Service) ask(ctx context.Context) {
	if len(s.config.Origins) == 0 {
		return
	}
	names, err := signals(ctx, s.client, s.config.Origins)
	if ctx.Err() != nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	const away = "the origin does not answer, the signals known go on"
	if err == nil {
		s.trouble = ""
		if len(s.silent.Only()) > 0 {
			s.log.Info("the origin answers again")
		}
		s.roster.heard(names, s.plays, time.Now())
		for name, w := range s.watching {
			if w.player.Status().State == event.ViewEnded {
				s.roster.ended(name)
			}
		}
	} else {
		s.trouble = text.Clean(err.Error())
		s.roster.away()
		if t, tell := s.silent.Seen(away, time.Now()); tell {
			s.log.Warn(away, "reason", s.trouble, "since", t.Since.Format(time.TimeOnly))
		}
	}
}

// plays needs mu.
func (s *Service) plays(signal string) bool {
	w := s.watching[signal]
	return w != nil && w.player.Status().State == event.ViewPlaying
}

// reconcile starts and stops players so that each signal of the roster has one.
func (s *Service) reconcile(ctx context.Context, g *errgroup.Group) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	names := s.roster.names()
	for name, w := range s.watching {
		if !slices.Contains(names, name) {
			state := w.player.Status().State
			s.log.Info("signal is not watched any more: the origin does not name it and it does not play", "signal", name, "state", state.String())
			if state == event.ViewEnded || s.roster.hears {
				w.stop(errForgotten)
			} else {
				w.stop(nil) // who names nothing may know nothing: that is no end
			}
			delete(s.watching, name)
		}
	}
	for _, name := range names {
		if s.watching[name] != nil {
			continue
		}
		p, own, err := s.player(name)
		if err != nil {
			return err
		}
		playing, stop := context.WithCancelCause(ctx)
		s.watching[name] = &watcher{p, stop}
		s.log.Info("watching", "signal", name, "url", p.o.URL)
		g.Go(func() error {
			defer p.client.CloseIdleConnections()
			return p.Run(playing)
		})
		g.Go(func() error { return s.speak(playing, name, p, own) })
	}
	return nil
}

func (s *Service) player(signal string) (*Player, *complaints, error) {
	own := newComplaints(s.log.With("signal", signal))
	p, err := NewPlayer(PlayerOptions{
		Name: signal, URL: s.config.ProxyURL[0] + "/" + url.PathEscape(signal) + "/playlist.m3u8",
		Client: s.connect(), Patient: true, MayEnd: true, Packagers: s.packagers, Keep: shown,
		OnViolation: func(v Violation) {
			own.hear("a rule is broken", v.Rule.String(), "rule", v.Rule.String(), "what", v.Text)
		},
		OnFailure: func(f Failure) {
			own.hear("a request failed", f.Cause, "url", f.URL, "error", text.Clean(f.Err), "after_ms", f.Length.Milliseconds())
		},
	})
	return p, own, err
}

// speak gives the viewer's word on a signal until ctx is cancelled. What has ended is
// told before the state that follows it.
func (s *Service) speak(ctx context.Context, signal string, p *Player, own *complaints) error {
	var said time.Time
	var last PlayerStatus
	t := teller{signal: signal}
	for {
		now, over := time.Now(), ctx.Err() != nil // asked once: what is said last is said after it
		st, ended := p.look(t.ended)
		if over && st.State != event.ViewEnded && errors.Is(context.Cause(ctx), errForgotten) {
			if !st.Lacking.IsZero() {
				ended = append(ended, Outage{st.Lacking, now})
			}
			st.State, st.Since, st.Lacking, st.Standing = event.ViewEnded, now, time.Time{}, 0
		}
		for _, o := range t.tell(ended, st, now) {
			s.tell(o)
		}
		if st.State != last.State || st.Packager != last.Packager || now.Sub(said) >= word {
			event.Emit(s.log, st.State.String(), viewing(signal, st, now))
			said, last = now, st
		}
		if over {
			return nil // the player has been stopped, or all have
		}
		own.over(now)
		_ = sleepUntil(ctx, now.Add(look)) // what has been said last tells the end
	}
}

// tell tells of an outage.
func (s *Service) tell(o event.Outage) {
	if o.Lasts() {
		event.Alert(s.log, "the picture stands still", o)
		return
	}
	event.Alert(s.log, "the picture stood still", o)
}

// viewing is a status as others are told.
func viewing(signal string, st PlayerStatus, now time.Time) event.Viewing {
	latency, age := int64(-1), int64(-1)
	if st.Latency >= 0 {
		latency = st.Latency.Milliseconds()
	}
	if !st.Loaded.IsZero() {
		age = now.Sub(st.Loaded).Milliseconds()
	}
	return event.Viewing{
		Signal: signal, State: st.State, Since: st.Since.UTC().Truncate(time.Millisecond), Trouble: st.Trouble, StalledForMS: st.Standing.Milliseconds(),
		Stalls: st.Outages, StalledMS: st.Lacked.Milliseconds(), LongestStallMS: st.LongestOutage.Milliseconds(),
		BufferMS: st.Buffer.Milliseconds(), LatencyMS: latency, MSN: st.MSN, MSNAt: st.Appended.UTC().Truncate(time.Millisecond),
		Violations: st.Violated, FailedRequests: st.Failed, Packager: st.Packager, PlaylistAgeMS: age, BitrateBPS: st.Bitrate,
	}
}

// tellPatience tells a supervisor that waits for us that there is nothing to play
// yet: a worker may take minutes to make its first segment.
func (s *Service) tellPatience(told *time.Time) {
	s.mu.Lock()
	idle := len(s.watching) == 0
	s.mu.Unlock()
	if now := time.Now(); idle && now.Sub(*told) >= patience {
		*told = now
		event.Emit(s.log, "waiting for a signal", event.Progress{Stage: "waiting for a signal", Percent: -1})
	}
}
