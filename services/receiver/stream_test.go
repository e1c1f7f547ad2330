package receiver

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/hashicorp/go-hclog"
)

// full is a writer to a reader that takes nothing.
type full struct {
	http.ResponseWriter
	deadline time.Time
}

func (f *full) SetWriteDeadline(t time.Time) error { f.deadline = t; return nil }

func (f *full) Write([]byte) (int, error) { return 0, os.ErrDeadlineExceeded }

func TestAReaderThatTakesNothingIsCutOff(t *testing.T) {
	s := &Service{metrics: newMetrics(prometheus.NewRegistry())}
	w := &full{ResponseWriter: httptest.NewRecorder()}
	var ended any
	func() {
		defer func() { ended = recover() }()
		s.send(&signal{log: hclog.NewNullLogger()}, w, http.NewResponseController(w), []byte("x"))
	}()
	if err, ok := ended.(error); !ok || !errors.Is(err, http.ErrAbortHandler) {
		t.Errorf("got %v, want a broken connection", ended)
	}
	if got := testutil.ToFloat64(s.metrics.slow); got != 1 {
		t.Errorf("counted %v times, want once", got)
	}
	if in := time.Until(w.deadline); in <= 0 || in > writeMost {
		t.Errorf("the deadline is in %s, want %s at most", in, writeMost)
	}
}

func TestSecondsSinceTheEpochAreReadExactly(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"0": 0, "1800000000": 1_800_000_000 * time.Second, "1800000000.5": 1_800_000_000*time.Second + 500*time.Millisecond,
		"1800000000.123456": 1_800_000_000*time.Second + 123456*time.Microsecond, "1.1234567891": time.Second + 123456789,
	} {
		if got, err := sinceEpoch(text); err != nil || got != want {
			t.Errorf("%s: got %s, %v, want %s", text, got, err, want)
		}
	}
	for _, bad := range []string{"", "-1", "1e9", "1.x", ".5", "99999999999", "1.-5", "+1"} {
		if got, err := sinceEpoch(bad); err == nil {
			t.Errorf("%q: got %s, want an error", bad, got)
		}
	}
}
