package state

import (
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"livestream-tui/services/receiver/sample"
	"livestream-tui/services/receiver/segment"
)

func TestWhatIsSavedIsLoaded(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "receiver")
	s, err := Open(folder)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := s.Load("stage"); err != nil || !reflect.DeepEqual(got, Kept{}) {
		t.Errorf("a signal that was never kept: got %+v, %v", got, err)
	}
	want := Kept{
		Timeline: segment.State{Length: 2 * time.Second, Rare: true, Next: 900_000_001, End: 1_800_000_002 * time.Second, Discontinuities: 3, Init: "init-1.mp4"},
		Format: sample.Format{
			Video: &sample.VideoFormat{Codec: sample.HEVC, VPS: []byte{1}, SPS: []byte{2, 3}, PPS: []byte{4}, Width: 1280, Height: 720, FPS: 25},
			Audio: &sample.AudioFormat{Codec: sample.AAC, Config: []byte{0x11, 0x90}, Rate: 48000, Channels: 2},
		},
		First: Pictures{Width: 1280, Height: 720, FPS: 25},
	}
	for range 2 {
		if err := s.Save("stage", want); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := s.Load("stage"); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
	if files, err := os.ReadDir(folder); err != nil || len(files) != 1 {
		t.Errorf("got the files %v, %v, want one", files, err)
	}
}

func TestABadFileIsAnErrorAndTheSignalBeginsAnew(t *testing.T) {
	s, err := Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{"", "{", `{"timeline":{"next_msn":-1}}`, `{"timeline":{"end":"x"}}`} {
		if err := os.WriteFile(s.path("stage"), []byte(bad), 0o644); err != nil {
			t.Fatal(err)
		}
		if got, err := s.Load("stage"); err == nil || !reflect.DeepEqual(got, Kept{}) {
			t.Errorf("%q: got %+v, %v, want an error and nothing", bad, got, err)
		}
	}
}

func TestOneAtATimeHasASignal(t *testing.T) {
	s, err := Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	release, err := s.Lock("stage")
	if err != nil || release == nil {
		t.Fatalf("got %v, want the lock", err)
	}
	if other, err := s.Lock("stage"); err != nil || other != nil {
		t.Errorf("a second time: got %v, want no lock and no error", err)
	}
	if other, err := s.Lock("other"); err != nil || other == nil {
		t.Errorf("another signal: got %v, want its lock", err)
	}
	release()
	if again, err := s.Lock("stage"); err != nil || again == nil {
		t.Errorf("after its release: got %v, want the lock", err)
	}
}
