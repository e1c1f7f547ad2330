package worker

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestShortFilmsComeFirst(t *testing.T) {
	film := func(name string, length time.Duration) work { return work{file: name, length: length} }
	rest := work{file: "rest", length: long, last: true}
	other := work{file: "other", length: long, last: true}
	for _, c := range []struct {
		name     string
		waiting  []work
		expected int
		want     string // what begins, in order, each ending before the next but one
	}{
		{"by length", []work{film("c", 30*time.Second), film("a", 8*time.Second), film("b", 9*time.Second)}, 0, "a b c"},
		{"of one length by name", []work{film("b", 8*time.Second), film("a", 8*time.Second)}, 0, "a b"},
		{"the rest of a long one after all others", []work{rest, film("a", 2*time.Minute)}, 0, "a rest"},
		{"one rest at a time", []work{rest, other}, 0, "other"},
		{"a short one beside a rest", []work{rest, other, film("a", time.Second)}, 0, "a other"},
		{"short ones while others are expected", []work{film("b", time.Minute), film("a", 8*time.Second)}, 1, "a"},
		{"no rest while others are expected", []work{rest}, 1, ""},
	} {
		q := queue{expected: c.expected}
		for i, w := range c.waiting {
			w.id = int64(i)
			q.add(w)
		}
		var got []string
		var making []work
		for {
			w, ok := q.take()
			if !ok {
				break
			}
			if got = append(got, w.file); w.last {
				continue // it takes long
			}
			if making = append(making, w); len(making) == makersMost {
				q.drop(making[0])
				making = making[1:]
			}
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s: got %s, want %s", c.name, strings.Join(got, " "), c.want)
		}
	}
}

func TestNoMoreFilmsAreMadeAtATimeThanAllowed(t *testing.T) {
	var q queue
	for i := range int64(5) {
		q.add(work{id: i, file: string(rune('a' + i)), length: time.Second})
	}
	for range makersMost {
		if _, ok := q.take(); !ok {
			t.Fatal("nothing begins")
		}
	}
	if w, ok := q.take(); ok {
		t.Errorf("%s begins beside %v", w.file, q.making)
	}
}

func TestATurnComesWhenAnotherEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newTurns()
		var leaves []func()
		for _, name := range []string{"a", "b"} {
			wait, leave := q.enter(work{file: name, length: time.Second})
			if err := wait(t.Context()); err != nil {
				t.Fatal(err)
			}
			leaves = append(leaves, leave)
		}
		wait, leave := q.enter(work{file: "c", length: time.Second})
		over, cancel := context.WithCancel(t.Context())
		cancel()
		if err := wait(over); !errors.Is(err, context.Canceled) {
			t.Errorf("the third of two: got %v, want it to wait until it is cancelled", err)
		}
		go leaves[0]()
		if err := wait(t.Context()); err != nil {
			t.Error(err)
		}
		leave()
		leave() // a second time is nothing
		leaves[1]()
		if len(q.queue.making)+len(q.queue.waiting)+len(q.admits) != 0 {
			t.Errorf("left over: %+v", q.queue)
		}
	})
}

func TestALongFilmWaitsForThoseThatAreExpected(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newTurns()
		known := q.expect()
		wait, leave := q.enter(work{file: "a", length: time.Minute})
		defer leave()
		over, cancel := context.WithCancel(t.Context())
		cancel()
		if wait(over) == nil {
			t.Error("it begins while another is expected")
		}
		known()
		known() // a second time is nothing
		if err := wait(t.Context()); err != nil {
			t.Error(err)
		}
	})
}
