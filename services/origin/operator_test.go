package origin

import (
	"strings"
	"testing"

	"livestream-tui/services/kit/report"
	"livestream-tui/services/kit/service"
	"livestream-tui/services/kit/servicetest"
)

func TestFailover(t *testing.T) {
	for _, c := range []struct {
		name, body string
		headers    []string
		states     []report.State
		want       int
		says       string
	}{
		{"one signal", `{"signal":"live01"}`, nil, []report.State{up, up}, 200, `[{"signal":"live01","from":"http://localhost:8080","to":"http://localhost:9090"}]`},
		{"all signals", `{}`, nil, []report.State{up, up}, 200, `[{"signal":"live01","from":"http://localhost:8080","to":"http://localhost:9090"}]`},
		{"no other is usable", `{}`, nil, []report.State{up, down}, 409, `{"error":"no other packager is usable"}`},
		{"no such signal", `{"signal":"live02"}`, nil, []report.State{up, up}, 404, `{"error":"no signal \"live02\""}`},
		{"another type", `{}`, []string{"Content-Type", "text/plain"}, []report.State{up, up}, 415, `{"error":"the Content-Type must be application/json"}`},
		{"from a web page", `{}`, []string{"Origin", "http://localhost:8001"}, []report.State{up, up}, 403, `{"error":"requests from web pages are not allowed"}`},
		{"no JSON", `now`, nil, []report.State{up, up}, 400, `{"error":"bad JSON: invalid character 'o' in literal null (expecting 'u')"}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := serve(t, service.Environment{"ADMIN_TOKEN": adminToken})
			o.learn(c.states...)
			a := o.command("/failover", c.body, c.headers...)
			if a.Status != c.want || servicetest.Compact(t, a.Body) != c.says {
				t.Errorf("got %d %s, want %d %s", a.Status, a.Body, c.want, c.says)
			}
			want := one
			if c.want == 200 {
				want = two
			}
			if live := o.do("GET", "/live/live01", ""); !strings.Contains(live.Body, want) {
				t.Errorf("after it: got %s, want %s", live.Body, want)
			}
		})
	}
}

func TestHold(t *testing.T) {
	for _, c := range []struct {
		name, body string
		states     []report.State
		want       int
		says       string
		active     string
	}{
		{"the standby", `{"signal":"live01","packager":"http://localhost:9090"}`, []report.State{up, up}, 200, `[{"signal":"live01","active":"http://localhost:9090","held":true}]`, two},
		{"the active one", `{"packager":"http://localhost:8080"}`, []report.State{up, up}, 200, `[{"signal":"live01","active":"http://localhost:8080","held":true}]`, one},
		{"release", `{}`, []report.State{up, up}, 200, `[{"signal":"live01","active":"http://localhost:8080","held":false}]`, one},
		{"one that is down", `{"packager":"http://localhost:9090"}`, []report.State{up, down}, 409, `{"error":"packager http://localhost:9090 is not usable"}`, one},
		{"a stranger", `{"packager":"http://elsewhere"}`, []report.State{up, up}, 400, `{"error":"packager \"http://elsewhere\": allowed are http://localhost:8080,http://localhost:9090, and nothing to release"}`, one},
		{"no such signal", `{"signal":"live02"}`, []report.State{up, up}, 404, `{"error":"no signal \"live02\""}`, one},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := serve(t, service.Environment{"ADMIN_TOKEN": adminToken})
			o.learn(c.states...)
			a := o.command("/hold", c.body)
			if a.Status != c.want || servicetest.Compact(t, a.Body) != c.says {
				t.Errorf("got %d %s, want %d %s", a.Status, a.Body, c.want, c.says)
			}
			if live := o.do("GET", "/live/live01", ""); !strings.Contains(live.Body, c.active) {
				t.Errorf("after it: got %s, want %s", live.Body, c.active)
			}
		})
	}
}

func TestAHeldPackagerIsLeftWhenItFailsAndNotBefore(t *testing.T) {
	o := serve(t, service.Environment{"ADMIN_TOKEN": adminToken})
	o.learn(up, up)
	o.command("/hold", `{"packager":"http://localhost:9090"}`)
	o.learn(up, up)
	if live := o.do("GET", "/live/live01", ""); !strings.Contains(live.Body, two) {
		t.Errorf("while it is well: got %s, want %s", live.Body, two)
	}
	o.learn(up, down)
	if live := o.do("GET", "/live/live01", ""); !strings.Contains(live.Body, one) {
		t.Errorf("after it failed: got %s, want %s", live.Body, one)
	}
	if p := o.do("GET", "/live/live01/packagers", ""); strings.Contains(p.Body, "held") {
		t.Errorf("after it failed it is held still: %s", p.Body)
	}
}

const adminToken = "an-operators-own-token"

// command sends a command with the operator's token.
func (o *origin) command(path, body string, headers ...string) servicetest.Answer {
	o.t.Helper()
	return o.do("POST", path, body, append([]string{"Authorization", "Bearer " + adminToken}, headers...)...)
}

func TestCommandsNeedTheToken(t *testing.T) {
	for _, c := range []struct{ name, token, authorization, says, challenge string }{
		{"no token", adminToken, "", "a bearer token is needed: that of ADMIN_TOKEN", `Bearer realm="livestream-tui"`},
		{"another", adminToken, "Bearer an-operators-own", "the bearer token is not that of ADMIN_TOKEN", `Bearer realm="livestream-tui", error="invalid_token"`},
		{"another scheme", adminToken, "Basic " + adminToken, "a bearer token is needed: that of ADMIN_TOKEN", `Bearer realm="livestream-tui"`},
		{"no scheme", adminToken, adminToken, "a bearer token is needed: that of ADMIN_TOKEN", `Bearer realm="livestream-tui"`},
		{"none is set", "", "Bearer ", "ADMIN_TOKEN is not set: nothing is commanded here", `Bearer realm="livestream-tui"`},
		{"none is set, no token", "", "", "ADMIN_TOKEN is not set: nothing is commanded here", `Bearer realm="livestream-tui"`},
	} {
		o := serve(t, service.Environment{"ADMIN_TOKEN": c.token})
		o.learn(up, up)
		for _, path := range []string{"/failover", "/hold"} {
			a := o.do("POST", path, `{"packager":"http://localhost:9090"}`, "Authorization", c.authorization)
			if a.Status != 401 || servicetest.Compact(t, a.Body) != `{"error":"`+c.says+`"}` || a.Header.Get("WWW-Authenticate") != c.challenge {
				t.Errorf("%s: %s: got %d %s, %v", c.name, path, a.Status, a.Body, a.Header)
			}
		}
		if live := o.do("GET", "/live/live01", ""); live.Status != 200 || !strings.Contains(live.Body, one) {
			t.Errorf("%s: after it: got %d %s, want it as before, and read without a token", c.name, live.Status, live.Body)
		}
	}
}
