package trouble

import (
	"strings"
	"testing"

	"livestream-tui/layouts"
	"livestream-tui/procs/platform"
	"livestream-tui/services/kit/event"
	"livestream-tui/tui/canvas"
	"livestream-tui/tui/scene"
)

func TestFoldersAreNamedInAFewCells(t *testing.T) {
	s := scene.New(layouts.Layout{}, canvas.Glyphs{Ellipsis: "…"})
	for path, want := range map[string]string{
		"/srv/live/out":                 "/srv/live/out",
		"input":                         "./input",
		"./input/":                      "./input",
		"../input":                      "../input",
		"/home/operator/films/of/today": "…/today",
		"/srv/\x1b[31mlive":             "/srv/live",
	} {
		if got := shortFolder(&s, path); got != want {
			t.Errorf("%q: got %q, want %q", path, got, want)
		}
	}
}

func TestTheFolderThatFilmsShare(t *testing.T) {
	for folders, want := range map[string]string{
		"/out/a":               "/out/a",
		"/out/a /out/b /out/c": "/out",
		"/out/a /out/ab":       "/out",
		"/out /out/b":          "/out",
		"/a/x /b/x":            "",
		"out/a out/b":          "out",
		"a b":                  "",
		"/out/a -":             "",
	} {
		var films []platform.FilmAt
		for _, f := range strings.Fields(folders) {
			films = append(films, platform.FilmAt{Film: event.Film{Folder: strings.TrimPrefix(f, "-")}})
		}
		if got := commonFolder(films); got != want {
			t.Errorf("%s: got %q, want %q", folders, got, want)
		}
	}
}
