package tui

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"

	"livestream-tui/procs/platform/series"
)

// forgetful is a platform whose history cannot be read while err is set.
type forgetful struct {
	*fakePlatform
	err error
}

func (f *forgetful) History(ctx context.Context, since time.Time) (series.History, error) {
	if f.err != nil {
		return series.History{}, f.err
	}
	return f.fakePlatform.History(ctx, since)
}

func TestThePastIsThereAfterTheFirstLook(t *testing.T) {
	m, f := newTestModel(t, "on air", 200, 60, colour)
	if got := len(m.scene.Figures(series.Buffer, "live01", series.Most)); got != series.Most {
		t.Errorf("got %d points, want %d: fifteen minutes", got, series.Most)
	}
	screen := ansi.Strip(m.View())
	for _, want := range []string{" PLOTS ", "buffer 5.8s  min 3.8s  max 6.0s  live01", "requests 43/s", "CPU 8.2%", "server1", "-15m"} {
		if !strings.Contains(screen, want) {
			t.Errorf("the screen lacks %q:\n%s", want, screen)
		}
	}
	to := m.scene.History.To
	f.keep(noon.Add(series.Step), completed(f.snapshot), 77)
	m.takeHistory(m.recall(0)().(recalled))
	if got := m.scene.History; !got.To.Equal(to.Add(series.Step)) || len(got.Of(series.Requests, "proxy")) != series.Most {
		t.Errorf("got to %s with %d points, want one more, and the oldest gone", got.To, len(got.Of(series.Requests, "proxy")))
	}
	stamp := m.scene.Stamp
	m.takeHistory(m.recall(0)().(recalled))
	if m.scene.Stamp != stamp {
		t.Error("nothing new, and the panels are drawn again")
	}
}

func TestThePastStaysWhileThePlatformCannotBeReached(t *testing.T) {
	m, f := newTestModel(t, "on air", 120, 36, colour)
	silent := &forgetful{f, errors.New("it does not answer")}
	m.platform = silent
	before := m.scene.History.To
	if m.takeHistory(m.recall(0)().(recalled)) == nil {
		t.Error("it does not look again")
	}
	if !m.scene.History.To.Equal(before) {
		t.Errorf("got to %s, want the past to stay", m.scene.History.To)
	}
	silent.err = nil
	f.keep(noon.Add(10*series.Step), completed(f.snapshot), 77)
	m.takeHistory(m.recall(0)().(recalled))
	if want := before.Add(10 * series.Step); !m.scene.History.To.Equal(want) {
		t.Errorf("once it answers: got to %s, want %s", m.scene.History.To, want)
	}
}
