package api

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/go-hclog"

	"livestream-tui/procs"
	"livestream-tui/procs/platform"
	"livestream-tui/procs/platform/local"
	"livestream-tui/procs/platform/model"
	"livestream-tui/procs/platform/platformtest"
	"livestream-tui/procs/platform/series"
	"livestream-tui/services/kit/event"
)

// keepThree has a platform keep the figures of three steps; it returns when the first was.
func keepThree(l *local.Local) time.Time {
	l.Update(platformtest.PlayLive01)
	l.OnStatus(platform.Status{Name: "proxy", State: procs.Ready, PID: 7, CPU: 12.345, RSS: 1 << 30})
	begin := time.Now().Truncate(series.Step)
	for i := range 3 {
		at := begin.Add(time.Duration(i) * series.Step)
		l.Update(func(m *model.Model) {
			m.ApplyLine("viewer", event.Line{Time: at}, event.Viewing{Signal: "live01", State: event.ViewPlaying, Since: at, BufferMS: int64(4000 + i), LatencyMS: -1})
		})
		l.Keep(at, series.Point{Kind: series.Requests, Of: "proxy", Value: float64(10 * i)})
	}
	return begin
}

func historyOf(t *testing.T, p platform.Platform, since time.Time) series.History {
	t.Helper()
	h, err := p.History(t.Context(), since)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func TestContractTheHistoryIsGivenByTime(t *testing.T) {
	eachPlatform(t, func(t *testing.T, open func(*testing.T, *local.Local) platform.Platform) {
		l := platformOf(t, platformtest.Supervisor{})
		p := open(t, l)
		if h := historyOf(t, p, time.Time{}); !h.To.IsZero() || len(h.Series) > 0 || h.StepMS != series.Step.Milliseconds() {
			t.Errorf("at first: got %+v", h)
		}
		begin := keepThree(l)
		all := historyOf(t, p, time.Time{})
		if want := begin.Add(2 * series.Step); !all.To.Equal(want) {
			t.Errorf("got to %s, want %s", all.To, want)
		}
		for _, c := range []struct {
			kind series.Kind
			of   string
			want []float32
		}{
			{series.Buffer, "live01", []float32{4000, 4001, 4002}},
			{series.Latency, "live01", nil},
			{series.Usable, "live01", []float32{2, 2, 2}},
			{series.Requests, "proxy", []float32{0, 10, 20}},
			{series.CPU, "proxy", []float32{12.35, 12.35, 12.35}},
			{series.Memory, "proxy", []float32{1 << 30, 1 << 30, 1 << 30}},
			{series.CPU, "worker", nil},
		} {
			if d := cmp.Diff(c.want, all.Of(c.kind, c.of)); d != "" {
				t.Errorf("%s of %s: want -, got +\n%s", c.kind, c.of, d)
			}
		}
		if len(all.Spares) != 1 || all.Spares[0].State != series.SpareThere {
			t.Errorf("got the changes %v, want that there is a spare", all.Spares)
		}
		part := historyOf(t, p, begin.Add(series.Step))
		if got := part.Of(series.Buffer, "live01"); len(got) != 1 || got[0] != 4002 || len(part.Spares) != 0 {
			t.Errorf("since the second: got %v and %v, want the third alone", got, part.Spares)
		}
		if none := historyOf(t, p, all.To); len(none.Series) != 0 || !none.To.Equal(all.To) {
			t.Errorf("since the newest: got %+v, want nothing new", none)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := p.History(ctx, time.Time{}); !errors.Is(err, context.Canceled) {
			t.Errorf("cancelled: got %v, want %v", err, context.Canceled)
		}
	})
}

// TestAPlatformThatKeepsNoHistoryHasOneFromTheFirstLookOn has a platform of an earlier
// version, which does not know what it is asked for.
func TestAPlatformThatKeepsNoHistoryHasOneFromTheFirstLookOn(t *testing.T) {
	l := platformOf(t, platformtest.Supervisor{})
	keepThree(l)
	s := &server{platform: l, layout: platformtest.DefaultLayout(t), log: hclog.NewNullLogger(), timeouts: defaultTimeouts()}
	routes := s.routes()
	r := dialed(t, serveHandler(t, func(w http.ResponseWriter, req *http.Request) {
		if strings.HasPrefix(req.URL.Path, "/history") {
			http.NotFound(w, req)
			return
		}
		routes.ServeHTTP(w, req)
	}))
	h := historyOf(t, r, time.Time{})
	if got := h.Of(series.Buffer, "live01"); len(got) != 1 || got[0] != 4002 {
		t.Errorf("got %v, want the buffer of the latest snapshot", got)
	}
	if got := h.Of(series.Requests, "proxy"); got != nil {
		t.Errorf("got the requests %v, want none: no snapshot has them", got)
	}
	if later := historyOf(t, r, h.To); later.To.Before(h.To) {
		t.Errorf("got to %s after %s", later.To, h.To)
	}
}

func TestAnAnswerThatIsNoHistoryIsAnError(t *testing.T) {
	for name, body := range map[string]string{
		"another step": `{"to":"2026-01-01T12:00:00Z","step_ms":5000}`,
		"no history":   `{"to":"yesterday"}`,
		"a refusal":    `{"error":"no"}`,
	} {
		r := dialed(t, serveHandler(t, func(w http.ResponseWriter, req *http.Request) {
			if req.URL.Path == "/snapshot" {
				_, _ = w.Write([]byte("{}")) // a client that has gone has failed already
				return
			}
			_, _ = w.Write([]byte(body))
		}))
		if h, err := r.History(t.Context(), time.Time{}); err == nil {
			t.Errorf("%s: got %+v, want an error", name, h)
		}
	}
}
