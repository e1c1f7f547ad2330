package services

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"livestream-tui/services/worker/mezzanine"
)

// cached puts a mezzanine into a cache: of a film, so many bytes long, used so many
// days ago.
func cached(t *testing.T, folder, film string, n, bytes, days int) (name string) {
	t.Helper()
	name = fmt.Sprintf("%024x", n)
	path := filepath.Join(folder, name)
	if err := os.MkdirAll(path, 0o755); err != nil {
		t.Fatal(err)
	}
	about, err := json.Marshal(mezzanine.Mezzanine{
		Film: film, Made: time.Now().AddDate(0, 0, -days), Turn: 90 * time.Second, Segment: 2 * time.Second, Loop: 90 * time.Second, Frames: 50,
	})
	if err != nil {
		t.Fatal(err)
	}
	for file, body := range map[string][]byte{"about.json": about, "picture.mp4": make([]byte, bytes), "sound.mp4": nil} {
		if err := os.WriteFile(filepath.Join(path, file), body, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	used := time.Now().AddDate(0, 0, -days)
	if err := os.Chtimes(filepath.Join(path, "about.json"), used, used); err != nil {
		t.Fatal(err)
	}
	return name
}

func listing(t *testing.T, folder string) string {
	t.Helper()
	var out strings.Builder
	if err := WriteCache(&out, folder); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestTheCacheIsListedAndCleared(t *testing.T) {
	folder := t.TempDir()
	if got, want := listing(t, folder), "0 mezzanines, 0 B in "+folder+"\n"; got != want {
		t.Errorf("an empty one: got %q, want %q", got, want)
	}
	one := cached(t, folder, "live01.mp4", 1, 3<<20, 1)
	two := cached(t, folder, "live02\x1b[2J.mp4", 2, 100, 5)
	lines := strings.Split(listing(t, folder), "\n")
	if len(lines) != 5 {
		t.Fatalf("got %q, want a head, two mezzanines and all of them", lines)
	}
	for i, want := range []string{"FILM SIZE LENGTH MADE LAST USED NAME", "live01.mp4 3.0 MiB 1m30s " + time.Now().AddDate(0, 0, -1).Format("2006-01-02"), "live02.mp4 ", "2 mezzanines, 3.0 MiB in " + folder} {
		if got := strings.Join(strings.Fields(lines[i]), " "); !strings.HasPrefix(got, want) {
			t.Errorf("line %d: got %q, want %q", i+1, got, want)
		}
	}
	if !strings.HasSuffix(lines[1], one) || !strings.HasSuffix(lines[2], two) {
		t.Errorf("got %q, want their names at the end", lines)
	}

	if _, err := ChooseCached(folder, []string{"live01.mp4", "nosuch"}); err == nil || !strings.Contains(err.Error(), `"nosuch"`) {
		t.Errorf("a name that there is not: got %v", err)
	}
	list, err := ChooseCached(folder, []string{"live01.mp4", one})
	if err != nil || len(list) != 1 || list[0].Name != one {
		t.Fatalf("twice the same: got %v, %v, want it once", list, err)
	}
	if got := AskedToClear(list); !strings.HasPrefix(got, "remove 1 mezzanine, 3.0 MiB? ") {
		t.Errorf("the question: got %q", got)
	}
	var out strings.Builder
	if err := ClearCache(&out, folder, list, true); err != nil || out.String() != "removed 1 mezzanine, 3.0 MiB\n" {
		t.Errorf("got %q, %v", out.String(), err)
	}
	if got := listing(t, folder); strings.Contains(got, one) || !strings.Contains(got, two) {
		t.Errorf("after it: got %s", got)
	}
}

func TestWhatIsOnAirIsKept(t *testing.T) {
	folder := t.TempDir()
	held, free := cached(t, folder, "live01.mp4", 1, 10, 0), cached(t, folder, "live02.mp4", 2, 10, 0)
	f, err := os.Open(filepath.Join(folder, held, "about.json"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_SH); err != nil {
		t.Fatal(err)
	}
	list, err := ChooseCached(folder, nil)
	if err != nil || len(list) != 2 {
		t.Fatalf("got %v, %v, want both", list, err)
	}
	var out strings.Builder
	if err := ClearCache(&out, folder, list, false); err != nil {
		t.Errorf("all: got %v, want what can go gone", err)
	}
	for _, want := range []string{"kept " + held + " (live01.mp4): it is on air or being made\n", "removed 1 mezzanine, "} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("got %q, want %q in it", out.String(), want)
		}
	}
	if got := listing(t, folder); !strings.Contains(got, held) || strings.Contains(got, free) {
		t.Errorf("after it: got %s", got)
	}
	list, err = ChooseCached(folder, []string{"live01.mp4"})
	if err = errors.Join(err, ClearCache(&out, folder, list, true)); err == nil || !strings.Contains(err.Error(), "1 of 1") {
		t.Errorf("by name: got %v, want an error", err)
	}
}

func TestSizes(t *testing.T) {
	for n, want := range map[int64]string{0: "0 B", 1023: "1023 B", 1024: "1.0 KiB", 1023 << 10: "1.0 MiB", 3 << 20: "3.0 MiB", 5 << 30: "5.0 GiB", 2 << 50: "2048.0 TiB"} {
		if got := sizeText(n); got != want {
			t.Errorf("%d: got %s, want %s", n, got, want)
		}
	}
}
