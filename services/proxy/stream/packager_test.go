package stream

import (
	"errors"
	"fmt"
	"net/http"
	"path"
	"slices"
	"strings"
	"time"

	"livestream-tui/services/hls/container"
	"livestream-tui/services/hls/m3u8"
	"livestream-tui/services/proxy/timeline"
	"livestream-tui/services/proxy/uri"
)

// segment is how long the segments of the simulation last.
const segment = 2 * time.Second

// oldest is the number of the encoder's newest segment at the beginning.
const oldest = 1000

// simulated is a packager: what it has of an encoder's segments, and how it calls them.
// The zero value, with a window, is a good one.
type simulated struct {
	encoder int   // whose media it has
	own     bool  // it writes other bytes than its peers, with the same times
	base    int64 // added to the encoder's numbers
	from    int64 // the first that it has
	ahead   int64 // how many later segments it has than it should
	lag     int64
	frozen  int64 // newest that it had when it froze; 0 while it moves
	window  int64
	cycle   int64 // names are used again after so many; 0 for never
	prefix  string
	query   string
	target  int
	breaks  int64 // each segment whose number it divides begins with a discontinuity; 0 for none
	clock   time.Duration
	change  func(*m3u8.MediaPlaylist) // what else is in its lists

	down       bool
	status     int
	location   string
	odd        bool
	one        string        // why its answers are for one player alone
	late       time.Duration // how long after it is listed a segment is there
	mute       bool          // it has no segments
	end, event bool
	multi      bool   // it gives a multivariant playlist whatever it is asked for
	session    string // of what its multivariant playlists name
}

// answer is what a packager says when it is asked for a playlist.
type answer struct {
	raw      []byte
	contents map[string]content // of what it lists, by target
	err      error
	status   int
	location string
	odd      bool
}

// content is a segment of an encoder.
type content struct {
	encoder int
	stem    string // of which playlist
	n       int64
}

func (p *simulated) newest(now int64) int64 {
	if p.frozen > 0 {
		now = p.frozen
	}
	return now - p.lag + p.ahead
}

func stem(target string) string {
	return strings.TrimSuffix(path.Base(uri.Name(target)), ".m3u8")
}

func (p *simulated) name(stem string, n int64) string {
	number := n + p.base
	if p.cycle > 0 {
		number %= p.cycle
	}
	return fmt.Sprintf("%s%s-%d.ts%s", p.prefix, stem, number, p.query)
}

// asked is its answer, with the encoder's newest segment now.
func (p *simulated) asked(target string, now int64) answer {
	switch {
	case p.down:
		return answer{err: errors.New("connection refused")}
	case p.location != "":
		return answer{err: errors.New("leads elsewhere"), status: http.StatusFound, location: p.location}
	case p.status != 0:
		return answer{err: fmt.Errorf("status %d", p.status), status: p.status}
	case p.odd:
		return answer{err: errors.New("playlist line 1: no #EXTM3U"), odd: true, raw: []byte("what is this?\n")}
	case p.session != "" && stem(target) != "main" && !strings.Contains(target, "s="+p.session):
		return answer{err: errors.New("status 404"), status: http.StatusNotFound}
	case p.multi || stem(target) == "main":
		return answer{raw: p.multivariant()}
	}
	l, contents := p.list(target, now)
	return answer{raw: l.Encode(), contents: contents}
}

func (p *simulated) multivariant() []byte {
	query := p.query
	if p.session != "" {
		query = "?s=" + p.session
	}
	return []byte("#EXTM3U\n#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"a\",NAME=\"English\",URI=\"audio.m3u8" + query +
		"\"\n#EXT-X-STREAM-INF:BANDWIDTH=800000,AUDIO=\"a\"\nvideo.m3u8" + query + "\n")
}

func (p *simulated) list(target string, now int64) (*m3u8.MediaPlaylist, map[string]content) {
	newest := p.newest(now)
	first := max(p.from, newest-p.window+1)
	if p.event {
		first = max(p.from, oldest-p.window+1)
	}
	first = max(first, -p.base)
	l := &m3u8.MediaPlaylist{Version: 6, TargetDuration: max(p.target, 2), MediaSequence: first + p.base, EndList: p.end}
	if p.event {
		l.PlaylistType = "EVENT"
	}
	if p.breaks > 0 {
		l.DiscontinuitySequence = (first - 1) / p.breaks
	}
	contents := map[string]content{}
	for n := first; n <= newest; n++ {
		l.Segments = append(l.Segments, m3u8.Segment{
			URI: p.name(stem(target), n), Duration: segment, ProgramDateTime: epoch.Add(time.Duration(n)*segment + p.clock),
			Discontinuity: p.breaks > 0 && n%p.breaks == 0,
		})
		contents[path.Join(path.Dir(target), p.name(stem(target), n))] = content{p.encoder, stem(target), n}
	}
	if p.change != nil {
		p.change(l)
	}
	return l, contents
}

// give is the segment at a target: what it is, and the status where it has none.
func (p *simulated) give(target string, now time.Duration) (content, int) {
	newest := int64(now/segment) + oldest
	if p.down || p.status >= 500 || p.odd {
		return content{}, http.StatusBadGateway
	}
	base := path.Base(uri.Name(target))
	name, _, ok := strings.Cut(strings.TrimPrefix(base, p.prefix), "-")
	if !ok || p.mute || name != stem(video) && name != stem(audio) {
		return content{}, http.StatusNotFound
	}
	for n := p.newest(newest); n >= max(p.from, p.newest(newest)-p.window-5); n-- {
		if uri.Name(p.name(name, n)) != base {
			continue
		}
		if since := now - time.Duration(n-oldest-p.ahead)*segment; since < p.late {
			return content{}, http.StatusNotFound
		}
		return content{p.encoder, name, n}, 0
	}
	return content{}, http.StatusNotFound
}

// is is what a segment of a packager turns out to be.
func (p *simulated) is(c content) timeline.Content {
	writer := ""
	if p.own {
		writer = fmt.Sprintf("%p", p)
	}
	return timeline.Content{
		Digest: fmt.Sprint(c, writer), HasStart: true, Format: container.FormatMPEGTS,
		Start: container.Timestamp{Ticks: c.n*180_000 + int64(c.encoder)*77_777, Scale: 90_000},
	}
}

// follows are the tags of low latency.
func parts(l *m3u8.MediaPlaylist) {
	l.Unknown = append(slices.Clone(l.Unknown), "#EXT-X-PART-INF:PART-TARGET=0.5")
}
