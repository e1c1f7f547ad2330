package viewer

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"

	"golang.org/x/sync/errgroup"

	"livestream-tui/services/kit/event"
	"livestream-tui/services/kit/text"
	"livestream-tui/services/kit/token"
	"livestream-tui/services/viewer/player"
	"livestream-tui/services/viewer/rules"
)

// shown bounds each list of a player's report: the service does not read them.
const shown = 50

// errForgotten is why the player of a signal is stopped that the viewer has forgotten.
var errForgotten = errors.New("the signal is no longer watched")

// watcher is the player of a signal.
type watcher struct {
	player     *player.Player
	client     *http.Client // of the player alone
	complaints *complaints
	stop       context.CancelCauseFunc
}

// reconcile starts and stops players so that each signal of the roster has one.
func (s *Service) reconcile(ctx context.Context, g *errgroup.Group) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	names := s.roster.names()
	for name, w := range s.watching {
		if !slices.Contains(names, name) {
			state := w.player.Status().State
			s.log.Info("signal is no longer watched: the origin does not name it and it does not play", "signal", name, "state", state.String())
			if state == event.ViewEnded || s.roster.hears {
				w.stop(errForgotten)
			} else {
				w.stop(nil) // an origin that names nothing may know nothing: the signal has not ended
			}
			delete(s.watching, name)
		}
	}
	for _, name := range names {
		if s.watching[name] != nil {
			continue
		}
		w, err := s.watcher(name)
		if err != nil {
			return err
		}
		var playing context.Context
		playing, w.stop = context.WithCancelCause(ctx)
		s.watching[name] = w
		s.log.Info("watching", "signal", name, "url", w.player.Status().URL)
		g.Go(func() error {
			defer w.client.CloseIdleConnections()
			return w.player.Run(playing)
		})
		g.Go(func() error { return s.speak(playing, name, w) })
	}
	return nil
}

// watcher makes a player for a signal.
func (s *Service) watcher(signal string) (*watcher, error) {
	w := &watcher{client: s.connect(), complaints: newComplaints(s.log.With("signal", signal))}
	token.Sign(w.client, s.config.Keys, s.config.ProxyURL[0])
	var err error
	w.player, err = player.New(player.Options{
		Name: signal, URL: s.config.ProxyURL[0] + "/" + url.PathEscape(signal) + "/playlist.m3u8",
		Client: w.client, Patient: true, MayEnd: true, Packagers: s.packagers, Keep: shown,
		OnViolation: func(v rules.Violation) {
			w.complaints.hear("a rule is broken", v.Rule.String(), "rule", v.Rule.String(), "what", v.Text)
		},
		OnFailure: func(f player.Failure) {
			w.complaints.hear("a request failed", f.Cause, "url", f.URL, "error", text.Clean(f.Err), "after_ms", f.Length.Milliseconds())
		},
	})
	return w, err
}
