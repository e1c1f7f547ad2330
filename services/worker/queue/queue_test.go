package queue

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestShortFilmsComeFirst(t *testing.T) {
	film := func(name string, length time.Duration) Work { return Work{File: name, Length: length} }
	const long = 3 * time.Minute
	rest := Work{File: "rest", Length: long, Last: true}
	other := Work{File: "other", Length: long, Last: true}
	for _, c := range []struct {
		name     string
		waiting  []Work
		expected int
		want     string // what begins, in order, each ending before the next but one
	}{
		{"by length", []Work{film("c", 30*time.Second), film("a", 8*time.Second), film("b", 9*time.Second)}, 0, "a b c"},
		{"of one length by name", []Work{film("b", 8*time.Second), film("a", 8*time.Second)}, 0, "a b"},
		{"the rest of a long one after all others", []Work{rest, film("a", 2*time.Minute)}, 0, "a rest"},
		{"one rest at a time", []Work{rest, other}, 0, "other"},
		{"a short one beside a rest", []Work{rest, other, film("a", time.Second)}, 0, "a other"},
		{"short ones while others are expected", []Work{film("b", time.Minute), film("a", 8*time.Second)}, 1, "a"},
		{"no rest while others are expected", []Work{rest}, 1, ""},
	} {
		q := order{expected: c.expected}
		for i, w := range c.waiting {
			w.id = int64(i)
			q.add(w)
		}
		var got []string
		var making []Work
		for {
			w, ok := q.take()
			if !ok {
				break
			}
			if got = append(got, w.File); w.Last {
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
	var q order
	for i := range int64(5) {
		q.add(Work{id: i, File: string(rune('a' + i)), Length: time.Second})
	}
	for range makersMost {
		if _, ok := q.take(); !ok {
			t.Fatal("nothing begins")
		}
	}
	if w, ok := q.take(); ok {
		t.Errorf("%s begins beside %v", w.File, q.making)
	}
}

func TestATurnComesWhenAnotherEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := New()
		var leaves []func()
		for _, name := range []string{"a", "b"} {
			wait, leave := q.Enter(Work{File: name, Length: time.Second})
			if err := wait(t.Context()); err != nil {
				t.Fatal(err)
			}
			leaves = append(leaves, leave)
		}
		wait, leave := q.Enter(Work{File: "c", Length: time.Second})
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
		if len(q.order.making)+len(q.order.waiting)+len(q.admits) != 0 {
			t.Errorf("left over: %+v", q.order)
		}
	})
}

func TestALongFilmWaitsForThoseThatAreExpected(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := New()
		known := q.Expect()
		wait, leave := q.Enter(Work{File: "a", Length: time.Minute})
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
