package drill

import (
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"livestream-tui/layouts"
	"livestream-tui/procs/platform"
)

// Stroke is a fault of a soak: something that goes wrong with one process for a
// while. A value.
type Stroke struct {
	// At is when, from the soak's beginning.
	At      time.Duration
	Process string
	// Kind is what is done, by the name of its row in kinds.
	Kind string
	// Hold is how long it lasts; zero for what is over at once.
	Hold time.Duration
}

// Name is what the stroke is called in a report.
func (s Stroke) Name() string { return s.Process + " " + s.Kind }

// Member is a process that a soak may do something to.
type Member struct {
	Name string
	Role Role
}

// Role is what a process is for, as far as a soak cares.
type Role uint8

// The roles. Of encoders and packagers one always has to be left alone.
const (
	RoleControl Role = iota // reporter, discovery, origin
	RoleEncoder
	RolePackager
	RoleProxy
	RoleOther // left alone
)

// roleOf is what a process is for, by its role in the layout.
func roleOf(p platform.Process) Role {
	switch p.Role {
	case layouts.Worker:
		return RoleEncoder
	case layouts.Packager:
		return RolePackager
	case layouts.Proxy:
		return RoleProxy
	case layouts.Reporter, layouts.Discovery, layouts.Origin:
		return RoleControl
	}
	return RoleOther
}

// crew are the processes in the order of the layout.
func crew(processes []platform.Process) []Member {
	var list []Member
	for _, p := range processes {
		list = append(list, Member{p.Name, roleOf(p)})
	}
	return list
}

// kind is a kind of stroke.
type kind struct {
	name, about string
	// roles are the roles of the processes that it is done to.
	roles []Role
	// least and most bound how long it lasts; zero for what is over at once.
	least, most time.Duration
	do          act
}

// kinds are all of them.
func kinds() []kind {
	const second = time.Second
	anybody := []Role{RoleControl, RoleEncoder, RolePackager}
	list := []kind{
		{"kill", "is killed (SIGKILL)", anybody, 0, 0, kill},
		{"kill-twice", "is killed, and again as soon as it is back", anybody, 0, 0, killTwice},
		{"pause", "is stopped (SIGSTOP)", anybody, second, 8 * second, pause},
		{"down", "is killed and stays down", anybody, second, 8 * second, down},
		{"restart", "is restarted in good order", anybody, 0, 0, restart},
		{"kill", "is killed (SIGKILL)", []Role{RoleProxy}, 0, 0, killProxy},
		{"restart", "is restarted in good order", []Role{RoleProxy}, 0, 0, renew},
		{"fd-exhaustion", "may open nothing more", []Role{RolePackager}, second, 6 * second, noDescriptors},
		{"kill-ffmpeg", "loses its FFmpeg three times", []Role{RoleEncoder}, 0, 0, killFFmpeg},
		{"clock-step", "has its clock set on and back", []Role{RoleEncoder}, 0, 0, stepClock},
	}
	for _, mode := range []string{"stale", "lag", "slow", "truncate", "error", "html", "empty", "not-found", "hang", "hang-body", "corrupt",
		"truncate-playlist", "endlist", "restart-msn", "misaligned"} {
		list = append(list, kind{mode, "misbehaves: " + mode, []Role{RolePackager}, second, 6 * second, misbehave(mode)})
	}
	return list
}

func kindOf(name string, role Role) (kind, bool) {
	list := kinds()
	i := slices.IndexFunc(list, func(k kind) bool { return k.name == name && slices.Contains(k.roles, role) })
	if i < 0 {
		return kind{}, false
	}
	return list[i], true
}

const (
	// strokeEvery is how long it is from one stroke to the next, on average.
	strokeEvery = 3500 * time.Millisecond
	// convalescence is how long a process counts as not well after a stroke.
	convalescence = 6 * time.Second
	// atOnce is how long a stroke takes that has no hold.
	atOnce = 2 * time.Second
	// lastStroke is how long before the end of a soak the last stroke comes.
	lastStroke = 2 * time.Second
)

// Schedule is what happens in a soak of that length: a pure function of its
// arguments. No process is struck while it is not well, and of the encoders and of
// the packagers one at least is well at any time, so that there is a way from an
// encoder to the proxy.
func Schedule(seed uint64, length time.Duration, crew []Member) []Stroke {
	random := rand.New(rand.NewPCG(seed, 0x6c697665))
	all := kinds()
	until := map[string]time.Duration{} // when who was struck is well again
	var list []Stroke
	for at := time.Duration(0); ; {
		// From a fifth of the mean to nearly twice as long: several at once, and quiet.
		at += time.Duration((0.2 + 1.6*random.Float64()) * float64(strokeEvery)).Round(time.Millisecond)
		if at > length-lastStroke {
			return list
		}
		var free []Member
		for _, m := range crew {
			if until[m.Name] <= at && m.Role != RoleOther && isSpared(m, crew, until, at) {
				free = append(free, m)
			}
		}
		if len(free) == 0 {
			continue
		}
		m := free[random.IntN(len(free))]
		var able []kind
		for _, k := range all {
			if slices.Contains(k.roles, m.Role) {
				able = append(able, k)
			}
		}
		k := able[random.IntN(len(able))]
		s := Stroke{At: at, Process: m.Name, Kind: k.name}
		if k.most > 0 {
			s.Hold = (k.least + time.Duration(random.Float64()*float64(k.most-k.least))).Round(time.Millisecond)
		}
		until[m.Name] = at + max(s.Hold, atOnce) + convalescence
		list = append(list, s)
	}
}

// isSpared reports whether there is a way from an encoder to the proxy without m.
func isSpared(m Member, crew []Member, until map[string]time.Duration, at time.Duration) bool {
	if m.Role != RoleEncoder && m.Role != RolePackager {
		return true
	}
	return slices.ContainsFunc(crew, func(o Member) bool {
		return o.Role == m.Role && o.Name != m.Name && until[o.Name] <= at
	})
}

// countKinds is how many kinds of strokes there are among them, and how many
// processes they struck.
func countKinds(list []Stroke) (kinds, processes int) {
	what, who := map[string]bool{}, map[string]bool{}
	for _, s := range list {
		who[s.Process] = true
		what[strings.TrimPrefix(s.Name(), s.Process)] = true
	}
	return len(what), len(who)
}
