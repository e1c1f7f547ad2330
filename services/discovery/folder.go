package discovery

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"livestream-tui/services/report"
)

// playlistName is the file that makes a folder a signal, and its name at every
// packager.
const playlistName = "playlist.m3u8"

// ingested lists the signals in the folder, sorted: its subfolders with a fit
// name that hold a playlist. A folder that is not there yet holds none.
func ingested(folder string) ([]string, error) {
	entries, err := os.ReadDir(folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var signals []string
	for _, e := range entries {
		if !e.IsDir() || !report.IsSignal(e.Name()) {
			continue
		}
		if info, err := os.Lstat(filepath.Join(folder, e.Name(), playlistName)); err == nil && info.Mode().IsRegular() {
			signals = append(signals, e.Name())
		}
	}
	return signals, nil
}
