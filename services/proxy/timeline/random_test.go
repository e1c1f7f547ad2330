package timeline

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"livestream-tui/services/hls/m3u8"
	"livestream-tui/services/proxy/playlisttest"
)

// simulated is a packager of the simulation.
type simulated struct {
	base     int64 // added to the encoder's numbers
	prefix   string
	lag      int64
	from     int64 // the oldest that it has
	frozen   int64 // newest that it had when it froze; 0 while it moves
	end, bad bool
	event    bool
	keyed    bool
	clock    time.Duration
	window   int64
}

func (s *simulated) list(newest int64, rnd *rand.Rand) *m3u8.MediaPlaylist {
	if s.frozen > 0 {
		newest = s.frozen
	}
	newest -= s.lag
	first := max(s.from, newest-s.window+1)
	if first > newest {
		return nil
	}
	p := lists(first, int(newest-first+1), each(func(n int64, seg *m3u8.Segment) {
		seg.Discontinuity = n%37 == 0
		seg.ProgramDateTime = seg.ProgramDateTime.Add(s.clock)
		if n%19 == 0 {
			seg.Unknown = []m3u8.Tag{"#EXT-X-CUE-OUT:4"}
		}
		if s.keyed && n == first {
			seg.Keys = []m3u8.Key{aes("k")}
		}
	}))
	p.MediaSequence += s.base
	for i := range p.Segments {
		p.Segments[i].URI = fmt.Sprintf("%s%d.ts", s.prefix, p.MediaSequence+int64(i))
	}
	p.DiscontinuitySequence, p.EndList = first/37, s.end
	if s.event {
		p.PlaylistType = "EVENT"
	}
	if s.bad && rnd.IntN(3) == 0 {
		seg := &p.Segments[rnd.IntN(len(p.Segments))]
		switch rnd.IntN(6) {
		case 0:
			p.TargetDuration = 5
		case 1:
			seg.Duration = 9 * time.Second
		case 2:
			seg.URI = fmt.Sprintf("http://elsewhere/%d.ts", rnd.Int64())
		case 3:
			p.Segments = p.Segments[:rnd.IntN(len(p.Segments))]
		case 4:
			seg.Gap = true
		case 5:
			seg.URI = "%00.ts"
		}
	}
	return p
}

func (s *simulated) happen(newest int64, rnd *rand.Rand) {
	switch rnd.IntN(44) {
	case 0: // its numbers fall to 0
		*s = simulated{base: -newest, from: newest, window: s.window, prefix: s.prefix, event: s.event}
	case 1: // its numbers jump
		s.base += int64(rnd.IntN(500))
	case 2:
		s.lag = int64(rnd.IntN(12))
	case 3:
		s.frozen = newest
	case 4, 5, 6:
		s.frozen, s.lag, s.bad, s.end = 0, 0, false, false
	case 7:
		s.end = !s.end
	case 8: // it lost what it had
		s.from = newest + int64(rnd.IntN(5))
	case 9:
		s.prefix = string(rune('a' + rnd.IntN(3)))
	case 10: // it is what it was at first
		*s = simulated{window: s.window}
	case 11:
		s.bad = true
	case 12:
		s.event = !s.event
	case 13:
		s.clock = time.Duration(rnd.IntN(7200)-3600) * time.Second
	case 14:
		s.keyed = !s.keyed
	}
}

// series is a timeline that packagers are played on.
type series struct {
	line  *Timeline
	c     *checker
	rnd   *rand.Rand
	still int // rounds since something was taken
}

// take gives the timeline a packager's playlist as its owner would.
func (s *series) take(l List) (int, error) {
	if s.line.Empty() {
		s.line.Window = Length(l.MediaPlaylist)
		n, err := s.line.Begin(l, 0)
		return n, err
	}
	r := s.line.Compare(l)
	switch {
	case r.Hole > 0 && s.still > 3 && r.Conflict == "":
		n, _, err := s.line.Skip(l)
		return n, err
	case r.Hole > 0:
		return 0, nil
	case (r.Behind || r.Conflict != "") && s.still > 5:
		skip := s.line.Unseen(l, nil)
		if s.rnd.IntN(4) == 0 {
			skip = max(0, int64(len(l.Segments)-3))
		}
		n, _, err := s.line.Adopt(l, skip)
		return n, err
	case r.Behind || r.Conflict != "":
		return 0, nil
	}
	n, err := s.line.Append(l)
	if err == nil && s.rnd.IntN(2) == 0 {
		s.line.Retag(l)
	}
	return n, err
}

func (s *series) step(l List) (grew bool, err error) {
	before, was := string(l.Encode()), string(s.line.Playlist().Encode())
	n, failed := s.take(l)
	switch {
	case before != string(l.Encode()):
		return false, fmt.Errorf("the packager's playlist was changed")
	case failed != nil && was != string(s.line.Playlist().Encode()):
		return false, fmt.Errorf("a list that cannot be taken changed what is served")
	}
	for i := range s.line.Entries {
		if s.line.Entries[i].MSN != s.line.Entries[0].MSN+int64(i) {
			return false, fmt.Errorf("entries are not consecutive")
		}
	}
	return n > 0, nil
}

func (s *series) show() error {
	if n := len(s.line.Pending()); n > 0 && s.rnd.IntN(3) > 0 {
		if s.rnd.IntN(10) == 0 {
			s.line.Miss(s.line.Pending()[0].MSN)
		}
		if s.rnd.IntN(20) == 0 {
			s.line.Break()
		}
		s.c.now = s.c.now.Add(time.Duration(s.rnd.IntN(3)) * time.Second)
		s.line.List(1+s.rnd.IntN(n), s.c.now)
	}
	if s.line.Listed == 0 {
		return nil
	}
	was := s.c.Last
	if err := s.c.Check(s.line.Playlist().Encode()); err != nil {
		return fmt.Errorf("%w\n%s\nthen\n%s", err, was.Encode(), s.line.Playlist().Encode())
	}
	return nil
}

func TestNoSeriesOfSwitchesBreaksTheRules(t *testing.T) {
	for seed := range uint64(60) {
		rnd := rand.New(rand.NewPCG(seed, 1))
		s := &series{line: blank(), c: &checker{now: epoch}, rnd: rnd}
		var packagers []*simulated
		for range 2 + rnd.IntN(2) {
			packagers = append(packagers, &simulated{window: 4 + rnd.Int64N(5)})
		}
		newest := int64(1000)
		for step := range 300 {
			if rnd.IntN(3) > 0 {
				newest++
			}
			s.still++
			for _, i := range rnd.Perm(len(packagers)) {
				packagers[i].happen(newest, rnd)
				p := packagers[i].list(newest, rnd)
				if p == nil || rnd.IntN(4) == 0 {
					continue
				}
				grew, err := s.step(by(i%2, p))
				if err != nil {
					t.Fatalf("seed %d, step %d: %v", seed, step, err)
				}
				if grew {
					s.still = 0
				}
			}
			if err := s.show(); err != nil {
				t.Fatalf("seed %d, step %d: %v", seed, step, err)
			}
		}
		if s.c.Listed() < 20 {
			t.Fatalf("seed %d: only %d segments were listed", seed, s.c.Listed())
		}
	}
}

// FuzzTimeline: whatever packagers list, nothing panics and no rule is broken.
func FuzzTimeline(f *testing.F) {
	for _, p := range []*m3u8.MediaPlaylist{
		lists(100, 5), lists(104, 3, at(105, broken)), lists(0, 3), lists(1<<62, 3), lists(100, 6, event), lists(1<<63-8, 3),
		lists(7, 4, each(func(_ int64, s *m3u8.Segment) { s.Map, s.Keys = &m3u8.Map{URI: "i"}, []m3u8.Key{{Method: "NONE"}} })),
	} {
		f.Add([]byte("#EXTM3U\n"), p.Encode(), lists(102, 5).Encode())
		f.Add(lists(100, 5).Encode(), p.Encode(), lists(102, 5).Encode())
	}
	f.Fuzz(func(t *testing.T, a, b, d []byte) {
		s := &series{line: blank(), c: &checker{Checker: playlisttest.Checker{Loops: true}, now: epoch}, rnd: rand.New(rand.NewPCG(1, 1)), still: 10}
		for i, text := range [][]byte{a, b, d, a} {
			p, err := m3u8.ParseMedia(text)
			if err != nil || len(p.Segments) == 0 || len(p.Segments) > 50 {
				continue
			}
			if _, err := s.step(by(i%2, p)); err != nil {
				t.Fatal(err)
			}
			s.line.Retag(by(i%2, p))
			s.c.now = s.c.now.Add(time.Second)
			s.line.List(len(s.line.Pending()), s.c.now)
			if s.line.Listed == 0 {
				continue
			}
			if err := s.c.Check(s.line.Playlist().Encode()); errors.As(err, new(*playlisttest.Broken)) {
				t.Fatal(err)
			}
		}
	})
}
