package proxy

import (
	"fmt"
	"math"
	"net/url"
	"strings"
	"time"
)

// fieldLive is a live playlist: segment n is there when (n - msn0 + 1) segments have
// passed since t0. Its fields are set before it is first asked for.
type fieldLive struct {
	dur     time.Duration // of each segment; 1 s where it is 0
	window  int           // segments listed; 6 where it is 0
	ready   int           // segments that are there at the beginning; 10 where it is 0
	msn0    int           // the first number
	name    string        // of a segment, from its number; seg%d.ts where it is empty
	names   func(n int) string
	td      string                         // the target duration, where it does not follow from the segments
	head    func() string                  // lines in front of all segments
	per     func(n int) string             // lines in front of segment n
	tail    func() string                  // lines behind all segments
	extinf  func(n int) time.Duration      // where segments differ; lasts says when they are there then
	lasts   func(passed time.Duration) int // the newest, from what has passed since t0
	dated   bool                           // each segment has its date
	date    time.Duration                  // what the clock of the packager is ahead
	media0  int                            // the second of media that msn0 begins with
	version int                            // 3 where it is 0
	t0      time.Time
	body    func(n int) []byte // the media of number n, where it is no second of the stream
	ext     string             // in place of #EXTM3U
}

// live is a live playlist that has begun by now.
func (f *field) live(l fieldLive) *fieldLive {
	if l.dur == 0 {
		l.dur = time.Second
	}
	if l.window == 0 {
		l.window = 6
	}
	if l.ready == 0 {
		l.ready = 10
	}
	if l.version == 0 {
		l.version = 3
	}
	if l.name == "" {
		l.name = "seg%d.ts"
	}
	if l.names == nil {
		l.names = func(n int) string { return fmt.Sprintf(l.name, n) }
	}
	if l.t0.IsZero() {
		l.t0 = time.Now().Add(-time.Duration(l.ready)*l.dur - 50*time.Millisecond)
	}
	if l.extinf == nil {
		l.extinf = func(int) time.Duration { return l.dur }
	}
	if l.lasts == nil {
		l.lasts = func(passed time.Duration) int { return l.msn0 + int(passed/l.dur) - 1 }
	}
	if l.body == nil {
		l.body = func(n int) []byte { return fieldSecond(l.second(n)) }
	}
	return &l
}

// fieldLine is a line that never changes.
func fieldLine(line string) func() string { return func() string { return line } }

// second is the second of the stream that number n is.
func (l *fieldLive) second(n int) int { return l.media0 + n - l.msn0 }

func (l *fieldLive) last() int { return l.lasts(time.Since(l.t0)) }

// first and last are what is listed; last is below first when nothing is.
func (l *fieldLive) listed() (first, last int) {
	last = l.last()
	return max(l.msn0, last-l.window+1), last
}

func (l *fieldLive) target(first, last int) string {
	if l.td != "" {
		return l.td
	}
	longest := time.Duration(0)
	for n := first; n <= last; n++ {
		longest = max(longest, l.extinf(n))
	}
	if longest == 0 {
		longest = l.dur
	}
	return fmt.Sprint(max(1, math.Round(longest.Seconds())))
}

// playlist is the playlist now, with the segments' own names.
func (l *fieldLive) playlist() string { return l.playlistOf(l.names) }

// playlistOf is the playlist now, with other URIs.
func (l *fieldLive) playlistOf(uri func(n int) string) string {
	first, last := l.listed()
	var b strings.Builder
	line := func(s string) {
		if s != "" {
			b.WriteString(s + "\n")
		}
	}
	line(fmt.Sprintf("#EXTM3U\n#EXT-X-VERSION:%d\n#EXT-X-TARGETDURATION:%s\n#EXT-X-MEDIA-SEQUENCE:%d", l.version, l.target(first, last), first))
	if l.head != nil {
		line(l.head())
	}
	for n := first; n <= last; n++ {
		if l.per != nil {
			line(l.per(n))
		}
		if l.dated {
			line("#EXT-X-PROGRAM-DATE-TIME:" + fieldDate(l.t0.Add(time.Duration(n-l.msn0)*l.dur+l.date)))
		}
		line(fmt.Sprintf("#EXTINF:%.3f,\n%s", l.extinf(n).Seconds(), uri(n)))
	}
	if l.tail != nil {
		line(l.tail())
	}
	return b.String()
}

func fieldDate(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z07:00") }

// find is the number whose segment has this name and is still kept, two windows long.
func (l *fieldLive) find(name string) (n int, ok bool) {
	last := l.last()
	for n := last; n >= max(l.msn0, last-2*l.window-4); n-- {
		own, _, _ := strings.Cut(l.names(n), "?")
		if own == name || fieldUnescape(own) == name {
			return n, true
		}
	}
	return 0, false
}

func fieldUnescape(s string) string {
	if plain, err := url.PathUnescape(s); err == nil {
		return plain
	}
	return s
}

// at is a packager with this playlist at path, its segments beside it.
func (l *fieldLive) at(path string) fieldAnswer {
	segments := l.in(path[:strings.LastIndex(path, "/")+1])
	return func(r *fieldRequest) *fieldReply {
		if r.path == path {
			return r.text(l.playlist())
		}
		return segments(r)
	}
}

// in is a packager with the segments in a folder, which ends with a slash.
func (l *fieldLive) in(folder string) fieldAnswer {
	return func(r *fieldRequest) *fieldReply {
		if name, ok := strings.CutPrefix(r.path, folder); ok {
			if n, ok := l.find(fieldUnescape(name)); ok {
				return r.bytes(l.body(n))
			}
		}
		return nil
	}
}
