package call

import (
	"context"
	"crypto/rand"
	"errors"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"

	"livestream-tui/layouts"
	"livestream-tui/procs/platform"
	"livestream-tui/procs/platform/api"
	"livestream-tui/procs/platform/platformtest"
	"livestream-tui/services/cluster"
	"livestream-tui/services/cluster/clustertest"
)

// fake is a platform of functions.
type fake struct {
	platform.Platform
	command func(ctx context.Context, c platform.Command) error
	token   func() (string, error)
}

func (f fake) Command(ctx context.Context, c platform.Command) error { return f.command(ctx, c) }

func (f fake) Token(context.Context, string) (string, error) { return f.token() }

// answering has machine b answer on an engine until the test ends, and returns machine a's
// way to the engine.
func answering(t *testing.T, h http.Handler) cluster.Bus {
	t.Helper()
	engine := clustertest.NewMemory()
	a, b := engine.Open().Bus(), engine.Open().Bus()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- Answers{Machine: "b", Handler: h}.Run(ctx, b) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	probe, cancelProbe := context.WithTimeout(t.Context(), platformtest.Deadline)
	defer cancelProbe()
	platformtest.Await(t, "machine b answers", func() bool {
		_, err := a.Request(probe, cluster.SubjectPlatform+"b", nil)
		return err == nil
	})
	return a
}

func handler(p platform.Platform) http.Handler {
	return api.Handler(p, layouts.Layout{}, hclog.NewNullLogger())
}

// lossy is a bus that loses the answers to the first requests.
type lossy struct {
	cluster.Bus
	lose atomic.Int64
	sent atomic.Int64
}

func (l *lossy) Request(ctx context.Context, subject string, data []byte) ([]byte, error) {
	l.sent.Add(1)
	answer, err := l.Bus.Request(ctx, subject, data)
	if l.lose.Add(-1) >= 0 {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	return answer, err
}

func TestACommandWhoseAnswerIsLostIsDoneOnce(t *testing.T) {
	var done atomic.Int64
	refused := errors.New("no process of that name")
	for name, want := range map[string]error{"done": nil, "refused": refused} {
		t.Run(name, func(t *testing.T) {
			done.Store(0)
			bus := &lossy{Bus: answering(t, handler(fake{command: func(context.Context, platform.Command) error {
				done.Add(1)
				return want
			}}))}
			bus.lose.Store(2)
			err := To(bus, "a", "b").Command(t.Context(), platform.Command{Process: "server1", Action: platform.Kill})
			if (err == nil) != (want == nil) || want != nil && err.Error() != want.Error() {
				t.Errorf("got %v, want %v", err, want)
			}
			if n := done.Load(); n != 1 || bus.sent.Load() != 3 {
				t.Errorf("done %d times after %d messages, want once after 3", n, bus.sent.Load())
			}
		})
	}
}

func TestTwoCommandsAreDoneTwice(t *testing.T) {
	var done atomic.Int64
	b := To(answering(t, handler(fake{command: func(context.Context, platform.Command) error { done.Add(1); return nil }})), "a", "b")
	for range 2 {
		if err := b.Command(t.Context(), platform.Command{Process: "server1", Action: platform.Kill}); err != nil {
			t.Fatal(err)
		}
	}
	if n := done.Load(); n != 2 {
		t.Errorf("done %d times, want 2", n)
	}
}

func TestACommandNamesItsSource(t *testing.T) {
	got := make(chan platform.Actor, 1)
	b := To(answering(t, handler(fake{command: func(_ context.Context, c platform.Command) error { got <- c.By; return nil }})), "a", "b")
	by := platform.Actor{Via: platform.ViaAttach, Key: "K", PID: 12, User: "ann", Machine: "c"}
	if err := b.Command(t.Context(), platform.Command{Process: "server1", Action: platform.Kill, By: by}); err != nil {
		t.Fatal(err)
	}
	by.Machine = "a" // which passes it on, whatever the client says
	if who := <-got; who != by || who.String() != "ann, attach pid 12 (K) on a" {
		t.Errorf("got %+v (%s), want %+v", who, who, by)
	}
}

func TestACommandThatComesTooLateIsNotDone(t *testing.T) {
	for name, c := range map[string]struct {
		age   time.Duration // of the command, by its sender's clock
		ahead time.Duration // of the sender's clock
		known bool
		want  int
	}{
		"in time":                                  {time.Second, 0, true, http.StatusOK},
		"too late":                                 {3 * time.Second, 0, true, http.StatusConflict},
		"in time, from a clock that is behind":     {time.Second - time.Hour, time.Hour, true, http.StatusOK},
		"too late, from a clock that is ahead":     {3*time.Second - time.Hour, time.Hour, true, http.StatusConflict},
		"from a clock that is not measured":        {4 * time.Second, 0, false, http.StatusOK},
		"far too late, from one that is not known": {30 * time.Second, 0, false, http.StatusConflict},
	} {
		t.Run(name, func(t *testing.T) {
			did := 0
			a := Answers{Machine: "b", Log: hclog.NewNullLogger(), Handler: handler(fake{command: func(context.Context, platform.Command) error { did++; return nil }}),
				Ahead: func(string) (time.Duration, bool) { return c.ahead, c.known }}
			at := time.Now().Add(-c.age)
			wire := strings.Join([]string{"POST /command HTTP/1.1", "Host: platform", "Content-Type: application/json", "Call-From: a", "Call-Id: 1",
				"Call-At: " + at.Format(time.RFC3339Nano), "Call-Within: 2000", "Content-Length: 17", "", `{"action":"kill"}`}, "\r\n")
			resp, err := opened(a.answer(t.Context(), []byte(wire), &remembered{}), nil)
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			if resp.StatusCode != c.want || (did == 1) != (c.want == http.StatusOK) {
				t.Errorf("got %d, done %d times, want %d", resp.StatusCode, did, c.want)
			}
		})
	}
}

func TestAnIDIsForgottenAfterAMinute(t *testing.T) {
	var r remembered
	done := 0
	do := func() []byte { done++; return []byte{byte(done)} }
	noon := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		id    string
		after time.Duration
		want  byte
	}{{"x", 0, 1}, {"x", 59 * time.Second, 1}, {"y", 61 * time.Second, 2}, {"x", 61 * time.Second, 3}} {
		if got := r.once(c.id, noon.Add(c.after), do); got[0] != c.want {
			t.Errorf("%s after %s: got answer %d, want %d", c.id, c.after, got[0], c.want)
		}
	}
}

func TestAnAnswerThatNoMessageHoldsIsAnError(t *testing.T) {
	big := make([]byte, 2<<20)
	_, _ = rand.Read(big) // it never fails
	b := To(answering(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(big) })), "a", "b")
	if _, err := b.Journal(t.Context(), time.Time{}, 1); err == nil || !strings.Contains(err.Error(), "more than a message between machines may have") {
		t.Errorf("got %v, want that it is too large", err)
	}
}

func TestAPanicEndsItsAnswerOnly(t *testing.T) {
	b := To(answering(t, handler(fake{token: func() (string, error) { panic("a bug") }, command: func(context.Context, platform.Command) error { return nil }})), "a", "b")
	if _, err := b.Token(t.Context(), "live01"); err == nil || err.Error() != "the machine cannot answer: its log says why" {
		t.Errorf("got %v", err)
	}
	if err := b.Command(t.Context(), platform.Command{Process: "server1", Action: platform.Kill}); err != nil {
		t.Errorf("the next call: got %v", err)
	}
}

func TestALargeAnswerComesWhole(t *testing.T) {
	want := strings.Repeat("a token that lasts ", 100_000)
	b := To(answering(t, handler(fake{token: func() (string, error) { return want, nil }})), "a", "b")
	if got, err := b.Token(t.Context(), "live01"); err != nil || got != want {
		t.Errorf("got %d bytes, %v, want %d", len(got), err, len(want))
	}
}

func TestAMachineThatIsNotThereDoesNotAnswer(t *testing.T) {
	b := To(answering(t, handler(fake{})), "a", "c")
	if _, err := b.Journal(t.Context(), time.Time{}, 1); err == nil || err.Error() != "machine c does not answer: it is not connected to the engine" {
		t.Errorf("got %v", err)
	}
}

func FuzzACall(f *testing.F) {
	f.Add([]byte("POST /command HTTP/1.1\r\nHost: p\r\nCall-From: a\r\nCall-Id: 1\r\n\r\n{}"))
	f.Add([]byte("GET /journal?since=x HTTP/1.1\r\nCall-From: a\r\nCall-Id: 1\r\n\r\n"))
	f.Add([]byte(nil))
	a := Answers{Machine: "b", Log: hclog.NewNullLogger(), Handler: handler(fake{command: func(context.Context, platform.Command) error { return nil }, token: func() (string, error) { return "", nil }}),
		Ahead: func(string) (time.Duration, bool) { return 0, false }}
	f.Fuzz(func(t *testing.T, wire []byte) {
		if strings.Contains(string(wire), "/") && strings.HasPrefix(string(wire), "GET") {
			return // the fake answers commands only
		}
		resp, err := opened(a.answer(t.Context(), wire, &remembered{}), nil)
		if err != nil {
			t.Fatalf("the answer to %q cannot be read: %v", wire, err)
		}
		resp.Body.Close()
	})
}
