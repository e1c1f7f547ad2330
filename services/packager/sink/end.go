package sink

import (
	"time"

	"livestream-tui/services/packager/window"
)

// End ends a signal after a grace. The error is a *Refusal when there is no such signal.
func (k *Sink) End(name string) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	g := k.signals[name]
	if g == nil {
		return refuse(Unknown, "no such signal")
	}
	g.last = k.options.Now()
	// Another worker may still have it, and revokes the end by what it brings.
	k.end(g, "its worker says so", window.Patience(g.target))
	return nil
}

// end ends a signal after a grace. Needs mu.
func (k *Sink) end(g *signal, why string, grace time.Duration) {
	if g.life.goesOn() && !g.window.Ended() {
		k.options.Log.Info("signal is about to end", "signal", g.name, "reason", why, "grace_ms", grace.Milliseconds())
	}
	g.life.end(k.options.Now(), grace)
	k.wakeUp()
}

// came notes that something of a signal came, and revokes an end that is not shown yet.
// Needs mu.
func (k *Sink) came(g *signal, now time.Time) {
	g.last = now
	if !k.options.Sole && !g.window.Ended() {
		g.life.revive()
	}
}

// finality notes whether a playlist says that its signal ends. Needs mu.
func (k *Sink) finality(g *signal, ends bool) {
	grace := time.Duration(0)
	switch {
	case !k.options.Sole:
		grace = window.Patience(g.target) // another worker may still have it
	case !ends && !g.window.Ended():
		g.life.revive()
	}
	if g.final = ends; ends {
		k.end(g, "its playlist says so", grace)
	}
}

// Found notes that a sole source has a signal.
func (k *Sink) Found(signal string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	g := k.signals[signal]
	if g == nil || !g.away {
		return
	}
	g.away = false
	if !g.final && !g.window.Ended() {
		g.life.revive()
	}
	k.options.Log.Info("signal is on disk again", "signal", signal)
}

// Missing notes that a sole source no longer has a signal. A signal that did not say that
// it ends is served and waited for; one that did is removed, since its worker has
// kept it for as long as it wants.
func (k *Sink) Missing(signal string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	g := k.signals[signal]
	switch {
	case g == nil:
		return
	case g.current.Load() == nil:
		k.forget(g)
		return
	case g.final && g.window.Ended():
		k.leave(g, k.options.Now())
	case !g.away:
		k.options.Log.Warn("signal is no longer on disk, it is served from memory", "signal", signal, "grace_ms", VanishGrace.Milliseconds())
		g.life.miss(k.options.Now(), VanishGrace)
	}
	g.away = true
}

// age ends a signal when its time has come. Needs mu.
func (k *Sink) age(g *signal, now time.Time) {
	switch {
	case !g.life.ends(now) && !g.window.Ended():
	case g.current.Load() == nil:
		k.forget(g) // nothing of it was ever shown
	case !g.window.Ended() && g.again.IsZero():
		g.window.End()
		g.show()
		k.options.Log.Info("signal ended", "signal", g.name)
	case (g.away || !k.options.Sole) && g.life.lingered(now):
		k.leave(g, now)
	}
}

// leave stops serving the playlist of a signal. Needs mu.
func (k *Sink) leave(g *signal, now time.Time) {
	g.life.leave(now)
	if old := g.current.Load(); old != nil && !old.Gone {
		g.replace(old.Without())
	}
}
