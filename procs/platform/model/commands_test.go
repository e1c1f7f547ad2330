package model

import (
	"testing"
	"time"

	"livestream-tui/procs/platform"
)

func TestTheLatestCommandOnEachProcessIsKept(t *testing.T) {
	m := modelOf(t)
	give := func(process string, a platform.Action, at time.Duration) {
		m.Commanded(platform.CommandedAt{Time: noon.Add(at), Commanded: platform.Commanded{Process: process, Action: a}})
	}
	give("server1", platform.Stop, 0)
	before := m.Now.Commands
	give("server2", platform.Pause, time.Second)
	give("", platform.Failover, 2*time.Second)
	give("server1", platform.Start, 3*time.Second)
	if list := m.Now.Commands; len(list) != 2 || list[0].Process != "server2" || list[1].Process != "server1" || list[1].Action != platform.Start {
		t.Errorf("got %+v, want the pause of server2 and the start of server1", list)
	}
	if len(before) != 1 || before[0].Action != platform.Stop {
		t.Errorf("an earlier snapshot has become %+v", before)
	}
}
