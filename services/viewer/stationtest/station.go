package stationtest

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"livestream-tui/services/hls/m3u8"
)

// Station is a live server: it has a new segment after each Duration and lists the last
// few. Its hooks, where not nil, change what it serves.
type Station struct {
	TD       int           // target duration in seconds
	Duration time.Duration // of each segment
	Window   int           // segments in the playlist
	First    int64         // MSN of the first segment ever
	TS       bool          // MPEG-TS; otherwise fMP4
	Size     int           // bytes of media in a segment

	Began time.Time // when the first playlist was complete

	// OnList changes the playlist, newest is its newest MSN.
	OnList func(p *m3u8.MediaPlaylist, newest int64)
	// OnText changes the playlist as it is written.
	OnText func(text string, newest int64) string
	// OnBody changes a segment.
	OnBody func(b []byte, msn int64) []byte
	// OnRequest answers in place of the station where it returns true. msn is -1 for
	// anything but a segment.
	OnRequest func(w http.ResponseWriter, r *http.Request, msn int64) bool

	mu   sync.Mutex
	seen []string // requests, guarded by mu
}

// New returns a station with segments of one second.
func New() *Station {
	return &Station{TD: 1, Duration: time.Second, Window: 5, First: 100, Size: 1000}
}

// Newest is the MSN of the newest segment now.
func (s *Station) Newest() int64 {
	return s.First + int64(s.Window) - 1 + int64(time.Since(s.Began)/s.Duration)
}

func (s *Station) name(msn int64) string {
	if s.TS {
		return fmt.Sprintf("seg_%06d.ts", msn)
	}
	return fmt.Sprintf("%d.m4s", msn)
}

// Playlist is the playlist whose newest segment is newest.
func (s *Station) Playlist(newest int64) *m3u8.MediaPlaylist {
	p := &m3u8.MediaPlaylist{Version: 7, TargetDuration: s.TD, MediaSequence: newest - int64(s.Window) + 1}
	var m *m3u8.Map
	if !s.TS {
		m = &m3u8.Map{URI: "init.mp4"}
	}
	for msn := p.MediaSequence; msn <= newest; msn++ {
		p.Segments = append(p.Segments, m3u8.Segment{
			URI: s.name(msn), Duration: s.Duration, Map: m,
			ProgramDateTime: s.Began.Add(time.Duration(msn-s.First-int64(s.Window)) * s.Duration),
		})
	}
	return p
}

// Body is a segment.
func (s *Station) Body(msn int64) []byte {
	begins := time.Duration(msn) * s.Duration
	if s.TS {
		return TransportStream(begins-time.Duration(s.First+8)*s.Duration, s.Duration) // over the wrap of the PTS
	}
	return Segment(begins, s.Duration, uint32(msn), s.Size)
}

// ServeHTTP implements http.Handler.
func (s *Station) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	s.seen = append(s.seen, r.Method+" "+r.URL.Path)
	s.mu.Unlock()
	name := r.URL.Path[strings.LastIndex(r.URL.Path, "/")+1:]
	digits := strings.TrimSuffix(strings.TrimSuffix(strings.TrimPrefix(name, "seg_"), ".ts"), ".m4s")
	msn, err := strconv.ParseInt(digits, 10, 64)
	if err != nil {
		msn = -1
	}
	w.Header().Set("X-Packager", "http://packager")
	if msn >= 0 {
		w.Header().Set("X-Packager", "http://any") // a segment may come from any of them
	}
	if s.OnRequest != nil && s.OnRequest(w, r, msn) {
		return
	}
	var b []byte
	switch {
	case name == "playlist.m3u8":
		newest := s.Newest()
		p := s.Playlist(newest)
		if s.OnList != nil {
			s.OnList(p, newest)
		}
		b = p.Encode()
		if s.OnText != nil {
			b = []byte(s.OnText(string(b), newest))
		}
	case strings.HasPrefix(name, "init"):
		b = Init(name[len("init")])
	case msn >= 0:
		b = s.Body(msn)
		if s.OnBody != nil {
			b = s.OnBody(b, msn)
		}
	default:
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Length", strconv.Itoa(len(b)))
	_, _ = w.Write(b)
}

// Requests are the requests so far, as method and path, whose path ends with suffix.
func (s *Station) Requests(suffix string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []string
	for _, q := range s.seen {
		if strings.HasSuffix(q, suffix) {
			list = append(list, q)
		}
	}
	return list
}
