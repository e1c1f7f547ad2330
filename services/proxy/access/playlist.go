package access

import (
	"bytes"
	"mime"
	"strings"

	"livestream-tui/services/hls/m3u8"
	"livestream-tui/services/kit/fastpath"
	"livestream-tui/services/kit/token"
	"livestream-tui/services/proxy/uri"
)

// mark stands in a template where the token belongs. No playlist has it: a template is
// made only of text without it.
const mark = "\x00"

// templateOf is a playlist with a mark in each URI of its signal; nil when the response is
// no playlist, or has nothing to mark.
func templateOf(r *fastpath.Response, key string) []byte {
	if !isPlaylist(r.Header().Get("Content-Type")) || bytes.Contains(r.Body(), []byte(mark)) {
		return nil
	}
	template := marked(r.Body(), key, mark)
	if len(template) == len(r.Body()) {
		return nil
	}
	return template
}

// fill is a template with a token in place of its marks.
func fill(template, with []byte) []byte {
	n := bytes.Count(template, []byte(mark))
	out := make([]byte, 0, len(template)+n*len(with))
	for {
		i := bytes.IndexByte(template, mark[0])
		if i < 0 {
			return append(out, template...)
		}
		out = append(append(out, template[:i]...), with...)
		template = template[i+1:]
	}
}

// marked is the playlist at key with a token in each URI that leads to its signal. Other
// hosts never get it.
func marked(playlist []byte, key, with string) []byte {
	signal := uri.Signal(key)
	return m3u8.Rewrite(playlist, func(ref string) string {
		if at := uri.Split(ref); at.Scheme != "" || at.HasAuthority {
			return ref
		}
		if to, err := uri.Resolve(key, ref).Key(); err != nil || uri.Signal(to) != signal {
			return ref
		}
		ref, fragment, hasFragment := strings.Cut(ref, "#")
		separator := "?"
		if strings.Contains(ref, "?") {
			separator = "&"
		}
		ref += separator + token.Argument + "=" + with
		if hasFragment {
			ref += "#" + fragment
		}
		return ref
	})
}

// isPlaylist reports whether a type is that of a playlist (RFC 8216, 4).
func isPlaylist(contentType string) bool {
	kind, _, _ := mime.ParseMediaType(contentType)
	return strings.HasSuffix(strings.ToLower(kind), "mpegurl")
}

// tagSize is how much of a token tells the playlists of two tokens apart.
const tagSize = 12

// tagOf is the end of the ETag of a playlist with a token: a part of its MAC, which alone
// lets nobody play.
func tagOf(with []byte) string { return "-" + string(with[max(0, len(with)-tagSize):]) }
