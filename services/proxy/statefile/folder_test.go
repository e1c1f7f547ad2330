package statefile

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"

	"livestream-tui/services/proxy/timeline"
)

func TestADiskThatTakesNothingIsToldOnce(t *testing.T) {
	folder := t.TempDir()
	s := Open(folder, 8002)
	well := s.folder
	file := filepath.Join(folder, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	log := hclog.New(&hclog.LoggerOptions{Output: &out})
	s.folder = filepath.Join(file, "below") // there is no such place
	for range 20 {
		s.Put("/a.m3u8?token=hunter2", []byte("{}"))
		s.Put("/b.m3u8", []byte("{}"))
		s.flush(log)
	}
	s.folder = well
	for range 2 {
		s.Put("/b.m3u8", []byte("{}"))
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
	s := Open(file, 8002)
	if list, err := s.Read(time.Now()); len(list) != 0 || err != nil {
		t.Errorf("got %v, %v, want nothing kept", list, err)
	}
	folder := filepath.Join(t.TempDir(), "not", "there")
	s = Open(folder, 8002)
	s.Put("/b.m3u8", []byte("{}"))
	s.flush(hclog.NewNullLogger())
	if _, err := os.Stat(s.file("/b.m3u8")); err != nil {
		t.Errorf("a folder that was swept away is not made again: %v", err)
	}
}

func TestStateSurvivesWhatIsNotItsOwn(t *testing.T) {
	s := Open(t.TempDir(), 7)
	long := "/" + strings.Repeat("x", 1000) + "/playlist.m3u8"
	good := Playlist{At: time.Now()}
	good.Key, good.Line.Head.TargetDuration, good.Line.Entries = long, 2, []timeline.Entry{{MSN: 1}}
	old := good
	old.Key, old.At = "/old.m3u8", time.Now().Add(-time.Hour)
	for _, v := range []Playlist{good, old} {
		b, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		s.Put(v.Key, b)
	}
	s.Put("/bad.m3u8", []byte("{"))
	s.Put("/none.m3u8", []byte("{}"))
	s.flush(nil)
	list, err := s.Read(time.Now())
	if err == nil || !strings.Contains(err.Error(), "bad") {
		t.Errorf("got %v, want the file that cannot be read", err)
	}
	if len(list) != 1 || list[0].Key != long {
		t.Errorf("got %d, want the good one", len(list))
	}
	if again, err := s.Read(time.Now()); err != nil || len(again) != 1 {
		t.Errorf("again: got %d and %v, want the rest removed", len(again), err)
	}
}
