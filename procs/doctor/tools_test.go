package doctor

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// fakeFFmpeg returns an environment with a script in place of FFmpeg.
func fakeFFmpeg(t *testing.T, script string) map[string]string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "ffmpeg")
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+script+"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	return map[string]string{"FFMPEG_PATH": path}
}

func TestDoctorHasFFmpegEncode(t *testing.T) {
	const version = `[ "$1" = -version ] && { echo ffmpeg version 7.1 Copyright; exit; }
`
	const all = `printf ' ... zscale V->V x\n ... tonemap V->V x\n TS. bwdif V->V x\n T.C drawtext V->V x\n'`
	works := func(context.Context, string) (string, string) { return "", "" }
	for _, c := range []struct {
		name, script string
		encode       func(context.Context, string) (string, string)
		want         []string // lines, in part
		well         bool
	}{
		{"everything works", version + all, works, []string{"ok ffmpeg version 7.1", "ok encoding a frame of video (libx264) and of audio (aac)"}, true},
		{"built without libx264", version + all, func(context.Context, string) (string, string) {
			return "it is built without libx264", "install another"
		},
			[]string{"ok ffmpeg version 7.1", "missing encoding it is built without libx264", "-> install another"}, false},
		{"a library is broken", `echo "ffmpeg: error while loading shared libraries: libx264.so.164: cannot open shared object file" >&2; exit 127`,
			func(context.Context, string) (string, string) {
				return "its library libx264.so.164 is missing", "apt-get install --reinstall libx264-164"
			},
			[]string{"missing ffmpeg does not run: ffmpeg: error while loading shared libraries: libx264.so.164", "-> apt-get install --reinstall libx264-164"}, false},
		{"filters are missing", version + `echo ' ... scale V->V x'`, works,
			[]string{"ok ffmpeg version 7.1", "ok encoding", "optional filters FFmpeg is built without zscale, tonemap, bwdif, drawtext",
				"-> HDR films look pale; interlaced films stay interlaced; the test film shows neither"}, true},
		{"one filter is missing", version + `printf ' ... zscale V->V x\n ... tonemap V->V x\n T.C drawtext V->V x\n'`, works,
			[]string{"ok ffmpeg", "ok encoding", "optional filters FFmpeg is built without bwdif", "-> interlaced films stay interlaced: install"}, true},
		{"filters are not listed", version + "exit 1", works, []string{"ok ffmpeg", "ok encoding"}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			var out strings.Builder
			well := WriteFindings(&out, encoder(t.Context(), Options{Env: fakeFFmpeg(t, c.script), Encode: c.encode}))
			if well != c.well {
				t.Errorf("everything necessary is there: got %t, want %t", well, c.well)
			}
			lines := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
			if len(lines) != len(c.want) {
				t.Fatalf("got\n%s\nwant %d lines", out.String(), len(c.want))
			}
			for i, want := range c.want {
				got := strings.Join(strings.Fields(lines[i]), " ")
				for _, part := range strings.SplitN(want, " ", 3) {
					if !strings.Contains(got, part) {
						t.Errorf("line %d: got %q, want %q in it", i+1, got, part)
					}
				}
			}
		})
	}
	missing := encoder(t.Context(), Options{Env: map[string]string{"FFMPEG_PATH": filepath.Join(t.TempDir(), "ffmpeg")}, Encode: func(context.Context, string) (string, string) {
		t.Error("what is not there was asked to encode")
		return "", ""
	}})
	if len(missing) != 1 || missing[0].OK {
		t.Errorf("no FFmpeg: got %+v, want that alone", missing)
	}
}

func TestTheFFmpegInPATHIsTheOneThatEncodes(t *testing.T) {
	path := fakeFFmpeg(t, "echo ffmpeg version 7.1 Copyright")["FFMPEG_PATH"]
	t.Setenv("PATH", filepath.Dir(path)+":"+os.Getenv("PATH"))
	asked := ""
	encoder(t.Context(), Options{Encode: func(_ context.Context, command string) (string, string) {
		asked = command
		return "", ""
	}})
	if asked != path {
		t.Errorf("got %q asked to encode, want %q", asked, path)
	}
}
