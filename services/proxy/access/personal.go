package access

import (
	"bytes"
	"net/http"
	"strconv"
	"strings"

	"livestream-tui/services/hls/m3u8"
	"livestream-tui/services/proxy/uri"
)

// personal is an answer to a player with a token in its query: a playlist in it gets the
// token into its URIs, and everything else passes unchanged.
type personal struct {
	http.ResponseWriter
	key, token string
	tag        string // the end of a playlist's ETag
	known      bool   // the player has the playlist with this token
	head       bool   // the request is a HEAD
	decided    bool   // the header is written, or kept
	body       *bytes.Buffer
}

func newPersonal(w http.ResponseWriter, r *http.Request, key, has string) *personal {
	return &personal{ResponseWriter: w, key: key, token: has, tag: tagOf([]byte(has)), head: r.Method == http.MethodHead}
}

// request is the request as next is to see it: a condition names the playlist that all
// players share, and a playlist is asked for as a whole.
func (p *personal) request(r *http.Request) *http.Request {
	if !uri.IsPlaylist(p.key) {
		return r
	}
	next := *r
	next.Header = r.Header.Clone()
	next.Header.Del("Range")
	next.Header.Del("If-Modified-Since") // the same for all tokens
	if tag, is := strings.CutSuffix(next.Header.Get("If-None-Match"), p.tag+`"`); is {
		next.Header.Set("If-None-Match", tag+`"`)
		p.known = true
	} else {
		next.Header.Del("If-None-Match")
	}
	return &next
}

// WriteHeader implements http.ResponseWriter.
func (p *personal) WriteHeader(status int) {
	if status < http.StatusOK {
		p.ResponseWriter.WriteHeader(status)
		return
	}
	if p.decided {
		return
	}
	p.decided = true
	h := p.Header()
	switch {
	case status == http.StatusNotModified && p.known:
		p.retag()
	case status != http.StatusOK || !isPlaylist(h.Get("Content-Type")) || h.Get("Content-Encoding") != "":
	case p.head:
		p.retag()
		h.Del("Content-Length")
	default:
		p.retag()
		p.body = new(bytes.Buffer)
		return
	}
	p.ResponseWriter.WriteHeader(status)
}

func (p *personal) retag() {
	if tag, is := strings.CutSuffix(p.Header().Get("ETag"), `"`); is {
		p.Header().Set("ETag", tag+p.tag+`"`)
	}
}

// Write implements http.ResponseWriter.
func (p *personal) Write(b []byte) (int, error) {
	if !p.decided {
		p.WriteHeader(http.StatusOK)
	}
	if p.body == nil {
		return p.ResponseWriter.Write(b)
	}
	if p.body.Len()+len(b) > m3u8.MaxPlaylist {
		panic(http.ErrAbortHandler) // without the token it would be of no use
	}
	return p.body.Write(b)
}

// FlushError implements what http.ResponseController asks for.
func (p *personal) FlushError() error {
	if !p.decided {
		p.WriteHeader(http.StatusOK)
	}
	if p.body != nil {
		return nil
	}
	return http.NewResponseController(p.ResponseWriter).Flush()
}

// Unwrap implements what http.ResponseController asks for.
func (p *personal) Unwrap() http.ResponseWriter { return p.ResponseWriter }

// finish sends a playlist that was kept.
func (p *personal) finish() {
	if p.body == nil {
		return
	}
	out := marked(p.body.Bytes(), p.key, p.token)
	p.Header().Set("Content-Length", strconv.Itoa(len(out)))
	p.ResponseWriter.WriteHeader(http.StatusOK)
	_, _ = p.ResponseWriter.Write(out) // an error means that the player has gone
}
