package cluster

import (
	"testing"
	"testing/synctest"
	"time"

	"livestream-tui/layouts"
	"livestream-tui/procs/platform"
	"livestream-tui/services/cluster"
	"livestream-tui/services/cluster/clustertest"
)

func TestAnEngineOnStandbySaysThatNoneIsReached(t *testing.T) {
	t.Parallel()
	engine := clustertest.NewMemory()
	a := prepare(t, "a", addressA, "", t.TempDir()).run(engine)
	b := prepare(t, "b", addressB, a.token(), t.TempDir()).run(engine)
	b.await("it is on standby", func() bool { return b.machine("b").Engine == string(cluster.EngineStandby) })
	engine.StopStore()
	engine.StopBus()
	b.await("it says that no engine is reached", func() bool { return b.machine("b").Engine == platform.EngineUnreached })
	engine.StartBus()
	engine.StartStore()
	b.await("it is on standby again", func() bool { return b.machine("b").Engine == string(cluster.EngineStandby) })
}

func TestAnEngineThatStartsAnewIsNotSaidToBeUnreached(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := platform.Snapshot{Processes: []platform.Process{{Role: layouts.Engine, Status: platform.Status{Name: "engine", PID: 1}}}}
		var w engineWatch
		state := func(reached bool, after time.Duration, want cluster.EngineState) {
			t.Helper()
			time.Sleep(after)
			if got := w.state(t.Context(), s, false, reached); got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		}
		state(false, 0, cluster.EngineStandby)
		state(false, 2*time.Second, cluster.EngineStandby)
		state(true, 2*time.Second, cluster.EngineStandby)
		state(false, 2*time.Second, cluster.EngineStandby)
		state(false, 2*time.Second, cluster.EngineUnreached)
		state(true, time.Second, cluster.EngineStandby)
	})
}
