package remote

import (
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"livestream-tui/procs/child"
	"livestream-tui/services/worker/ffmpeg"
)

// source is a URL as FFmpeg gets it.
type source struct {
	url    string
	shown  string // for people: without credentials and parameters
	scheme string // empty for a file
	secret bool   // it has credentials
}

func sourceOf(text string) source {
	s := source{url: text, shown: text}
	u, err := url.Parse(text)
	if err != nil || u.Scheme == "" || u.Scheme == "file" || !strings.Contains(text, "://") {
		if err == nil && u.Scheme == "file" {
			s.url = u.Path
		}
		s.shown = filepath.Base(s.url)
		return s
	}
	s.scheme, s.secret = u.Scheme, u.User != nil || u.RawQuery != ""
	s.shown = u.Scheme + "://" + u.Host + u.Path
	return s
}

// options are FFmpeg's for this scheme, as pairs of a name and a value.
func (s source) options() []string {
	const patience = "5000000" // in microseconds
	switch s.scheme {
	case "rtsp", "rtsps":
		return []string{"rtsp_transport", "tcp", "timeout", patience}
	case "http", "https", "rtmp", "rtmps", "tcp", "tls":
		return []string{"rw_timeout", patience}
	}
	return nil
}

// paced reports whether FFmpeg has to hold back what it could read at once.
func (s source) paced() bool { return slices.Contains([]string{"", "http", "https"}, s.scheme) }

// list is what FFmpeg reads from its standard input; empty when it gets the URL itself.
func (s source) list() string {
	if !s.secret {
		return ""
	}
	var b strings.Builder
	fmt.Fprintf(&b, "ffconcat version 1.0\nfile '%s'\n", strings.ReplaceAll(s.url, "'", `'\''`))
	for o := range slices.Chunk(s.options(), 2) {
		fmt.Fprintf(&b, "option %s %s\n", o[0], o[1])
	}
	return b.String()
}

// open are the arguments that open it.
func (s source) open() []string {
	if s.secret {
		return []string{"-protocol_whitelist", "pipe,fd,file,http,https,tls,tcp,udp,rtp,rtsp,rtsps,rtmp,rtmps,srt,crypto,data", "-f", "concat", "-safe", "0", "-i", "pipe:0"}
	}
	var argv []string
	for o := range slices.Chunk(s.options(), 2) {
		argv = append(argv, "-"+o[0], o[1])
	}
	if s.scheme == "" && strings.HasSuffix(s.url, ".ffconcat") {
		argv = append(argv, "-f", "concat", "-safe", "0")
	}
	return append(argv, "-i", s.input())
}

// input is what stands behind -i. A path with a colon is no URL.
func (s source) input() string {
	if s.scheme == "" {
		return "file:" + s.url
	}
	return s.url
}

// play are FFmpeg's arguments to give it as MPEG-TS.
func (s source) play(known *streams) []string {
	argv := []string{"-hide_banner", "-nostats", "-loglevel", "level+error"}
	if !s.secret {
		argv = append(argv, "-nostdin")
	}
	if s.paced() {
		argv = append(argv, "-re")
	}
	if s.scheme == "" {
		argv = append(argv, "-stream_loop", "-1")
	}
	argv = append(argv, s.open()...)
	argv = append(argv, "-map", "0:v:0", "-map", "0:a:0?", "-c:v", "copy")
	if known.copiesSound() {
		argv = append(argv, "-c:a", "copy")
	} else {
		argv = append(argv, "-c:a", "aac", "-b:a", "160k", "-ac", "2", "-ar", "48000")
	}
	return append(argv, "-flush_packets", "1", "-muxdelay", "0", "-muxpreload", "0", "-f", "mpegts", "pipe:1")
}

// meanings are marks in what FFmpeg says, and what they mean to people.
var meanings = []struct{ mark, means string }{
	{"Connection refused", "nothing answers there"},
	{"No route to host", "it cannot be reached"},
	{"Network is unreachable", "it cannot be reached"},
	{"Connection timed out", "it does not answer"},
	{"Failed to resolve hostname", "its host is unknown"},
	{"401 Unauthorized", "it wants a user and a password, or others"},
	{"403 Forbidden", "it does not let us in"},
	{"404", "there is nothing under that address"},
	{"No such file or directory", "there is no such file"},
	{"Invalid data found", "FFmpeg cannot make sense of it"},
}

// credentials are those of any URL in a text, parameters what may be others.
var (
	credentials = regexp.MustCompile(`://[^/\s'"@]*@`)
	parameters  = regexp.MustCompile(`\?[^\s'"]*`)
)

// sayings are what a program says. Not safe for concurrent use.
type sayings struct {
	first ffmpeg.Complaints
	lines []string
}

// sayingsMost bounds how many lines are kept.
const sayingsMost = 50

func (s *sayings) says(line string) {
	s.first.Says(line)
	if len(s.lines) < sayingsMost {
		s.lines = append(s.lines, line)
	}
}

// explain is why a program ended as it did, in words for people and without secrets: the
// meaning of what it said, or else the first error.
func (s source) explain(said *sayings, e child.Exit) error {
	all := strings.Join(said.lines, "\n")
	for _, m := range meanings {
		if strings.Contains(all, m.mark) {
			return fmt.Errorf("%s: %s", s.shown, m.means)
		}
	}
	text := strings.ReplaceAll(said.first.Or(e), s.url, s.shown)
	text = parameters.ReplaceAllString(credentials.ReplaceAllString(text, "://"), "")
	if strings.HasPrefix(text, s.shown) {
		return errors.New(text)
	}
	return fmt.Errorf("%s: %s", s.shown, text)
}
