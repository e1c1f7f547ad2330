package output

import (
	"fmt"
	"strings"
	"testing"

	"livestream-tui/services/hls/media"
)

// latestOf is the latest publication after segments from first to last, of a playlist of three, after
// those of the window.
func latestOf(l *latest, w Window, first, last int64, init string) (*latest, Window) {
	for n := first; n <= last; n++ {
		w = w.With(n, init)
		l.add(&media.Segment{MSN: n, Data: []byte{byte(n)}}, Init{init, []byte(init)}, w)
	}
	return l, w
}

func newLatestOf(first, last int64) (*latest, Window) {
	return latestOf(newLatest(), NewWindow(plain, testWindow), first, last, "init-a.mp4")
}

func named(list []object) string {
	var names []string
	for _, p := range list {
		names = append(names, p.name)
	}
	return strings.Join(names, " ")
}

func TestThePublicationIsWhatIsListed(t *testing.T) {
	s, empty := newLatest(), NewWindow(plain, testWindow)
	before := s.publication()
	_, w := latestOf(s, empty, 10, 11, "init-a.mp4")
	if got := s.publication(); named(got.objects) != "init-a.mp4 10.m4s 11.m4s" || got.playlist != nil {
		t.Errorf("while it fills: got %s, playlist %q, want no playlist", named(got.objects), got.playlist)
	}
	latestOf(s, w, 12, 13, "init-b.mp4")
	if got := s.publication(); named(got.objects) != "init-a.mp4 init-b.mp4 11.m4s 12.m4s 13.m4s" || !strings.Contains(string(got.playlist), "13.m4s") {
		t.Errorf("full: got %s, playlist %q", named(got.objects), got.playlist)
	}
	select {
	case <-before.changed:
	default:
		t.Error("a wait for the next publication did not end")
	}
	if len(before.objects) != 0 {
		t.Error("a publication changed")
	}
}

func TestTheReceiverStateKnowsWhatIsLacking(t *testing.T) {
	s, _ := newLatestOf(10, 12)
	for _, c := range []struct {
		name    string
		has     []string
		want    string
		lacking bool
	}{
		{"nothing is there", nil, "init-a.mp4 10.m4s 11.m4s 12.m4s", true},
		{"another worker brought some", []string{"init-a.mp4", "10.m4s", "9.m4s"}, "11.m4s 12.m4s", true},
		{"all but the init section", []string{"10.m4s", "11.m4s", "12.m4s"}, "init-a.mp4", true},
		{"everything", []string{"init-a.mp4", "10.m4s", "11.m4s", "12.m4s"}, "", true},
	} {
		d := newReceiverState()
		d.playlist = s.publication().playlist // of an incarnation before
		d.reset(c.has)
		if got := named(d.lacks(s.publication())); got != c.want || d.lacksPlaylist(s.publication()) != c.lacking {
			t.Errorf("%s: got %q, playlist %t, want %q, %t", c.name, got, d.lacksPlaylist(s.publication()), c.want, c.lacking)
		}
	}
}

func TestWhatIsTooOldIsCountedOnce(t *testing.T) {
	s, w := newLatestOf(10, 12)
	d := newReceiverState()
	d.reset([]string{"init-a.mp4", "10.m4s"})
	var got []int
	for _, last := range []int64{12, 13, 16, 16, 17} {
		_, w = latestOf(s, w, w.Newest()+1, last, "init-a.mp4")
		got = append(got, d.missed(s.publication()))
	}
	// 10 it had; 11, 12 and 13 left, then 14.
	if fmt.Sprint(got) != "[0 0 3 0 1]" {
		t.Errorf("got %v", got)
	}
	if d.has["10.m4s"] || !d.has["init-a.mp4"] {
		t.Errorf("got %v kept, want only what may be asked for", d.has)
	}
}
