package m3u8

import (
	"bytes"
	"strconv"
	"strings"
)

// Rewrite returns the text of a playlist of either kind with f applied to each URI, those
// of lines and those of attributes. Everything else, line ends and oddities included,
// stays byte for byte. f gets a URI with variables ({$name}, rfc8216bis, 4.3) as written.
func Rewrite(b []byte, f func(uri string) string) []byte {
	rest, marked := strings.CutPrefix(string(b), byteOrderMark)
	out := make([]byte, 0, len(b)+len(b)/4)
	if marked {
		out = append(out, byteOrderMark...)
	}
	cr := strings.IndexByte(rest, '\r') >= 0
	for rest != "" {
		var line, end string
		line, end, rest = cutLine(rest, cr)
		out = append(rewriteLine(out, line, f), end...)
	}
	return out
}

func rewriteLine(out []byte, line string, f func(string) string) []byte {
	text := trimLine(line)
	if text == "" {
		return append(out, line...)
	}
	at := strings.Index(line, text) // after the blanks
	if text[0] != '#' {
		out = append(append(out, line[:at]...), f(text)...)
		return append(out, line[at+len(text):]...)
	}
	if name, _ := cutTag(text); !hasURI(name) {
		return append(out, line...)
	}
	list := strings.IndexByte(line, ':') + 1
	if list == 0 {
		return append(out, line...)
	}
	out = append(out, line[:list]...)
	return rewriteList(out, line[list:at+len(text)], line[at+len(text):], f)
}

// rewriteList replaces the values of URI in an attribute list, and appends rest.
func rewriteList(out []byte, list, rest string, f func(string) string) []byte {
	done := 0
	for i := 0; i < len(list); {
		var a attributeAt
		a, i = nextAttribute(list, i)
		if !strings.EqualFold(a.name, "URI") || a.from == a.to {
			continue
		}
		uri := list[a.from:a.to]
		is := f(uri)
		if is == uri {
			continue
		}
		out = append(out, list[done:a.from]...)
		if a.quoted {
			out = append(out, is...)
		} else {
			out = append(append(append(out, '"'), is...), '"')
		}
		done = a.to
	}
	return append(append(out, list[done:]...), rest...)
}

// hasURI reports whether a tag has an attribute URI.
func hasURI(name string) bool {
	switch name {
	case "#EXT-X-KEY", "#EXT-X-SESSION-KEY", "#EXT-X-MAP", "#EXT-X-MEDIA", "#EXT-X-I-FRAME-STREAM-INF", "#EXT-X-PART",
		"#EXT-X-PRELOAD-HINT", "#EXT-X-RENDITION-REPORT", "#EXT-X-SESSION-DATA",
		"#EXT-X-IMAGE-STREAM-INF": // thumbnails, in no RFC
		return true
	}
	return false
}

// SetNumbers returns the text of a media playlist with other sequence numbers (RFC 8216,
// 4.3.3.2 and 4.3.3.3); -1 keeps the old one. A missing tag is inserted after
// EXT-X-TARGETDURATION, or after the first line. Everything else stays byte for byte.
func SetNumbers(b []byte, mediaSequence, discontinuitySequence int64) []byte {
	numbers := [2]struct {
		tag string
		n   int64
		is  bool
	}{{"#EXT-X-MEDIA-SEQUENCE", mediaSequence, mediaSequence < 0}, {"#EXT-X-DISCONTINUITY-SEQUENCE", discontinuitySequence, discontinuitySequence < 0}}
	out := make([]byte, 0, len(b)+64)
	text := string(b)
	cr := strings.IndexByte(text, '\r') >= 0
	insert, newline, fixed := 0, "\n", false // where missing tags go in out, and the line end
	for text != "" {
		var line, end string
		line, end, text = cutLine(text, cr)
		name, _ := cutTag(trimLine(strings.TrimPrefix(line, byteOrderMark)))
		written := false
		for i := range numbers {
			if x := &numbers[i]; x.tag == name && x.n >= 0 {
				out, x.is, written = appendValue(out, line, x.n), true, true
			}
		}
		if !written {
			out = append(out, line...)
		}
		out = append(out, end...)
		switch {
		case insert == 0 && strings.HasPrefix(name, begin), name == "#EXT-X-TARGETDURATION" && !fixed:
			insert = len(out)
			if end != "" {
				newline = end
			}
		case name == "#EXTINF", name != "" && name[0] != '#':
			fixed = true // missing tags go before the first segment
		}
	}
	var missing []byte
	for _, x := range numbers {
		if !x.is {
			missing = append(appendValue(missing, x.tag, x.n), newline...)
		}
	}
	if insert == 0 || len(missing) == 0 {
		return out // not a playlist, or complete
	}
	if c := out[insert-1]; c != '\n' && c != '\r' {
		missing = append([]byte(newline), bytes.TrimSuffix(missing, []byte(newline))...)
	}
	return append(out[:insert:insert], append(missing, out[insert:]...)...)
}

// appendValue appends a tag's line with another value.
func appendValue(out []byte, line string, n int64) []byte {
	at := strings.IndexByte(line, ':') + 1
	if at == 0 {
		line += ":"
		at = len(line)
	}
	value := strings.Trim(line[at:], blanks)
	from := at
	if value != "" {
		from += strings.Index(line[at:], value)
	}
	out = strconv.AppendInt(append(out, line[:from]...), n, 10)
	return append(out, line[from+len(value):]...)
}
