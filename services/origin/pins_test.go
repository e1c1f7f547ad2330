package origin

import (
	"fmt"
	"testing"
	"time"

	"livestream-tui/services/cluster"
	"livestream-tui/services/kit/report"
)

func pinAt(second int, packager string, held bool) cluster.Pin {
	return cluster.Pin{Intent: cluster.Intent{At: at(second)}, Signal: "live01", Packager: packager, Held: held}
}

// known is a memory of a cluster that knows live01 with the packagers one, two and three.
func known(list ...report.State) *memory {
	m := newMemory([]string{one, two, three}, limits, 10*time.Second)
	m.pins = map[string]*pinned{}
	hears(m, 0, list...)
	return m
}

func hears(m *memory, second int, list ...report.State) {
	m.learn(answer{reported: at(second), signals: []report.SignalStatus{{Signal: "live01", Packagers: states(list...), LastReported: at(second)}}}, at(second))
}

func prefers(m *memory) string {
	s := m.signals["live01"]
	return fmt.Sprintf("%s %t", s.active(), s.selection.Held)
}

func TestTheLaterPinCountsInWhateverOrderTheyCome(t *testing.T) {
	pins := []cluster.Pin{pinAt(1, two, true), pinAt(2, three, true), pinAt(3, one, true), pinAt(3, two, true)}
	for _, order := range [][]int{{0, 1, 2, 3}, {3, 2, 1, 0}, {2, 3, 0, 1}, {1, 3, 2, 0, 3, 1}} {
		m := known(up, up, up)
		for _, i := range order {
			m.takePin(pins[i], at(4))
		}
		if got := prefers(m); got != two+" true" {
			t.Errorf("%v: got %s, want %s, which is the last one", order, got, two)
		}
		if _, news := m.takePin(pins[3], at(5)); news {
			t.Error("the same pin again is news, want it not to be")
		}
	}
}

func TestACommandIsLaterThanWhatIsKnown(t *testing.T) {
	m := known(up, up, up)
	m.takePin(pinAt(60, three, true), at(1)) // by a clock that is ahead
	m.hold("live01", two)
	list := m.intend(map[string]string{"live01": two}, true, "x", at(2))
	if len(list) != 1 || !later(list[0], pinAt(60, three, true)) {
		t.Errorf("got %+v, want it to be later than the one before", list)
	}
}

func TestAPinWaitsForItsPackagerAndNotForEver(t *testing.T) {
	m := known(up, down, up)
	m.takePin(pinAt(1, two, true), at(1))
	if got := prefers(m); got != one+" false" {
		t.Errorf("it is down: got %s, want %s", got, one)
	}
	hears(m, 5, up, up, up)
	if got := prefers(m); got != two+" true" {
		t.Errorf("it is up after 5 s: got %s, want it held", got)
	}
	m = known(up, down, up)
	m.takePin(pinAt(1, two, true), at(1))
	hears(m, 12, up, down, up)
	hears(m, 13, up, up, up)
	if got := prefers(m); got != one+" false" {
		t.Errorf("it is up after 13 s: got %s, want the pin to be given up", got)
	}
}

func TestTheEndOfAPinEndsNoLaterOne(t *testing.T) {
	m := known(up, up, up)
	m.takePin(pinAt(1, two, true), at(1))
	hears(m, 2, up, down, up)
	over := m.letGo(at(30)) // it is noticed late
	if len(over) != 1 || over[0].Packager != "" || !later(pinAt(2, three, true), over[0]) {
		t.Errorf("got %+v, want a release right after the pin", over)
	}
	if got := m.letGo(at(31)); len(got) != 0 {
		t.Errorf("got %+v again, want it once", got)
	}
}

func TestADrainIsTheCauseOfAMove(t *testing.T) {
	m := known(up, up, up)
	m.drain(map[string]time.Time{one: at(1)})
	moves, _ := m.learn(answer{reported: at(2), signals: []report.SignalStatus{{Signal: "live01", Packagers: states(up, up, up), LastReported: at(2)}}}, at(2))
	want := change{one, two, "the machine of " + one + " is drained"}
	if len(moves) != 1 || moves[0].change != want {
		t.Errorf("got %+v, want %+v", moves, want)
	}
}

func TestDrainedMachines(t *testing.T) {
	began := func(second int, packagers ...string) map[string]time.Time {
		list := map[string]time.Time{}
		for _, p := range packagers {
			list[p] = at(second)
		}
		return list
	}
	for _, c := range []struct {
		name string
		do   func(m *memory)
		list []report.State
		want string
	}{
		{"the active one is left", func(m *memory) { m.drain(began(1, one)) }, []report.State{up, up, up}, two + " false"},
		{"all are drained", func(m *memory) { m.drain(began(1, one, two, three)) }, []report.State{up, up, up}, one + " false"},
		{"no other is usable", func(m *memory) { m.drain(began(1, one)) }, []report.State{up, down, down}, one + " false"},
		{"not one of them is chosen", func(m *memory) { m.drain(began(1, one, two)) }, []report.State{up, up, suspect}, three + " false"},
		{"a hold from before ends", func(m *memory) { m.takePin(pinAt(1, one, true), at(1)); m.drain(began(2, one)) }, []report.State{up, up, up}, two + " false"},
		{"a hold from after stands", func(m *memory) { m.drain(began(1, one)); m.takePin(pinAt(2, one, true), at(2)) }, []report.State{up, up, up}, one + " true"},
		{"no pin from before is carried out", func(m *memory) { m.drain(began(2, two)); m.takePin(pinAt(1, two, true), at(3)) }, []report.State{up, up, up}, one + " false"},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := known(up, up, up)
			c.do(m)
			for second := 10; second < 13; second++ {
				hears(m, second, c.list...)
			}
			if got := prefers(m); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
			order := m.signals["live01"].order()
			if _, last := m.drained[order[0].URL]; last && len(m.drained) == 1 && c.list[1] == up && !m.signals["live01"].selection.Held {
				t.Errorf("got the order %v, want a drained one last", order)
			}
		})
	}
}
