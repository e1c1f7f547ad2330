package folder

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"livestream-tui/services/kit/event"
	"livestream-tui/services/kit/report"
)

func TestSignalOf(t *testing.T) {
	long := strings.Repeat("x", 64)
	for name, want := range map[string]string{
		"live01.mp4":            "live01",
		"LIVE_01.MKV":           "LIVE_01",
		"My Movie (1).mp4":      "my-movie-1",
		"Übergröße.mp4":         "ubergrosse",
		"  --Ärger & Öl!.mov":   "arger-ol",
		"Crème_brûlée.ts":       "creme-brulee",
		"Łódź ½.mp4":            "lodz-1-2", // what has no plain letter is dropped as a gap
		"100%.mp4":              "100",
		"a.b.c.mp4":             "a-b-c",
		"-dash.mp4":             "dash",
		long + ".mp4":           long,
		long + "yy.mp4":         long,
		long[:63] + " yyy.mp4":  long[:63],
		"../../etc/passwd .mp4": "etc-passwd",
	} {
		got := SignalOf(name)
		if got != want {
			t.Errorf("%q: got %q, want %q", name, got, want)
		}
		if !report.IsSignal(got) {
			t.Errorf("%q: %q cannot be a signal", name, got)
		}
	}
	if a, b := SignalOf("生.mp4"), SignalOf("放.mp4"); a == b || !strings.HasPrefix(a, "film-") {
		t.Errorf("got %s and %s, want a hash of each", a, b)
	}
}

func FuzzSignalOf(f *testing.F) {
	for _, seed := range []string{"", ".mp4", "My Movie (1).mp4", "é.mov", strings.Repeat("x ", 99)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, name string) {
		if got := SignalOf(name); !report.IsSignal(got) {
			t.Errorf("%q: %q cannot be a signal", name, got)
		}
	})
}

func TestIsFilm(t *testing.T) {
	for name, want := range map[string]bool{
		"a.mp4": true, "a.MOV": true, "a.m4v": true, "a.mkv": true, "a.ts": true, "a.webm": true, "a.m2ts": true, "a.3gp": true,
		"a.txt": false, "mp4": false, "a": false, "a.": false, "a.mp4.part": false, "a.mp3": false, "a.srt": false, "a. ": false,
	} {
		if got := IsFilm(name); got != want {
			t.Errorf("%s: got %v, want %v", name, got, want)
		}
	}
}

func TestRead(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"b.mp4", ".hidden.mp4", "notes.txt", "a film.mkv"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("x"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"folder.mp4", "subs"} {
		if err := os.Mkdir(filepath.Join(dir, name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("nowhere", filepath.Join(dir, "link.mp4")); err != nil {
		t.Fatal(err)
	}
	list, err := Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range list {
		got = append(got, f.Name+"="+f.Signal+"/"+string(f.State))
	}
	if want := "a film.mkv=a-film/, b.mp4=b/, link.mp4=link/refused, notes.txt=/passed over"; strings.Join(got, ", ") != want {
		t.Errorf("got  %s\nwant %s", strings.Join(got, ", "), want)
	}
	if len(Signals(list)) == 0 || len(Signals(list[3:])) > 0 {
		t.Error("Signals confuses films with notes")
	}
	if _, err := Read(filepath.Join(dir, "none")); !os.IsNotExist(err) {
		t.Errorf("no folder: got %v", err)
	}
}

func TestCollisionsAreToldWithBothNames(t *testing.T) {
	for _, c := range []struct {
		name  string
		files string
		onAir map[string]string
		want  string // the files that are fit
	}{
		{"the first in order", "My Film.mp4 my film.mkv", nil, "My Film.mp4"},
		{"the exact name", "A B.mp4 a-b.mp4 a_b!.mp4", nil, "a-b.mp4"},
		{"the one on air", "a-b.mp4 A B.mp4", map[string]string{"a-b": "A B.mp4"}, "A B.mp4"},
		{"two formats", "a.mkv a.mp4", nil, "a.mkv"},
		{"two formats, the second on air", "a.mkv a.mp4", map[string]string{"a": "a.mp4"}, "a.mp4"},
		{"no collision", "a.mp4 b.mp4", nil, "a.mp4 b.mp4"},
	} {
		var list []File
		for _, name := range split(c.files) {
			list = append(list, File{Name: name, Signal: SignalOf(name)})
		}
		Assign(list, c.onAir)
		var fit []string
		for _, f := range list {
			if f.Fit() {
				fit = append(fit, f.Name)
			} else if want := "signal " + f.Signal + " is " + c.want; !strings.HasPrefix(f.Reason, want) {
				t.Errorf("%s: %s: got %q, want it to begin with %q", c.name, f.Name, f.Reason, want)
			}
		}
		if got := strings.Join(fit, " "); got != c.want {
			t.Errorf("%s: got %s, want %s", c.name, got, c.want)
		}
	}
}

// split splits names that hold spaces at their extensions.
func split(s string) []string {
	var list []string
	word := ""
	for _, f := range strings.Fields(s) {
		word = strings.TrimSpace(word + " " + f)
		if IsFilm(word) {
			list, word = append(list, word), ""
		}
	}
	return list
}

func TestAFilmThatCannotBeReadTakesNoName(t *testing.T) {
	list := []File{{Name: "a.avi", Signal: "a", State: event.FilmRefused, Reason: "it is empty"}, {Name: "a.mp4", Signal: "a"}}
	Assign(list, nil)
	if !list[1].Fit() || list[0].Reason != "it is empty" {
		t.Errorf("got %+v", list)
	}
}

func TestAFilmThatIsBeingCopiedIsWaitedFor(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	old := File{Name: "a.mp4", Signal: "a", Size: 9, Modified: now.Add(-time.Hour)}
	fresh := old
	fresh.Modified = now.Add(-time.Second)
	grown := fresh
	grown.Size++
	empty := fresh
	empty.Size = 0
	for _, c := range []struct {
		name    string
		looks   []File
		written bool
		whole   bool
		want    string // by look: w aits, r efused, t aken
	}{
		{"old at the first look", []File{old, old}, false, false, "tt"},
		{"fresh at the first look", []File{fresh, fresh}, false, false, "wt"},
		{"growing", []File{fresh, grown, grown}, false, false, "wwt"},
		{"known to be whole", []File{fresh}, false, true, "t"},
		{"open for writing", []File{old, old}, true, false, "ww"},
		{"empty, then not", []File{empty, empty, grown, grown}, false, false, "wrwt"},
		{"a new version of one on air", []File{old, fresh, fresh}, false, false, "twt"},
		{"in the future", []File{{Name: "a.mp4", Modified: now.Add(time.Hour), Size: 1}, {Name: "a.mp4", Modified: now.Add(time.Hour), Size: 1}}, false, false, "wt"},
	} {
		s := Settler{Whole: func(File) bool { return c.whole }, Written: func(string) bool { return c.written }}
		got := ""
		for _, f := range c.looks {
			list := []File{f}
			s.Settle(list, now)
			got += map[event.FilmState]string{"": "t", event.FilmWaiting: "w", event.FilmRefused: "r"}[list[0].State]
		}
		if got != c.want {
			t.Errorf("%s: got %s, want %s", c.name, got, c.want)
		}
	}
}
