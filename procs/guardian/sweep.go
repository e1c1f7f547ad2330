package guardian

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"livestream-tui/procs/child"
	"livestream-tui/services/kit/handover"
)

// SweepFolder sweeps what earlier supervisors left in the run folder, whose lock
// the caller holds, and returns how many groups it killed. A supervisor that lives,
// though its lock was taken away, is left alone.
func SweepFolder(folder string) (int, error) {
	names, err := os.ReadDir(folder)
	if err != nil {
		return 0, err
	}
	killed := 0
	var errs []error
	for _, name := range names {
		path := filepath.Join(folder, name.Name())
		switch {
		case !strings.HasPrefix(name.Name(), recordsName):
			continue
		case strings.HasSuffix(path, halfWritten):
			err = remove(path)
		default:
			var n int
			n, err = sweep(path)
			killed += n
		}
		if err != nil {
			errs = append(errs, err)
		}
	}
	return killed, errors.Join(errs...)
}

// sweep kills every group that the records at path name and that is still the recorded
// one, and removes the file. It returns how many groups it killed.
func sweep(path string) (int, error) {
	b, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("records of running groups: %w", err)
	}
	var list []record
	if err := json.Unmarshal(b, &list); err != nil {
		// Not ours, or of another version: of no use to the next run either.
		return 0, errors.Join(fmt.Errorf("records of running groups %s: %w", path, err), remove(path))
	}
	if supervisorLives(path, list) {
		return 0, fmt.Errorf("records of running groups %s: the supervisor that wrote them runs, though without its lock", path)
	}
	killed, err := killGroups(list)
	if err != nil {
		return killed, err
	}
	return killed, remove(path)
}

// supervisorLives reports whether the process that wrote the records at path runs.
func supervisorLives(path string, list []record) bool {
	pid, err := strconv.Atoi(strings.TrimPrefix(filepath.Base(path), recordsName))
	if err != nil || len(list) == 0 || list[0].Supervisor == "" {
		return false
	}
	return child.Lives(pid, list[0].Supervisor)
}

// killGroups kills every group of the list that is still the recorded one, and
// returns how many these were.
func killGroups(list []record) (killed int, err error) {
	groups := make([]int, 0, len(list))
	for _, rec := range list {
		groups = append(groups, rec.Group)
	}
	members, err := child.Members(groups...)
	if err != nil {
		return 0, err
	}
	for _, rec := range list {
		if alive(rec, members, child.HasVariable) && syscall.Kill(-rec.Group, syscall.SIGKILL) == nil {
			killed++
		}
	}
	return killed, nil
}

// alive reports whether the group is still the recorded one. Its number may be used
// again once it is empty, even when its leader went first: so one of its members must
// have been given the incarnation's socket, and its leader, if it is there, must have
// begun when the record says.
func alive(rec record, table []child.Process, hasVariable func(pid int, variable string) bool) bool {
	ours := false
	for _, p := range table {
		if rec.Group <= 1 || p.Group != rec.Group {
			continue // a KILL to the groups 0 and 1 would reach ourselves, or every process
		}
		if p.PID == rec.Group && p.Started != rec.Started {
			return false // another process has the number now
		}
		if !p.Zombie && hasVariable(p.PID, handover.SocketVariable+"="+rec.Socket) {
			ours = true
		}
	}
	return ours
}
