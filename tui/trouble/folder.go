package trouble

import (
	"path/filepath"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"livestream-tui/procs/platform"
	"livestream-tui/tui/canvas"
	"livestream-tui/tui/scene"
)

// folderMost is how many cells a folder has that is named in full.
const folderMost = 16

// shortFolder names a folder in a few cells: "/srv/live/out", "./input", or "…/out" where that
// is longer.
func shortFolder(s *scene.Scene, path string) string {
	path = canvas.Clean(filepath.Clean(path))
	if !filepath.IsAbs(path) && !strings.HasPrefix(path, ".") {
		path = "./" + path
	}
	if ansi.StringWidth(path) > folderMost {
		return baseOf(s, path)
	}
	return path
}

// baseOf names a folder by its last element: "…/out".
func baseOf(s *scene.Scene, path string) string {
	return s.Glyphs.Ellipsis + "/" + canvas.Clean(filepath.Base(path))
}

// commonFolder returns the folder without room that films share, or the one above; empty when
// that is not known.
func commonFolder(films []platform.FilmAt) string {
	common := films[0].Folder
	for _, f := range films[1:] {
		for f.Folder != common && !strings.HasPrefix(f.Folder, strings.TrimSuffix(common, "/")+"/") {
			above := filepath.Dir(common)
			if above == common || common == "" {
				return ""
			}
			common = above
		}
	}
	if common == "/" {
		return ""
	}
	return common
}

// inputOf names the input folder of a worker in a few cells.
func inputOf(s *scene.Scene, worker string) string {
	if p := s.Process(worker); p != nil {
		for _, v := range p.Env {
			path, is := strings.CutPrefix(v, "INPUT_STREAM_PATH=")
			if is && path != "" && !strings.ContainsAny(path, "{}") {
				return shortFolder(s, path)
			}
		}
	}
	return "the input folder"
}
