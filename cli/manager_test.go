package cli

import (
	"strings"
	"testing"

	"livestream-tui/services/kit/service"
)

func TestNoProcessSpeaksForUsToTheServiceManager(t *testing.T) {
	a, _, _ := newTestApp(t, service.Environment{
		"NOTIFY_SOCKET": "/run/notify", "WATCHDOG_USEC": "60000000", "WATCHDOG_PID": "1",
		"LISTEN_FDS": "3", "LISTEN_FDNAMES": "a:b:c", "LISTEN_PID": "1", // another process's
	})
	before := a.env
	manager, sockets, err := a.serviceManager()
	if err != nil || manager == nil || len(sockets) > 0 {
		t.Fatalf("got %v, %v, %v, want a manager and no sockets", manager, sockets, err)
	}
	for name := range a.env {
		if strings.HasPrefix(name, "NOTIFY_") || strings.HasPrefix(name, "WATCHDOG_") || strings.HasPrefix(name, "LISTEN_") {
			t.Errorf("the processes are given %s", name)
		}
	}
	if before["NOTIFY_SOCKET"] == "" || a.env["HOME"] == "" {
		t.Error("got another environment changed, or all of it gone")
	}
}
