package proxy

import (
	"errors"
	"fmt"
	"net/url"
	"path"
	"strings"

	"livestream-tui/services/report"
)

// A key names a resource on every packager alike: an escaped absolute path, with
// its query where it has one, such as "/live01/720p/3.ts?token=x".

// keyOf is the key of a request, or an error that says why there is none: what
// could mean something else to a packager than to us is refused (FAILURES.md,
// case 37).
func keyOf(u *url.URL) (string, error) {
	escaped := u.EscapedPath()
	if err := checkPath(u.Path, escaped); err != nil {
		return "", err
	}
	if u.RawQuery != "" {
		return escaped + "?" + u.RawQuery, nil
	}
	return escaped, nil
}

func checkPath(decoded, escaped string) error {
	if !strings.HasPrefix(decoded, "/") || len(escaped) > maxKey {
		return errors.New("not a path")
	}
	if report.Clean(decoded) != decoded || strings.ContainsRune(decoded, '\\') {
		return errors.New("the path has characters that none may have")
	}
	lower := strings.ToLower(escaped)
	if strings.Contains(lower, "%2f") || strings.Contains(lower, "%00") {
		return errors.New("the path has an escaped slash or zero")
	}
	if path.Clean(decoded) != decoded {
		return errors.New("the path has ., .. or empty elements")
	}
	return nil
}

// maxKey bounds a key, in bytes.
const maxKey = 2048

// isPlaylist reports whether a path is a playlist's.
func isPlaylist(p string) bool {
	ext := strings.ToLower(path.Ext(p))
	return ext == ".m3u8" || ext == ".m3u"
}

// isRouted reports whether a request for a key means something else than media to
// us: a playlist, or what the routes have of their own, all of it at the top and
// without an extension ("/healthz", "/events"). A packager may list such a name as
// a segment (FAILURES.md, case 37).
func isRouted(key string) bool {
	p, _, _ := strings.Cut(key, "?")
	p = mustUnescape(p)
	return isPlaylist(p) || path.Dir(p) == "/" && path.Ext(p) == ""
}

// resolve is the key of a URI that the playlist at base names. A URI with a host,
// and one that leads out of the playlist's own signal, the first element of its
// path where it has one, is refused: players would be sent, and we would read,
// elsewhere.
func resolve(base, uri string) (string, error) {
	u, err := url.Parse(uri)
	if err != nil {
		return "", fmt.Errorf("bad URI %.80q", uri)
	}
	if u.Scheme != "" || u.Host != "" || u.User != nil || u.Opaque != "" {
		return "", fmt.Errorf("URI %.80q leads to another host", uri)
	}
	b := url.URL{Path: mustUnescape(base), RawPath: base}
	at := b.ResolveReference(u)
	key, err := keyOf(at)
	if err != nil {
		return "", fmt.Errorf("URI %.80q: %w", uri, err)
	}
	if s := signalOf(base); s != "" && signalOf(key) != s {
		return "", fmt.Errorf("URI %.80q leads out of %s", uri, "/"+signalOf(base))
	}
	return key, nil
}

func mustUnescape(escaped string) string {
	s, err := url.PathUnescape(escaped)
	if err != nil {
		return escaped // it came from a parsed URL: this does not happen
	}
	return s
}

// signalOf is the first element of a key's path: the signal, in the platform's
// own layout. Empty for what lies at the top.
func signalOf(key string) string {
	key, _, _ = strings.Cut(key, "?")
	first, _, below := strings.Cut(strings.TrimPrefix(key, "/"), "/")
	if !below {
		return ""
	}
	return first
}
