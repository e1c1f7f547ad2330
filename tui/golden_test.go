package tui

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/muesli/termenv"
)

// updating reports whether to write the golden files. The flag is teatest's.
func updating() bool { return flag.Lookup("update").Value.String() == "true" }

// manners returns the ways to look at the screen that have golden files.
func manners() map[string]manner {
	return map[string]manner{
		"colour":   colour,
		"no-color": {profile: termenv.ANSI, plain: true},
		"ascii":    {profile: termenv.Ascii, options: Options{ASCII: true}},
	}
}

func TestGoldenFrames(t *testing.T) {
	read := map[string]bool{}
	check := func(name, state string, w, h int, how manner, keys ...string) {
		t.Helper()
		file := filepath.Join("testdata", "golden", name+".txt")
		read[file] = true
		t.Run(name, func(t *testing.T) {
			m, _ := newTestModel(t, state, w, h, how)
			for _, k := range keys {
				press(m, k)
			}
			checkFrame(t, m, w, h, name)
			got := m.View() + "\n"
			if updating() {
				if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); diff != "" {
				t.Errorf("frame (-want +got), go test ./tui -run Golden -update writes it:\n%s", diff)
			}
		})
	}
	for name, how := range manners() {
		for _, size := range [][2]int{{200, 60}, {120, 36}, {100, 28}, {80, 24}, {60, 16}, {40, 10}, {39, 9}} {
			check(fmt.Sprintf("on-air-%dx%d-%s", size[0], size[1], name), "on air", size[0], size[1], how)
		}
	}
	for state := range states() {
		if state == "on air" {
			continue
		}
		for _, size := range [][2]int{{120, 36}, {80, 24}} {
			check(fmt.Sprintf("%s-%dx%d", strings.ReplaceAll(state, " ", "-"), size[0], size[1]), state, size[0], size[1], colour)
		}
	}
	for _, theme := range Themes() {
		for _, state := range []string{"on air", "off air", "no spare"} {
			how := manner{profile: termenv.TrueColor, options: Options{Theme: theme}}
			check(fmt.Sprintf("%s-120x36-%s", strings.ReplaceAll(state, " ", "-"), theme), state, 120, 36, how)
		}
	}
	check("read-only-120x36", "on air", 120, 36, readOnly())
	check("read-only-80x24", "off air", 80, 24, readOnly())
	check("commands-80x24", "on air", 80, 24, colour, ":")
	check("help-120x36", "on air", 120, 36, colour, "?")
	check("details-120x36", "on air", 120, 36, colour, "j", "e")
	check("confirm-120x36", "no spare", 120, 36, colour, "K")
	check("troubles-120x36", "no spare", 120, 36, colour, "!")
	check("troubles-80x24", "off air", 80, 24, colour, "!")
	check("notice-80x24", "on air", 80, 24, colour, "t")
	check("logs-120x36", "on air", 120, 36, colour, "L", "L", "&", "segment", "enter")
	check("logs-search-80x24", "on air", 80, 24, colour, "L", "L", "W", "/", "refused", "enter")
	check("logs-fields-120x36", "on air", 120, 36, colour, "L", "L", "{", "enter")
	check("signals-zoomed-120x36", "a hundred signals", 120, 36, colour, "shift+tab", "z")
	check("signal-120x36", "several signals", 120, 36, colour, "shift+tab", "enter")
	check("watch-120x36", "on air", 120, 36, colour, "L")
	for _, size := range [][2]int{{120, 36}, {80, 24}} {
		check(fmt.Sprintf("events-zoomed-%dx%d", size[0], size[1]), "remembered", size[0], size[1], colour, "@events", "z", "down", "down")
		check(fmt.Sprintf("events-earlier-%dx%d", size[0], size[1]), "remembered", size[0], size[1], colour, "@events", "left", "left", "left")
	}

	files, err := filepath.Glob(filepath.Join("testdata", "golden", "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if !read[f] {
			t.Errorf("no test reads %s", f)
		}
	}
}
