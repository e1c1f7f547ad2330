package headless

import (
	"fmt"
	"time"

	"livestream-tui/procs/platform"
	"livestream-tui/procs/systemd"
	"livestream-tui/services/kit/event"
	"livestream-tui/services/kit/text"
)

// tell tells the service manager how the run goes: it is ready once the stream is on air, or
// all that there is waits for an encoder.
func (h *headless) tell(stopping bool, now time.Time) {
	u := h.snapshot.Upgrade
	err := h.manager.Tell(systemd.State{
		Ready:     !h.onAirAt.IsZero() || h.snapshot.AwaitsEncoder(),
		Reloading: u != nil && u.Ended.IsZero(),
		Stopping:  stopping || h.snapshot.Stopping,
		Status:    h.status(stopping || h.snapshot.Stopping),
	}, now)
	if err != nil && !h.untold {
		h.printer.say(event.LevelWarn, "", "cannot tell the service manager: "+err.Error())
	}
	h.untold = err != nil
}

// status says in a line what goes on.
func (h *headless) status(stopping bool) string {
	u := h.snapshot.Upgrade
	switch {
	case stopping:
		return platform.AirStopping.String()
	case u != nil && u.Ended.IsZero():
		return fmt.Sprintf("upgrading %s, %d of %d", u.Process, u.Done+1, max(u.Total, u.Done+1))
	case h.onAirAt.IsZero() && h.snapshot.AwaitsEncoder():
		return "waiting for an encoder"
	case h.onAirAt.IsZero():
		return "starting: " + h.startup.first(h.air.Reason)
	}
	on, due := h.air.Count()
	words := text.Because(h.air.State.String(), h.air.Reason)
	if h.air.State == platform.AirOn && !h.air.Spare {
		words += ", no spare"
	}
	return fmt.Sprintf("%s; %d of %d signals", words, on, due)
}
