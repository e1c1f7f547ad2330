package guardian

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// Owner returns the supervisor of this run folder that a running process belongs to: the
// supervisor itself, or that of its group. False means that it belongs to none.
func Owner(folder string, pid int) (supervisor int, ok bool) {
	names, err := os.ReadDir(folder)
	if err != nil {
		return 0, false // no platform has run here
	}
	group, err := syscall.Getpgid(pid)
	if err != nil {
		return 0, false // it has ended
	}
	for _, name := range names {
		number, recorded := strings.CutPrefix(name.Name(), recordsName)
		supervisor, err := strconv.Atoi(number)
		if !recorded || err != nil {
			continue
		}
		path := filepath.Join(folder, name.Name())
		b, err := os.ReadFile(path)
		if err != nil {
			continue // it has just ended
		}
		var list []record
		if json.Unmarshal(b, &list) != nil || !supervisorLives(path, list) {
			continue
		}
		for _, r := range list {
			if pid == supervisor || group == r.Group {
				return supervisor, true
			}
		}
	}
	return 0, false
}
