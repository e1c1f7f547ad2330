package cli

import (
	"strings"
	"testing"
	"time"

	"livestream-tui/services/kit/service"
	"livestream-tui/services/kit/token"
)

func TestTokenPrintsAURLThatLetsPlay(t *testing.T) {
	const secret = "0123456789abcdef"
	env := service.Environment{"PLAYBACK_KEYS": "new:" + secret + ",old:fedcba9876543210", "PROXY_PORT": "18002"}
	var keys token.Keys
	if err := keys.UnmarshalText([]byte(env["PLAYBACK_KEYS"])); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		args []string
		url  string // before the token
		in   time.Duration
	}{
		{"by default", nil, "http://localhost:18002/live01/playlist.m3u8?playback=", time.Hour},
		{"for a day, elsewhere", []string{"--for", "24h", "--base", "https://live.example/"}, "https://live.example/live01/playlist.m3u8?playback=", 24 * time.Hour},
		{"a cookie", []string{"--cookie"}, "http://localhost:18002/live01/playlist.m3u8?playback_cookie=", time.Hour},
		{"the page", []string{"--page"}, "http://localhost:18002/watch/live01?playback=", time.Hour},
	} {
		before := time.Now()
		got := invoke(t, env, append([]string{"token", "live01"}, c.args...)...)
		made, ok := strings.CutPrefix(strings.TrimSuffix(got.out, "\n"), c.url)
		if got.status != statusOK || !ok || strings.Contains(got.out, secret) {
			t.Errorf("%s: got status %d, %q, %q, want %s", c.name, got.status, got.out, got.errs, c.url)
			continue
		}
		late := before.Add(c.in)
		if keys.Check([]byte(made), []byte("live01"), late.Add(-2*time.Second)) != nil || keys.Check([]byte(made), []byte("live01"), late.Add(time.Minute)) == nil {
			t.Errorf("%s: %s does not expire in %s", c.name, made, c.in)
		}
	}
	for _, c := range []struct {
		name string
		env  service.Environment
		args []string
		want status
		says string
	}{
		{"no keys", nil, []string{"live01"}, statusFailed, "PLAYBACK_KEYS is not set"},
		{"bad keys", service.Environment{"PLAYBACK_KEYS": "a:" + secret[:8]}, []string{"live01"}, statusConfiguration, "PLAYBACK_KEYS="},
		{"no signal", env, nil, statusUsage, "the name of one signal"},
		{"a path", env, []string{"live01/playlist.m3u8"}, statusUsage, "signal"},
		{"no time", env, []string{"live01", "--for", "0s"}, statusUsage, "--for"},
		{"no URL", env, []string{"live01", "--base", "live.example"}, statusUsage, "--base"},
		{"both", env, []string{"live01", "--page", "--cookie"}, statusUsage, "--page"},
	} {
		got := invoke(t, c.env, append([]string{"token"}, c.args...)...)
		if got.status != c.want || !strings.Contains(got.errs, c.says) || got.out != "" || strings.Contains(got.errs, secret[:8]) {
			t.Errorf("%s: got status %d, %q and %q, want %d, %q", c.name, got.status, got.errs, got.out, c.want, c.says)
		}
	}
}
