package sink

import (
	"errors"
	"time"

	"livestream-tui/services/hls/m3u8"
	"livestream-tui/services/packager/window"
)

var errEnding = &Refusal{Reason: Unknown, Err: errors.New("it is unknown, or about to end")}

// Wants reports whether a signal takes what a peer has of it: not once its end was
// announced, which a peer may hear of later.
func (k *Sink) Wants(signal string) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	g := k.signals[signal]
	return g != nil && g.wants()
}

// wants needs the Sink's mu.
func (g *signal) wants() bool { return g.life.goesOn() && !g.window.Ended() }

// Supply takes an initialization section or a segment from a peer, which is checked as that
// of a worker is. It revokes no end. The error is as that of Put.
func (k *Sink) Supply(signal string, m *window.Media) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	g := k.signals[signal]
	switch {
	case g == nil || !g.wants():
		return errEnding
	case m.MSN >= 0:
		if err := k.fits(g, m); err != nil {
			return err
		}
	}
	return k.put(g, m, time.Time{})
}

// SupplyPlaylist takes the playlist of a peer, as PutPlaylist does that of a worker. That it
// ends does not count.
func (k *Sink) SupplyPlaylist(signal string, list *m3u8.MediaPlaylist) error {
	if !k.Wants(signal) {
		return errEnding
	}
	open := *list
	open.EndList = false
	return k.PutPlaylist(signal, &open)
}
