package local

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"livestream-tui/procs/platform"
	"livestream-tui/procs/platform/model"
	"livestream-tui/procs/preflight"
	"livestream-tui/services/kit/signals"
)

// fakeReceiver answers as a receiver does. It is safe for concurrent use.
type fakeReceiver struct {
	url string

	mu      sync.Mutex
	signals []signals.Status
	hangs   bool     // it takes requests and does not answer
	refuses bool     // it answers a choice with 400
	choices []string // the bodies of the POSTs, each behind its path and its token
}

// receiverWith starts a receiver with some signals.
func receiverWith(t *testing.T, names ...string) *fakeReceiver {
	t.Helper()
	f := &fakeReceiver{}
	for _, name := range names {
		f.signals = append(f.signals, signals.Status{Name: name, Source: "main", Inputs: []signals.InputStatus{{Name: "main", State: signals.Good}}})
	}
	s := httptest.NewServer(f)
	t.Cleanup(s.Close)
	f.url = s.URL
	return f
}

func (f *fakeReceiver) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	hangs := f.hangs
	f.mu.Unlock()
	if hangs {
		<-r.Context().Done()
		return
	}
	body, _ := io.ReadAll(r.Body)
	f.mu.Lock()
	defer f.mu.Unlock()
	if r.Method == http.MethodGet && r.URL.Path == "/feeds" {
		_ = json.NewEncoder(w).Encode(map[string]any{"signals": f.signals})
		return
	}
	f.choices = append(f.choices, r.Method+" "+r.URL.Path+" "+r.Header.Get("Authorization")+" "+string(body))
	if f.refuses {
		http.Error(w, `{"error":"input \"nosuch\": allowed are main, auto"}`, http.StatusBadRequest)
	}
}

func (f *fakeReceiver) set(by func(f *fakeReceiver)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	by(f)
}

func (f *fakeReceiver) asked() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]string(nil), f.choices...)
}

// receiversAt asks the receivers at some addresses; limit is how long each may take.
func receiversAt(limit time.Duration, urls ...string) receivers {
	return receivers{urls: urls, poll: poller{client: &http.Client{Timeout: limit}, token: "secret"}}
}

const long = 30 * time.Second

// gone is the address of a receiver that does not run.
func gone(t *testing.T) string {
	t.Helper()
	s := httptest.NewServer(http.NotFoundHandler())
	defer s.Close()
	return s.URL
}

func namesAsked(t *testing.T, r receivers) string {
	t.Helper()
	return strings.Join(namesOf(r.ask(t.Context())), " ")
}

func TestReceiversAreTheEndpointsOfTheirService(t *testing.T) {
	list := []preflight.Endpoint{{Service: "origin", Host: "localhost", Port: 1}, {Service: "receiver", Host: "localhost", Port: 2}, {Service: "receiver", Host: "localhost", Port: 3}}
	if d := cmp.Diff([]string{"http://localhost:2", "http://localhost:3"}, newReceivers(list, poller{}).urls); d != "" {
		t.Errorf("want -, got +\n%s", d)
	}
}

func TestLiveSignalsAreThoseOfTheReceiversThatAnswer(t *testing.T) {
	one, two, hangs := receiverWith(t, "stage", "hall"), receiverWith(t, "stage", "roof"), receiverWith(t, "lost")
	two.signals[0].Source = "backup"
	hangs.set(func(f *fakeReceiver) { f.hangs = true })
	no := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(no.Close)
	for name, c := range map[string]struct {
		r    receivers
		want string
	}{
		"none":                   {receiversAt(long), ""},
		"one":                    {receiversAt(long, one.url), "stage hall"},
		"two":                    {receiversAt(long, one.url, two.url), "stage hall roof"},
		"the first is gone":      {receiversAt(long, gone(t), two.url), "stage roof"},
		"the first hangs":        {receiversAt(2*time.Second, hangs.url, two.url), "stage roof"},
		"the first is a website": {receiversAt(long, no.URL, two.url), "stage roof"},
		"all are gone":           {receiversAt(long, gone(t), gone(t)), ""},
	} {
		t.Run(name, func(t *testing.T) {
			if got := namesAsked(t, c.r); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
	if list := receiversAt(long, one.url, two.url).ask(t.Context()); list[0].Source != "main" {
		t.Errorf("stage: got %q on air, want what the first receiver says", list[0].Source)
	}
}

func TestReceiversAreAskedAgainUntilTheEnd(t *testing.T) {
	f := receiverWith(t, "stage")
	ctx, cancel := context.WithCancel(t.Context())
	answers, ended := make(chan string), make(chan struct{})
	go func() {
		defer close(ended)
		receiversAt(long, f.url).run(ctx, func(list []signals.Status) {
			select {
			case answers <- strings.Join(namesOf(list), " "):
			case <-ctx.Done():
			}
		})
	}()
	if got := <-answers; got != "stage" {
		t.Errorf("first: got %q", got)
	}
	f.set(func(f *fakeReceiver) { f.signals = nil })
	for got := range answers {
		if got == "" {
			break // the one before may have been under way
		}
	}
	cancel()
	<-ended
	receiversAt(long).run(t.Context(), func([]signals.Status) { t.Error("a layout without a receiver has an answer") })
}

func TestAChoiceGoesToEveryReceiver(t *testing.T) {
	one, two := receiverWith(t, "stage"), receiverWith(t, "stage")
	want := []string{`POST /feeds/stage/input Bearer secret {"input":"backup"}`}
	if err := receiversAt(long, one.url, two.url, gone(t)).switchInput(t.Context(), "stage", "backup"); err != nil {
		t.Errorf("got %v, want no error: two receivers have taken it", err)
	}
	for i, f := range []*fakeReceiver{one, two} {
		if d := cmp.Diff(want, f.asked()); d != "" {
			t.Errorf("receiver %d: want -, got +\n%s", i+1, d)
		}
	}
}

func TestAChoiceThatCannotBeIsRefusedWithTheReason(t *testing.T) {
	refusing := receiverWith(t, "stage", "hall")
	refusing.set(func(f *fakeReceiver) { f.refuses = true })
	for name, c := range map[string]struct {
		r      receivers
		signal string
		want   []string
	}{
		"a layout without a receiver": {receiversAt(long), "stage", []string{ErrNoReceiver.Error()}},
		"no such signal":              {receiversAt(long, refusing.url), "nosuch", []string{`"nosuch"`, "allowed are the live signals: stage, hall"}},
		"no receiver answers":         {receiversAt(long, gone(t)), "stage", []string{"no receiver answers"}},
		"the receiver refuses":        {receiversAt(long, refusing.url), "stage", []string{"the receiver (" + refusing.url + ")", "allowed are main, auto"}},
	} {
		t.Run(name, func(t *testing.T) {
			err := c.r.switchInput(t.Context(), c.signal, "nosuch")
			if err == nil {
				t.Fatal("got no error")
			}
			for _, part := range c.want {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("got %q, want %q in it", err, part)
				}
			}
		})
	}
	if got := receiverWith(t, "stage").asked(); len(got) != 0 {
		t.Errorf("asked: %v", got)
	}
}

func TestTheCommandInputGoesToTheReceivers(t *testing.T) {
	f := receiverWith(t, "stage")
	l := &Local{receivers: receiversAt(long, f.url)}
	if err := l.command(t.Context(), platform.Command{Action: platform.SwitchInput, Signal: "stage", Input: "auto"}); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]string{`POST /feeds/stage/input Bearer secret {"input":"auto"}`}, f.asked()); d != "" {
		t.Errorf("want -, got +\n%s", d)
	}
	var m model.Model
	m.SetLiveSignals(l.receivers.ask(t.Context()))
	if _, known := m.Now.LiveSignal("stage"); !known {
		t.Errorf("got %v, want stage", m.Now.LiveSignals)
	}
}
