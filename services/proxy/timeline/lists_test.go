package timeline

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"livestream-tui/services/hls/m3u8"
	"livestream-tui/services/proxy/playlisttest"
	"livestream-tui/services/proxy/uri"
)

var epoch = time.Date(2024, 4, 5, 11, 0, 0, 0, time.UTC)

const playlistKey = "/live01/playlist.m3u8"

// lists is a packager's playlist: n segments of two seconds from MSN first on, named
// and dated by their numbers, and then changed.
func lists(first int64, n int, changes ...func(*m3u8.MediaPlaylist)) *m3u8.MediaPlaylist {
	p := &m3u8.MediaPlaylist{Version: 6, TargetDuration: 2, MediaSequence: first}
	for msn := first; msn < first+int64(n); msn++ {
		p.Segments = append(p.Segments, m3u8.Segment{
			URI: fmt.Sprintf("%d.ts", msn), Duration: 2 * time.Second, ProgramDateTime: epoch.Add(time.Duration(msn) * 2 * time.Second),
		})
	}
	for _, change := range changes {
		change(p)
	}
	return p
}

// at changes the segment of that MSN.
func at(msn int64, change func(*m3u8.Segment)) func(*m3u8.MediaPlaylist) {
	return func(p *m3u8.MediaPlaylist) { change(&p.Segments[msn-p.MediaSequence]) }
}

func each(change func(msn int64, s *m3u8.Segment)) func(*m3u8.MediaPlaylist) {
	return func(p *m3u8.MediaPlaylist) {
		for i := range p.Segments {
			change(p.MediaSequence+int64(i), &p.Segments[i])
		}
	}
}

// dated moves all dates.
func dated(by time.Duration) func(*m3u8.MediaPlaylist) {
	return each(func(_ int64, s *m3u8.Segment) { s.ProgramDateTime = s.ProgramDateTime.Add(by) })
}

func undated(p *m3u8.MediaPlaylist) {
	each(func(_ int64, s *m3u8.Segment) { s.ProgramDateTime = time.Time{} })(p)
}

func broken(s *m3u8.Segment) { s.Discontinuity = true }

func event(p *m3u8.MediaPlaylist) { p.PlaylistType = "EVENT" }

// by is the playlist as packager i has it.
func by(i int, p *m3u8.MediaPlaylist) List {
	return List{p, uri.Found{Packager: i, Target: playlistKey, Key: playlistKey}}
}

// first is the playlist as the first packager has it.
func first(p *m3u8.MediaPlaylist) List { return by(0, p) }

func blank() *Timeline {
	return &Timeline{Key: playlistKey, Hosts: uri.NewHosts([]string{"http://server1:8080", "http://server2:8080"})}
}

// checker holds playlists to the rules, and is the clock of what is shown.
type checker struct {
	playlisttest.Checker
	now time.Time
}

// begun is a timeline that has taken and listed a playlist, and the checker of it.
func begun(t *testing.T, p *m3u8.MediaPlaylist) (*Timeline, *checker) {
	t.Helper()
	line, c := blank(), &checker{now: epoch}
	if n, err := line.Begin(first(p), 0); n != len(p.Segments) || err != nil {
		t.Fatalf("begin: got %d and %v, want %d segments", n, err, len(p.Segments))
	}
	line.Window = Length(p)
	show(t, line, c)
	return line, c
}

// show lists what is pending and holds the playlist to the rules.
func show(t *testing.T, line *Timeline, c *checker) *m3u8.MediaPlaylist {
	t.Helper()
	c.now = c.now.Add(2 * time.Second)
	line.List(len(line.Pending()), c.now)
	if err := c.Check(line.Playlist().Encode()); err != nil {
		t.Fatal(err)
	}
	return line.Playlist()
}

// offered is what a packager's playlist came to.
type offered struct {
	added int
	Relation
}

// offer compares a playlist and takes it where it goes on with what was served.
func offer(t *testing.T, line *Timeline, l List) offered {
	t.Helper()
	o := offered{Relation: line.Compare(l)}
	if o.Behind || o.Hole > 0 || o.Conflict != "" {
		return o
	}
	var err error
	if o.added, err = line.Append(l); err != nil {
		t.Fatalf("append: %v", err)
	}
	return o
}

// want compares what is listed: "100 101 D102 G103", D for a discontinuity, G for a
// gap.
func want(t *testing.T, p *m3u8.MediaPlaylist, list string) {
	t.Helper()
	var got []string
	for i, s := range p.Segments {
		word := fmt.Sprint(p.MediaSequence + int64(i))
		if s.Gap {
			word = "G" + word
		}
		if s.Discontinuity {
			word = "D" + word
		}
		got = append(got, word)
	}
	if strings.Join(got, " ") != list {
		t.Errorf("playlist: got %s, want %s", strings.Join(got, " "), list)
	}
}

// lines are the playlist's lines that begin with one of these, each with what it stands
// before: "#EXT-X-KEY:METHOD=NONE 105.ts".
func lines(p *m3u8.MediaPlaylist, begin ...string) []string {
	var list, open []string
	for line := range strings.SplitSeq(strings.TrimSuffix(string(p.Encode()), "\n"), "\n") {
		if !strings.HasPrefix(line, "#") {
			for _, tag := range open {
				list = append(list, tag+" "+line)
			}
			open = nil
			continue
		}
		for _, b := range begin {
			if strings.HasPrefix(line, b) {
				open = append(open, line)
			}
		}
	}
	for _, tag := range open {
		list = append(list, tag+" (end)")
	}
	return list
}

func wantLines(t *testing.T, got []string, want ...string) {
	t.Helper()
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("lines: got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
