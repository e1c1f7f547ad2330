package procs

import (
	"context"
	"slices"
	"time"

	"github.com/hashicorp/go-hclog"

	"livestream-tui/procs/child"
)

// searchEvery is how often the process table is searched for what has joined a
// group. What has left one is noticed at once, and so is what came in its place.
const searchEvery = 5 * time.Second

// measure reads CPU and memory of every group once a second.
func (s *Supervisor) measure(ctx context.Context) {
	used := map[int]time.Duration{} // CPU by group, as of the last look
	last := time.Now()
	var groups []int // as of the last search
	var members []child.Process
	var searched time.Time
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(UntilNext(time.Now(), time.Second)):
		}
		now := time.Now()
		again, whole := child.Again(members)
		if g := s.groups(); whole && slices.Equal(g, groups) && now.Sub(searched) < searchEvery {
			members = again
		} else {
			list, err := child.Members(g...)
			if err != nil {
				s.notes.say(hclog.Debug, "cannot read the process table", "error", err)
				continue
			}
			members, groups, searched = list, g, now
		}
		used = s.measured(members, used, now.Sub(last))
		last = now
	}
}

// groups are the groups that run, sorted.
func (s *Supervisor) groups() []int {
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []int
	for _, st := range s.statuses {
		if st.PID > 0 {
			list = append(list, st.PID)
		}
	}
	slices.Sort(list)
	return list
}

// measured keeps what members use and returns the CPU time by group; before is
// what it returned the last time, ago.
func (s *Supervisor) measured(members []child.Process, before map[int]time.Duration, ago time.Duration) map[int]time.Duration {
	cpu, rss := map[int]time.Duration{}, map[int]int64{}
	for _, p := range members {
		cpu[p.Group] += p.CPU
		rss[p.Group] += p.RSS
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for name, st := range s.statuses {
		if st.PID == 0 {
			continue
		}
		// Less than before: one of the group has gone, with the time it used.
		if was, known := before[st.PID]; known && cpu[st.PID] >= was {
			st.CPU = 100 * (cpu[st.PID] - was).Seconds() / ago.Seconds()
		}
		st.RSS = rss[st.PID]
		s.statuses[name] = st
	}
	return cpu
}
