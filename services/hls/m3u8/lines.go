package m3u8

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Limits of a playlist; a larger one is refused.
const (
	// MaxPlaylist is the largest playlist in bytes that is parsed.
	MaxPlaylist = 8 << 20
	// maxLine leaves room for signed URIs and for SCTE-35 in Base64.
	maxLine     = 256 << 10
	maxSegments = 100_000
)

// ErrTruncated is wrapped by the errors of a playlist that ends in the middle: its
// writer is not done, or died. A caller may load it again.
var ErrTruncated = errors.New("it is truncated")

// quotable bounds how much foreign text an error repeats, in characters.
const quotable = 80

const (
	begin         = "#EXTM3U"
	byteOrderMark = "\ufeff"
)

// lines calls each for every tag and URI of a playlist, in order and without the blanks
// around it, and wraps its error with the number of the line, from 1. Comments and
// blank lines are skipped (RFC 8216, 4.1). A line ends with LF, CRLF or, as in players,
// CR.
func lines(b []byte, odd *oddities, each func(line string) error) error {
	if len(b) > MaxPlaylist {
		return fmt.Errorf("playlist of %d bytes: at most %d are allowed", len(b), MaxPlaylist)
	}
	text, marked := strings.CutPrefix(string(b), byteOrderMark)
	cr := strings.IndexByte(text, '\r') >= 0
	begun, end := false, ""
	for text != "" {
		var line string
		line, end, text = cutLine(text, cr)
		odd.line++
		whole := line
		line = trimLine(line)
		if !begun {
			if line == "" && text != "" {
				continue
			}
			if !strings.HasPrefix(line, begin) {
				return notBegun(odd.line, line)
			}
			begun = true
			if marked || odd.line > 1 || whole[0] != '#' {
				odd.note(begin, "", "the text before it is ignored")
			}
			if line != begin {
				odd.note(begin, line[len(begin):], "the text after it is ignored")
			}
			continue
		}
		if end == "" && isCut(line) {
			return fmt.Errorf("playlist line %d: %q is not a tag: %w", odd.line, line, ErrTruncated)
		}
		if line == "" || line[0] == '#' && !isTag(line) {
			continue
		}
		if whole[0] != line[0] {
			odd.note("line", line, "the blanks before it are ignored")
		}
		line, err := fit(line, odd)
		if err == nil {
			err = each(line)
		}
		if err != nil {
			return fmt.Errorf("playlist line %d: %w", odd.line, err)
		}
	}
	if !begun {
		return notBegun(1, "")
	}
	if end == "" {
		odd.note("last line", "", "it has no line end: the playlist is truncated, or was written like this")
	}
	return nil
}

// notBegun is the error of a text that does not begin as a playlist. It is truncated when
// the line may be the start of the first line: packagers that write in place serve
// such texts.
func notBegun(number int, line string) error {
	err := fmt.Errorf("playlist line %d: %.*q instead of %s", number, quotable, line, begin)
	if strings.HasPrefix(begin, line) {
		err = fmt.Errorf("%w: %w", err, ErrTruncated)
	}
	return err
}

// cutLine cuts the first line off text, which is not empty; end is its line end, empty
// on the last line. cr is true when text may hold CRs.
func cutLine(text string, cr bool) (line, end, rest string) {
	i := -1
	if cr {
		i = strings.IndexAny(text, "\r\n")
	} else {
		i = strings.IndexByte(text, '\n')
	}
	switch {
	case i < 0:
		return text, "", ""
	case strings.HasPrefix(text[i:], "\r\n"):
		return text[:i], text[i : i+2], text[i+2:]
	}
	return text[:i], text[i : i+1], text[i+1:]
}

// trimLine removes blanks and control characters around a line; some servers leave NULs
// there.
func trimLine(line string) string {
	if n := len(line); n == 0 || printable(line[0]) && printable(line[n-1]) {
		return line
	}
	return strings.TrimFunc(line, func(r rune) bool { return r == ' ' || unicode.IsControl(r) })
}

func printable(c byte) bool { return ' ' < c && c < 0x7f }

// isTag reports whether a line that begins with # is a tag rather than a comment. Tags of
// vendors, such as #ACME-SEGMENT:1, are not in RFC 8216 and yet meant for players.
func isTag(line string) bool {
	if strings.HasPrefix(line, "#EXT") {
		return true
	}
	i := 1
	for i < len(line) && (line[i] >= 'A' && line[i] <= 'Z' || line[i] == '-' || i > 1 && (line[i] >= '0' && line[i] <= '9' || line[i] == '_')) {
		i++
	}
	return i > 3 && line[1] != '-' && (i == len(line) && strings.Contains(line, "-") || i < len(line) && line[i] == ':')
}

// isCut reports whether a line is the beginning of a longer tag: as the last line without
// a line end, it shows that the playlist was cut. A URI cannot show that.
func isCut(line string) bool {
	if line == "" || line[0] != '#' {
		return false
	}
	longer := false
	for _, tag := range [...]string{
		"#EXTINF", "#EXT-X-VERSION", "#EXT-X-TARGETDURATION", "#EXT-X-MEDIA", "#EXT-X-MEDIA-SEQUENCE", "#EXT-X-DISCONTINUITY",
		"#EXT-X-DISCONTINUITY-SEQUENCE", "#EXT-X-PLAYLIST-TYPE", "#EXT-X-ENDLIST", "#EXT-X-I-FRAMES-ONLY",
		"#EXT-X-I-FRAME-STREAM-INF", "#EXT-X-INDEPENDENT-SEGMENTS", "#EXT-X-START", "#EXT-X-SERVER-CONTROL", "#EXT-X-PART",
		"#EXT-X-PART-INF", "#EXT-X-PRELOAD-HINT", "#EXT-X-RENDITION-REPORT", "#EXT-X-SKIP", "#EXT-X-DEFINE", "#EXT-X-BYTERANGE",
		"#EXT-X-GAP", "#EXT-X-KEY", "#EXT-X-MAP", "#EXT-X-PROGRAM-DATE-TIME", "#EXT-X-DATERANGE", "#EXT-X-BITRATE",
		"#EXT-X-STREAM-INF", "#EXT-X-SESSION-DATA", "#EXT-X-SESSION-KEY", "#EXT-X-CONTENT-STEERING",
		"#EXT-X-CUE-OUT", "#EXT-X-CUE-OUT-CONT", "#EXT-X-CUE-IN", "#EXT-X-CUE", "#EXT-X-ALLOW-CACHE",
	} {
		if line == tag {
			return false
		}
		longer = longer || strings.HasPrefix(tag, line)
	}
	return longer
}

// fit refuses an unreadable line, and notes what players may refuse (RFC 8216, 4.1). Tabs
// pass: titles have them.
func fit(line string, odd *oddities) (string, error) {
	if len(line) > maxLine {
		return "", fmt.Errorf("it has %d bytes, at most %d are allowed", len(line), maxLine)
	}
	for i := 0; i < len(line); i++ {
		if !printable(line[i]) && line[i] != ' ' && line[i] != '\t' {
			return fitRunes(line, odd)
		}
	}
	return line, nil
}

func fitRunes(line string, odd *oddities) (string, error) {
	if !utf8.ValidString(line) {
		odd.note("line", line, "it is not UTF-8; its bytes are kept")
	}
	i := strings.IndexFunc(line, isStray)
	if i < 0 {
		return line, nil
	}
	if line[0] != '#' {
		r, _ := utf8.DecodeRuneInString(line[i:])
		return "", fmt.Errorf("control character %U in a URI", r)
	}
	odd.note("line", line, "a control character is read as a blank")
	return clean(line), nil
}

// clean replaces each control character by a blank. Removing one could make another of
// the bytes around it.
func clean(line string) string {
	b := make([]byte, 0, len(line))
	for i := 0; i < len(line); {
		r, n := utf8.DecodeRuneInString(line[i:])
		if isStray(r) {
			b = append(b, ' ')
		} else {
			b = append(b, line[i:i+n]...)
		}
		i += n
	}
	return string(b)
}

func isStray(r rune) bool { return r != '\t' && unicode.IsControl(r) }

// cutTag cuts a tag at its colon.
func cutTag(line string) (name, value string) {
	name, value, _ = strings.Cut(line, ":")
	return strings.TrimRight(name, " \t"), value
}

// bad adds the tag that an error is about.
func bad(name, value string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("bad %s %.*q: %w", strings.TrimPrefix(name, "#"), quotable, value, err)
}

// IsMultivariant reports whether a playlist is a multivariant playlist: it has a tag of
// multivariant playlists, and no tag that only media playlists have.
// ParseMultivariant checks more.
func IsMultivariant(b []byte) bool {
	text := string(b[:min(len(b), MaxPlaylist)])
	cr := strings.IndexByte(text, '\r') >= 0
	lists, media := false, false
	for text != "" {
		var line string
		line, _, text = cutLine(text, cr)
		if line = trimLine(line); !strings.HasPrefix(line, "#EXT") {
			continue
		}
		switch name, _ := cutTag(line); name {
		case "#EXTINF":
			return false
		case "#EXT-X-STREAM-INF":
			return !strings.Contains(text, "#EXTINF:")
		case "#EXT-X-I-FRAME-STREAM-INF", "#EXT-X-MEDIA":
			lists = true
		case "#EXT-X-TARGETDURATION":
			media = true
		}
	}
	return lists && !media
}

// Begins reports whether a text begins as a playlist (RFC 8216, 4.3.1.1).
func Begins(text []byte) bool { return bytes.HasPrefix(text, []byte(begin)) }
