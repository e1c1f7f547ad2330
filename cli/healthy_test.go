package cli

import (
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"livestream-tui/procs/platform"
	"livestream-tui/services/kit/service"
)

// answering serves an answer on a socket, whose path it returns.
func answering(t *testing.T, status int, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "s")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) { http.Error(w, text, status) })
	server := &http.Server{Handler: mux}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = server.Serve(l) // it was closed
	}()
	t.Cleanup(func() {
		server.Close()
		<-done
	})
	return path
}

func TestAServiceIsHealthyWhenItIsReady(t *testing.T) {
	for _, c := range []struct {
		name, socket, out, errs string
	}{
		{"it is ready", answering(t, http.StatusOK, "ready"), "ready\n", ""},
		{"it is not ready", answering(t, http.StatusServiceUnavailable, "no signal yet"), "", "not ready: no signal yet"},
		{"it has gone, and no platform runs", filepath.Join(t.TempDir(), "s"), "", "no platform is running here"},
	} {
		t.Run(c.name, func(t *testing.T) {
			want := statusOK
			if c.errs != "" {
				want = statusFailed
			}
			got := invoke(t, service.Environment{"SERVICE_SOCKET": c.socket}, "healthy")
			if got.status != want || got.out != c.out || !strings.Contains(got.errs, c.errs) {
				t.Errorf("got %+v, want status %d, %q and the error %q", got, want, c.out, c.errs)
			}
		})
	}
}

func TestAPlatformIsHealthyWhileItsAudienceSeesThePicture(t *testing.T) {
	for state, want := range map[platform.AirState]string{
		platform.AirOn: "", platform.AirOffSoon: "", platform.AirOff: "off air: why", platform.AirStarting: "starting: why",
		platform.AirUnknown: "unknown: why", platform.AirEnded: "ended: why",
	} {
		answer, err := health(platform.OnAir{State: state, Reason: "why"})
		if want == "" && (err != nil || answer != state.String()) || want != "" && (err == nil || err.Error() != want) {
			t.Errorf("%s: got %q, %v, want the error %q", state, answer, err, want)
		}
	}
	if _, err := health(platform.OnAir{State: platform.AirOff}); err == nil || err.Error() != "off air" {
		t.Errorf("without a reason: got %v", err)
	}
}
