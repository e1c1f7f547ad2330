package uri

import (
	"path"
	"strings"
)

// Hosts are the packagers by the authority of their base URLs.
type Hosts struct{ bases []Parts }

// NewHosts takes the packagers' base URLs, in order.
func NewHosts(bases []string) Hosts {
	var h Hosts
	for _, b := range bases {
		p := Split(b)
		p.Path = strings.TrimSuffix(p.Path, "/")
		h.bases = append(h.bases, p)
	}
	return h
}

// Place is where a playlist's URI leads.
type Place struct {
	// Packager is the index of the packager whose host it is, -1 for any other host.
	Packager int
	// Key is its key if it is a packager's, Target its target there.
	Key, Target string
	// URI is the URI for players: the one as written, or one that leads from the playlist
	// here to the same resource.
	URI string
}

// Outside reports whether it is at a host that is no packager's, so that players ask that
// host.
func (p Place) Outside() bool { return p.Packager < 0 }

// Found is where a playlist was found: at a packager, perhaps at another host after
// redirects, and under which target.
type Found struct {
	// Packager is the index of the packager that was asked.
	Packager int
	// Host is the origin of the host where it was found, such as "http://cdn.example";
	// empty for the packager's own.
	Host string
	// Target is path and query there.
	Target string
	// Key is the key of the playlist for players.
	Key string
}

// Place is where a URI of the playlist leads. A prefix is put before the last element of
// its path, to distinguish it from another resource of the same name.
func (h Hosts) Place(f Found, ref, prefix string) (Place, error) {
	ref = strings.TrimSpace(ref)
	own, base := h.bases[f.Packager], f.Host+f.Target
	if f.Host == "" {
		base = Parts{Scheme: own.Scheme, Authority: own.Authority, HasAuthority: true}.String() + own.Path + f.Target
	}
	at := Resolve(base, ref)
	i := f.Packager
	if own.Path != "" || at.Scheme != own.Scheme || at.Authority != own.Authority {
		if i = h.index(at); i < 0 {
			out := Place{Packager: -1, URI: ref}
			if !isAbsolute(ref) && !strings.HasPrefix(ref, "#") {
				out.URI = at.String()
			}
			return out, nil
		}
	}
	at.Path = strings.TrimPrefix(at.Path, h.bases[i].Path)
	key, target, err := at.keys(nil)
	if err != nil {
		return Place{}, err
	}
	if prefix != "" {
		key = Prefixed(key, prefix)
	}
	p := Place{Packager: i, Key: key, Target: target, URI: ref}
	if from, err := Resolve(f.Key, ref).Key(); err != nil || from != key || isAbsolute(ref) {
		p.URI = shortest(f.Key, key)
	}
	return p, nil
}

// isAbsolute reports whether a reference names its host.
func isAbsolute(ref string) bool {
	p := Split(ref)
	return p.HasAuthority || p.Scheme != ""
}

// String is the reference as text.
func (p Parts) String() string {
	s := p.Target()
	if p.HasAuthority {
		s = "//" + p.Authority + s
	}
	if p.Scheme != "" {
		s = p.Scheme + ":" + s
	}
	return s
}

// index is the packager that an absolute reference leads to, -1 when it is no packager's.
// One without a scheme ("//host/x") matches any scheme.
func (h Hosts) index(at Parts) int {
	if at.Scheme != "" && at.Scheme != "http" && at.Scheme != "https" || !at.HasAuthority {
		return -1
	}
	for i, b := range h.bases {
		if sameHost(at, b) && (b.Path == "" || strings.HasPrefix(at.Path, b.Path+"/")) {
			return i
		}
	}
	return -1
}

func sameHost(a, b Parts) bool {
	scheme := a.Scheme
	if scheme == "" {
		scheme = b.Scheme
	}
	return scheme == b.Scheme && withPort(scheme, a.Authority) == withPort(scheme, b.Authority)
}

func withPort(scheme, authority string) string {
	authority = strings.ToLower(authority)
	if strings.LastIndexByte(authority, ':') > strings.LastIndexByte(authority, ']') {
		return authority
	}
	if scheme == "https" {
		return authority + ":443"
	}
	return authority + ":80"
}

// IsPackager reports whether a URL's authority, "host" or "host:port", is a packager's.
func (h Hosts) IsPackager(scheme, authority string) bool {
	return h.index(Parts{Scheme: scheme, Authority: authority, HasAuthority: true, Path: "/"}) >= 0
}

// Prefixed is a key with prefix at the beginning of its last path element.
func Prefixed(key, prefix string) string {
	p, query, has := strings.Cut(key, "?")
	i := strings.LastIndexByte(p, '/') + 1
	key = p[:i] + prefix + p[i:]
	if has {
		key += "?" + query
	}
	return key
}

// shortest is a reference that leads from the playlist to key: the name alone if both are
// in one folder, so that it works behind another proxy as well, else the path.
func shortest(playlist, key string) string {
	at := Split(playlist).Path
	folder := at[:strings.LastIndexByte(at, '/')+1]
	rest, ok := strings.CutPrefix(key, folder)
	name, _, _ := strings.Cut(rest, "?")
	first, _, _ := strings.Cut(name, "/")
	if !ok || name == "" || first == "" || strings.Contains(first, ":") {
		if strings.HasPrefix(key, "//") {
			return "/." + key // not a host (RFC 3986, 4.2)
		}
		return key
	}
	return rest
}

// Beside is the key of another resource in the folder of a key, with the same query.
func Beside(key, name string) string {
	path, query, has := strings.Cut(key, "?")
	path = path[:strings.LastIndexByte(path, '/')+1] + name
	if has {
		path += "?" + query
	}
	return path
}

// Name is a reference without its query: tokens and sessions in the query change while
// the resource stays the same.
func Name(ref string) string {
	name, _, _ := strings.Cut(ref, "?")
	return name
}

// IsPlaylist reports whether a key names a playlist by its path (RFC 8216, 4).
func IsPlaylist(key string) bool {
	switch strings.ToLower(path.Ext(Name(key))) {
	case ".m3u8", ".m3u":
		return true
	}
	return false
}

// Signal is the first element of a key's path, which is the name of the signal at the
// platform's own packagers; empty for a key at the top.
func Signal(key string) string {
	first, _, below := strings.Cut(strings.TrimPrefix(Name(key), "/"), "/")
	if !below {
		return ""
	}
	return first
}
