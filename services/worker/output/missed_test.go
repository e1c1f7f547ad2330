package output

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
)

func TestSegmentsThatAPackagerMissesAreNotALineEach(t *testing.T) {
	log := &lines{}
	missed := prometheus.NewCounterVec(prometheus.CounterOpts{Name: "m"}, []string{"signal", "packager"})
	c := newClient(Config{Log: hclog.New(&hclog.LoggerOptions{Output: log, DisableTime: true}), Metrics: Metrics{Missed: missed}}, "http://b", "live01", 2*time.Second, newLatest())
	now := time.Date(2024, 4, 5, 11, 23, 45, 0, time.UTC)
	for second := 0; second < 150; second += 3 { // each deliver misses two, and the one after that nothing
		at := now.Add(time.Duration(second) * time.Second)
		c.noteMissed(2, at)
		c.noteMissed(0, at.Add(2*time.Second))
	}
	for second := 150; second < 170; second += 2 {
		c.noteMissed(0, now.Add(time.Duration(second)*time.Second))
	}
	c.noteMissed(1, now.Add(time.Hour))
	const left, over = "[WARN]  segments left", "[INFO]  no more segments"
	var got []string
	for line := range strings.Lines(log.text()) {
		for _, kind := range []string{left, over} {
			if strings.HasPrefix(line, kind) {
				_, fields, _ := strings.Cut(strings.TrimSpace(line), "segments=")
				got = append(got, kind+" "+fields)
			}
		}
	}
	want := []string{left + " 2", left + " 42", left + " 82", over + " 100 for=2m27s", left + " 1"}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	if n := testutil.ToFloat64(missed.WithLabelValues("live01", "http://b")); n != 101 {
		t.Errorf("%v are counted, want all 101", n)
	}
}
