package tui

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"

	"livestream-tui/procs/platform"
)

// outsideNotes has what the dashboard gave to programs outside.
type outsideNotes struct {
	vlc     []string
	browser string
	secret  bool
	written string
	copied  string
}

// noted is a model whose programs outside note what they are given, and fail with fail.
func noted(t *testing.T, how manner, fail error) (*model, *fakePlatform, *outsideNotes) {
	t.Helper()
	m, f := newTestModel(t, "on air", 120, 36, how)
	var n outsideNotes
	m.outside.VLC = func(urls []string) error { n.vlc = urls; return fail }
	m.outside.Browser = func(_ context.Context, address string, secret bool) error {
		n.browser, n.secret = address, secret
		return fail
	}
	m.outside.Copy = func(text string) error { n.copied = text; return nil }
	m.outside.Write = func(folder, name, text string) (string, error) {
		n.written = text
		return folder + "/saved/" + name, nil
	}
	return m, f, &n
}

func TestProgramsOutsideOpenTheSignals(t *testing.T) {
	m, f, n := noted(t, colour, nil)
	typed(m, "v", "b")
	if want := "[http://localhost:8002/live01/playlist.m3u8]"; fmt.Sprint(n.vlc) != want {
		t.Errorf("VLC: got %v, want %s", n.vlc, want)
	}
	if want := "http://localhost:8002/watch/live01"; n.browser != want || n.secret {
		t.Errorf("the browser: got %s, secret %t, want %s", n.browser, n.secret, want)
	}
	if n.written != "" || len(f.tokens) > 0 {
		t.Errorf("everybody may play: got the file %q and tokens for %q, want none", n.written, f.tokens)
	}
	m.scene.Snapshot.PageURL = "https://live.example.com:8002"
	typed(m, "b")
	if want := "https://live.example.com:8002/watch/live01"; n.browser != want {
		t.Errorf("with a certificate: got %s, want %s", n.browser, want)
	}
	n.browser = ""
	m.scene.Snapshot.PageURL = ""
	typed(m, "b")
	if n.browser != "" || !strings.Contains(ansi.Strip(m.View()), "serves no page") {
		t.Errorf("without a page: opened %q, and the screen is\n%s", n.browser, ansi.Strip(m.View()))
	}
}

func TestProgramsOutsidePlayWithATokenThatNobodySees(t *testing.T) {
	for _, key := range []string{"v", "b"} {
		for _, fail := range []error{nil, errors.New("it is not installed")} {
			m, f, n := noted(t, colour, fail)
			m.scene.Snapshot.Tokens = true
			typed(m, key)
			if len(f.tokens) != 1 || f.tokens[0] != "live01" {
				t.Errorf("%s: got tokens for %q, want a new one for live01", key, f.tokens)
			}
			got, want := n.browser, "http://localhost:8002/watch/live01?playback=secret-live01"
			if key == "v" {
				got, want = n.written, "#EXTM3U\nhttp://localhost:8002/live01/playlist.m3u8?playback=secret-live01\n"
				if strings.Contains(fmt.Sprint(n.vlc), "secret-") || len(n.vlc) != 1 {
					t.Errorf("the arguments of VLC are %q, want the file alone", n.vlc)
				}
			} else if !n.secret {
				t.Error("the address is not called secret")
			}
			if got != want {
				t.Errorf("%s: got %q, want %q", key, got, want)
			}
			screen := ansi.Strip(m.View())
			if strings.Contains(screen, "secret-") || strings.Contains(screen, "playback=") {
				t.Errorf("%s: the token is on the screen:\n%s", key, screen)
			}
			if said := "Its address is copied"; (fail != nil) != strings.Contains(screen, said) || (fail != nil) != strings.HasSuffix(n.copied, "?playback=secret-live01") {
				t.Errorf("%s fails with %v: copied %q, and the screen is\n%s", key, fail, n.copied, screen)
			}
		}
	}
}

func TestAReadOnlyDashboardIsGivenNoToken(t *testing.T) {
	for key, command := range map[string]string{"v": "livestream-tui token live01", "b": "livestream-tui token live01 --page"} {
		m, f, n := noted(t, readOnly(), nil)
		typed(m, key)
		if len(n.vlc) == 0 && n.browser == "" {
			t.Errorf("%s: everybody may play, and nothing is opened", key)
		}
		m, f, n = noted(t, readOnly(), nil)
		m.scene.Snapshot.Tokens = true
		typed(m, key)
		if len(n.vlc) > 0 || n.browser != "" || len(f.tokens) > 0 {
			t.Errorf("%s: opened %q and %q, with tokens for %q, want nothing", key, n.vlc, n.browser, f.tokens)
		}
		if screen := ansi.Strip(m.View()); !strings.Contains(screen, command) {
			t.Errorf("%s: the screen does not say %q:\n%s", key, command, screen)
		}
		if has, err := m.platform.Token(t.Context(), "live01"); err == nil || has != "" || len(f.tokens) > 0 {
			t.Errorf("a token from elsewhere: got %q, %v", has, err)
		}
	}
}

func TestPicturesPlayWithATokenForHalfOfItsLife(t *testing.T) {
	m, f, _ := noted(t, colour, nil)
	m.scene.Snapshot.Tokens = true
	at := m.scene.Now
	for _, c := range []struct {
		after time.Duration
		want  int // tokens made by then
	}{{0, 1}, {time.Minute, 1}, {platform.TokenLasts/2 - time.Second, 1}, {platform.TokenLasts / 2, 2}} {
		m.scene.Now = at.Add(c.after)
		got, err := m.pictureAddress("live01")()
		if want := "http://localhost:8002/live01/playlist.m3u8?playback=secret-live01"; got != want || err != nil || len(f.tokens) != c.want {
			t.Errorf("after %s: got %q, %v, and %d tokens, want %q and %d", c.after, got, err, len(f.tokens), want, c.want)
		}
	}
	m, f, _ = noted(t, readOnly(), nil)
	if got, err := m.pictureAddress("live01")(); got != "http://localhost:8002/live01/playlist.m3u8" || err != nil {
		t.Errorf("read-only, and everybody may play: got %q, %v", got, err)
	}
	m.scene.Snapshot.Tokens = true
	if got, err := m.pictureAddress("live01")(); got != "" || err == nil || err.Error() != noTokens || len(f.tokens) > 0 {
		t.Errorf("read-only: got %q, %v, want that there is no token", got, err)
	}
}

func TestARefusedTokenSaysWhyAndOpensNothing(t *testing.T) {
	m, f, n := noted(t, colour, nil)
	m.scene.Snapshot.Tokens = true
	f.refuse = platform.ErrNoToken
	typed(m, "b")
	if n.browser != "" || !strings.Contains(ansi.Strip(m.View()), "no playback token: this is the socket for watching") {
		t.Errorf("opened %q, and the screen is\n%s", n.browser, ansi.Strip(m.View()))
	}
}
