package fault

import (
	"fmt"

	"livestream-tui/layouts"
	"livestream-tui/procs/platform"
)

// victims returns the processes that a fault hits, and what reports call them. active is
// the packager that serves players.
type victims func(s platform.Snapshot, active string) (words string, processes []string, err error)

// theActive is the packager that serves players.
func theActive(_ platform.Snapshot, active string) (string, []string, error) {
	return active, []string{active}, nil
}

// aStandby is the first packager that does not serve players.
func aStandby(s platform.Snapshot, active string) (string, []string, error) {
	for _, p := range s.OfRole(layouts.Packager) {
		if p.Name != active {
			return p.Name, []string{p.Name}, nil
		}
	}
	return "", nil, fmt.Errorf("there is no packager beside %s", active)
}

// theFirst is the first process of a role.
func theFirst(r layouts.Role) victims {
	return func(s platform.Snapshot, _ string) (string, []string, error) {
		list := s.OfRole(r)
		if len(list) == 0 {
			return "", nil, noneOf(r)
		}
		return list[0].Name, []string{list[0].Name}, nil
	}
}

// every is all processes of a role.
func every(r layouts.Role) victims {
	return func(s platform.Snapshot, _ string) (string, []string, error) {
		names := namesOf(s.OfRole(r))
		if len(names) == 0 {
			return "", nil, noneOf(r)
		}
		return "every " + r.String(), names, nil
	}
}

// allButPlayers is every process but the proxy, which has faults of its own, and the
// viewer, which is one of the audience.
func allButPlayers(s platform.Snapshot, _ string) (string, []string, error) {
	var list []platform.Process
	for _, p := range s.Processes {
		if p.Role != layouts.Proxy && p.Role != layouts.Viewer {
			list = append(list, p)
		}
	}
	return "each process", namesOf(list), nil
}

// thePlatform is the whole platform.
func thePlatform(platform.Snapshot, string) (string, []string, error) {
	return "each process", []string{""}, nil
}

// theDisk is the one that the encoder writes to.
func theDisk(platform.Snapshot, string) (string, []string, error) {
	return "the encoder's disk", []string{""}, nil
}

func namesOf(list []platform.Process) []string {
	names := make([]string, len(list))
	for i, p := range list {
		names[i] = p.Name
	}
	return names
}

func noneOf(r layouts.Role) error {
	return &UnavailableError{"this platform has no " + r.String()}
}
