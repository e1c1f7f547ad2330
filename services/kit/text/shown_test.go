package text

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

func TestShownHidesSecretsOfURLs(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"plain text", "connection refused", "connection refused"},
		{"a path", "/live01/playlist.m3u8", "/live01/playlist.m3u8"},
		{"harmless parameters", "/a.m3u8?res=720&start=5", "/a.m3u8?res=720&start=5"},
		{"a token", "/a.m3u8?token=abc&res=720", "/a.m3u8?token=" + Masked + "&res=720"},
		{"a signature in the middle", "/a.m3u8?e=1&X-Amz-Signature=0af&b=2", "/a.m3u8?e=1&X-Amz-Signature=" + Masked + "&b=2"},
		{"a long value", "/a.m3u8?x=" + strings.Repeat("a", longValue), "/a.m3u8?x=" + Masked},
		{"credentials", `Get "http://op:pw@one:8080/a": refused`, `Get "http://` + Masked + `@one:8080/a": refused`},
		{"credentials with an @", "http://op:p@w@one/a", "http://" + Masked + "@one/a"},
		{"an @ in a path", "http://one/@home", "http://one/@home"},
		{"several URLs", "http://a:b@one and http://c:d@two?key=1", "http://" + Masked + "@one and http://" + Masked + "@two?key=" + Masked},
		{"a quoted address", `parse "http://one/?token=abc": bad`, `parse "http://one/?token=` + Masked + `": bad`},
		{"the name of a file", "/state/live%2Fa.m3u8%3Ftoken=abc.json: disk full", "/state/live%2Fa.m3u8%3Ftoken=" + Masked + " disk full"},
		{"what is no URL", "level=INF msg=hello", "level=INF msg=hello"},
		{"control sequences", "\x1b[2Jgone", "gone"},
	} {
		if got := Shown(c.in); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

func TestCausesHideSecrets(t *testing.T) {
	_, bad := url.Parse("http://op:pw@one:port/?token=abc")
	_, unknown := http.Get("nosuch://op:pw@one/?token=abc")
	for _, err := range []error{bad, unknown, errors.New(`redirected to "http://op:pw@one/?token=abc"`)} {
		if got := Cause(err); strings.Contains(got, "pw") || strings.Contains(got, "abc") {
			t.Errorf("%v: got %q, want no secret", err, got)
		}
	}
}
