package cli

import (
	"errors"
	"os"
	"path/filepath"
	"sync"
)

// logFile is a log that may be moved or removed while it is written: the next line
// creates it again, with its folder. Safe for concurrent use.
type logFile struct {
	path string

	mu   sync.Mutex
	file *os.File // guarded by mu
}

// createLogFile creates an empty log.
func createLogFile(path string) (*logFile, error) {
	file, err := createFile(path)
	if err != nil {
		return nil, err
	}
	return &logFile{path: path, file: file}, nil
}

func createFile(path string) (*os.File, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, err
	}
	return os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY|os.O_APPEND, 0o644)
}

// Write implements io.Writer.
func (l *logFile) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, err := os.Lstat(l.path); errors.Is(err, os.ErrNotExist) {
		if next, err := createFile(l.path); err == nil { // otherwise lines go on to the old one
			_ = l.file.Close() // writes are not buffered, so nothing is lost
			l.file = next
		}
	}
	return l.file.Write(b)
}

// Close implements io.Closer.
func (l *logFile) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.file.Close()
}
