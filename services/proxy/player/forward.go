package player

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"mime"
	"net/http"
	"strings"

	"livestream-tui/services/hls/container"
	"livestream-tui/services/hls/m3u8"
	"livestream-tui/services/proxy/cors"
	"livestream-tui/services/proxy/forward"
	"livestream-tui/services/proxy/uri"
)

// isPrivate reports whether a request identifies its sender: then the answer is for that
// one alone.
func isPrivate(r *http.Request) bool {
	return r.Header.Get("Cookie") != "" || r.Header.Get("Authorization") != ""
}

// forward passes a request to the packagers and an answer back, as a plain proxy with a
// backup does. It rewrites the URIs of a playlist so that they lead to the same resources
// from here.
func (s *Server) forward(w http.ResponseWriter, r *http.Request, key, target string) {
	s.metrics.Forwarded.Inc()
	maps.Copy(w.Header(), cors.Open())
	if directives := directivesOf(r); directives != "" {
		separator := "?"
		if strings.Contains(target, "?") {
			separator = "&"
		}
		target += separator + directives
	}
	forward.Serve(w, r, s.streams.SourcesFor(key, target), func(res *http.Response) error { return s.edit(res, key) })
}

// directivesOf are the delivery directives of a request, except the one that asks for a
// part of a playlist (rfc8216bis, 6.2.5).
func directivesOf(r *http.Request) string {
	var list []string
	for argument := range strings.SplitSeq(r.URL.RawQuery, "&") {
		if name, _, _ := strings.Cut(argument, "="); uri.IsDirective(name) && name != "_HLS_skip" {
			list = append(list, argument)
		}
	}
	return strings.Join(list, "&")
}

// edit rewrites an answer that is a playlist.
func (s *Server) edit(res *http.Response, key string) error {
	if s.hosts.index(res.Request.URL.Scheme, res.Request.URL.Host) >= 0 {
		res.Header.Set("X-Packager", s.options.Bases[s.hosts.index(res.Request.URL.Scheme, res.Request.URL.Host)])
	}
	if s.stand(res, key) {
		return nil
	}
	if err := s.withhold(res, key); err != nil {
		return err
	}
	if res.StatusCode != http.StatusOK || res.Body == nil || res.Request.Method == http.MethodHead || !mayBePlaylist(res, key) {
		return nil
	}
	begin := make([]byte, 64)
	n, err := io.ReadFull(res.Body, begin)
	if err != nil && err != io.ErrUnexpectedEOF && err != io.EOF {
		return err
	}
	whole := struct {
		io.Reader
		io.Closer
	}{io.MultiReader(bytes.NewReader(begin[:n]), res.Body), res.Body}
	if container.Sniff(begin[:n]) != container.FormatPlaylist || res.Header.Get("Content-Encoding") != "" {
		res.Body = whole
		return nil
	}
	body, err := io.ReadAll(io.LimitReader(whole, m3u8.MaxPlaylist+1))
	if err == nil && len(body) > m3u8.MaxPlaylist {
		err = fmt.Errorf("playlist is larger than %d bytes", m3u8.MaxPlaylist)
	}
	if err != nil {
		return err
	}
	found := s.hosts.found(res.Request.URL.Scheme, res.Request.URL.Host, res.Request.URL.RequestURI(), key)
	body = m3u8.Rewrite(body, func(ref string) string {
		if place, err := s.hosts.Place(found, ref, ""); err == nil {
			return place.URI
		}
		return ref
	})
	_ = res.Body.Close() // it was read to its end
	res.Body, res.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	for _, name := range []string{"ETag", "Digest", "Repr-Digest", "Content-MD5", "Accept-Ranges"} {
		res.Header.Del(name) // they describe other bytes
	}
	return nil
}

// mayBePlaylist reports whether an answer may be a playlist, by name or type (RFC 8216,
// 4).
func mayBePlaylist(res *http.Response, key string) bool {
	kind, _, _ := mime.ParseMediaType(res.Header.Get("Content-Type"))
	return uri.IsPlaylist(key) || strings.HasSuffix(strings.ToLower(kind), "mpegurl") || res.ContentLength < m3u8.MaxPlaylist && !strings.HasPrefix(kind, "video/") && !strings.HasPrefix(kind, "audio/")
}
