package worker

import (
	"fmt"
	"strings"
	"testing"

	"livestream-tui/services/hls"
)

// storeOf is a store after segments from first to last, of a playlist of three.
func storeOf(s *store, first, last int64, init string) *store {
	list := &hls.MediaPlaylist{TargetDuration: 2}
	for _, p := range s.goods().parcels {
		if p.msn >= 0 {
			list.Segments = append(list.Segments, hls.Segment{URI: p.name, Duration: SegmentDuration, Map: &hls.Map{URI: "init-a.mp4"}})
		}
	}
	list.MediaSequence = s.goods().oldest()
	for n := first; n <= last; n++ {
		if len(list.Segments) == 0 {
			list.MediaSequence = n
		}
		list.Segments = append(list.Segments, hls.Segment{URI: segmentName(n), Duration: SegmentDuration, Map: &hls.Map{URI: init}})
		list.Drop(len(list.Segments) - testWindow)
		s.add(newParcel(segmentName(n), []byte{byte(n)}, n), newParcel(init, []byte(init), -1), list, len(list.Segments) == testWindow)
	}
	return s
}

func named(list []parcel) string {
	var names []string
	for _, p := range list {
		names = append(names, p.name)
	}
	return strings.Join(names, " ")
}

func TestTheStoreHoldsWhatIsListed(t *testing.T) {
	s := newStore()
	before := s.goods()
	storeOf(s, 10, 11, "init-a.mp4")
	if got := s.goods(); named(got.parcels) != "init-a.mp4 10.m4s 11.m4s" || got.playlist != nil {
		t.Errorf("while it fills: got %s, playlist %q, want no playlist", named(got.parcels), got.playlist)
	}
	storeOf(s, 12, 13, "init-b.mp4")
	if got := s.goods(); named(got.parcels) != "init-a.mp4 init-b.mp4 11.m4s 12.m4s 13.m4s" || !strings.Contains(string(got.playlist), "13.m4s") {
		t.Errorf("full: got %s, playlist %q", named(got.parcels), got.playlist)
	}
	select {
	case <-before.changed:
	default:
		t.Error("who waits for more was not told")
	}
	if len(before.parcels) != 0 {
		t.Error("goods changed")
	}
}

func TestADeskKnowsWhatIsLacking(t *testing.T) {
	s := storeOf(newStore(), 10, 12, "init-a.mp4")
	for _, c := range []struct {
		name   string
		holds  []string
		want   string
		unsaid bool
	}{
		{"nothing is there", nil, "init-a.mp4 10.m4s 11.m4s 12.m4s", true},
		{"another worker brought some", []string{"init-a.mp4", "10.m4s", "9.m4s"}, "11.m4s 12.m4s", true},
		{"all but the init section", []string{"10.m4s", "11.m4s", "12.m4s"}, "init-a.mp4", true},
		{"everything", []string{"init-a.mp4", "10.m4s", "11.m4s", "12.m4s"}, "", true},
	} {
		d := newDesk()
		d.said = s.goods().playlist // of an incarnation before
		d.holds(c.holds)
		if got := named(d.lacks(s.goods())); got != c.want || d.unsaid(s.goods()) != c.unsaid {
			t.Errorf("%s: got %q, unsaid %t, want %q, %t", c.name, got, d.unsaid(s.goods()), c.want, c.unsaid)
		}
	}
}

func TestWhatIsTooOldIsCountedOnce(t *testing.T) {
	s := storeOf(newStore(), 10, 12, "init-a.mp4")
	d := newDesk()
	d.holds([]string{"init-a.mp4", "10.m4s"})
	var got []int
	for _, last := range []int64{12, 13, 16, 16, 17} {
		storeOf(s, s.goods().oldest()+testWindow, last, "init-a.mp4")
		got = append(got, d.missed(s.goods()))
	}
	// 10 it had; 11, 12 and 13 left, then 14.
	if fmt.Sprint(got) != "[0 0 3 0 1]" {
		t.Errorf("got %v", got)
	}
	if d.has["10.m4s"] || !d.has["init-a.mp4"] {
		t.Errorf("got %v kept, want only what may be asked for", d.has)
	}
}
