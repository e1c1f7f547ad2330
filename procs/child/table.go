package child

import (
	"errors"
	"syscall"
	"time"
)

// Process is one row of the system's process table.
type Process struct {
	PID, Group int
	// Started identifies the process together with its PID, which the system
	// uses again; comparable, but of no meaning otherwise.
	Started string
	// Zombie: it has ended and only its parent has not asked how yet.
	Zombie bool
	// CPU is the time that it has used, RSS its resident memory in bytes.
	CPU time.Duration
	RSS int64
}

// GroupEmpty reports whether no process of the group is left, zombies aside.
func GroupEmpty(group int) bool {
	if err := syscall.Kill(-group, 0); errors.Is(err, syscall.ESRCH) {
		return true // cheap, and the common answer
	}
	list, err := Members(group)
	if err != nil {
		return false
	}
	for _, p := range list {
		if !p.Zombie {
			return false
		}
	}
	return true
}
