package doctor

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestFFmpegVersions(t *testing.T) {
	for _, c := range []struct {
		name, out, version string
		major              int
	}{
		{"Debian", "ffmpeg version 5.1.9-0+deb12u1 Copyright (c) 2000-2025 the FFmpeg developers\nbuilt with gcc", "5.1.9-0+deb12u1", 5},
		{"Homebrew", "ffprobe version 7.1 Copyright (c)", "7.1", 7},
		{"a release tag", "ffmpeg version n6.0-3-g1 Copyright", "n6.0-3-g1", 6},
		{"an old one", "ffmpeg version 4.4.2-0ubuntu0.22.04.1 Copyright", "4.4.2-0ubuntu0.22.04.1", 4},
		{"the development branch", "ffmpeg version N-117000-g1a2b3c4 Copyright", "N-117000-g1a2b3c4", 1000},
		{"something else", "avconv 12", "unknown", 0},
	} {
		if version, major := ffmpegVersion(c.out); version != c.version || major != c.major {
			t.Errorf("%s: got %s, %d, want %s, %d", c.name, version, major, c.version, c.major)
		}
	}
}

func TestDoctorSaysWhatIsMissingAndHowToGetIt(t *testing.T) {
	folder := t.TempDir()
	missing := tool(t.Context(), "ffmpeg", "FFMPEG_PATH", map[string]string{"FFMPEG_PATH": filepath.Join(folder, "ffmpeg")})
	fake := filepath.Join(folder, "ffprobe")
	if err := os.WriteFile(fake, []byte("#!/bin/sh\necho ffprobe version 4.1 Copyright\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	old := tool(t.Context(), "ffprobe", "FFPROBE_PATH", map[string]string{"FFPROBE_PATH": fake})
	var out strings.Builder
	if WriteFindings(&out, []Finding{missing, old}) {
		t.Error("WriteFindings: got that everything is there, want not")
	}
	for _, want := range []string{"missing   ffmpeg", "was not found", "FFMPEG_PATH", "missing   ffprobe", "version 4.1", "install FFmpeg 5 or newer"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("output lacks %q:\n%s", want, out.String())
		}
	}
	if out.Reset(); !WriteFindings(&out, []Finding{webPage(false)}) || !strings.Contains(out.String(), "optional  web page") || !strings.Contains(out.String(), "-> install npm") {
		t.Errorf("without hls.js: got\n%swant an optional finding that says how to get it", out.String())
	}
	if out.Reset(); !WriteFindings(&out, []Finding{webPage(true)}) || !strings.Contains(out.String(), "ok        web page") || strings.Contains(out.String(), "->") {
		t.Errorf("with hls.js: got\n%swant ok", out.String())
	}
	if !WriteFindings(&out, []Finding{{Name: "VLC", Optional: true, Remedy: "get it"}}) {
		t.Error("something optional: got that the platform lacks it, want not")
	}
}

func TestTerminalTextLooksAtColoursAndLetters(t *testing.T) {
	for _, c := range []struct {
		name   string
		env    map[string]string
		ok     bool
		detail string
	}{
		{"a modern terminal", map[string]string{"TERM": "xterm-256color", "COLORTERM": "truecolor", "LANG": "en_GB.UTF-8"}, true, "16 million colours, UTF-8"},
		{"256 colours", map[string]string{"TERM": "xterm-256color", "LANG": "C.utf8"}, true, "256 colours, UTF-8"},
		{"no colours wanted", map[string]string{"TERM": "xterm", "NO_COLOR": "1", "LC_CTYPE": "UTF-8"}, true, "no colours (NO_COLOR), UTF-8"},
		{"LC_ALL decides", map[string]string{"TERM": "xterm", "LC_ALL": "C", "LANG": "C.UTF-8"}, false, "colours, no UTF-8"},
		{"POSIX", map[string]string{"TERM": "xterm", "LANG": "POSIX"}, false, "colours, no UTF-8"},
		{"no locale is set", map[string]string{"TERM": "xterm"}, true, "colours, UTF-8 is assumed: LANG is not set"},
		{"no terminal", map[string]string{"LANG": "C.UTF-8"}, false, `TERM="", UTF-8`},
		{"one that cannot move its cursor", map[string]string{"TERM": "dumb", "LANG": "C.UTF-8", "NO_COLOR": "1"}, false, `TERM="dumb", UTF-8`},
	} {
		if f := terminalText(c.env); f.OK != c.ok || f.Detail != c.detail || (f.Remedy == "") != c.ok {
			t.Errorf("%s: got %+v, want ok %t, %q", c.name, f, c.ok, c.detail)
		}
	}
}
