package fault

import (
	"context"
	"time"

	"livestream-tui/layouts"
	"livestream-tui/procs/platform"
)

const elseCase = "It answers with something else"

// modes are the modes of a packager's fault switch. Each one is a fault of the active
// packager and one of a soak.
var modes = []struct {
	mode   string
	hold   time.Duration
	proves string
	about  string
}{
	{"stale", 6 * time.Second, "Its playlist stands still", "the active packager's playlist stands still"},
	{"lag", 5 * time.Second, "It lags", "the active packager is a segment behind"},
	{"slow", 6 * time.Second, "It trickles", "the active packager's bodies trickle at 20 kB/s"},
	{"truncate", 4 * time.Second, "It dies in the middle of a body", "the active packager's segments break off half way"},
	{"error", 3 * time.Second, elseCase, "the active packager answers 503"},
	{"html", 3 * time.Second, elseCase, "the active packager answers everything with 200 and a web page"},
	{"empty", 3 * time.Second, elseCase, "the active packager answers everything with 200 and nothing"},
	{"not-found", 3 * time.Second, "It lists a segment and answers 404", "the active packager lists segments and answers them with 404"},
	{"hang", 5 * time.Second, "It accepts and then says nothing", "the active packager accepts and never answers"},
	{"hang-body", 5 * time.Second, "It stands still in the middle of a body", "the active packager sends half of each body, then nothing"},
	{"corrupt", 3 * time.Second, "Its bytes are others under the same name", "the active packager flips bytes of its segments"},
	{"truncate-playlist", 3 * time.Second, "Its playlist is cut short", "the active packager's playlist ends in mid-line"},
	{"endlist", 3 * time.Second, "It says that the stream is over as it dies", "the active packager's playlist says that the stream is over"},
	{"restart-msn", 4 * time.Second, "Its numbers begin again", "the active packager's numbers begin again at 0"},
	{"misaligned", 4 * time.Second, "Its segments are others under the same numbers", "the active packager's numbers are each of the segment before"},
}

func misbehaviours() []Fault {
	list := make([]Fault, len(modes))
	for i, m := range modes {
		list[i] = Fault{Name: m.mode + "-active", hits: theActive, Hold: m.hold, inject: misbehave(m.mode), Proves: m.proves, About: m.about}
	}
	return list
}

func randomMisbehaviours() []Random {
	list := make([]Random, len(modes))
	for i, m := range modes {
		list[i] = Random{Name: m.mode, About: "misbehaves: " + m.mode, Roles: []layouts.Role{layouts.Packager}, Least: time.Second, Most: 6 * time.Second, inject: misbehave(m.mode)}
	}
	return list
}

// misbehave sets the fault switch of a packager until the fault is undone.
func misbehave(mode string) act {
	return func(ctx context.Context, a *attempt, process string) error {
		return a.setSwitch(ctx, process, platform.Fault{Mode: mode})
	}
}
