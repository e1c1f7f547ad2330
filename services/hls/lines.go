package hls

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Limits of a playlist: what is larger is refused, whoever sent it.
const (
	// MaxPlaylist is the largest playlist in bytes that is parsed.
	MaxPlaylist = 8 << 20
	maxLine     = 64 << 10
	maxSegments = 100_000
)

// quotable bounds how much foreign text an error repeats, in characters.
const quotable = 80

// lines calls each for every tag and URI of a playlist, in order, and wraps its
// error with the line's number, from 1. A playlist that does not end with a line
// end is truncated: its sender died in mid-body, or there is more to come.
func lines(b []byte, each func(line string) error) error {
	if len(b) > MaxPlaylist {
		return fmt.Errorf("playlist of %d bytes: at most %d are allowed", len(b), MaxPlaylist)
	}
	first, rest, _ := bytes.Cut(b, []byte{'\n'})
	if first = bytes.TrimRight(first, " \t\r"); string(first) != "#EXTM3U" {
		return fmt.Errorf("playlist line 1: %.*q where #EXTM3U is due", quotable, first)
	}
	if b[len(b)-1] != '\n' {
		return errors.New("playlist is truncated: its last line has no end")
	}
	text := string(rest)
	for number := 2; text != ""; number++ {
		var line string
		line, text, _ = strings.Cut(text, "\n")
		line = strings.TrimRight(line, " \t\r")
		if line == "" || line[0] == '#' && !strings.HasPrefix(line, "#EXT") {
			continue // RFC 8216, 4.1: blank lines and comments are ignored
		}
		err := fit(line)
		if err == nil {
			err = each(line)
		}
		if err != nil {
			return fmt.Errorf("playlist line %d: %w", number, err)
		}
	}
	return nil
}

// fit refuses lines that no playlist may have (RFC 8216, 4.1). A tab passes:
// titles have them.
func fit(line string) error {
	if len(line) > maxLine {
		return fmt.Errorf("it has %d bytes, at most %d are allowed", len(line), maxLine)
	}
	if line == "#EXTM3U" {
		return errors.New("a second #EXTM3U: two playlists in one")
	}
	for i, r := range line {
		if r == utf8.RuneError {
			if _, n := utf8.DecodeRuneInString(line[i:]); n == 1 {
				return fmt.Errorf("byte %d is not UTF-8", i)
			}
		}
		if r != '\t' && unicode.IsControl(r) {
			return fmt.Errorf("control character %U", r)
		}
	}
	return nil
}

// bad says which tag an error is about.
func bad(name, value string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("bad %s %.*q: %w", strings.TrimPrefix(name, "#"), quotable, value, err)
}

// once refuses a tag that a playlist may have only once, the second time.
type once map[string]bool

func (o *once) see(name string) error {
	if (*o)[name] {
		return errors.New("it is there twice")
	}
	if *o == nil {
		*o = make(once)
	}
	(*o)[name] = true
	return nil
}

// IsMultivariant reports whether a playlist is a multivariant playlist: it has a
// tag that only those have. It looks no further; ParseMultivariant does.
func IsMultivariant(b []byte) bool {
	for _, tag := range []string{"\n#EXT-X-STREAM-INF:", "\n#EXT-X-I-FRAME-STREAM-INF:", "\n#EXT-X-MEDIA:"} {
		if bytes.Contains(b, []byte(tag)) {
			return true
		}
	}
	return false
}
