package packager

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"livestream-tui/services/hls/m3u8"
	"livestream-tui/services/hls/media"
	"livestream-tui/services/kit/service"
	"livestream-tui/services/packager/disktest"
)

func TestHalfABodyNeverCounts(t *testing.T) {
	r, p := runHTTP(t)
	p.publish(100, 103)
	whole := disktest.SegmentOf(104, "live01")
	for _, head := range []string{
		fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(whole), whole[:len(whole)/2]),
		fmt.Sprintf("Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n", len(whole), whole), // without its end
	} {
		c, err := net.Dial("tcp", strings.TrimPrefix(r.url, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(c, "PUT /live01/104.m4s HTTP/1.1\r\nHost: x\r\nContent-Type: video/mp4\r\n%s", head)
		if err := c.(*net.TCPConn).CloseWrite(); err != nil {
			t.Fatal(err)
		}
		if res, err := http.ReadResponse(bufio.NewReader(c), nil); err == nil && res.StatusCode != 400 {
			t.Errorf("got %d, want 400 or a broken connection", res.StatusCode)
		}
		c.Close()
	}
	p.Add(104)
	p.playlist()
	if got := r.list().LastMSN(); got != 103 {
		t.Errorf("got msn %d listed, want 103", got)
	}
	p.must(204, "104.m4s", whole)
	r.awaitMSN(104)
}

func TestRefusedUploads(t *testing.T) {
	r, p := runHTTP(t)
	p.publish(100, 103)
	good := disktest.SegmentOf(104, "live01")
	later := p.List
	later.Segments = append([]m3u8.Segment{}, later.Segments...)
	later.Segments[3].URI = "999.m4s"
	for _, c := range []struct {
		name, path string
		body       []byte
		header     []string
		status     int
	}{
		{"another type", "104.m4s", good, []string{"Content-Type", "text/html"}, 415},
		{"no type", "104.m4s", good, []string{"Content-Type", ""}, 415},
		{"a playlist's type for a segment", "104.m4s", good, []string{"Content-Type", playlistType}, 415},
		{"a web page", "104.m4s", good, []string{"Origin", "http://page.example"}, 403},
		{"a segment with another number's time", "104.m4s", disktest.SegmentOf(103, "live01"), nil, 400},
		{"not a segment", "104.m4s", []byte("<html>"), nil, 400},
		{"nothing", "104.m4s", nil, nil, 400},
		{"half a segment", "104.m4s", good[:len(good)/2], nil, 400},
		{"an init section as a segment", "104.m4s", disktest.InitOf("a"), nil, 400},
		{"not an init section", "init-b.mp4", good, nil, 400},
		{"not a playlist", media.PlaylistName, []byte("#EXTM3U\n"), nil, 400},
		{"a playlist that misnames its segments", media.PlaylistName, later.Encode(), nil, 400},
		{"more than a playlist may have", media.PlaylistName, make([]byte, m3u8.MaxPlaylist+1), nil, 413},
		{"more than an init section may have", "init-b.mp4", make([]byte, 4<<20+1), nil, 413},
		{"from an hour ahead", "1900.m4s", disktest.SegmentOf(1900, "live01"), nil, 400},
		{"a number that is not written so", "0104.m4s", good, nil, 403},
		{"another name", "104.mp4", good, nil, 403},
		{"a hidden name", ".104.m4s", good, nil, 403},
		{"a climbing init section", "init-..mp4", disktest.InitOf("a"), nil, 403},
		{"a name of a signal that is none", "../.live/104.m4s", good, nil, 403},
		{"late: newer ones are listed", "99.m4s", disktest.SegmentOf(99, "live01"), nil, 410},
	} {
		t.Run(c.name, func(t *testing.T) {
			before := r.get("/signals/live01").body
			req, err := http.NewRequestWithContext(t.Context(), http.MethodPut, r.url+"/live01/"+c.path, bytes.NewReader(c.body))
			if err != nil {
				t.Fatal(err)
			}
			if strings.HasPrefix(c.path, "..") {
				req.URL.Path = strings.TrimPrefix(c.path, "..")
			}
			req.Header.Set("Content-Type", mediaType)
			if c.path == media.PlaylistName {
				req.Header.Set("Content-Type", playlistType)
			}
			for i := 0; i < len(c.header); i += 2 {
				if req.Header.Del(c.header[i]); c.header[i+1] != "" {
					req.Header.Set(c.header[i], c.header[i+1])
				}
			}
			if got := send(t, req); got.status != c.status || !json.Valid([]byte(got.body)) {
				t.Errorf("got %d %s, %v, want %d and a JSON error", got.status, got.body, got.err, c.status)
			}
			if got := r.get("/signals/live01").body; got != before {
				t.Errorf("it holds %s, held %s before", got, before)
			}
		})
	}
	if got := r.get("/signals").body; got != "[\n  \"live01\"\n]\n" {
		t.Errorf("signals: got %s, want live01 alone", got)
	}
}

// endless is a body without an end or a length.
type endless struct{ read int }

func (e *endless) Read(b []byte) (int, error) {
	if e.read > 4*m3u8.MaxPlaylist {
		return 0, errors.New("nobody stops me")
	}
	e.read += len(b)
	return len(b), nil
}

func TestABodyWithoutALengthIsBounded(t *testing.T) {
	r, p := runHTTP(t)
	p.publish(100, 103)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPut, r.url+"/live01/playlist.m3u8", io.NopCloser(&endless{}))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", playlistType)
	if got := send(t, req); got.err == nil && got.status != 413 {
		t.Errorf("got %d %s, want 413", got.status, got.body)
	}
	r.wantMetric(`packager_ingested_total{result="refused"} 1`)
}

func TestTheToken(t *testing.T) {
	const secret = "s3cret-Token_1="
	r, p := runHTTP(t, "INGEST_TOKEN", secret)
	for _, shown := range []string{"", "Bearer ", "Bearer wrong", "bearer " + secret, "Basic " + secret, secret} {
		got := p.put(p.Init, disktest.InitOf(p.Init), "Authorization", shown)
		if got.status != 401 || got.header.Get("WWW-Authenticate") != "Bearer" || strings.Contains(got.body, secret) {
			t.Errorf("%q: got %d %v, want 401", shown, got.status, got.header)
		}
	}
	if got := r.get("/signals/live01"); got.status != 404 {
		t.Errorf("got %d %s, want nothing taken", got.status, got.body)
	}
	p.must(204, p.Init, disktest.InitOf(p.Init), "Authorization", "Bearer "+secret)
	r.wantMetric(`packager_ingested_total{result="unauthorized"} 6`)
}

func TestBeyondLoopbackATokenIsNeeded(t *testing.T) {
	for _, c := range []struct {
		name string
		env  service.Environment
		bad  string // the bad variable; empty when all are good
	}{
		{"loopback", service.Environment{"INGEST": "http"}, ""},
		{"localhost", service.Environment{"INGEST": "http", "CONTROL_BIND_ADDRESS": "localhost"}, ""},
		{"loopback in IPv6", service.Environment{"INGEST": "http", "CONTROL_BIND_ADDRESS": "::1"}, ""},
		{"everywhere", service.Environment{"INGEST": "http", "CONTROL_BIND_ADDRESS": "0.0.0.0"}, "INGEST_TOKEN"},
		{"everywhere in IPv6", service.Environment{"INGEST": "http", "CONTROL_BIND_ADDRESS": "::"}, "INGEST_TOKEN"},
		{"another address", service.Environment{"INGEST": "http", "CONTROL_BIND_ADDRESS": "192.0.2.1"}, "INGEST_TOKEN"},
		{"everywhere with a token", service.Environment{"INGEST": "http", "CONTROL_BIND_ADDRESS": "0.0.0.0", "INGEST_TOKEN": "abc"}, ""},
		{"everywhere from the folder", service.Environment{"CONTROL_BIND_ADDRESS": "0.0.0.0"}, ""},
		{"a token that cannot be sent", service.Environment{"INGEST_TOKEN": "with space"}, "INGEST_TOKEN"},
		{"another way", service.Environment{"INGEST": "pigeon"}, "INGEST"},
	} {
		c.env["HOME"] = "/nowhere"
		_, err := ConfigFromEnv(c.env)
		var config *service.ConfigError
		switch {
		case c.bad == "" && err != nil:
			t.Errorf("%s: got %v, want it allowed", c.name, err)
		case c.bad != "" && (!errors.As(err, &config) || config.Problems[0].Variable != c.bad || strings.Contains(err.Error(), "with space")):
			t.Errorf("%s: got %v, want %s named and no secret told", c.name, err, c.bad)
		}
	}
}
