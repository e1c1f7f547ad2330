package preflight

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"livestream-tui/layouts"
)

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
			list, err := Endpoints(l, c.env)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, e := range list {
				got = append(got, e.URL())
			}
			if strings.Join(got, " ") != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
	if _, err := Endpoints(l, map[string]string{"PROXY_PORT": "many"}); err == nil || !strings.Contains(err.Error(), `PROXY_PORT="many"`) {
		t.Errorf("a port that is not a number: got %v, want an error that names it", err)
	}
}

func TestPortsInUseNameTheirProcessAndTheVariable(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	port := l.Addr().(*net.TCPAddr).Port
	got := CheckPorts([]Endpoint{
		{Process: "server1", Variable: "SERVER_ONE_PORT", Host: "localhost", Port: port},
		{Process: "server2", Variable: "SERVER_TWO_PORT", Host: "localhost", Port: port},
	})
	if len(got) != 2 {
		t.Fatalf("got %q, want two problems", got)
	}
	for _, want := range []string{fmt.Sprintf("port %d (server1) is in use by pid %d, ", port, os.Getpid()), "stop it or set SERVER_ONE_PORT"} {
		if !strings.Contains(got[0].Error(), want) {
			t.Errorf("got %q, want %q in it", got[0], want)
		}
	}
	if want := fmt.Sprintf("port %d is wanted by server1 and by server2: set SERVER_ONE_PORT or SERVER_TWO_PORT to another", port); got[1].Error() != want {
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
			got := ""
			if err := errors.Join(CheckFolders([]Folder{c.f})...); err != nil {
				got = err.Error()
			}
			if got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
	if entries, err := os.ReadDir(root); err != nil || len(entries) != 1 {
		t.Errorf("left behind: %v, %v, want the file alone", entries, err)
	}
}
