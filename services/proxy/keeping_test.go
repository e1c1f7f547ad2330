package proxy

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"
)

func TestADiskThatTakesNothingIsToldOnce(t *testing.T) {
	folder := t.TempDir()
	s := openState(folder, 8002)
	well := s.folder
	file := filepath.Join(folder, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	log := hclog.New(&hclog.LoggerOptions{Output: &out})
	s.folder = filepath.Join(file, "below") // there is no such place
	for range 20 {
		s.put("/a.m3u8?token=hunter2", []byte("{}"))
		s.put("/b.m3u8", []byte("{}"))
		s.flush(log)
	}
	s.folder = well
	for range 2 {
		s.put("/b.m3u8", []byte("{}"))
		s.flush(log)
	}
	if got := strings.Count(out.String(), "cannot keep the high-water marks"); got != 1 || strings.Contains(out.String(), "hunter2") {
		t.Errorf("told %d times, want once and no token:\n%s", got, out.String())
	}
	if got := strings.Count(out.String(), "kept again"); got != 1 {
		t.Errorf("its end: told %d times, want once:\n%s", got, out.String())
	}
	if info, err := os.Stat(s.file("/b.m3u8")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file: got %v, %v, want one that only we read", info, err)
	}
}

func TestAProxyStartsWithoutAPlaceForItsState(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	s := openState(file, 8002)
	if list, err := s.read(time.Now()); len(list) != 0 || err != nil {
		t.Errorf("got %v, %v, want nothing kept", list, err)
	}
	folder := filepath.Join(t.TempDir(), "not", "there")
	s = openState(folder, 8002)
	s.put("/b.m3u8", []byte("{}"))
	s.flush(hclog.NewNullLogger())
	if _, err := os.Stat(s.file("/b.m3u8")); err != nil {
		t.Errorf("a folder that was swept away is not made again: %v", err)
	}
}
