package feed

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"livestream-tui/services/hls/m3u8"
	"livestream-tui/services/receiver/segment"
)

const epoch = 1_800_000_000 * time.Second

var one, two = &segment.Init{Name: "init-1.mp4", Data: []byte("one"), Number: 1, Stretch: 1}, &segment.Init{Name: "init-2.mp4", Data: []byte("two"), Number: 2, Stretch: 2}

// cut is segment n of 2 s, independent and without a slate.
func cut(n int, change func(*segment.Segment)) segment.Segment {
	s := segment.Segment{
		MSN: 100 + int64(n), Init: one, Pieces: [][]byte{[]byte("segment "), fmt.Append(nil, n)}, Independent: true,
		Start: epoch + time.Duration(n)*2*time.Second, Duration: 2 * time.Second,
	}
	if change != nil {
		change(&s)
	}
	return s
}

func publish(f *Feed, list ...segment.Segment) { f.Publish(segment.Output{Segments: list}, 2) }

func TestThePlaylistListsWhatWasPublished(t *testing.T) {
	f := New()
	empty := f.Snapshot()
	if empty.List != nil || f.Tape().Newest() != 0 {
		t.Fatal("something is served before the first segment")
	}
	slate := segment.Slate{Start: epoch + 5*time.Second}
	ended := slate
	ended.End = epoch + 7*time.Second
	publish(f, cut(0, nil), cut(1, nil),
		cut(2, func(s *segment.Segment) { s.Slates = []segment.Slate{slate} }),
		cut(3, func(s *segment.Segment) { s.Slates = []segment.Slate{ended} }),
		cut(4, func(s *segment.Segment) {
			s.Init, s.Discontinuity, s.Discontinuities, s.Independent = two, true, 1, false
			s.Duration = 1480 * time.Millisecond
		}))
	select {
	case <-empty.Replaced:
	default:
		t.Error("who looked at the snapshot before is not told")
	}
	got := f.Snapshot()
	want := `#EXTM3U
#EXT-X-VERSION:7
#EXT-X-TARGETDURATION:2
#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES
#EXT-X-MEDIA-SEQUENCE:100
#EXT-X-DISCONTINUITY-SEQUENCE:0
#EXT-X-MAP:URI="init-1.mp4"
#EXT-X-PROGRAM-DATE-TIME:2027-01-15T08:00:00.000Z
#EXTINF:2,
100.m4s
#EXT-X-PROGRAM-DATE-TIME:2027-01-15T08:00:02.000Z
#EXTINF:2,
101.m4s
#EXT-X-PROGRAM-DATE-TIME:2027-01-15T08:00:04.000Z
#EXT-X-DATERANGE:ID="slate-1800000005000",CLASS="livestream-tui.slate",START-DATE="2027-01-15T08:00:05.000Z"
#EXTINF:2,
102.m4s
#EXT-X-PROGRAM-DATE-TIME:2027-01-15T08:00:06.000Z
#EXT-X-DATERANGE:ID="slate-1800000005000",CLASS="livestream-tui.slate",START-DATE="2027-01-15T08:00:05.000Z",END-DATE="2027-01-15T08:00:07.000Z"
#EXTINF:2,
103.m4s
#EXT-X-DISCONTINUITY
#EXT-X-MAP:URI="init-2.mp4"
#EXT-X-PROGRAM-DATE-TIME:2027-01-15T08:00:08.000Z
#EXTINF:1.48,
104.m4s
`
	if string(got.Body) != want {
		t.Errorf("got\n%s\nwant\n%s", got.Body, want)
	}
	if p, err := m3u8.ParseMedia(got.Body); err != nil || len(p.Oddities) > 0 {
		t.Errorf("it is odd: %v, %v", p.Oddities, err)
	}
	for name, want := range map[string]string{"100.m4s": "segment 0", "104.m4s": "segment 4", "init-1.mp4": "one", "init-2.mp4": "two"} {
		if string(bytes.Join(got.Media[name], nil)) != want {
			t.Errorf("%s: got %q, want %q", name, got.Media[name], want)
		}
	}
}

func TestAPlaylistOfKeyFramesAloneSaysSo(t *testing.T) {
	f := New()
	publish(f, cut(0, nil))
	if !f.Snapshot().List.IndependentSegments {
		t.Error("it does not say that its segments are independent")
	}
}

func TestWhatHasLeftThePlaylistIsServedForAWhile(t *testing.T) {
	f := New()
	for n := range 100 {
		publish(f, cut(n, func(s *segment.Segment) {
			if n >= 75 {
				s.Init, s.Discontinuity, s.Discontinuities = two, n == 75, 1
			}
		}))
	}
	got := f.Snapshot()
	if first, last := got.List.MediaSequence, got.List.LastMSN(); first != 180 || last != 199 {
		t.Errorf("it lists %d to %d, want 180 to 199", first, last)
	}
	if got.List.DiscontinuitySequence != 1 || got.List.Segments[0].Discontinuity {
		t.Errorf("got the discontinuity sequence %d, want 1", got.List.DiscontinuitySequence)
	}
	for name, want := range map[string]bool{"169.m4s": false, "170.m4s": true, "199.m4s": true, "init-1.mp4": true} {
		if _, ok := got.Media[name]; ok != want {
			t.Errorf("%s: served %t, want %t", name, ok, want)
		}
	}
	for n := range 100 {
		f := New()
		for m := range n + 1 {
			publish(f, cut(m, func(s *segment.Segment) {
				if s.Discontinuities = 0; m >= 5 {
					s.Init, s.Discontinuity, s.Discontinuities = two, m == 5, 1
				}
			}))
		}
		// The number of a segment is the same in each playlist that lists it.
		if list := f.Snapshot().List; list.DiscontinuitySequence+countOf(list) != min(int64(n/5), 1) {
			t.Errorf("after %d: got the discontinuity sequence %d with %d in the list", n, list.DiscontinuitySequence, countOf(list))
		}
	}
	for n := range 6 {
		publish(f, cut(100+n, func(s *segment.Segment) { s.Init = two }))
	}
	if _, ok := f.Snapshot().Media["init-1.mp4"]; ok {
		t.Error("an initialization section without a segment is still served")
	}
}

// bit is fragment n, of 400 ms; each fifth begins with a key frame.
func bit(n int, init *segment.Init) segment.Fragment {
	return segment.Fragment{Init: init, Data: fmt.Appendf(nil, "%d ", n), Start: epoch + time.Duration(n)*segment.MaxFragment, Key: n%5 == 0}
}

func bits(from, to int, init *segment.Init) segment.Output {
	var out segment.Output
	for n := from; n < to; n++ {
		out.Fragments = append(out.Fragments, bit(n, init))
	}
	return out
}

// text is what a reader reads.
func text(t *testing.T, r *Reader, tape *Tape, now time.Time) string {
	t.Helper()
	init, list, err := r.Read(tape, now)
	var b strings.Builder
	if init != nil {
		b.WriteString(string(init.Data) + ": ")
	}
	for _, f := range list {
		b.Write(f.Data)
	}
	if err != nil {
		b.WriteString(err.Error())
	}
	return strings.TrimSpace(b.String())
}

func TestAReaderBeginsWithAKeyFrameAndReadsToTheEndOfTheFormat(t *testing.T) {
	now := time.Now()
	f := New()
	later := NewReader(epoch+9*time.Second, -1)
	if got := text(t, later, f.Tape(), now); got != "" {
		t.Errorf("before the first: got %q", got)
	}
	f.Publish(bits(0, 12, one), 2)
	for _, c := range []struct {
		name string
		from time.Duration
		want string
	}{
		{"the newest key frame", -1, "one: 10 11"},
		{"all", 0, "one: 0 1 2 3 4 5 6 7 8 9 10 11"},
		{"exactly a key frame", epoch + 2*time.Second, "one: 5 6 7 8 9 10 11"},
		{"behind one", epoch + 2*time.Second + 1, "one: 10 11"},
		{"in the future", epoch + 9*time.Second, ""},
	} {
		if got := text(t, NewReader(c.from, -1), f.Tape(), now); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
	r, before := NewReader(-1, -1), f.Tape()
	text(t, r, before, now)
	if got := text(t, r, before, now); got != "" {
		t.Errorf("when it has all: got %q", got)
	}
	f.Publish(bits(12, 14, one), 2)
	select {
	case <-before.Continued:
	default:
		t.Error("who waits for more is not told")
	}
	f.Publish(bits(14, 26, two), 2)
	if got := text(t, r, f.Tape(), now); got != "12 13" {
		t.Errorf("got %q, want what is left of the format", got)
	}
	if got := text(t, r, f.Tape(), now); got != ErrEnd.Error() {
		t.Errorf("got %q, want %v", got, ErrEnd)
	}
	for _, c := range []struct {
		due  time.Duration
		want string
	}{
		{-1, "one: 0 1 2 3 4 5 6 7 8 9 10 11 12 13"},
		{epoch + 5*time.Second, "one: 0 1 2 3 4 5 6 7 8 9 10 11 12 13"},
		{epoch + 8*time.Second, "two: 15 16 17 18 19 20 21 22 23 24 25"},
		{epoch + 90*time.Second, "two: 15 16 17 18 19 20 21 22 23 24 25"},
	} {
		if got := text(t, NewReader(0, c.due), f.Tape(), now); got != c.want {
			t.Errorf("due at %s: got %q, want %q", c.due-epoch, got, c.want)
		}
	}
	if got := text(t, later, f.Tape(), now); got != "two: 25" {
		t.Errorf("got %q, want the key frame that it waited for", got)
	}
}

func TestAReaderThatIsTooSlowIsCutOff(t *testing.T) {
	now := time.Now()
	f := New()
	f.Publish(bits(0, 10, one), 2)
	caughtUp, burst, lost := NewReader(-1, -1), NewReader(-1, -1), NewReader(0, -1)
	for _, r := range []*Reader{caughtUp, burst, lost} {
		text(t, r, f.Tape(), now)
	}
	text(t, caughtUp, f.Tape(), now)
	text(t, burst, f.Tape(), now)
	f.Publish(bits(10, 40, one), 2) // 12 s
	if got := text(t, burst, f.Tape(), now.Add(time.Second)); !strings.HasPrefix(got, "10 11") {
		t.Errorf("12 s that came at once: got %q", got)
	}
	if got := text(t, caughtUp, f.Tape(), now.Add(11*time.Second)); got != ErrSlow.Error() {
		t.Errorf("12 s behind after 11 s: got %q, want %v", got, ErrSlow)
	}
	f.Publish(bits(40, 140, one), 2)
	if got := text(t, lost, f.Tape(), now.Add(time.Second)); got != ErrSlow.Error() {
		t.Errorf("one whose next fragment is gone: got %q, want %v", got, ErrSlow)
	}
	if n := len(f.Tape().fragments); n != 101 {
		t.Errorf("the tape has %d fragments, want those of 40 s", n)
	}
}

func countOf(list *m3u8.MediaPlaylist) (n int64) {
	for _, s := range list.Segments {
		if s.Discontinuity {
			n++
		}
	}
	return n
}
