package proxy

import (
	"math"
	"net/url"
	"regexp"
	"strconv"
	"strings"
)

var (
	fieldKV  = regexp.MustCompile(`([A-Z0-9-]+)=("[^"]*"|[^,]*)`)
	fieldVar = regexp.MustCompile(`\{\$([\w-]+)\}`)
)

// fieldSplit takes a URI apart (RFC 3986, 3), without its fragment; a query begins with
// its mark.
func fieldSplit(uri string) (scheme, host, path, query string) {
	uri, _, _ = strings.Cut(uri, "#")
	if i := strings.IndexAny(uri, ":/?"); i > 0 && uri[i] == ':' && isFieldScheme(uri[:i]) {
		scheme, uri = uri[:i], uri[i+1:]
	}
	if i := strings.IndexByte(uri, '?'); i >= 0 {
		uri, query = uri[:i], uri[i:]
	}
	if rest, ok := strings.CutPrefix(uri, "//"); ok {
		i := strings.IndexByte(rest+"/", '/')
		host, uri = rest[:i], rest[i:]
	}
	return scheme, host, uri, query
}

func isFieldScheme(s string) bool {
	for i, c := range []byte(s) {
		letter := c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z'
		if !letter && (i == 0 || !strings.ContainsRune("0123456789+.-", rune(c))) {
			return false
		}
	}
	return true
}

// fieldJoin resolves ref against base as RFC 3986, 5.2 has it. (Package net/url takes a
// date at the beginning of a path for a scheme.)
func fieldJoin(base, ref string) string {
	scheme, host, path, query := fieldSplit(ref)
	ownScheme, ownHost, ownPath, ownQuery := fieldSplit(base)
	if scheme != "" && host == "" {
		return ref
	}
	if host == "" {
		host = ownHost
		switch {
		case path == "":
			path = ownPath
			if query == "" {
				query = ownQuery
			}
		case path[0] != '/':
			path = ownPath[:strings.LastIndex(ownPath, "/")+1] + path
			if path[0] != '/' {
				path = "/" + path
			}
		}
	}
	if scheme == "" {
		scheme = ownScheme
	}
	return fieldQuote(scheme + "://" + host + fieldWithoutDots(path) + query)
}

// fieldWithoutDots is RFC 3986, 5.2.4, which leaves empty segments alone.
func fieldWithoutDots(path string) string {
	var out []string
	parts := strings.Split(path, "/")
	for i, p := range parts {
		if p != "." && p != ".." {
			out = append(out, p)
			continue
		}
		if p == ".." && len(out) > 1 {
			out = out[:len(out)-1]
		}
		if i == len(parts)-1 {
			out = append(out, "")
		}
	}
	return strings.Join(out, "/")
}

// fieldQuote escapes what may not stand in a URI, and nothing else.
func fieldQuote(s string) string {
	var b strings.Builder
	for _, c := range []byte(s) {
		if c > ' ' && c < 0x7f && !strings.ContainsRune("\"<>\\^`", rune(c)) {
			b.WriteByte(c)
		} else {
			b.WriteString("%" + strings.ToUpper(strconv.FormatUint(uint64(c)+0x100, 16)[1:]))
		}
	}
	return b.String()
}

type fieldAttributes map[string]string

func fieldParse(text string) fieldAttributes {
	a := fieldAttributes{}
	for _, m := range fieldKV.FindAllStringSubmatch(text, -1) {
		a[m[1]] = strings.Trim(strings.TrimSpace(m[2]), `"`)
	}
	return a
}

// fieldSegment is a segment as a player has it.
type fieldSegment struct {
	msn, dseq     int
	uri, url      string
	duration      float64 // seconds
	discontinuity bool
	gap           bool
	key           fieldAttributes // nil for none; url is its resolved URI
	init          fieldAttributes // of EXT-X-MAP, with url
	date          string
	tags          []string
	from, to      int // its bytes; to is 0 for all
}

// fieldVariant is a URI that a multivariant playlist names.
type fieldVariant struct {
	attributes fieldAttributes
	url        string
}

// fieldPlaylist is a playlist as a lenient player reads it.
type fieldPlaylist struct {
	text, url string // url is where it was in the end, after redirects
	segments  []*fieldSegment
	variants  []fieldVariant
	media     []fieldVariant // renditions; url is empty without a URI
	iframes   []fieldVariant
	parts     []fieldVariant
	target    float64 // seconds; 0 for none
	kind      string  // EXT-X-PLAYLIST-TYPE
	msn, dseq int
	ended     bool
	control   fieldAttributes // EXT-X-SERVER-CONTROL
	variables map[string]string
}

func (p *fieldPlaylist) last() int { return p.msn + len(p.segments) - 1 }

// fill puts the values of EXT-X-DEFINE in the place of their names.
func (p *fieldPlaylist) fill(text string) string {
	if len(p.variables) == 0 {
		return text
	}
	return fieldVar.ReplaceAllStringFunc(text, func(m string) string {
		if v, ok := p.variables[m[2:len(m)-1]]; ok {
			return v
		}
		return m
	})
}

func fieldNumber(text string) float64 {
	text = strings.TrimLeft(text, " \t")
	end := 0
	for end < len(text) && (text[end] == '.' || text[end] >= '0' && text[end] <= '9') {
		end++
	}
	v, _ := strconv.ParseFloat(text[:end], 64) // 0 for what is no number
	return v
}

// readPlaylist reads a playlist found at that address.
func readPlaylist(text, at string) *fieldPlaylist {
	p := &fieldPlaylist{text: text, url: at, variables: map[string]string{}}
	r := &fieldReader{p: p, next: &fieldSegment{}, ends: map[string]int{}}
	for line := range strings.SplitSeq(text, "\n") {
		line = strings.TrimSuffix(line, "\r")
		switch {
		case line == "":
		case line[0] == '#':
			r.tag(line)
		default:
			r.uri(p.fill(line))
		}
	}
	dseq := p.dseq
	for i, s := range p.segments {
		if s.discontinuity {
			dseq++
		}
		s.msn, s.dseq = p.msn+i, dseq
	}
	return p
}

// fieldReader is what stands between the lines of a playlist.
type fieldReader struct {
	p       *fieldPlaylist
	next    *fieldSegment
	key     fieldAttributes
	init    fieldAttributes
	ranged  string
	variant fieldAttributes
	ends    map[string]int // of the last range of each URI
}

func (r *fieldReader) tag(line string) {
	p := r.p
	tag, value, _ := strings.Cut(line, ":")
	if tag == "#EXT-X-DEFINE" {
		r.define(fieldParse(value))
		return
	}
	value = p.fill(value)
	named := func() fieldVariant {
		a := fieldParse(value)
		v := fieldVariant{attributes: a}
		if a["URI"] != "" {
			v.url = fieldJoin(p.url, a["URI"])
			a["url"] = v.url
		}
		return v
	}
	switch tag {
	case "#EXTINF":
		r.next.duration = fieldNumber(value)
	case "#EXT-X-TARGETDURATION":
		p.target = fieldNumber(value)
	case "#EXT-X-MEDIA-SEQUENCE":
		p.msn = int(fieldNumber(value))
	case "#EXT-X-DISCONTINUITY-SEQUENCE":
		p.dseq = int(fieldNumber(value))
	case "#EXT-X-PLAYLIST-TYPE":
		p.kind = strings.TrimSpace(value)
	case "#EXT-X-ENDLIST":
		p.ended = true
	case "#EXT-X-DISCONTINUITY":
		r.next.discontinuity = true
	case "#EXT-X-GAP":
		r.next.gap = true
	case "#EXT-X-BYTERANGE":
		r.ranged = value
	case "#EXT-X-PROGRAM-DATE-TIME":
		r.next.date = value
	case "#EXT-X-KEY":
		if r.key = named().attributes; r.key["METHOD"] == "NONE" {
			r.key = nil
		}
	case "#EXT-X-MAP":
		r.init = named().attributes
	case "#EXT-X-PART":
		p.parts = append(p.parts, named())
	case "#EXT-X-SERVER-CONTROL":
		p.control = fieldParse(value)
	case "#EXT-X-STREAM-INF":
		r.variant = fieldParse(value)
	case "#EXT-X-MEDIA":
		p.media = append(p.media, named())
	case "#EXT-X-I-FRAME-STREAM-INF":
		p.iframes = append(p.iframes, named())
	}
	r.next.tags = append(r.next.tags, line)
}

func (r *fieldReader) define(a fieldAttributes) {
	if name, ok := a["QUERYPARAM"]; ok {
		if u, err := url.Parse(r.p.url); err == nil {
			r.p.variables[name] = u.Query().Get(name)
		}
		return
	}
	if name, ok := a["NAME"]; ok {
		r.p.variables[name] = a["VALUE"]
	}
}

func (r *fieldReader) uri(uri string) {
	p := r.p
	if r.variant != nil {
		p.variants = append(p.variants, fieldVariant{r.variant, fieldJoin(p.url, uri)})
		r.variant, r.next = nil, &fieldSegment{}
		return
	}
	s := r.next
	s.uri, s.url, s.key, s.init = uri, fieldJoin(p.url, uri), r.key, r.init
	if r.ranged != "" {
		length, at, given := strings.Cut(r.ranged, "@")
		s.from = r.ends[s.url]
		if given {
			s.from = int(fieldNumber(at))
		}
		s.to = s.from + int(math.Round(fieldNumber(length)))
		r.ends[s.url] = s.to
	}
	p.segments = append(p.segments, s)
	r.next, r.ranged = &fieldSegment{}, ""
}
