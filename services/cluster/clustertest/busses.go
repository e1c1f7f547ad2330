package clustertest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"livestream-tui/services/cluster"
	"livestream-tui/services/kit/servicetest"
)

// inbox collects what a subscription takes. Safe for concurrent use.
type inbox struct {
	mu   sync.Mutex
	list []string
}

func (i *inbox) take(m cluster.Msg) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.list = append(i.list, m.Subject+"="+string(m.Data))
}

func (i *inbox) all() []string {
	i.mu.Lock()
	defer i.mu.Unlock()
	return slices.Clone(i.list)
}

// has waits until as many messages have come as are wanted, and checks that they are those. It
// returns false where some have not come for a while: a connection may have been lost on a
// busy machine, and messages with it.
func (i *inbox) has(t *testing.T, want ...string) bool {
	t.Helper()
	for limit := time.Now().Add(lossAfter); len(i.all()) < len(want); time.Sleep(time.Millisecond) {
		if time.Now().After(limit) {
			return false
		}
	}
	if got := i.all(); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	return true
}

// lossAfter is how long messages are waited for before they count as lost, and tries how often
// what loses some is tried.
const (
	lossAfter = 5 * time.Second
	tries     = 10
)

// exchange has something tried with subjects of its own until no message of it is lost.
func exchange(t *testing.T, try func(prefix string) (whole bool)) {
	t.Helper()
	for i := range tries {
		if try(prefix(t) + strconv.Itoa(i) + ".") {
			return
		}
	}
	t.Fatalf("messages were lost %d times", tries)
}

// subscribe subscribes, and waits until messages of from come.
func subscribe(t *testing.T, ctx context.Context, to, from cluster.Bus, pattern string, take func(cluster.Msg)) {
	t.Helper()
	probe := "probe." + prefix(t) + strconv.Itoa(len(pattern)) + ".x"
	var in inbox
	probing, cancel := context.WithCancel(ctx)
	defer cancel()
	if err := to.Subscribe(ctx, pattern, take); err != nil {
		t.Fatal(err)
	}
	// The engine takes subscriptions in order: where the second is, the first is as well.
	if err := to.Subscribe(probing, probe, in.take); err != nil {
		t.Fatal(err)
	}
	servicetest.Await(t, "messages arrive", func() bool {
		_ = from.Publish(probe, nil) // until the engine is reached
		return len(in.all()) > 0
	})
}

func publishes(t *testing.T, s Subject) {
	a, b := s.Open(t).Bus(), s.Open(t).Bus()
	exchange(t, func(p string) bool {
		subject := p + "x"
		var own, other inbox
		subscribe(t, during(t), a, a, subject, own.take)
		subscribe(t, during(t), b, a, subject, other.take)
		var want []string
		for i := range 20 {
			_ = a.Publish(subject, fmt.Append(nil, i)) // what is not sent is lost
			want = append(want, subject+"="+fmt.Sprint(i))
		}
		return own.has(t, want...) && other.has(t, want...)
	})
}

func patterns(t *testing.T, s Subject) {
	a, b := s.Open(t).Bus(), s.Open(t).Bus()
	exchange(t, func(p string) bool {
		var one, rest inbox
		subscribe(t, during(t), b, a, p+"one.*", one.take)
		subscribe(t, during(t), b, a, p+"rest.>", rest.take)
		for _, words := range []string{"one", "one.a", "one.a.b", "rest", "rest.a", "rest.a.b", "one.end", "rest.end"} {
			_ = a.Publish(p+words, nil) // what is not sent is lost
		}
		return one.has(t, p+"one.a=", p+"one.end=") && rest.has(t, p+"rest.a=", p+"rest.a.b=", p+"rest.end=")
	})
	if err := a.Subscribe(during(t), "a.>.b", nil); !errors.Is(err, cluster.ErrSubject) {
		t.Errorf("got %v, want ErrSubject", err)
	}
	if err := a.Publish("a.*", nil); !errors.Is(err, cluster.ErrSubject) {
		t.Errorf("got %v, want ErrSubject", err)
	}
}

func unsubscribes(t *testing.T, s Subject) {
	a := s.Open(t).Bus()
	subject := prefix(t) + "x"
	ctx, cancel := context.WithCancel(during(t))
	var in inbox
	subscribe(t, ctx, a, a, subject, in.take)
	servicetest.Await(t, "it hears", func() bool {
		_ = a.Publish(subject, nil) // until one is not lost
		return len(in.all()) > 0
	})
	cancel()
	servicetest.Await(t, "nobody has the subject any more", func() bool {
		ctx, cancel := context.WithTimeout(during(t), 100*time.Millisecond) // it may still be there, and is silent
		defer cancel()
		_, err := a.Request(ctx, subject, nil)
		return errors.Is(err, cluster.ErrNoAnswer)
	})
}

func requests(t *testing.T, s Subject) {
	a, b := s.Open(t).Bus(), s.Open(t).Bus()
	subject := prefix(t) + "x"
	subscribe(t, during(t), b, a, subject, func(m cluster.Msg) {
		if m.Reply == nil {
			t.Error("a request has no Reply")
			return
		}
		_ = m.Reply(append([]byte("answer to "), m.Data...)) // what is lost is asked again
	})
	for _, from := range []cluster.Bus{a, b} {
		servicetest.Await(t, "a request is answered", func() bool {
			ctx, cancel := context.WithTimeout(during(t), lossAfter)
			defer cancel()
			answer, err := from.Request(ctx, subject, []byte("q"))
			if err == nil && string(answer) != "answer to q" {
				t.Fatalf("got %q", answer)
			}
			return err == nil
		})
	}
	servicetest.Await(t, "nobody answers", func() bool {
		_, err := a.Request(during(t), prefix(t)+"nobody", nil)
		return errors.Is(err, cluster.ErrNoAnswer)
	})
	silent := prefix(t) + "silent"
	plain := make(chan bool, 100)
	subscribe(t, during(t), b, a, silent, func(m cluster.Msg) {
		select {
		case plain <- m.Reply == nil:
		default: // it has many already
		}
	})
	servicetest.Await(t, "a message without a Reply", func() bool {
		_ = a.Publish(silent, nil) // until one is not lost
		return len(plain) > 0
	})
	if !<-plain {
		t.Error("a message has a Reply, want none")
	}
	ctx, cancel := context.WithTimeout(during(t), 100*time.Millisecond)
	defer cancel()
	if _, err := a.Request(ctx, silent, nil); err == nil {
		t.Error("a request that nobody answers has an answer")
	}
}

func dropsOldest(t *testing.T, s Subject) {
	a := s.Open(t).Bus()
	subject := prefix(t) + "x"
	gate := make(chan struct{})
	pass := sync.OnceFunc(func() { close(gate) })
	t.Cleanup(pass)
	var slow, fast inbox
	subscribe(t, during(t), a, a, subject, func(m cluster.Msg) {
		<-gate
		slow.take(m)
	})
	subscribe(t, during(t), a, a, subject, fast.take)
	const many = 5000
	for i := range many {
		_ = a.Publish(subject, fmt.Append(nil, i)) // what is not sent is lost
	}
	last := subject + "=last"
	arrives := func(in *inbox) func() bool {
		var sent time.Time
		return func() bool {
			if time.Since(sent) > lossAfter/10 {
				sent = time.Now()
				_ = a.Publish(subject, []byte("last")) // until one is not lost
			}
			return slices.Contains(in.all(), last)
		}
	}
	servicetest.Await(t, "all messages have come", arrives(&fast))
	pass()
	servicetest.Await(t, "the last message is taken", arrives(&slow))
	if n := len(slow.all()); n > many/2 {
		t.Errorf("the slow one has taken %d of %d messages, want only the last ones", n, many)
	}
}
