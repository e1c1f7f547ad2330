package packager

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"

	"livestream-tui/services/hls"
	"livestream-tui/services/report"
)

// Limits of what is read from disk.
const (
	maxInit  = 4 << 20
	maxMedia = 256 << 20
)

// foldersIn lists what may be signals in the folder of signals, sorted: its
// subfolders with a fit name. A folder that is not there yet holds none.
func foldersIn(output string) ([]string, error) {
	entries, err := os.ReadDir(output)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var names []string
	for _, e := range entries {
		if e.IsDir() && report.IsSignal(e.Name()) { // a symlink is not a folder here: nothing beyond is read
			names = append(names, e.Name())
		}
	}
	return names, nil
}

// isIngested reports whether a subfolder is a signal: whether it holds a playlist.
func isIngested(output, name string) bool {
	f, err := openFolder(output, name)
	if err != nil {
		return false
	}
	defer f.close()
	_, err = f.stat(playlistName)
	return err == nil
}

// folder is a signal's folder, opened: nothing outside it can be reached.
type folder struct{ root *os.Root }

func openFolder(output, signal string) (*folder, error) {
	root, err := os.OpenRoot(output)
	if err != nil {
		return nil, err
	}
	defer func() { _ = root.Close() }() // only looked into
	info, err := root.Lstat(signal)
	if err == nil && !info.IsDir() {
		err = fmt.Errorf("%s is not a folder", signal)
	}
	if err != nil {
		return nil, err
	}
	sub, err := root.OpenRoot(signal)
	if err != nil {
		return nil, err
	}
	return &folder{sub}, nil
}

func (f *folder) close() { _ = f.root.Close() } // only read from

// stat describes a regular file; a symlink is none.
func (f *folder) stat(name string) (fs.FileInfo, error) {
	info, err := f.root.Lstat(name)
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%s is not a regular file", name)
	}
	return info, err
}

// read returns a regular file of at most limit bytes.
func (f *folder) read(name string, limit int64) ([]byte, fs.FileInfo, error) {
	if _, err := f.stat(name); err != nil {
		return nil, nil, err
	}
	// Without blocking: should it have become a pipe since.
	file, err := f.root.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = file.Close() }() // only read
	info, err := file.Stat()
	switch {
	case err != nil:
		return nil, nil, err
	case !info.Mode().IsRegular():
		return nil, nil, fmt.Errorf("%s is not a regular file", name)
	case info.Size() > limit:
		return nil, nil, fmt.Errorf("%s has %d bytes, at most %d are allowed", name, info.Size(), limit)
	}
	b := make([]byte, info.Size())
	if _, err := io.ReadFull(file, b); err != nil {
		return nil, nil, fmt.Errorf("%s: %w", name, err)
	}
	return b, info, nil
}

// media reads and validates an init section or a segment.
func (f *folder) media(name string) (*media, fs.FileInfo, error) {
	if isInit(name) {
		b, info, err := f.read(name, maxInit)
		if err == nil {
			err = hls.CheckInit(b)
		}
		if err != nil {
			return nil, nil, fmt.Errorf("%s: %w", name, err)
		}
		return newMedia(name, b, -1), info, nil
	}
	msn, err := numberOf(name)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", name, err)
	}
	b, info, err := f.read(name, maxMedia)
	if err == nil {
		_, err = hls.CheckSegment(b)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", name, err)
	}
	return newMedia(name, b, msn), info, nil
}

// names lists the init sections and segments that are there.
func (f *folder) names() ([]string, error) {
	entries, err := fs.ReadDir(f.root.FS(), ".")
	if err != nil {
		return nil, err
	}
	var names []string
	for _, e := range entries {
		if isMedia(e.Name()) && e.Type().IsRegular() {
			names = append(names, e.Name())
		}
	}
	return names, nil
}

// isMedia reports whether name is the final one of an init section or a segment:
// what is still being written has another.
func isMedia(name string) bool {
	_, err := numberOf(name)
	return err == nil || isInit(name)
}
