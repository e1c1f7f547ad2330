package viewer

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/mux"
	"github.com/hashicorp/go-hclog"
	"golang.org/x/sync/errgroup"

	"livestream-tui/services/hls/follow"
	"livestream-tui/services/kit/event"
	"livestream-tui/services/kit/service"
	"livestream-tui/services/kit/text"
	"livestream-tui/services/viewer/player"
)

// patience is how often a supervisor is told that there is nothing to play yet.
const patience = 5 * time.Second

// Service is the viewer.
type Service struct {
	config    Config
	log       hclog.Logger
	client    *http.Client // of the origin and the packagers, never of the proxy
	packagers *player.Packagers
	connect   func() *http.Client // makes a client for one player

	mu       sync.Mutex
	roster   *roster             // guarded by mu
	watching map[string]*watcher // by signal; guarded by mu
	trouble  string              // why the origin does not answer, empty when it does; guarded by mu
	silent   event.Recurring     // the origin's silence; guarded by mu
}

var _ service.Service = (*Service)(nil)

// New returns a viewer that does not run yet.
func New(c Config, k service.Kit) (*Service, error) {
	return newService(c, k, func() *http.Client { return player.NewClient(false) })
}

func newService(c Config, k service.Kit, connect func() *http.Client) (*Service, error) {
	s := &Service{
		config: c, log: k.Log, client: connect(), connect: connect,
		roster: newRoster(c.Signals, c.Forget), watching: map[string]*watcher{}, silent: event.Recurring{Every: time.Minute},
	}
	s.packagers = &player.Packagers{Front: c.ProxyURL[0], URLs: c.Packagers, Client: s.client}
	return s, k.Metrics.Register(newCollector(s))
}

// Address is empty: the viewer has no port.
func (s *Service) Address() string { return "" }

// Routes adds nothing.
func (s *Service) Routes(*mux.Router) {}

// Ready reports whether a signal plays and none has stalled. Signals that have not begun
// yet, or have ended, do not matter then.
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

// because adds a reason to a text, unless it is empty.
func because(text, reason string) string {
	if reason == "" {
		return text
	}
	return text + ": " + reason
}

// statuses are those of all players, sorted by signal.
func (s *Service) statuses() []player.Status {
	s.mu.Lock()
	players := make([]*player.Player, 0, len(s.watching))
	for _, name := range slices.Sorted(maps.Keys(s.watching)) {
		players = append(players, s.watching[name].player)
	}
	s.mu.Unlock()
	list := make([]player.Status, len(players))
	for i, p := range players {
		list[i] = p.Status()
	}
	return list
}

// Run plays every signal until asked is cancelled.
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
			if err := follow.Until(ctx, began.Add(s.period())); err != nil {
				return err
			}
		}
	})
	if err := g.Wait(); asked.Err() == nil {
		return err
	}
	return nil
}

// tellPatience tells a supervisor that waits for readiness that there is nothing to play
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

// period is how often the origin is asked for the signals.
func (s *Service) period() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.watching) == 0 {
		return signalsSooner
	}
	return signalsPeriod
}

// ask asks the origin for the signals, where there is one.
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
	const away = "the origin does not answer, the known signals stay"
	if err == nil {
		s.trouble = ""
		if len(s.silent.EndExcept()) > 0 {
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
