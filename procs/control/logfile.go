package control

import (
	"errors"
	"os"
	"path/filepath"
	"sync"
)

// LogFile is a log that is made again, with its folder, by the first line after it was
// moved or removed. Safe for concurrent use.
type LogFile struct {
	path string

	mu   sync.Mutex
	file *os.File // guarded by mu
}

// CreateLog makes a log anew.
func CreateLog(path string) (*LogFile, error) {
	file, err := createLog(path)
	if err != nil {
		return nil, err
	}
	return &LogFile{path: path, file: file}, nil
}

func createLog(path string) (*os.File, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, err
	}
	return os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY|os.O_APPEND, 0o644)
}

// Write implements io.Writer.
func (l *LogFile) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, err := os.Lstat(l.path); errors.Is(err, os.ErrNotExist) {
		if next, err := createLog(l.path); err == nil { // else the old one is written to
			_ = l.file.Close() // all that was written to it is there
			l.file = next
		}
	}
	return l.file.Write(b)
}

// Close implements io.Closer.
func (l *LogFile) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.file.Close()
}
