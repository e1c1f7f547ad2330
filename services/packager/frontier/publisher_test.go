package frontier

import (
	"context"
	"encoding/json"
	"maps"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"livestream-tui/services/cluster"
)

// wire is a Bus that keeps what is published, with the times.
type wire struct {
	cluster.Bus
	mu   sync.Mutex // guards all that the test changes
	sent []cluster.Frontier
	at   []time.Time
	err  error
}

func (w *wire) Publish(subject string, data []byte) error {
	var f cluster.Frontier
	if err := json.Unmarshal(data, &f); err != nil || subject != "front.10-0-0-1-8080" {
		panic(subject)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err == nil {
		w.sent, w.at = append(w.sent, f), append(w.at, time.Now())
	}
	return w.err
}

func TestFrontiers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		w, p, ended := &wire{}, New(prometheus.NewRegistry()), make(chan struct{})
		all, known := map[string]int64{}, ""
		go func() {
			defer close(ended)
			locked := func(do func()) { w.mu.Lock(); defer w.mu.Unlock(); do() }
			p.Run(ctx, Options{
				Bus:      w,
				Packager: func() (base string) { locked(func() { base = known }); return },
				Newest:   func() (list map[string]int64) { locked(func() { list = maps.Clone(all) }); return },
			})
		}()
		w.mu.Lock() // but while time passes
		pass := func(d time.Duration) {
			w.mu.Unlock()
			time.Sleep(d)
			synctest.Wait()
			w.mu.Lock()
		}
		list := func(signal string, msn int64) {
			all[signal] = msn
			p.Listed(signal, msn)
			pass(0)
		}
		list("live01", 1)
		if len(w.sent) != 0 {
			t.Errorf("got %+v, want nothing while its own address is not known", w.sent)
		}
		known = "http://10.0.0.1:8080"
		pass(100 * time.Millisecond)
		began := time.Now()
		list("live01", 2)
		list("live02", 2)
		list("live03", 2)
		pass(50 * time.Millisecond)
		if len(w.sent) != 2 || !w.at[0].Equal(began) || w.at[1].Sub(began) != gather || !maps.Equal(w.sent[1].Newest, map[string]int64{"live02": 2, "live03": 2}) {
			t.Fatalf("got %+v at %v, want the first at once and the others together", w.sent, w.at)
		}
		pass(2 * time.Second)
		if n := len(w.sent); n != 4 || !maps.Equal(w.sent[3].Newest, all) {
			t.Errorf("got %+v, want all signals each second", w.sent)
		}
		w.err = cluster.ErrUnavailable
		list("live01", 3)
		pass(50 * time.Millisecond)
		w.err = nil
		list("live01", 4)
		for i := 1; i < len(w.sent); i++ {
			if w.sent[i].Run != w.sent[0].Run || w.sent[i].Seq <= w.sent[i-1].Seq {
				t.Errorf("got run %s, seq %d after %+v", w.sent[i].Run, w.sent[i].Seq, w.sent[i-1])
			}
		}
		if last := w.sent[len(w.sent)-1]; last.Newest["live01"] != 4 {
			t.Errorf("got %+v after an outage of the engine, want 4", last)
		}
		w.mu.Unlock()
		cancel()
		<-ended
	})
}
