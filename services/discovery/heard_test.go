package discovery

import (
	"strings"
	"testing"

	"livestream-tui/services/hls/m3u8"
)

func TestUnion(t *testing.T) {
	playing := result{Playlist: &m3u8.MediaPlaylist{}}
	over := result{Playlist: &m3u8.MediaPlaylist{EndList: true}}
	broken := result{Err: "connection refused"}
	for _, c := range []struct {
		name string
		tell func(h *heard)
		disk found
		want string
	}{
		{"nothing", func(*heard) {}, found{}, ""},
		{"on disk alone", func(*heard) {}, found{live: []string{"a"}}, "a"},
		{"at one packager alone", func(h *heard) { h.answered(one, []string{"b"}) }, found{live: []string{"a"}}, "a b"},
		{"at both", func(h *heard) { h.answered(one, []string{"a"}); h.answered(two, []string{"a", "b"}) }, found{}, "a b"},
		{"ended on disk, gone at the packagers", func(h *heard) { h.answered(one, nil) }, found{ended: []string{"a"}}, ""},
		{"an earlier run's, gone on elsewhere", func(h *heard) { h.answered(one, []string{"a"}) }, found{left: []string{"a"}}, "a"},
		{"one that does not answer has it still", func(h *heard) {
			h.answered(one, []string{"a"})
			h.missed(one)
		}, found{}, "a"},
		{"one that does not answer had it, the folder says that it ended", func(h *heard) {
			h.answered(one, []string{"a"})
			h.missed(one)
		}, found{ended: []string{"a"}}, ""},
		{"one that does not answer had it, the other says that it ended", func(h *heard) {
			h.answered(one, []string{"a"})
			h.played("a", one, playing)
			h.missed(one)
			h.played("a", one, broken)
			h.answered(two, nil)
			h.played("a", two, over)
		}, found{}, ""},
		{"and stays so once it is forgotten", func(h *heard) {
			h.answered(one, []string{"a"})
			h.missed(one)
			h.answered(two, nil)
			h.played("a", two, over)
			h.forget("a")
		}, found{}, ""},
		{"ended at one, it goes on at the other", func(h *heard) {
			h.answered(one, []string{"a"})
			h.played("a", one, playing)
			h.answered(two, nil)
			h.played("a", two, over)
		}, found{}, "a"},
		{"ended at one that has it in its list still: a fault", func(h *heard) {
			h.answered(one, []string{"a"})
			h.played("a", one, over)
		}, found{}, "a"},
	} {
		h := newHeard()
		c.tell(h)
		if got := strings.Join(h.union(c.disk), " "); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

func TestOnlyNewsIsTold(t *testing.T) {
	h := newHeard()
	over := result{Playlist: &m3u8.MediaPlaylist{EndList: true}}
	for _, c := range []struct {
		name string
		tell func() bool
		want bool
	}{
		{"a first answer", func() bool { return h.answered(one, []string{"a"}) }, true},
		{"the same", func() bool { return h.answered(one, []string{"a"}) }, false},
		{"another", func() bool { return h.answered(one, []string{"b"}) }, true},
		{"the same after a silence", func() bool { h.missed(one); return h.answered(one, []string{"b"}) }, true},
		{"a playlist that goes on", func() bool { return h.played("b", one, result{Playlist: &m3u8.MediaPlaylist{}}) }, false},
		{"its end", func() bool { return h.played("b", one, over) }, true},
		{"its end again", func() bool { return h.played("b", one, over) }, false},
	} {
		if got := c.tell(); got != c.want {
			t.Errorf("%s: got news %t, want %t", c.name, got, c.want)
		}
	}
}
