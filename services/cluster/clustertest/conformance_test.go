package clustertest_test

import (
	"testing"

	"livestream-tui/services/cluster/clustertest"
	"livestream-tui/services/cluster/store"
)

func TestMemoryConforms(t *testing.T) {
	m := clustertest.NewMemory()
	clustertest.Run(t, clustertest.Subject{
		Open:  func(*testing.T) store.Engine { return m.Open() },
		Stop:  func(*testing.T) { m.StopStore() },
		Start: func(*testing.T) { m.StartStore() },
		Wipe:  func(*testing.T) { m.Wipe() },
	})
}

func TestOneEngineConforms(t *testing.T) { conforms(t, 1) }

func TestThreeEnginesConform(t *testing.T) { conforms(t, 3) }

func conforms(t *testing.T, n int) {
	e := clustertest.StartEngines(t, n)
	next := 0
	clustertest.Run(t, clustertest.Subject{
		Open: func(t *testing.T) store.Engine {
			next++
			return e.Open(t, next)
		},
		Stop:  func(*testing.T) { e.StopAll() },
		Start: e.StartAll,
		Wipe:  e.WipeAll,
	})
}
