package service

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"testing"

	"livestream-tui/services/kit/report"
)

func uid() string { return strconv.Itoa(os.Getuid()) }

func TestWriteJSON(t *testing.T) {
	for _, c := range []struct {
		name string
		v    any
		code int
		want string
	}{
		{"a record", report.Live{Signal: "live01", Server: "http://localhost:8080/live01/playlist.m3u8"}, 200,
			"{\n  \"signal\": \"live01\",\n  \"server\": \"http://localhost:8080/live01/playlist.m3u8\"\n}\n"},
		{"an empty list", []string{}, 200, "[]\n"},
		{"a list", []string{"a&b"}, 200, "[\n  \"a&b\"\n]\n"},
		{"what cannot be JSON", func() {}, 500, "{\n  \"error\": \"internal error\"\n}\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := httptest.NewRecorder()
			WriteJSON(w, http.StatusOK, c.v)
			if w.Code != c.code || w.Body.String() != c.want {
				t.Errorf("got %d %s, want %d %s", w.Code, w.Body, c.code, c.want)
			}
			if got := w.Header().Get("Content-Length"); got != strconv.Itoa(len(c.want)) {
				t.Errorf("Content-Length: got %s, want %d", got, len(c.want))
			}
			if w.Header().Get("Content-Type") != "application/json" || w.Header().Get("Cache-Control") != "no-store" {
				t.Errorf("got the header %v, want JSON that nobody stores", w.Header())
			}
		})
	}
}

func TestReadPost(t *testing.T) {
	local := &net.TCPAddr{IP: net.ParseIP("192.0.2.7"), Port: 2000}
	own := URLs{"http://reporter:2000"}
	type header map[string]string
	for _, c := range []struct {
		name   string
		header header
		host   string
		body   string
		want   int
	}{
		{"a good one", nil, "localhost:2000", `{"signal":"live01"}`, 200},
		{"with a charset", header{"Content-Type": "application/json; charset=utf-8"}, "localhost:2000", `{}`, 200},
		{"to a loopback address", nil, "127.0.0.1:2000", `{}`, 200},
		{"to a loopback address of IPv6", nil, "[::1]:2000", `{}`, 200},
		{"to the address of the connection", nil, "192.0.2.7:2000", `{}`, 200},
		{"to our configured name, in capitals", nil, "REPORTER:2000", `{}`, 200},
		{"with white space after the value", nil, "localhost", "{}\n", 200},
		{"to another address", nil, "192.0.2.8:2000", `{}`, 403},
		{"to a name that DNS has bound to us", nil, "evil.example:2000", `{}`, 403},
		{"to our name at another port", nil, "reporter:2001", `{}`, 403},
		{"to no host", nil, "", `{}`, 403},
		{"from a web page", header{"Origin": "http://localhost:2000"}, "localhost:2000", `{}`, 403},
		{"from a form of a web page", header{"Content-Type": "text/plain"}, "localhost:2000", `{}`, 415},
		{"without a type", header{"Content-Type": ""}, "localhost:2000", `{}`, 415},
		{"no JSON", nil, "localhost:2000", `signal=live01`, 400},
		{"nothing", nil, "localhost:2000", ``, 400},
		{"an unknown field", nil, "localhost:2000", `{"signa":"live01"}`, 400},
		{"a wrong type", nil, "localhost:2000", `{"signal":1}`, 400},
		{"two values", nil, "localhost:2000", `{}{}`, 400},
		{"something after the value", nil, "localhost:2000", `{} x`, 400},
		{"too much", nil, "localhost:2000", `{"signal":"` + strings.Repeat("a", maxPost) + `"}`, 413},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := httptest.NewRequest(http.MethodPost, "/ingests", strings.NewReader(c.body))
			r = r.WithContext(context.WithValue(r.Context(), http.LocalAddrContextKey, local))
			r.Host = c.host
			r.Header.Set("Content-Type", "application/json")
			for k, v := range c.header {
				r.Header.Set(k, v)
			}
			w := httptest.NewRecorder()
			var v report.FailoverRequest
			ok := ReadPost(w, r, own, &v)
			if ok != (c.want == 200) || w.Code != c.want {
				t.Errorf("got %t, %d %s, want %d", ok, w.Code, w.Body, c.want)
			}
			if !ok && !strings.HasPrefix(w.Body.String(), "{\n  \"error\": \"") {
				t.Errorf("got %s, want a JSON error", w.Body)
			}
		})
	}
}
