package cmcd

import (
	"fmt"
	"maps"

	"livestream-tui/services/kit/event"
)

const (
	// announceEvery is every which sweep the audience is announced.
	announceEvery = 2
	// announcedMost bounds the renditions that are announced.
	announcedMost = 50
)

// announced is what was last announced of each rendition, by signal and rendition.
type announced map[[2]string]event.Audience

// announce announces what has changed since, and returns what is announced now.
func (a *Audience) announce(was announced) announced {
	select {
	case <-a.options.HandedOver:
		return nil
	default:
	}
	if a.options.Log == nil {
		return nil
	}
	next := announced{}
	for _, r := range a.Shown().Renditions {
		if len(next) < announcedMost {
			next[[2]string{r.Signal, r.Rendition}] = r
		}
	}
	for key, r := range next {
		if was[key] != r {
			event.Emit(a.options.Log, fmt.Sprintf("players of %s that report: %d", r.Signal, r.Sessions), r)
		}
	}
	maps.DeleteFunc(was, func(key [2]string, _ event.Audience) bool { _, is := next[key]; return is })
	for key := range was {
		event.Emit(a.options.Log, "no player of "+key[0]+" reports any more", event.Audience{
			Signal: key[0], Rendition: key[1], StartMS: -1, BufferMS: -1, LatencyMS: -1, BitrateBPS: -1, ThroughputBPS: -1,
		})
	}
	return next
}
