package sink

import (
	"time"

	"livestream-tui/services/packager/window"
)

// publish lists the segments that are due. Needs mu.
func (k *Sink) publish(g *signal) {
	now, was := k.options.Now(), g.again
	g.again = time.Time{}
	if g.begun.IsZero() {
		return
	}
	before, ended := g.window.Newest(), g.window.Ended()
	var chosen []window.Entry
	chosen, g.again = g.window.Choose(g.window.Due(g.pending), g.arrival, g.target, g.begun, now)
	if !g.again.IsZero() && g.again != was {
		k.wakeUp()
	}
	g.join(chosen)
	listed, err := g.window.List(chosen, g.target)
	if err != nil {
		g.trouble.seen(err.Error(), now)
	}
	if !listed {
		k.stuck(g, now)
		return
	}
	if before < 0 || ended {
		k.options.Log.Info("signal published", "signal", g.name, "msn", g.window.Newest(), "segments", len(chosen))
	}
	if ended && !g.final {
		g.life.revive() // it is back
	}
	g.show()
	if k.options.Listed != nil {
		k.options.Listed(g.name, g.window.Newest())
	}
	k.published.Store(true)
	k.count(g, chosen, before < 0, now)
}

// count logs and counts newly listed segments. Needs mu.
func (k *Sink) count(g *signal, chosen []window.Entry, first bool, now time.Time) {
	k.metrics.newest.WithLabelValues(g.name).Set(float64(g.window.Newest()))
	k.metrics.bytes.WithLabelValues(g.name).Set(float64(g.cache.Bytes()))
	for _, e := range chosen {
		item := g.cache.Item(e.Segment.URI)
		switch {
		case e.Segment.Gap:
			k.metrics.gaps.WithLabelValues(g.name).Inc()
			g.trouble.seen("a segment did not come in time, it is listed as a gap"+g.misfit(e), now, "msn", e.MSN)
		case item != nil && !first:
			late := now.Sub(item.Written)
			k.metrics.delay.Observe(late.Seconds())
			k.options.Log.Debug("segment published", "signal", g.name, "msn", e.MSN, "delay_ms", late.Milliseconds())
		}
	}
}

// stuck logs why no pending entry can be listed, if there are any. Needs mu.
func (k *Sink) stuck(g *signal, now time.Time) {
	due := g.window.Due(g.pending)
	for _, e := range due {
		if why := g.misfit(e); why != "" {
			g.trouble.seen("a segment is not what its playlist says"+why, now, "msn", e.MSN)
			return
		}
	}
	if len(due) > 0 && g.window.Newest() < 0 && now.Sub(g.begun) > window.FirstWait {
		g.trouble.seen("its playlist lists no whole segment yet", now)
	}
}

// misfit returns in words why a segment does not match its entry; empty when it matches or
// is not there.
func (g *signal) misfit(e window.Entry) string {
	init, segment := g.cache.Item(e.Segment.Map.URI), g.cache.Item(e.Segment.URI)
	if init == nil || segment == nil {
		return ""
	}
	if err := e.Fits(init.Media, segment.Media); err != nil {
		return ": " + err.Error()
	}
	return ""
}

// contradicted logs that something else came under a name that is taken. Needs mu.
func (k *Sink) contradicted(g *signal, name string) {
	g.trouble.seen("something else came under a name that is served already, the first stays", k.options.Now(), "name", name)
}
