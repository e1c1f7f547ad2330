package local

import (
	"errors"
	"strings"
	"testing"

	"github.com/hashicorp/go-hclog"

	"livestream-tui/procs"
	"livestream-tui/procs/platform"
	"livestream-tui/procs/platform/platformtest"
)

// ownLines returns the platform's own lines, each with its level and its process.
func ownLines(t *testing.T, l *Local) string {
	t.Helper()
	lines, err := l.Logs(t.Context(), 0, platform.LogsMost)
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, line := range lines {
		list = append(list, line.Level.String()+" "+line.Process+" "+strings.TrimSpace(line.Message+" "+line.FieldText()))
	}
	return strings.Join(list, "\n")
}

func TestThePlatformsOwnLinesAreAmongTheLogs(t *testing.T) {
	var to strings.Builder
	l := newLocal(platformtest.DefaultLayout(t), nil, "", hclog.New(&hclog.LoggerOptions{Name: "platform", Output: &to, DisableTime: true}))
	l.sup = platformtest.Supervisor{OnCommand: func(string, procs.Action) error { return errors.New("it is stopping") }}
	_ = l.Command(t.Context(), platform.Command{Process: "proxy", Action: platform.Kill, By: platform.Actor{Via: platform.ViaCtl, PID: 9, User: "op"}}) // refused
	l.log.Debug("malformed event")
	status := func(state platform.State, start int, reason string) {
		l.OnStatus(platform.Status{Name: "server1", State: state, Incarnation: start, PID: 7, Reason: reason})
	}
	status(procs.Waiting, 0, "waiting for worker")
	status(procs.Starting, 1, "")
	status(procs.Running, 1, "")
	status(procs.Degraded, 1, "no segment for 1.1s")
	status(procs.Degraded, 1, "no segment for 1.2s")
	status(procs.Backoff, 1, "signal: killed, restart in 100ms")
	status(procs.Failed, 1, "")
	const want = `info platform refused: kill proxy by="op, ctl pid 9" reason="it is stopping"
info platform server1 starting pid=7 start=1
warn platform server1 degraded: no segment for 1.1s pid=7 start=1
warn platform server1 backoff: signal: killed, restart in 100ms pid=7 start=1
error platform server1 failed pid=7 start=1`
	if got := ownLines(t, l); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if got := to.String(); !strings.Contains(got, `platform: refused: kill proxy: by="op, ctl pid 9"`) || strings.Contains(got, "malformed") {
		t.Errorf("the log has %q, want the same line once more", got)
	}
}
