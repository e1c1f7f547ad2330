package fault

import (
	"fmt"
	"slices"
	"strings"

	"livestream-tui/layouts"
)

// All returns every fault, in the order in which a drill without names injects them.
func All() []Fault {
	return slices.Concat(
		[]Fault{
			killActive,
			killStandby,
			killInMidBody,
			pauseActive,
		},
		misbehaviours(),
		[]Fault{
			restartActive,
			flapping,
			backLater,
			everyPackagerDown,
			killDiscovery,
			killReporter,
			killOrigin,
			killEach,
			killWorker,
			killFFmpeg,
			killProxy,
			restartProxy,
			pauseWorker,
			everyWorkerDown,
			clockStep,
			diskFull,
			descriptorsOfActive,
			descriptorsOfProxy,
			upgrading,
		},
		ofInputs(),
		[]Fault{
			killReceiver,
			restartReceiver,
			pauseReceiver,
			killReceiverChildren,
			killEngine,
			hangEngine,
			stopEngine,
			wipeEngine,
		})
}

// Randoms returns every fault of a soak. Their order is part of what a seed decides.
func Randoms() []Random {
	return append([]Random{
		randomKill,
		randomKillTwice,
		randomPause,
		randomDown,
		randomRestart,
		randomKillProxy,
		randomRestartProxy,
		randomDescriptors,
		randomKillFFmpeg,
		randomClockStep,
	}, append(randomMisbehaviours(),
		randomKillReceiver,
		randomRestartReceiver,
		randomPauseReceiver,
		randomKillReceiverChildren,
		randomKillInput,
		randomFreezeInput,
		randomInputsGone,
		randomReconnect,
		randomKillEngine,
		randomHangEngine,
		randomDownEngine,
		randomWipedEngine,
	)...)
}

// anyButProxy are the roles whose processes a soak hits with faults that fit any process.
// The proxy has faults of its own, and a viewer is part of the audience.
var anyButProxy = []layouts.Role{layouts.Worker, layouts.Packager, layouts.Reporter, layouts.Discovery, layouts.Origin}

// Kind is what a platform has beside what every platform has.
type Kind struct {
	// Live says that it has live signals, Engine that it has an engine.
	Live, Engine bool
}

// KindOf returns the kind of a layout's platform.
func KindOf(l layouts.Layout) Kind {
	return Kind{
		Live:   len(l.Signals) > 0,
		Engine: slices.ContainsFunc(l.Processes, func(p layouts.Process) bool { return p.Role() == layouts.Engine }),
	}
}

// Select returns the faults of those names, in the order of the names. Without names it
// returns those of an ordinary drill, or with more all of them, as far as a platform of that
// kind can have them. The error lists the names that are allowed.
func Select(names []string, more bool, k Kind) ([]Fault, error) {
	all := All()
	if len(names) == 0 {
		return slices.DeleteFunc(slices.Clone(all), func(f Fault) bool {
			return f.More && !more || f.Live && !k.Live || f.Engine && !k.Engine
		}), nil
	}
	var list []Fault
	for _, name := range names {
		i := slices.IndexFunc(all, func(f Fault) bool { return f.Name == name })
		if i < 0 {
			known := make([]string, len(all))
			for j, f := range all {
				known[j] = f.Name
			}
			return nil, fmt.Errorf("no drill %q; there are %s", name, strings.Join(known, ", "))
		}
		list = append(list, all[i])
	}
	return list, nil
}
