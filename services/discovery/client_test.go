package discovery

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"livestream-tui/services/hls/m3u8"
	"livestream-tui/services/kit/servicetest"
)

const playlistText = "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:2\n#EXT-X-MEDIA-SEQUENCE:7\n#EXTINF:2,\n7.m4s\n"

func TestWhatAPackagersAnswerIsWorth(t *testing.T) {
	elsewhere := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, playlistText) }))
	t.Cleanup(elsewhere.Close)
	say := func(code int, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(code)
			_, _ = io.WriteString(w, body)
		}
	}
	for _, c := range []struct {
		name    string
		handler http.HandlerFunc
		want    string // of Err; empty when the answer is good
	}{
		{"a playlist", say(200, playlistText), ""},
		{"an error with its reason", say(503, `{"error":"behind a fresher peer"}`), "status 503: behind a fresher peer"},
		{"an error without", say(500, "oops"), "status 500"},
		{"a page", say(200, "<html>"), "#EXTM3U"},
		{"nothing", say(200, ""), "#EXTM3U"},
		{"a playlist without a segment", say(200, "#EXTM3U\n#EXT-X-TARGETDURATION:2\n"), "lists no segment"},
		{"another host", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, elsewhere.URL, http.StatusFound) }, "status 302"},
		{"too much", func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, playlistText)
			_, _ = io.WriteString(w, strings.Repeat("#\n", m3u8.MaxPlaylist/2))
		}, "larger than"},
		{"less than it promised", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "1000")
			_, _ = io.WriteString(w, playlistText)
		}, "broke off"},
		{"nothing in time", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, "no answer within 1s"},
		{"control sequences", say(500, `{"error":"\u001b[2Jgone"}`), "status 500: gone"},
	} {
		t.Run(c.name, func(t *testing.T) {
			server := httptest.NewServer(c.handler)
			defer server.Close()
			client := newClient()
			defer client.close()
			if !strings.HasPrefix(c.want, "no answer") {
				client.http.Timeout = servicetest.Patience // a busy machine is no packager that does not answer
			}
			r := client.playlist(t.Context(), server.URL, "live01")
			if good := c.want == ""; good != (r.Playlist != nil) || good != (r.Err == "") || !strings.Contains(r.Err, c.want) {
				t.Errorf("got %+v, want %q", r, c.want)
			}
			if r.At.IsZero() || r.Playlist != nil && (r.Latency <= 0 || r.Latency > time.Since(r.At)+servicetest.Patience) {
				t.Errorf("got %+v, want its time and latency", r)
			}
		})
	}
	t.Run("no listener", func(t *testing.T) {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		url := "http://" + l.Addr().String()
		l.Close()
		client := newClient()
		defer client.close()
		if r := client.playlist(t.Context(), url, "live01"); r.Err != "connection refused" {
			t.Errorf("got %+v, want connection refused", r)
		}
	})
}
