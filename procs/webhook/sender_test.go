package webhook

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/go-hclog"
)

// receiver is a server of alerts without a network. Safe for concurrent use.
type receiver struct {
	// answer returns the status for a request, or an error for one that is not answered.
	answer func(r *http.Request) (int, error)

	mu    sync.Mutex
	taken []Alert // guarded by mu
	tries int     // guarded by mu
}

// RoundTrip implements http.RoundTripper.
func (r *receiver) RoundTrip(req *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return nil, err
	}
	status, err := r.answer(req)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.tries++
	if err != nil {
		return nil, err
	}
	if status == http.StatusOK {
		var a Alert
		if err := json.Unmarshal(body, &a); err != nil {
			return nil, err
		}
		r.taken = append(r.taken, a)
	}
	return &http.Response{StatusCode: status, Body: io.NopCloser(strings.NewReader("said")), Header: http.Header{"Retry-After": {"7"}}, Request: req}, nil
}

// ids are those of the alerts that were taken.
func (r *receiver) ids() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var list []string
	for _, a := range r.taken {
		list = append(list, a.ID)
	}
	return list
}

// senderTo returns a sender to a receiver, in the format json.
func senderTo(r *receiver) *sender {
	return newSender(Target{"https://hooks.example/secret", formats()[0]}, "key", &http.Client{Transport: r}, hclog.NewNullLogger())
}

func alertOfNumber(n int) Alert {
	return Alert{ID: fmt.Sprint(n), Kind: Failover, Condition: Failover, Phase: Once}
}

func numbers(from, to int) []string {
	var list []string
	for n := from; n < to; n++ {
		list = append(list, fmt.Sprint(n))
	}
	return list
}

// run runs a sender in the background and returns a function that ends it.
func run(s *sender) (end func()) {
	ctx, cancel := context.WithCancel(context.Background())
	working, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); s.run(ctx, working) }()
	return func() {
		cancel()
		time.AfterFunc(endGrace, stop)
		<-done
		stop()
	}
}

func TestNothingIsLostWhileAReceiverIsGone(t *testing.T) {
	const outage = time.Minute
	for name, away := range map[string]func(r *http.Request) (int, error){
		"it hangs":              func(r *http.Request) (int, error) { <-r.Context().Done(); return 0, r.Context().Err() },
		"it answers 500":        func(*http.Request) (int, error) { return http.StatusInternalServerError, nil },
		"it answers 404":        func(*http.Request) (int, error) { return http.StatusNotFound, nil },
		"it answers 301":        func(*http.Request) (int, error) { return http.StatusMovedPermanently, nil },
		"it refuses to connect": func(*http.Request) (int, error) { return 0, errors.New("connection refused") },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				began := time.Now()
				r := &receiver{answer: func(req *http.Request) (int, error) {
					if time.Since(began) < outage {
						return away(req)
					}
					return http.StatusOK, nil
				}}
				s := senderTo(r)
				end := run(s)
				const alerts = 60
				for n := range alerts {
					at := time.Now()
					s.take(alertOfNumber(n))
					if took := time.Since(at); took != 0 {
						t.Fatalf("take blocked for %s", took)
					}
					time.Sleep(time.Second)
				}
				time.Sleep(2 * backoffMost)
				synctest.Wait()
				if d := cmp.Diff(numbers(0, alerts), r.ids()); d != "" {
					t.Errorf("want -, got +\n%s", d)
				}
				if tries := r.tries - alerts; tries < 3 || tries > 12 {
					t.Errorf("tried %d times in vain within %s, want few, further and further apart", tries, outage)
				}
				end()
			})
		})
	}
}

func TestAnAlertThatIsRefusedDoesNotHoldUpTheOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		first := true
		r := &receiver{answer: func(*http.Request) (int, error) {
			if first {
				first = false
				return http.StatusBadRequest, nil
			}
			return http.StatusOK, nil
		}}
		s := senderTo(r)
		end := run(s)
		for n := range 3 {
			s.take(alertOfNumber(n))
		}
		synctest.Wait()
		if d := cmp.Diff(numbers(1, 3), r.ids()); d != "" {
			t.Errorf("want -, got +\n%s", d)
		}
		end()
	})
}

func TestTheNewestAlertsAreKeptAndTheOthersCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		r := &receiver{answer: func(*http.Request) (int, error) {
			if time.Since(began) < time.Minute {
				return http.StatusServiceUnavailable, nil
			}
			return http.StatusOK, nil
		}}
		s := senderTo(r)
		end := run(s)
		const over = 5
		for n := range queueMost + over {
			s.take(alertOfNumber(n))
		}
		time.Sleep(3 * backoffMost)
		synctest.Wait()
		if d := cmp.Diff(numbers(over, queueMost+over), r.ids()); d != "" {
			t.Errorf("want -, got +\n%s", d)
		}
		if first, second := r.taken[0].Dropped, r.taken[1].Dropped; first != over || second != 0 {
			t.Errorf("dropped: got %d and then %d, want %d and 0", first, second, over)
		}
		end()
	})
}

func TestTheEndOfThePlatformDoesNotWaitForAReceiver(t *testing.T) {
	for name, c := range map[string]struct {
		answer func(r *http.Request) (int, error)
		most   time.Duration
		want   []string
	}{
		"it hangs":       {func(r *http.Request) (int, error) { <-r.Context().Done(); return 0, r.Context().Err() }, endGrace, nil},
		"it answers 500": {func(*http.Request) (int, error) { return http.StatusInternalServerError, nil }, 0, nil},
		"it is slow":     {func(*http.Request) (int, error) { time.Sleep(endGrace / 4); return http.StatusOK, nil }, endGrace, numbers(0, 2)},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := &receiver{answer: c.answer}
				s := senderTo(r)
				end := run(s)
				for n := range 2 {
					s.take(alertOfNumber(n))
				}
				synctest.Wait()
				began := time.Now()
				end()
				if took := time.Since(began); took > c.most {
					t.Errorf("it took %s, want %s at most", took, c.most)
				}
				if d := cmp.Diff(c.want, r.ids()); d != "" {
					t.Errorf("want -, got +\n%s", d)
				}
			})
		})
	}
}

func TestWaitsGrowUpToABound(t *testing.T) {
	now := time.Now()
	var q queue
	q.push(alertOfNumber(0))
	var longest time.Duration
	for n := range 40 {
		q.failed(now, 0.999, 0)
		_, wait, _ := q.head(now)
		if wait < longest-time.Millisecond || wait > backoffMost {
			t.Errorf("after %d failures: got %s, want between %s and %s", n+1, wait, longest, backoffMost)
		}
		longest = max(longest, wait)
	}
	q.failed(now, 0, time.Hour)
	if _, wait, _ := q.head(now); wait != askedMost {
		t.Errorf("asked for an hour: got %s, want %s", wait, askedMost)
	}
	a, _, _ := q.head(now)
	q.taken(a)
	q.push(alertOfNumber(1))
	q.failed(now, 0, 0)
	if _, wait, _ := q.head(now); wait != backoffFirst/2 {
		t.Errorf("after one was taken: got %s, want %s", wait, backoffFirst/2)
	}
}

func TestWhatSaysNothingNewMakesRoomFirst(t *testing.T) {
	q := queue{most: 3}
	still := func(id string) Alert { return Alert{ID: id, Kind: StillOn, Condition: StillOn, Phase: Once} }
	q.push(alertOfNumber(0))
	q.push(still("a"))
	q.push(still("b")) // says all that a does
	q.push(alertOfNumber(1))
	q.push(alertOfNumber(2))
	var got []string
	for _, a := range q.waiting {
		got = append(got, a.ID)
	}
	if d := cmp.Diff([]string{"0", "1", "2"}, got); d != "" {
		t.Errorf("want -, got +\n%s", d)
	}
}
