package packager

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"livestream-tui/services/hls/media"
	"livestream-tui/services/kit/service"
	"livestream-tui/services/kit/servicetest"
	"livestream-tui/services/packager/disktest"
)

// pusher is a worker's side of ingest by HTTP.
type pusher struct {
	*disktest.Disk // what its playlist lists; nothing is on disk
	r              *running
}

// runHTTP runs a packager that takes signals by HTTP, with further settings as
// name, value, and returns a worker's side too.
func runHTTP(t *testing.T, settings ...string) (*running, *pusher) {
	t.Helper()
	e := service.Environment{"INGEST": "http", "PACKAGER_NAME": "server1"}
	for i := 0; i < len(settings); i += 2 {
		e[settings[i]] = settings[i+1]
	}
	r := runWith(t, e)
	return r, newPusher(t, r)
}

func newPusher(t *testing.T, r *running) *pusher {
	return &pusher{&disktest.Disk{T: t, Signal: "live01", Window: 4, Init: "init-aaaa.mp4", List: disktest.NewList()}, r}
}

// put sends a body as a worker does; header is name, value.
func (p *pusher) put(name string, body []byte, header ...string) answer {
	p.T.Helper()
	req, err := http.NewRequestWithContext(p.T.Context(), http.MethodPut, p.r.url+"/"+p.Signal+"/"+name, bytes.NewReader(body))
	if err != nil {
		p.T.Fatal(err)
	}
	req.Header.Set("Content-Type", mediaType)
	if name == media.PlaylistName {
		req.Header.Set("Content-Type", playlistType)
	}
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	return send(p.T, req)
}

// must puts and wants a status.
func (p *pusher) must(status int, name string, body []byte, header ...string) answer {
	p.T.Helper()
	a := p.put(name, body, header...)
	if a.status != status {
		p.T.Errorf("PUT %s: got %d %s, want %d", name, a.status, a.body, status)
	}
	return a
}

func (p *pusher) bring(msn int64) { p.must(204, media.SegmentName(msn), p.Segment(msn)) }

func (p *pusher) playlist() { p.must(204, media.PlaylistName, p.List.Encode()) }

// publish brings segments from one number to another, then the playlist.
func (p *pusher) publish(from, to int64) {
	p.T.Helper()
	p.must(204, p.Init, disktest.InitOf(p.Init))
	for msn := from; msn <= to; msn++ {
		p.bring(msn)
		p.Add(msn)
	}
	p.playlist()
}

// states are the numbers that are listed, a gap with a dash before it.
func (r *running) states() string {
	r.t.Helper()
	p := r.list()
	var list []string
	for i, s := range p.Segments {
		mark := ""
		if s.Gap {
			mark = "-"
		}
		if s.Discontinuity {
			mark += "!"
		}
		list = append(list, mark+fmt.Sprint(p.MediaSequence+int64(i)))
	}
	return strings.Join(list, " ")
}

func (r *running) wantMetric(line string) {
	r.t.Helper()
	servicetest.Await(r.t, line, func() bool { return strings.Contains(r.get("/metrics").body, line+"\n") })
}
