package folder

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"

	"livestream-tui/services/hls/ingest"
	"livestream-tui/services/hls/media"
	"livestream-tui/services/kit/report"
	"livestream-tui/services/packager/window"
)

// maxSegment bounds a segment on disk in bytes.
const maxSegment = 256 << 20

// foldersIn lists the subfolders that have the name of a signal, sorted; none when the
// folder is missing.
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
		if e.IsDir() && report.IsSignal(e.Name()) { // not a symlink: nothing outside is read
			names = append(names, e.Name())
		}
	}
	return names, nil
}

// isIngested reports whether a subfolder is a signal: whether it has a playlist.
func isIngested(output, name string) bool {
	f, err := openFolder(output, name)
	if err != nil {
		return false
	}
	defer f.close()
	_, err = f.stat(media.PlaylistName)
	return err == nil
}

// folder is the open folder of a signal. Nothing outside it can be reached.
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

// stat describes a regular file; a symlink is an error.
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
	// Without blocking, in case it has become a pipe since.
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

// media reads an initialization section or a segment and checks that it is whole.
func (f *folder) media(name string) (*window.Media, fs.FileInfo, error) {
	limit := int64(maxSegment)
	switch {
	case media.IsInit(name):
		limit = ingest.MaxInit
	case !media.IsMedia(name):
		return nil, nil, fmt.Errorf("%q is not the name of media", name)
	}
	b, info, err := f.read(name, limit)
	if err != nil {
		return nil, nil, err
	}
	m, err := window.ParseMedia(name, b)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", name, err)
	}
	return m, info, nil
}

// names lists the initialization sections and segments that are there.
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
