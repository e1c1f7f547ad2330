package cmcd

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"livestream-tui/services/proxy/metrics"
)

// lines are what was logged.
type lines []string

func (l *lines) Info(msg string, args ...any) { *l = append(*l, msg+" "+fmt.Sprint(args...)) }
func (l *lines) Warn(msg string, args ...any) { l.Info(msg, args...) }

func TestTheAudienceIsAnnouncedWhenItChanges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log lines
		handedOver := make(chan struct{})
		a := New(Options{Metrics: metrics.NewAudience(prometheus.NewRegistry()), Log: &log, HandedOver: handedOver})
		go a.Run(t.Context())
		for range 10 {
			a.hears(`sid="a",bl=3000`)
			time.Sleep(2 * time.Second)
		}
		a.hears(`sid="b",bl=3000`)
		time.Sleep(time.Minute)
		synctest.Wait()
		if len(log) != 4 || !strings.HasPrefix(log[0], "players of live01 that report: 1 ") || !strings.HasPrefix(log[1], "players of live01 that report: 2 ") || !strings.HasPrefix(log[2], "players of live01 that report: 1 ") || !strings.HasPrefix(log[3], "no player of live01 reports any more") {
			t.Errorf("got %s", strings.Join(log, "\n"))
		}
		before := slices.Clone(log)
		close(handedOver)
		a.hears(`sid="c"`)
		time.Sleep(time.Minute)
		synctest.Wait()
		if !slices.Equal(log, before) {
			t.Errorf("after the other incarnation took over: got %s", strings.Join(log[len(before):], "\n"))
		}
	})
}
