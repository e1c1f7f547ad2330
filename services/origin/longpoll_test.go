package origin

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"livestream-tui/services/kit/report"
	"livestream-tui/services/kit/service"
	"livestream-tui/services/kit/servicetest"
)

func TestLongPollThatIsNotHeld(t *testing.T) {
	t.Run("another version is answered at once", func(t *testing.T) {
		o := serve(t, service.Environment{})
		o.learn(up, up)
		if a := o.do("GET", "/live/live01/packagers?wait=60s", "", "If-None-Match", `"another"`); a.Status != 200 {
			t.Errorf("got %d, want 200", a.Status)
		}
	})
	t.Run("the same version without a wait is answered with 304", func(t *testing.T) {
		o := serve(t, service.Environment{})
		o.learn(up, up)
		tag := o.do("GET", "/live/live01/packagers", "").Header.Get("ETag")
		for _, v := range []string{tag, `"x", ` + tag, "W/" + tag, "*"} {
			a := o.do("GET", "/live/live01/packagers", "", "If-None-Match", v)
			if a.Status != 304 || a.Body != "" || a.Header.Get("ETag") != tag {
				t.Errorf("If-None-Match %s: got %d %s %s, want 304 with %s", v, a.Status, a.Body, a.Header.Get("ETag"), tag)
			}
		}
	})
	t.Run("when the wait is over it is 304", func(t *testing.T) {
		o := serve(t, service.Environment{})
		o.learn(up, up)
		tag := o.do("GET", "/live/live01/packagers", "").Header.Get("ETag")
		if a := o.do("GET", "/live/live01/packagers?wait=20ms", "", "If-None-Match", tag); a.Status != 304 {
			t.Errorf("got %d, want 304", a.Status)
		}
	})
}

func TestLongPollThatIsHeld(t *testing.T) {
	t.Run("a failover is answered", func(t *testing.T) {
		o := serve(t, service.Environment{"ADMIN_TOKEN": adminToken})
		o.learn(up, up)
		held := o.hold(t.Context())
		o.learn(up, up) // the same again changes nothing
		o.learn(down, up)
		var p report.Preference
		if a := o.got(held); a.Status != 200 || json.Unmarshal([]byte(a.Body), &p) != nil || p.Active != two {
			t.Errorf("got %d %s, want 200 with %s active", a.Status, a.Body, two)
		}
	})
	t.Run("the operator's failover is answered", func(t *testing.T) {
		o := serve(t, service.Environment{"ADMIN_TOKEN": adminToken})
		o.learn(up, up)
		held := o.hold(t.Context())
		if a := o.command("/failover", `{}`); a.Status != 200 {
			t.Fatalf("POST /failover: got %d %s", a.Status, a.Body)
		}
		if a := o.got(held); a.Status != 200 || !strings.Contains(a.Body, `"active": "`+two) {
			t.Errorf("got %d %s, want 200 with %s active", a.Status, a.Body, two)
		}
	})
	t.Run("the end of the signal is answered", func(t *testing.T) {
		o := serve(t, service.Environment{})
		o.learn(up, up)
		held := o.hold(t.Context())
		later := time.Now().Add(time.Minute)
		o.s.now = func() time.Time { return later }
		o.s.learn(answer{reported: later})
		if a := o.got(held); a.Status != 404 {
			t.Errorf("got %d %s, want 404", a.Status, a.Body)
		}
	})
	t.Run("a shutdown is answered", func(t *testing.T) {
		o := serve(t, service.Environment{"REPORTER_URL": "http://127.0.0.1:1"})
		o.learn(up, up)
		held := o.hold(t.Context())
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := o.s.Run(ctx); err != nil {
			t.Errorf("Run: got %v, want a clean end", err)
		}
		if a := o.got(held); a.Status != 304 {
			t.Errorf("got %d %s, want 304", a.Status, a.Body)
		}
	})
	t.Run("a client that goes away is let go", func(t *testing.T) {
		o := serve(t, service.Environment{})
		o.learn(up, up)
		ctx, cancel := context.WithCancel(t.Context())
		held := o.hold(ctx)
		cancel()
		if a := o.got(held); !strings.Contains(a.Body, "context canceled") {
			t.Errorf("got %+v, want the request to be cancelled", a)
		}
		servicetest.Await(t, "the handler ends", func() bool { return o.s.waiting.Load() == 0 })
	})
}
