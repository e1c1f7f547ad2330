package webhook

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/go-hclog"

	"livestream-tui/procs/platform"
)

func TestASignatureIsThatOfTheSpecification(t *testing.T) {
	// The example of the specification's own libraries.
	h := http.Header{}
	sign(h, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", time.Unix(1614265330, 0), []byte(`{"test": 2432232314}`))
	want := http.Header{
		"Webhook-Id": {"msg_p5jXN8AQM9LWM0D4loKWxJek"}, "Webhook-Timestamp": {"1614265330"},
		"Webhook-Signature": {"v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="},
	}
	if d := cmp.Diff(want, h); d != "" {
		t.Errorf("want -, got +\n%s", d)
	}
}

func TestEachFormatIsWhatItsReceiverTakes(t *testing.T) {
	at := time.Date(2026, 3, 1, 20, 0, 0, 0, time.UTC)
	begins := Alert{
		ID: "1", Kind: OffAir, Condition: OffAir, Phase: Begins, Severity: Critical, Time: at, Since: at.Add(-time.Second), Signal: "live01",
		Text: "off air: <b> & so on", OnAir: platform.AirOff, Layout: "default", Host: "h", PID: 7, Until: at.Add(forgetAfter),
	}
	ends := begins
	ends.Kind, ends.Phase, ends.Severity, ends.Time, ends.Until, ends.Text = BackOnAir, Ends, Info, at.Add(time.Minute), time.Time{}, "on air again"
	for _, c := range []struct {
		format string
		alert  Alert
		want   string
	}{
		{"json", begins, `{"id":"1","kind":"off_air","condition":"off_air","phase":"begins","severity":"critical","time":"2026-03-01T20:00:00Z","since":"2026-03-01T19:59:59Z","signal":"live01",` +
			`"text":"off air: \u003cb\u003e \u0026 so on","on_air":"off air","layout":"default","host":"h","pid":7,"until":"2026-03-01T20:04:00Z"}`},
		{"slack", begins, `{"text":"🔴 off air: \u0026lt;b\u0026gt; \u0026amp; so on (h)"}`},
		{"slack", ends, `{"text":"🟢 on air again (h)"}`},
		{"discord", begins, `{"allowed_mentions":{"parse":[]},"content":"🔴 off air: \u003cb\u003e \u0026 so on (h)"}`},
		{"alertmanager", begins, `[{"labels":{"alertname":"off_air","instance":"h","layout":"default","severity":"critical","signal":"live01"},` +
			`"annotations":{"summary":"off air: \u003cb\u003e \u0026 so on"},"startsAt":"2026-03-01T19:59:59Z","endsAt":"2026-03-01T20:04:00Z"}]`},
		{"alertmanager", ends, `[{"labels":{"alertname":"off_air","instance":"h","layout":"default","severity":"critical","signal":"live01"},` +
			`"annotations":{"summary":"on air again"},"startsAt":"2026-03-01T19:59:59Z","endsAt":"2026-03-01T20:01:00Z"}]`},
	} {
		targets, err := ParseTargets("http://h/x", c.format)
		if err != nil {
			t.Fatal(err)
		}
		got, err := targets[0].format.encode(c.alert)
		if err != nil || string(got) != c.want {
			t.Errorf("%s, %s:\ngot  %s, %v\nwant %s", c.format, c.alert.Kind, got, err, c.want)
		}
	}
	long := Alert{Text: strings.Repeat("é", 3000)}
	var message struct{ Content string }
	b, err := formats()[2].encode(long)
	if err = json.Unmarshal(b, &message); err != nil || len([]rune(message.Content)) != discordMost {
		t.Errorf("a long message for Discord: got %d characters, %v, want %d", len([]rune(message.Content)), err, discordMost)
	}
}

func TestTargetsAreReadAndNeverRepeated(t *testing.T) {
	for _, c := range []struct{ addresses, formats, want string }{
		{"", "json", ""},
		{"http://a/x", "json", ""},
		{"http://a/x, https://b/y?z=1", "slack", ""},
		{"http://a/x https://b/y", "slack,json", ""},
		{"http://a/x", "slack,json", "2 formats for 1 addresses; allowed are one for all, or one for each"},
		{"http://a/x,hooks.example/secret", "json", "address 2 is no URL; allowed are http://HOST/PATH and https://HOST/PATH, separated by commas"},
		{"ftp://a/secret", "json", "address 1 is no URL; allowed are http://HOST/PATH and https://HOST/PATH, separated by commas"},
		{"http://a/%zzsecret", "json", "address 1 is no URL; allowed are http://HOST/PATH and https://HOST/PATH, separated by commas"},
		{"http://a/x", "teams", `format "teams": allowed are json, slack, discord, alertmanager`},
	} {
		_, err := ParseTargets(c.addresses, c.formats)
		if got := messageOf(err); got != c.want {
			t.Errorf("%q, %q: got %q, want %q", c.addresses, c.formats, got, c.want)
		}
	}
}

func messageOf(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// fixed is a platform whose snapshot tests choose.
type fixed struct {
	platform.Platform
	now atomic.Pointer[platform.Snapshot]
}

func (f *fixed) Snapshot(context.Context) (platform.Snapshot, error) { return *f.now.Load(), nil }

func TestAlertsAreDeliveredAndSigned(t *testing.T) {
	type request struct {
		header http.Header
		body   []byte
	}
	got := make(chan request, 10)
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got <- request{r.Header, body}
	}))
	defer server.Close()
	// The second receiver never answers, and holds up neither the first nor the end.
	block := make(chan struct{})
	hanging := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-block }))
	defer hanging.Close()
	defer close(block)
	targets, err := ParseTargets(hanging.URL+","+server.URL, "json")
	if err != nil {
		t.Fatal(err)
	}
	p := &fixed{}
	on := moment(0, platform.AirOff, light(func(l *platform.SignalAir) { l.Reason = "why" }))
	p.now.Store(&on)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		Run(ctx, p, Options{Targets: targets, Secret: "key", Log: hclog.NewNullLogger()})
	}()
	var r request
	select {
	case r = <-got:
	case <-time.After(30 * time.Second):
		t.Fatal("nothing was delivered")
	}
	cancel()
	select {
	case <-done:
	case <-time.After(30 * time.Second):
		t.Fatal("it does not end")
	}
	var a Alert
	if err := json.Unmarshal(r.body, &a); err != nil || a.Kind != OffAir || a.Text != "off air: why" || a.ID == "" {
		t.Errorf("got %s, %v", r.body, err)
	}
	stamp := r.header.Get(headerTimestamp)
	seconds, err := time.ParseDuration(stamp + "s")
	if err != nil {
		t.Fatal(err)
	}
	want := http.Header{}
	sign(want, "key", a.ID, time.Unix(int64(seconds.Seconds()), 0), r.body)
	if got, want := r.header.Get(headerSignature), want.Get(headerSignature); got != want {
		t.Errorf("signature: got %s, want %s", got, want)
	}
}
