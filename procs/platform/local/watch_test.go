package local

import (
	"strings"
	"testing"
	"time"

	"livestream-tui/services/kit/event"
)

func TestWatchJudgesAPlaylistByItsChanges(t *testing.T) {
	began := time.Date(2026, 1, 1, 0, 0, 0, 0, time.Local)
	first, second := "#EXTM3U\n#EXTINF:2,\n1.m4s\n", "#EXTM3U\n#EXTINF:2,\n2.m4s\n"
	look := &sighting{signal: "live01", address: "url"}
	for _, c := range []struct {
		name string
		at   time.Duration
		body string
		want string
		// outages is how many are reported: one that begins, one that ends.
		outages int
	}{
		{"the first", 0, first, "", 0},
		{"the same soon after", 7 * time.Second, first, "", 0},
		{"the same for too long", 8 * time.Second, first, "the playlist has not changed since 00:00:00", 1},
		{"still the same, and the same reason", 8500 * time.Millisecond, first, "the playlist has not changed since 00:00:00", 0},
		{"another", 9 * time.Second, second, "", 1},
		{"not a playlist", 10 * time.Second, "<html>", "the answer is not a playlist with segments", 1},
		{"without segments", 10 * time.Second, "#EXTM3U\n", "the answer is not a playlist with segments", 0},
		{"the playlist is back", 11 * time.Second, second, "", 1},
		{"the same counts from its first sight", 17 * time.Second, second, "the playlist has not changed since 00:00:09", 1},
		{"it has ended", 18 * time.Second, second + "#EXT-X-ENDLIST\n", "", 1},
	} {
		look.body = []byte(c.body)
		events := look.judge(began.Add(c.at))
		got := strings.TrimPrefix(look.reported.Trouble, "url: ")
		if want := c.want != ""; (look.reported.State == event.ViewStalled) != want {
			t.Errorf("%s: got %+v, want it off air %t", c.name, look.reported, want)
		}
		outages := 0
		for _, e := range events {
			if _, is := e.(event.Outage); is {
				outages++
			}
		}
		if outages != c.outages {
			t.Errorf("%s: reported %d outages, want %d", c.name, outages, c.outages)
		}
		if got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}
