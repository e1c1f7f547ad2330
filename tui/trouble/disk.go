package trouble

import (
	"path/filepath"
	"strings"

	"livestream-tui/layouts"
	"livestream-tui/procs/platform"
	"livestream-tui/services/kit/event"
	"livestream-tui/services/kit/text"
	"livestream-tui/tui/canvas"
	"livestream-tui/tui/scene"
)

// fullDisks finds workers that have no room for what they make.
func fullDisks(s *scene.Scene) []Trouble {
	return ofFilms(s, event.FilmDiskFull, func(t *Trouble, films []platform.FilmAt) {
		const full = "disk full"
		which := canvas.Clean(films[0].Signal) + " waits"
		switch n := len(films); {
		case n == 1:
		case n < due(s):
			which = canvas.Count(n, "film")
		case n == 2:
			which = "both signals"
		default:
			which = "all " + canvas.Count(n, "signal")
		}
		t.What, t.Brief = full+": "+which, []string{full}
		if folder := commonFolder(films); folder != "" {
			in, base, free := full+" in "+shortFolder(s, folder), full+" in "+baseOf(s, folder), freeIn(s, folder)
			t.What, t.Brief = in+free+": "+which, []string{in + free, base + free, base, full}
		}
	})
}

// freeIn says how much is free on the disk of a folder, with a comma before; empty while that
// is not known.
func freeIn(s *scene.Scene, folder string) string {
	most, words := -1, ""
	for _, d := range s.Snapshot.Disks {
		path := filepath.Clean(d.Path)
		if below(filepath.Clean(folder), path) && len(path) > most {
			most, words = len(path), ", "+text.Bytes(d.FreeBytes)+" free"
		}
	}
	return words
}

// below tells whether a folder is the one at path, or in it. Both are clean.
func below(folder, path string) bool {
	return folder == path || strings.HasPrefix(folder, strings.TrimSuffix(path, "/")+"/")
}

// lowDisks finds the disks that are nearly full, each once. Where a worker has no room already,
// that is the trouble. No process mends it, so that the cursor stays where it is.
func lowDisks(s *scene.Scene) []Trouble {
	for _, p := range s.OfRole(layouts.Worker) {
		if len(waiting(s, p.Name, event.FilmDiskFull)) > 0 {
			return nil
		}
	}
	var found []Trouble
	known := map[uint64]bool{}
	for _, d := range s.Snapshot.Disks {
		if !d.Low || known[d.Device] {
			continue
		}
		known[d.Device] = true
		low := "disk low: " + text.Bytes(d.FreeBytes) + " free"
		in := low + " in " + shortFolder(s, d.Path)
		found = append(found, Trouble{About: "disk " + d.Folder, What: in + " (" + d.Folder + ")", Brief: []string{in, low}})
	}
	return found
}
