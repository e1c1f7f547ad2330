package worker

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"
	"time"

	"livestream-tui/services/kit/service"
)

// Numbers go on from the last one, not from the stepped clock.
func TestAStepOfTheClockMovesNoSegment(t *testing.T) {
	t.Parallel()
	r := folders(t, map[string]string{"live01.mp4": "film"}).start().ready()
	socket := httptest.NewServer(service.SocketHandler(r.s, service.NewKit("worker", service.Common{}, service.Environment{}, r.log)))
	defer socket.Close()
	put := func(body string) int {
		req, err := http.NewRequest(http.MethodPut, socket.URL+"/fault", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/json")
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		return res.StatusCode
	}
	for body, want := range map[string]int{
		`{"mode":"clock-stop"}`:                    http.StatusBadRequest,
		`{"mode":"clock-step","seconds":1e300}`:    http.StatusBadRequest,
		`{"mode":"clock-step","seconds":1,"by":2}`: http.StatusBadRequest,
	} {
		if got := put(body); got != want {
			t.Errorf("%s: got %d, want %d", body, got, want)
		}
	}
	for _, step := range []int{3600, -3600} {
		if got := put(fmt.Sprintf(`{"mode":"clock-step","seconds":%d}`, step)); got != http.StatusOK {
			t.Fatalf("the fault switch answers %d", got)
		}
		if got := time.Until(r.s.clock.wall.now()).Round(time.Minute); got != time.Duration(step)*time.Second {
			t.Fatalf("the clock of the day is %s off, want %d s", got, step)
		}
		newest := r.playlist("live01").LastMSN()
		r.replaceFFmpeg("live01", syscall.SIGKILL) // what is asked for anew is asked for now
		r.awaitMSN("live01", newest+1)
		if got := r.playlist("live01").LastMSN() - segmentAt(time.Now()); got < -3 || got > 0 {
			t.Errorf("after a step of %d s the newest segment is %d off the grid", step, got)
		}
	}
	noneMissing(t, r.published("live01"))
	for _, s := range r.playlist("live01").Segments {
		if s.Discontinuity {
			t.Error("a discontinuity is listed, want none")
		}
	}
}
