package player

import (
	"bytes"
	"io"
	"mime"
	"net/http"
	"path"
	"strings"
	"unicode/utf8"

	"livestream-tui/services/hls/container"
	"livestream-tui/services/proxy/upstream"
	"livestream-tui/services/proxy/uri"
)

// A plain proxy shows players whatever packagers have under their address: metrics,
// state, controls. Such resources have names without an extension, and are text. Here a
// resource with such a name is served only if it is media or a playlist, or if a playlist
// names it. PROXY_ADMIN=public serves all of them.

const (
	// sniffMost is how many bytes of a body show what it is, keySize the length of a key
	// (RFC 8216, 4.3.2.4).
	sniffMost = 600
	keySize   = 16
	// textLeast is how much text is enough to know that it is no playlist.
	textLeast = 64
)

// isDoubtful reports whether the name of a resource suggests that it is not for players.
// top reports whether it lies at the top, where only media is for them. All escapes of a
// slash count, since a packager may resolve what the proxy does not.
func (s *Server) isDoubtful(key string) (top, doubtful bool) {
	if s.options.Public {
		return false, false
	}
	name := strings.NewReplacer("%2F", "/", "%5C", "/", `\`, "/").Replace(uri.Name(key))
	folder, name := path.Split(path.Clean("/" + name))
	name, _, _ = strings.Cut(name, ";")
	return folder == "/", !strings.Contains(name, ".")
}

// body is what is known of the body of an answer.
type body struct {
	kind  string // its Content-Type
	begin []byte // its first bytes, or those of the part that it is; empty when they cannot be seen
	part  bool
	size  int64 // of the whole, -1 if unknown
}

// isWithheld reports whether an answer is not for players.
func (s *Server) isWithheld(key string, b body) bool {
	top, doubtful := s.isDoubtful(key)
	if !doubtful {
		return false
	}
	switch f := container.Sniff(b.begin); {
	case len(b.begin) == 0 && b.isMedia(top):
		return false
	case f == container.FormatHTML && !top:
		return false // a page with a player
	case f != container.FormatUnknown && f != container.FormatHTML:
		return false
	case b.size == keySize && len(b.begin) == keySize && !isText(b.begin):
		return false
	case len(b.begin) > 0 && (!top || b.part) && !isText(b.begin):
		return false // it may be enciphered
	}
	return !s.isNamed(key)
}

// isMedia reports whether an unseen body is for players, by its type.
func (b body) isMedia(top bool) bool {
	kind, _, _ := mime.ParseMediaType(b.kind)
	major, minor, _ := strings.Cut(kind, "/")
	switch {
	case major == "video", major == "audio", kind == "text/vtt", strings.HasSuffix(minor, "mpegurl"):
		return true
	}
	return !top && kind != "text/plain" && !strings.HasSuffix(minor, "json") && !strings.HasSuffix(minor, "xml")
}

// isText reports whether a body begins like text.
func isText(b []byte) bool {
	b = b[:min(len(b), sniffMost)]
	for len(b) > 0 {
		r, n := utf8.DecodeRune(b)
		if r == utf8.RuneError && n == 1 && utf8.FullRune(b) || r < ' ' && r != '\t' && r != '\r' && r != '\n' && r != '\f' || r == 0x7f {
			return false
		}
		b = b[n:]
	}
	return true
}

// isNamed reports whether a playlist that players have names a key, as a segment or in an
// attribute of any tag.
func (s *Server) isNamed(key string) bool {
	name := uri.Name(key)
	last := []byte(name[strings.LastIndexByte(name, '/')+1:])
	if len(last) == 0 {
		return false
	}
	for _, p := range s.streams.All() {
		list := p.Shown().Body
		if !bytes.Contains(list, last) {
			continue // this is the usual case, and a flood asks often
		}
		for line := range bytes.Lines(list) {
			if bytes.Contains(line, last) && names(string(line), p.Key, name) {
				return true
			}
		}
	}
	return false
}

// names reports whether a line of a playlist leads to a name.
func names(line, playlist, name string) bool {
	refs := []string{strings.TrimSpace(line)}
	if strings.HasPrefix(line, "#") {
		refs = strings.Split(line, `"`)
	}
	for i, ref := range refs {
		if len(refs) > 1 && i%2 == 0 {
			continue // not between quotes
		}
		if key, err := uri.Resolve(playlist, ref).Key(); err == nil && uri.Name(key) == name {
			return true
		}
	}
	return false
}

// withhold refuses an answer that is not for players as if nothing were there. Of a
// packager's trouble it passes only the status.
func (s *Server) withhold(res *http.Response, key string) error {
	if _, doubtful := s.isDoubtful(key); !doubtful {
		return nil
	}
	switch {
	case res.StatusCode >= http.StatusInternalServerError:
		_ = res.Body.Close() // nothing reads it
		res.Body, res.ContentLength = http.NoBody, 0
		return nil
	case res.StatusCode >= http.StatusMultipleChoices:
		return nil
	}
	b := body{kind: res.Header.Get("Content-Type"), size: res.ContentLength, part: res.StatusCode == http.StatusPartialContent}
	if isReadable(res) {
		begin, err := sniffed(res.Body)
		if err != nil {
			return err
		}
		b.begin = begin
		res.Body = struct {
			io.Reader
			io.Closer
		}{io.MultiReader(bytes.NewReader(begin), res.Body), res.Body}
	}
	if s.isWithheld(key, b) {
		return upstream.ErrNotFound
	}
	return nil
}

// isReadable reports whether the body of an answer is there and without a coding.
func isReadable(res *http.Response) bool {
	return res.Request.Method != http.MethodHead && res.Body != nil && res.Body != http.NoBody && res.Header.Get("Content-Encoding") == ""
}

// sniffed reads as many bytes of a body as show what it is. More may not come for a long
// time.
func sniffed(r io.Reader) ([]byte, error) {
	b := make([]byte, sniffMost)
	n := 0
	for n < len(b) {
		got, err := r.Read(b[n:])
		n += got
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, err
		}
		if container.Sniff(b[:n]) != container.FormatUnknown || n >= textLeast && isText(b[:n]) {
			break
		}
	}
	return b[:n], nil
}
