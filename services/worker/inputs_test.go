package worker

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"livestream-tui/services/runner"
)

func TestScanInputs(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"b.mp4", "a.MP4", ".hidden.mp4", "notes.txt", "a.mp4", "mp4", "ü.mp4", strings.Repeat("x", 65) + ".mp4"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("x"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	list, err := scanInputs(dir)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, in := range list {
		s := in.Signal
		if in.Refused != nil {
			s += "!"
		}
		got = append(got, s)
	}
	if want := "a a! b " + strings.Repeat("x", 65) + "! ü!"; strings.Join(got, " ") != want {
		t.Errorf("got %v, want %s", got, want)
	}
	if _, err := scanInputs(filepath.Join(dir, "nowhere")); !os.IsNotExist(err) {
		t.Errorf("no folder: got %v", err)
	}
}

func TestAVersionOfAFilmIsKnown(t *testing.T) {
	now := time.Now()
	in := input{Signal: "a", File: "a.mp4", Size: 1, Modified: now}
	for name, other := range map[string]input{
		"another size": {Signal: "a", File: "a.mp4", Size: 2, Modified: now},
		"another time": {Signal: "a", File: "a.mp4", Size: 1, Modified: now.Add(1)},
		"now refused":  {Signal: "a", File: "a.mp4", Size: 1, Modified: now, Refused: errVanished},
		"none":         {},
	} {
		if in.same(other) {
			t.Errorf("%s: taken for the same", name)
		}
	}
	if !in.same(in) {
		t.Error("not the same as itself")
	}
}

func TestConfigFromEnv(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"ffmpeg", "ffprobe"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	good := runner.Environment{"HOME": dir, "FFMPEG_PATH": filepath.Join(dir, "ffmpeg"), "FFPROBE_PATH": filepath.Join(dir, "ffprobe")}
	c, err := ConfigFromEnv(good)
	if err != nil || c.Window != 10 || c.Paths.Input != "input" || c.FFmpeg != filepath.Join(dir, "ffmpeg") {
		t.Errorf("defaults: got %+v, %v", c, err)
	}
	_, err = ConfigFromEnv(runner.Environment{"HOME": dir, "FFMPEG_PATH": filepath.Join(dir, "none"), "FFPROBE_PATH": "no-such-ffprobe",
		"WINDOW_SEGMENTS": "2", "TEST_FILM_SIZE": "321x180"})
	for _, want := range []string{"FFMPEG_PATH=", "FFPROBE_PATH=", "apt-get install ffmpeg", `WINDOW_SEGMENTS="2"`, `TEST_FILM_SIZE="321x180"`} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s in it", err, want)
		}
	}
}

func TestAnOutputThatCannotBeWrittenIsSaidAtOnce(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	c := Config{Paths: runner.Paths{Output: filepath.Join(file, "output")}}
	_, err := New(c, runner.NewKit("worker", runner.Common{}, nil, os.Stderr))
	if err == nil || !strings.Contains(err.Error(), "OUTPUT_STREAM_PATH=") {
		t.Errorf("got %v, want it to name OUTPUT_STREAM_PATH", err)
	}
}
