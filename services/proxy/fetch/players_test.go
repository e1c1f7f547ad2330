package fetch

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"livestream-tui/services/proxy/fakenet"
	"livestream-tui/services/proxy/object"
	"livestream-tui/services/proxy/upstream"
)

func TestForPlayersWhatAllSayIsFinal(t *testing.T) {
	const ms = time.Millisecond
	slowly := func(wait time.Duration, then http.HandlerFunc) http.HandlerFunc {
		return func(w http.ResponseWriter, q *http.Request) {
			select {
			case <-time.After(wait):
				then(w, q)
			case <-q.Context().Done():
			}
		}
	}
	gone, refused := fakenet.Says(404, "text/html", "<html>no"), fakenet.Says(403, "text/plain", "not you")
	for _, c := range []struct {
		name    string
		servers []http.HandlerFunc
		err     string
		took    time.Duration
		asked   []int64
	}{
		{"absent", []http.HandlerFunc{gone, gone}, "no packager has it", 0, []int64{1, 1}},
		{"absent, after a while: the second is asked as well", []http.HandlerFunc{slowly(300*ms, gone), slowly(300*ms, gone)}, "no packager has it", 500 * ms, []int64{1, 1}},
		{"absent, the other is down", []http.HandlerFunc{nil, gone}, "no packager has it", 0, []int64{0, 1}},
		{"absent, the other is in trouble", []http.HandlerFunc{gone, fakenet.Says(502, "", "")}, "no packager has it", 0, []int64{1, 1}},
		{"absent, the other is silent", []http.HandlerFunc{gone, fakenet.Silent}, "no packager has it", 3 * time.Second, []int64{1, 1}},
		{"gone for good", []http.HandlerFunc{fakenet.Says(410, "", ""), fakenet.Says(410, "", "")}, "status 410", 0, []int64{1, 1}},
		{"gone and absent", []http.HandlerFunc{fakenet.Says(410, "", ""), gone}, "no packager has it", 0, []int64{1, 1}},
		{"refused", []http.HandlerFunc{refused, refused}, "status 403", 0, []int64{1, 1}},
		{"refused by who answers", []http.HandlerFunc{nil, refused}, "status 403", 0, []int64{0, 1}},
		{"refused in two ways", []http.HandlerFunc{refused, fakenet.Says(451, "", "")}, "no packager answers", 0, []int64{1, 1}},
		{"in trouble", []http.HandlerFunc{fakenet.Says(503, "", ""), fakenet.Says(503, "", "")}, "no packager answers", 0, []int64{1, 1}},
		{"elsewhere", []http.HandlerFunc{fakenet.Leads(302, "http://cdn/1"), fakenet.Leads(302, "http://cdn/2")}, `status 302 leads to "http://cdn/1", a host that is not followed`, 0, []int64{1, 1}},
		{"silent", []http.HandlerFunc{fakenet.Silent, fakenet.Silent}, "no packager answers", 3 * time.Second, []int64{1, 1}},
		{"there, but slow", []http.HandlerFunc{slowly(2500*ms, fakenet.Whole)}, "", 2500 * ms, []int64{1}},
		{"down", []http.HandlerFunc{nil, nil}, "no packager answers", 0, []int64{0, 0}},
		{"too large", []http.HandlerFunc{func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", fmt.Sprint(maxPlayers+1))
			_, _ = w.Write(fakenet.Body)
		}, fakenet.Whole}, "it is too large to be kept", 0, []int64{1, 0}},
		{"too large, which it does not say", []http.HandlerFunc{func(w http.ResponseWriter, _ *http.Request) {
			for b := fakenet.Packets(1, 10_000); ; {
				if _, err := w.Write(b); err != nil {
					return
				}
			}
		}, fakenet.Whole}, "it is too large to be kept", 0, []int64{1, 0}},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := rigOf(c.servers...)
				defer r.End()
				f := r.forPlayers()
				began := time.Now()
				f.Run(t.Context())
				whole, err := f.Object.Done()
				got := ""
				if err != nil {
					got, _, _ = strings.Cut(err.Error(), ": ")
				}
				if got != c.err || (c.err == "") != whole {
					t.Errorf("got %v, want %q; %q", err, c.err, r.findings)
				}
				if took := time.Since(began); took < c.took || took > c.took+50*ms {
					t.Errorf("took %s, want %s", took, c.took)
				}
				for i, want := range c.asked {
					if got := r.Asked[i].Load(); got != want {
						t.Errorf("server%d: asked %d times, want %d", i+1, got, want)
					}
				}
				var status *upstream.StatusError
				if errors.As(err, &status) && status.Status == 403 && string(status.Body) != "not you" {
					t.Errorf("body: got %q, want the packager's", status.Body)
				}
			})
		})
	}
}

func TestListedMediaWaitForWhatIsRefusedOnlyWhereSomebodyMayHaveIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, c := range []struct {
			name    string
			servers []http.HandlerFunc
			status  int
		}{
			{"401", []http.HandlerFunc{fakenet.Says(401, "", ""), fakenet.Says(401, "", "")}, 401},
			{"429", []http.HandlerFunc{fakenet.Says(429, "", ""), fakenet.Says(429, "", "")}, 429},
			{"403 and down", []http.HandlerFunc{fakenet.Says(403, "", ""), nil}, 0},
		} {
			r := rigOf(c.servers...)
			f := r.fetch()
			began := time.Now()
			f.Run(t.Context())
			_, err := f.Object.Done()
			if upstream.StatusOf(err) != c.status {
				t.Errorf("%s: got %v, want status %d", c.name, err, c.status)
			}
			if took := time.Since(began); c.status > 0 && took > 0 || c.status == 0 && took < f.Patience {
				t.Errorf("%s: took %s", c.name, took)
			}
			r.End()
		}
	})
}

func TestWhatNobodyWaitsForIsCancelled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ended := make(chan time.Time, 1)
		r := rigOf(func(_ http.ResponseWriter, q *http.Request) {
			<-q.Context().Done()
			ended <- time.Now()
		})
		defer r.End()
		run := func(f *Fetch) chan struct{} {
			done := make(chan struct{})
			go func() {
				defer close(done)
				f.Run(t.Context())
			}()
			synctest.Wait()
			return done
		}
		f := r.forPlayers()
		one, two := f.Object.Use(), f.Object.Stream()
		done := run(f)
		one()
		one() // twice is once
		synctest.Wait()
		if _, err := f.Object.Done(); err != nil {
			t.Fatalf("while one waits: got %v, want the fetch to go on", err)
		}
		began := time.Now()
		two()
		<-done
		if _, err := f.Object.Done(); !errors.Is(err, object.ErrAbandoned) {
			t.Errorf("when the last has gone: got %v, want %v", err, object.ErrAbandoned)
		}
		if at := <-ended; at.Sub(began) > lingerMost {
			t.Errorf("the packager's request ended after %s, want within %s", at.Sub(began), lingerMost)
		}

		f = r.forPlayers() // who waited has gone before it began
		f.Object.Use()()
		<-run(f)
		if _, err := f.Object.Done(); !errors.Is(err, object.ErrAbandoned) {
			t.Errorf("nobody left before it began: got %v, want %v", err, object.ErrAbandoned)
		}

		f = r.forPlayers() // a playlist lists it meanwhile
		one = f.Object.Use()
		done = run(f)
		f.Object.Keep()
		one()
		synctest.Wait()
		if _, err := f.Object.Done(); err != nil {
			t.Errorf("listed meanwhile: got %v, want it to go on", err)
		}
		<-done
		<-ended

		f = r.fetch() // listed from the start
		one = f.Object.Use()
		done = run(f)
		one()
		synctest.Wait()
		if _, err := f.Object.Done(); err != nil {
			t.Errorf("listed: got %v, want it to go on", err)
		}
		<-done
		<-ended
	})
}

func TestWhatNobodyWaitsForCostsNoConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := rigOf(func(w http.ResponseWriter, q *http.Request) {
			time.Sleep(5 * time.Millisecond)
			http.NotFound(w, q)
		})
		defer r.End()
		for range 50 {
			f := r.forPlayers()
			leave := f.Object.Use()
			time.AfterFunc(time.Millisecond, leave)
			f.Run(t.Context())
			if _, err := f.Object.Done(); !errors.Is(err, object.ErrAbandoned) {
				t.Fatalf("got %v, want %v", err, object.ErrAbandoned)
			}
		}
		if n := r.Net.Dials("server1:80"); n != 1 {
			t.Errorf("50 requests that were left: %d connections, want 1", n)
		}
	})
}

func TestFewAreAskedOnThoughNobodyWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var open atomic.Int64
		r := rigOf(func(_ http.ResponseWriter, q *http.Request) {
			open.Add(1)
			defer open.Add(-1)
			<-q.Context().Done()
		})
		defer r.End()
		var work sync.WaitGroup
		var leave []func()
		for range 50 {
			f := r.forPlayers()
			leave = append(leave, f.Object.Use())
			work.Go(func() { f.Run(t.Context()) })
		}
		synctest.Wait()
		for _, l := range leave {
			l()
		}
		synctest.Wait()
		if got := open.Load(); got != upstream.LingerCount {
			t.Errorf("as everybody left: %d requests under way, want %d", got, upstream.LingerCount)
		}
		work.Wait()
		synctest.Wait()
		if got := open.Load(); got != 0 {
			t.Errorf("in the end: %d requests under way, want none", got)
		}
	})
}

func TestPlayersFetchesAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := rigOf(fakenet.Silent, fakenet.Silent, fakenet.Silent)
		defer r.End()
		budget := object.NewBudget(1<<30, nil)
		var work sync.WaitGroup
		var mu sync.Mutex
		busy := 0
		for i := range 200 {
			f := r.forPlayers()
			f.Object = object.New(fmt.Sprint(i), time.Now())
			f.Object.Account(budget)
			work.Go(func() {
				began := time.Now()
				f.Run(t.Context())
				if _, err := f.Object.Done(); errors.Is(err, upstream.ErrBusy) && time.Since(began) == 0 {
					mu.Lock()
					busy++
					mu.Unlock()
				}
			})
		}
		synctest.Wait()
		if busy != 200-object.PlayersFetches {
			t.Errorf("refused at once: got %d, want %d", busy, 200-object.PlayersFetches)
		}
		if a, b, c := r.Asked[0].Load(), r.Asked[1].Load(), r.Asked[2].Load(); a != upstream.PlayersConns || b != upstream.PlayersConns || a+b+c != object.PlayersFetches {
			t.Errorf("requests: got %d, %d and %d, want %d of each at most", a, b, c, upstream.PlayersConns)
		}
		f := r.fetch() // what is listed does not notice
		before := r.Asked[0].Load()
		go f.Run(t.Context())
		synctest.Wait()
		if got := r.Asked[0].Load() - before; got != 1 {
			t.Errorf("listed, beside it: %d requests, want one at once", got)
		}
		work.Wait()
		time.Sleep(listedMost)
		if budget.Used() != 0 {
			t.Errorf("in the end %d bytes are held, want none", budget.Used())
		}
	})
}

func TestPromisedBytesDoNotCountUntilTheyCome(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const promised, comes = 60 << 20, 3 << 20
		r := rigOf(func(w http.ResponseWriter, q *http.Request) {
			w.Header().Set("Content-Length", fmt.Sprint(promised))
			_, _ = w.Write(fakenet.Packets(1, comes/fakenet.PacketLength))
			_ = http.NewResponseController(w).Flush()
			fakenet.Silent(w, q)
		})
		defer r.End()
		budget := object.NewBudget(200<<20, nil) // some of it is taken twice while it is copied
		var holds []func()
		var objects []*object.Object
		for i := range 20 {
			f := r.forPlayers()
			f.Object = object.New(fmt.Sprint(i), time.Now())
			f.Object.Account(budget)
			holds = append(holds, f.Object.Use())
			objects = append(objects, f.Object)
			go f.Run(t.Context())
		}
		synctest.Wait()
		if got := budget.Used(); got < 20*comes || got > 20*2*comes {
			t.Errorf("held for 20 that promise %d MiB: got %d MiB, want what has come", promised>>20, got>>20)
		}
		for i, release := range holds {
			if _, err := objects[i].Done(); err != nil {
				t.Errorf("%d: got %v, want it to go on", i, err)
			}
			release()
		}
		synctest.Wait()
		if budget.Used() != 0 {
			t.Errorf("cancelled: %d bytes are held, want none", budget.Used())
		}
	})
}

func TestTheLimitHolds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const size = 2 << 20
		body := fakenet.Packets(3, size/fakenet.PacketLength)
		r := rigOf(fakenet.Bytes(body))
		defer r.End()
		budget := object.NewBudget(10*size, nil)
		var objects []*object.Object
		got := map[string]int{}
		add := func(lane upstream.Lane) {
			f := r.forPlayers()
			f.Lane = lane
			f.Object = object.New(fmt.Sprint(len(objects)), time.Now())
			f.Object.Account(budget)
			defer f.Object.Use()()
			f.Run(t.Context())
			_, err := f.Object.Done()
			got[fmt.Sprint(err)]++
			objects = append(objects, f.Object)
		}
		for range 20 {
			add(upstream.Players)
		}
		if got["<nil>"] != 10 || got[upstream.ErrBusy.Error()] != 10 {
			t.Errorf("of 20 at a limit of 10: got %v", got)
		}
		add(upstream.Playback)
		if got["<nil>"] != 11 {
			t.Errorf("a listed one beyond the limit: got %v, want it fetched", got)
		}
		if want := int64(11 * len(body)); budget.Used() != want {
			t.Errorf("held: got %d, want %d", budget.Used(), want)
		}
		release := objects[0].Use()
		for _, o := range objects {
			o.Forget()
		}
		if budget.Used() != int64(len(body)) {
			t.Errorf("forgotten, one is read: %d bytes are held, want its %d", budget.Used(), len(body))
		}
		release()
		if budget.Used() != 0 {
			t.Errorf("read to its end: %d bytes are held, want none", budget.Used())
		}
	})
}
