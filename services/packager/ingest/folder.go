package ingest

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"

	"livestream-tui/services/hls/fmp4"
	"livestream-tui/services/hls/media"
	"livestream-tui/services/kit/report"
	"livestream-tui/services/packager/window"
)

// Limits of what is read from disk.
const (
	maxInit  = 4 << 20
	maxMedia = 256 << 20
)

// foldersIn lists what may be signals in the folder of signals, sorted: its
// subfolders with a fit name. A folder that is not there holds none.
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
	_, err = f.stat(media.PlaylistName)
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
func (f *folder) media(name string) (*window.Media, fs.FileInfo, error) {
	msn, limit := int64(-1), int64(maxInit)
	if !media.IsInit(name) {
		n, err := media.SegmentNumber(name)
		if err != nil {
			return nil, nil, err
		}
		msn, limit = n, maxMedia
	}
	b, info, err := f.read(name, limit)
	if err != nil {
		return nil, nil, err
	}
	m, err := validated(name, b, msn)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", name, err)
	}
	return m, info, nil
}

// validated returns media that is whole; msn is -1 for an init section.
func validated(name string, body []byte, msn int64) (*window.Media, error) {
	m := window.NewMedia(name, body, msn)
	var err error
	if msn < 0 {
		m.Init, err = fmp4.ParseInit(body)
	} else {
		m.Fragments, err = fmp4.CheckSegment(body)
	}
	if err != nil {
		return nil, err
	}
	return m, nil
}

// names lists the init sections and segments that are there.
func (f *folder) names() ([]string, error) {
	entries, err := fs.ReadDir(f.root.FS(), ".")
	if err != nil {
		return nil, err
	}
	var names []string
	for _, e := range entries {
		if media.IsMedia(e.Name()) && e.Type().IsRegular() {
			names = append(names, e.Name())
		}
	}
	return names, nil
}
