package soak

import (
	"math/rand/v2"
	"slices"
	"time"

	"livestream-tui/layouts"
	"livestream-tui/procs/drill/fault"
	"livestream-tui/procs/platform"
)

// Injection is a fault that is to be injected into one process. A value.
type Injection struct {
	// At is when, from the beginning of the soak.
	At      time.Duration
	Process string
	Fault   fault.Random
	// Hold is how long it lasts; zero for a fault that is over at once.
	Hold time.Duration
}

// Name is what the injection is called in a report.
func (i Injection) Name() string { return i.Process + " " + i.Fault.Name }

// Member is a process that a soak may hit.
type Member struct {
	Name string
	Role layouts.Role
}

// members are the processes, in the order of the layout.
func members(processes []platform.Process) []Member {
	list := make([]Member, len(processes))
	for i, p := range processes {
		list[i] = Member{p.Name, p.Role}
	}
	return list
}

const (
	// every is how long it is from one injection to the next, on average.
	every = 3500 * time.Millisecond
	// cooldown is how long a process counts as not well after a fault.
	cooldown = 6 * time.Second
	// atOnce is how long a fault without a hold takes.
	atOnce = 2 * time.Second
	// lastBefore is how long before the end of a soak the last injection comes.
	lastBefore = 2 * time.Second
)

// Schedule is what happens in a soak of that length: a pure function of its arguments. No
// process is hit while it is not well. At least one of the workers and one of the packagers
// is well at any time, so that there is always a way from an encoder to the proxy.
func Schedule(seed uint64, length time.Duration, all []Member) []Injection {
	random := rand.New(rand.NewPCG(seed, 0x6c697665))
	faults := fault.Randoms()
	until := map[string]time.Duration{} // when a process that was hit is well again
	var list []Injection
	for at := time.Duration(0); ; {
		// From a fifth of the mean to nearly twice as long: several at once, and quiet.
		at += time.Duration((0.2 + 1.6*random.Float64()) * float64(every)).Round(time.Millisecond)
		if at > length-lastBefore {
			return list
		}
		var free []Member
		for _, m := range all {
			if until[m.Name] <= at && mayBeHit(m.Role) && isSpared(m, all, until, at) {
				free = append(free, m)
			}
		}
		if len(free) == 0 {
			continue
		}
		m := free[random.IntN(len(free))]
		var able []fault.Random
		for _, f := range faults {
			if slices.Contains(f.Roles, m.Role) {
				able = append(able, f)
			}
		}
		f := able[random.IntN(len(able))]
		in := Injection{At: at, Process: m.Name, Fault: f}
		if f.Most > 0 {
			in.Hold = (f.Least + time.Duration(random.Float64()*float64(f.Most-f.Least))).Round(time.Millisecond)
		}
		until[m.Name] = at + max(in.Hold, atOnce) + cooldown
		list = append(list, in)
	}
}

// mayBeHit reports whether a soak does anything to processes of a role. A viewer is one of
// the audience.
func mayBeHit(r layouts.Role) bool { return r != layouts.Viewer && r != layouts.Other }

// isSpared reports whether there is a way from an encoder to the proxy without m.
func isSpared(m Member, all []Member, until map[string]time.Duration, at time.Duration) bool {
	if m.Role != layouts.Worker && m.Role != layouts.Packager {
		return true
	}
	return slices.ContainsFunc(all, func(o Member) bool {
		return o.Role == m.Role && o.Name != m.Name && until[o.Name] <= at
	})
}

// countKinds returns how many kinds of faults there are, and how many processes they hit.
func countKinds(list []Injection) (kinds, processes int) {
	what, where := map[string]bool{}, map[string]bool{}
	for _, in := range list {
		what[in.Fault.Name], where[in.Process] = true, true
	}
	return len(what), len(where)
}
