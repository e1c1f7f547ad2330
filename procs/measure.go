package procs

import (
	"context"
	"time"

	"github.com/hashicorp/go-hclog"

	"livestream-tui/procs/child"
)

// measure reads CPU and memory of every group once a second.
func (s *Supervisor) measure(ctx context.Context) {
	used := map[int]time.Duration{} // CPU by group, as of the last look
	last := time.Now()
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		members, err := child.Members(s.groups()...)
		if err != nil {
			s.notes.say(hclog.Debug, "cannot read the process table", "error", err)
			continue
		}
		now := time.Now()
		used = s.measured(members, used, now.Sub(last))
		last = now
	}
}

// groups are the groups that run.
func (s *Supervisor) groups() []int {
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []int
	for _, st := range s.statuses {
		if st.PID > 0 {
			list = append(list, st.PID)
		}
	}
	return list
}

// measured keeps what members use and returns the CPU time by group; before is
// what it returned a while ago.
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
