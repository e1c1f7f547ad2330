package tui

import (
	"context"
	"errors"
	"sync"
	"time"

	"livestream-tui/procs/platform"
)

// noTokens says why a read-only dashboard does not play.
const noTokens = "players need a token, which a read-only dashboard is not given"

var errNoTokens = errors.New(noTokens)

// place is what is to be opened for a signal. The address alone is shown: a token that lets
// play is never drawn.
type place struct{ signal, address string }

// admission makes addresses by which whoever has them may play, where players need a token.
// Safe for concurrent use.
type admission struct {
	platform platform.Platform
	readOnly bool

	mu   sync.Mutex
	kept map[string]keptToken // by signal; guarded by mu
}

// keptToken is a token, and until when it is used.
type keptToken struct {
	token string
	until time.Time
}

// fresh returns the address of a place with a token made for it.
func (a *admission) fresh(ctx context.Context, to place) (string, error) {
	if a.readOnly {
		return "", errNoTokens
	}
	has, err := a.platform.Token(ctx, to.signal)
	if err != nil {
		return "", err
	}
	return platform.WithToken(to.address, has), nil
}

// again returns the address of a place that is opened again and again, with a token that is
// made anew after half of its life.
func (a *admission) again(ctx context.Context, to place, now time.Time) (string, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	has := a.kept[to.signal]
	if !now.Before(has.until) {
		if a.readOnly {
			return "", errNoTokens
		}
		made, err := a.platform.Token(ctx, to.signal)
		if err != nil {
			return "", err
		}
		has = keptToken{made, now.Add(platform.TokenLasts / 2)}
		a.kept[to.signal] = has
	}
	return platform.WithToken(to.address, has.token), nil
}

// pictureAddress returns what finds the address of a signal's picture, off the screen's
// goroutine.
func (m *model) pictureAddress(signal string) func() (string, error) {
	to, ctx, a, now := place{signal, m.scene.Playlist(signal)}, m.ctx, m.admission, m.scene.Now
	if !m.scene.Snapshot.Tokens {
		return func() (string, error) { return to.address, nil }
	}
	return func() (string, error) { return a.again(ctx, to, now) }
}
