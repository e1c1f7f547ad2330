package stream

import (
	"encoding/json"
	"testing"

	"livestream-tui/services/proxy/timeline"
)

// onDisk is what is kept, as it is on disk.
func onDisk(t *testing.T, k Kept) string {
	t.Helper()
	b, err := json.Marshal(k)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestWhatWasKeptKnowsItsPackagersAgain(t *testing.T) {
	entry := func(listed, media, init, key int) timeline.Entry {
		return timeline.Entry{
			Packager: listed, Media: timeline.Resource{Packager: media}, Init: &timeline.Resource{Packager: init}, Keys: []timeline.Resource{{Packager: key}},
		}
	}
	kept := func(active string, packagers []string, e timeline.Entry) Kept {
		return Kept{Active: active, Packagers: packagers, Line: timeline.Timeline{Entries: []timeline.Entry{e}}, Retired: []Retired{{Entry: e}}}
	}
	for _, c := range []struct {
		name  string
		was   Kept
		after []string
		want  Kept
	}{
		{"the same", kept("b", []string{"a", "b"}, entry(1, 0, 1, 0)), []string{"a", "b"}, kept("b", []string{"a", "b"}, entry(1, 0, 1, 0))},
		{"another order", kept("b", []string{"a", "b"}, entry(1, 0, 1, 0)), []string{"b", "a"}, kept("b", []string{"b", "a"}, entry(0, 1, 0, 1))},
		{"one more in front", kept("a", []string{"a", "b"}, entry(0, 1, 0, 1)), []string{"c", "a", "b"}, kept("a", []string{"c", "a", "b"}, entry(1, 2, 1, 2))},
		{"one is gone", kept("a", []string{"a", "b"}, entry(0, 0, 1, 0)), []string{"b"}, kept("b", []string{"b"}, entry(-1, 0, 0, 0))},
		{"nobody's", kept("a", []string{"a", "b"}, entry(-1, 0, 1, 0)), []string{"b", "a"}, kept("a", []string{"b", "a"}, entry(-1, 1, 0, 1))},
		{"of an earlier version", kept("a", nil, entry(1, 1, 1, 1)), []string{"c", "b"}, kept("c", nil, entry(1, 1, 1, 1))},
	} {
		t.Run(c.name, func(t *testing.T) {
			before := onDisk(t, c.was)
			if got, want := onDisk(t, c.was.On(c.after)), onDisk(t, c.want); got != want {
				t.Errorf("got  %s\nwant %s", got, want)
			}
			if after := onDisk(t, c.was); after != before {
				t.Errorf("what was given has changed: got %s, was %s", after, before)
			}
		})
	}
}
