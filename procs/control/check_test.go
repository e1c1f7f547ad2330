package control

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"livestream-tui/layouts"
)

func TestSpecsGiveEachProcessItsEnvironment(t *testing.T) {
	l := layouts.Layout{Name: "x", Processes: []layouts.Process{
		{Name: "one", Service: "packager", Restart: "on-failure", Environment: map[string]string{"A": "layout", "B": "2"}, DependsOn: []string{"two"}},
		{Name: "two", Service: "worker", Restart: "always"},
	}}
	operator := map[string]string{"A": "operator", "LOG_FORMAT": "text"}
	got, err := specs(Options{Layout: l, Self: "/bin/self", Env: operator})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"A=layout", "B=2", "LOG_FORMAT=json"}, got[0].Env); diff != "" {
		t.Errorf("environment of one (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"A=operator", "LOG_FORMAT=json"}, got[1].Env); diff != "" {
		t.Errorf("environment of two (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"/bin/self", "packager"}, got[0].Argv); diff != "" {
		t.Errorf("argv (-want +got):\n%s", diff)
	}
	if got[0].Restart.String() != "on-failure" || fmt.Sprint(got[0].DependsOn) != "[two]" {
		t.Errorf("got policy %s, depends on %v, want on-failure and [two]", got[0].Restart, got[0].DependsOn)
	}
	if operator["LOG_FORMAT"] != "text" {
		t.Error("the operator's environment was changed")
	}
}

func TestEndpointsComeFromVariablesAndTheirDefaults(t *testing.T) {
	l := layouts.Layout{Processes: []layouts.Process{
		{Name: "worker", Service: "worker"},
		{Name: "origin", Service: "origin", PortVariable: "ORIGIN_PORT", PortDefault: 8001},
		{Name: "proxy", Service: "proxy", PortVariable: "PROXY_PORT", PortDefault: 8002},
		{Name: "spare", Service: "packager", PortVariable: "PACKAGER_PORT", PortDefault: 8080, Environment: map[string]string{"PACKAGER_PORT": "7070"}},
	}}
	for _, c := range []struct {
		name string
		env  map[string]string
		want string
	}{
		{"nothing set", nil, "http://localhost:8001 http://localhost:8002 http://localhost:7070"},
		{"a port set, another empty", map[string]string{"PROXY_PORT": "90", "ORIGIN_PORT": ""}, "http://localhost:8001 http://localhost:90 http://localhost:7070"},
		{"the layout's own over the operator's", map[string]string{"PACKAGER_PORT": "1"}, "http://localhost:8001 http://localhost:8002 http://localhost:7070"},
		{"every address is found at localhost", map[string]string{"BIND_ADDRESS": "0.0.0.0", "CONTROL_BIND_ADDRESS": "::"}, "http://localhost:8001 http://localhost:8002 http://localhost:7070"},
		{"one address is found there", map[string]string{"BIND_ADDRESS": "192.0.2.1", "CONTROL_BIND_ADDRESS": "fd00::1"}, "http://[fd00::1]:8001 http://192.0.2.1:8002 http://[fd00::1]:7070"},
	} {
		t.Run(c.name, func(t *testing.T) {
			list, err := endpoints(l, c.env)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, e := range list {
				got = append(got, e.url())
			}
			if strings.Join(got, " ") != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
	if _, err := endpoints(l, map[string]string{"PROXY_PORT": "many"}); err == nil || !strings.Contains(err.Error(), `PROXY_PORT="many"`) {
		t.Errorf("a port that is none: got %v, want an error that names it", err)
	}
}

func TestTakenPortsNameTheirHolderAndTheWayOut(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	port := l.Addr().(*net.TCPAddr).Port
	got := checkPorts([]endpoint{
		{Process: "server1", Variable: "SERVER_ONE_PORT", Host: "localhost", Port: port},
		{Process: "server2", Variable: "SERVER_TWO_PORT", Host: "localhost", Port: port},
	})
	if len(got) != 2 {
		t.Fatalf("got %q, want two problems", got)
	}
	for _, want := range []string{fmt.Sprintf("port %d (server1) is held by pid %d, ", port, os.Getpid()), "stop it or set SERVER_ONE_PORT"} {
		if !strings.Contains(got[0], want) {
			t.Errorf("got %q, want %q in it", got[0], want)
		}
	}
	if want := fmt.Sprintf("port %d is wanted by server1 and by server2: set SERVER_ONE_PORT or SERVER_TWO_PORT to another", port); got[1] != want {
		t.Errorf("got %q, want %q", got[1], want)
	}
}

func TestFoldersAreTriedAndLeftAsTheyWere(t *testing.T) {
	root := t.TempDir()
	file := filepath.Join(root, "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		f    Folder
		want string
	}{
		{"one that is there", Folder{"OUTPUT_STREAM_PATH", root, false}, ""},
		{"one that can be made", Folder{"OUTPUT_STREAM_PATH", filepath.Join(root, "a/b/c"), false}, ""},
		{"a file", Folder{"OUTPUT_STREAM_PATH", file, false}, fmt.Sprintf("OUTPUT_STREAM_PATH=%q: %s is not a folder; set it to a folder of yours", file, file)},
		{"below a file", Folder{"STATE_PATH", file + "/x", false}, fmt.Sprintf("STATE_PATH=%q: cannot be used: not a directory; set it to a folder of yours", file+"/x")},
		{"one to read that is not there yet", Folder{"INPUT_STREAM_PATH", filepath.Join(root, "input"), true}, ""},
		{"a file to read", Folder{"INPUT_STREAM_PATH", file, true}, fmt.Sprintf("INPUT_STREAM_PATH=%q: cannot be read: not a directory; set it to a folder of yours", file)},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := strings.Join(checkFolders([]Folder{c.f}), "\n"); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
	if entries, err := os.ReadDir(root); err != nil || len(entries) != 1 {
		t.Errorf("left behind: %v, %v, want the file alone", entries, err)
	}
}

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

func TestDoctorTellsWhatIsMissingAndHowToGetIt(t *testing.T) {
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
	for _, want := range []string{"missing   ffmpeg", "is not found", "FFMPEG_PATH", "missing   ffprobe", "version 4.1", "install FFmpeg 5 or newer"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("output lacks %q:\n%s", want, out.String())
		}
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
