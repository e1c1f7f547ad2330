package ffmpeg

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"livestream-tui/procs/child"
)

func TestTheFirstErrorLineTells(t *testing.T) {
	for _, c := range []struct {
		name  string
		lines []string
		exit  child.Exit
		want  string
		count int
	}{
		{"the cause comes before what follows from it", []string{
			"[mov,mp4,m4a,3gp,3g2,mj2 @ 0x55d0c8a3b2c0] [error] moov atom not found",
			"[error] film.mp4: Invalid data found when processing input",
		}, child.Exit{Code: 1}, "moov atom not found", 2},
		{"warnings are no errors", []string{"[mp4 @ 0x1] [warning] odd", "[h264 @ 0x2] [error] broken"}, child.Exit{}, "broken", 1},
		{"a loader has no levels", []string{"", "ffmpeg: error while loading shared libraries: x.so.1"}, child.Exit{Code: 127}, "ffmpeg: error while loading shared libraries: x.so.1", 1},
		{"silence", nil, child.Exit{Code: 8}, "exit status 8", 0},
	} {
		var said Complaints
		for _, line := range c.lines {
			said.Says(line)
		}
		if got := said.Or(c.exit); got != c.want || said.Count != c.count {
			t.Errorf("%s: got %q of %d, want %q of %d", c.name, got, said.Count, c.want, c.count)
		}
	}
}

func TestAnotherDecodersErrorsDoNotCount(t *testing.T) {
	said := Complaints{Ignored: []string{"h264", ""}}
	said.Says("[h264 @ 0x1] [error] Invalid NAL unit size")
	said.Says("[aac @ 0x2] [error] channel element 1.12 is not allocated")
	if said.Count != 1 || !strings.HasPrefix(said.First, "channel element") {
		t.Errorf("got %q of %d, want the sound's alone", said.First, said.Count)
	}
}

// fake is an FFmpeg that says something and ends.
func fake(t *testing.T, says, status string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "ffmpeg")
	syscall.ForkLock.RLock() // a process that starts meanwhile would hold it open: "text file busy"
	err := os.WriteFile(path, []byte("#!/bin/sh\ncat >&2 <<'END'\n"+says+"\nEND\nexit "+status+"\n"), 0o755)
	syscall.ForkLock.RUnlock()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func TestCheckNamesWhatMendsTheMachine(t *testing.T) {
	for _, c := range []struct{ name, says, status, what, remedy string }{
		{"a library that is missing", "ffmpeg: error while loading shared libraries: libx264.so.164: cannot open shared object file: No such file or directory", "127", "libx264.so.164", "--reinstall libx264-164;"},
		{"a library without a digit in its name", "ffmpeg: error while loading shared libraries: libavcodec.so.59: file too short", "127", "libavcodec.so.59", "--reinstall libavcodec59;"},
		{"a symbol that is missing", "/usr/bin/ffmpeg: symbol lookup error: /usr/lib/libavfilter.so.8: undefined symbol: foo", "127", "libavfilter.so.8", "--reinstall libavfilter8;"},
		{"built without an encoder", "[error] Unknown encoder 'libx264'", "1", "built without libx264", "FFMPEG_PATH"},
		{"something else", "[error] no luck\n[error] the end", "1", "no luck", "reinstall ffmpeg"},
		{"nothing said", "", "132", "exit status 132", "reinstall ffmpeg"},
	} {
		err := Check(t.Context(), fake(t, c.says, c.status))
		var machine *Machine
		if !errors.As(err, &machine) || !strings.Contains(machine.What, c.what) || !strings.Contains(machine.Remedy, c.remedy) {
			t.Errorf("%s: got %v, want %q, mended by %q", c.name, err, c.what, c.remedy)
		}
	}
}

func TestCheckOfAWorkingFFmpeg(t *testing.T) {
	path, err := exec.LookPath("ffmpeg")
	if err != nil {
		t.Fatal(err)
	}
	if err := Check(t.Context(), path); err != nil {
		t.Errorf("got %v, want none", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := Check(ctx, path); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: got %v, want that", err)
	}
}

func TestNoCommandIsGivenTheToken(t *testing.T) {
	t.Setenv("INGEST_TOKEN", "hush")
	spawner := child.NewSpawner()
	defer spawner.Close()
	var said Complaints
	path := filepath.Join(t.TempDir(), "ffmpeg")
	syscall.ForkLock.RLock() // a process that starts meanwhile would hold it open: "text file busy"
	err := os.WriteFile(path, []byte("#!/bin/sh\necho \"token=$INGEST_TOKEN\" >&2\n"), 0o755)
	syscall.ForkLock.RUnlock()
	if err != nil {
		t.Fatal(err)
	}
	c, err := Start(t.Context(), spawner, []string{path}, said.Says)
	if err != nil {
		t.Fatal(err)
	}
	c.Result()
	if said.First != "token=" {
		t.Errorf("got %q, want no token", said.First)
	}
}
