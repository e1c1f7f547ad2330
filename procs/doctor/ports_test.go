package doctor

import (
	"net"
	"os"
	"strconv"
	"strings"
	"testing"

	"livestream-tui/layouts"
)

func TestAPortOfAnotherIsMissing(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	port := strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
	layout := layouts.Layout{Processes: []layouts.Process{{Name: "proxy", Service: "proxy", PortVariable: "PROXY_PORT", PortDefault: 8002}}}
	list := ports(Options{Layout: layout, Env: map[string]string{"PROXY_PORT": port}, RunPath: t.TempDir()})
	if len(list) != 1 || list[0].OK || !strings.Contains(list[0].Remedy, "pid "+strconv.Itoa(os.Getpid())) {
		t.Errorf("got %+v, want that its holder is named", list)
	}
}
