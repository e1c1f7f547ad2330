package service

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"syscall"
	"testing"
	"time"
)

func TestAfterAHandOverEveryConnectionEndsWithAResponse(t *testing.T) {
	l := listening(t)
	h := hand(t, l, "LISTEN_FDS=1", "HANDOVER_TIMEOUT=1h")
	base := "http://" + l.Addr().String()
	one := func() *http.Client {
		c := &http.Client{Timeout: patience, Transport: &http.Transport{}}
		t.Cleanup(c.CloseIdleConnections)
		return c
	}
	idle := one()
	get(t, idle, base+"/pid") // a connection that is kept
	body, feed := io.Pipe()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, base+"/long", body)
	if err != nil {
		t.Fatal(err)
	}
	busy := one()
	long, err := busy.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer long.Body.Close()

	h.handOver()
	if got := h.next(); got != "handed over" {
		t.Fatalf("got %q", got)
	}
	next := hand(t, l, "LISTEN_FDS=1")
	if _, body := get(t, fresh(t), base+"/pid"); body != fmt.Sprint(next.cmd.Process.Pid) {
		t.Errorf("a new connection was taken by %s, want %d", body, next.cmd.Process.Pid)
	}
	res, err := idle.Get(base + "/pid")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil || string(b) != fmt.Sprint(h.cmd.Process.Pid) || !res.Close {
		t.Errorf("the connection that was kept: got %s, %v, close %t, want %d's last answer", b, err, res.Close, h.cmd.Process.Pid)
	}
	if _, err := io.WriteString(feed, "the end"); err != nil {
		t.Fatal(err)
	}
	feed.Close()
	if b, err := io.ReadAll(long.Body); err != nil || string(b) != "the end" {
		t.Errorf("the response that was open: got %q, %v", b, err)
	}
	if _, body := get(t, busy, base+"/pid"); body == fmt.Sprint(h.cmd.Process.Pid) { // its connection was kept for one more request
		if _, body := get(t, busy, base+"/pid"); body != fmt.Sprint(next.cmd.Process.Pid) {
			t.Errorf("got %s, want the next one to answer", body)
		}
	}
	if got := h.next(); got != "work ended" { // only now
		t.Errorf("got %q", got)
	}
	if err := h.cmd.Wait(); err != nil {
		t.Errorf("got %v, want a clean end", err)
	}
}

// TestAfterAHandOverFastPathConnectionsEndWithAResponse holds the same of connections
// that the routes never see.
func TestAfterAHandOverFastPathConnectionsEndWithAResponse(t *testing.T) {
	l := listening(t)
	h := hand(t, l, "LISTEN_FDS=1", "HANDOVER_TIMEOUT=1h")
	type player struct {
		net.Conn
		in *bufio.Reader
	}
	dial := func() player {
		c, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		if err := c.SetDeadline(time.Now().Add(patience)); err != nil {
			t.Fatal(err)
		}
		return player{c, bufio.NewReader(c)}
	}
	ask := func(p player, path string) *http.Response {
		t.Helper()
		if _, err := io.WriteString(p, "GET "+path+" HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
		res, err := http.ReadResponse(p.in, nil)
		if err != nil {
			t.Fatal(err)
		}
		return res
	}
	read := func(res *http.Response) string {
		t.Helper()
		b, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	silent, idle, slow := dial(), dial(), dial()
	if res := ask(idle, "/ready"); read(res) != "ready" || res.Close {
		t.Fatalf("got %v", res)
	}
	large := ask(slow, "/large")

	h.handOver()
	if got := h.next(); got != "handed over" {
		t.Fatalf("got %q", got)
	}
	if got := read(large); len(got) != largeBody {
		t.Errorf("the answer that was open: got %d bytes, want %d", len(got), largeBody)
	}
	for name, p := range map[string]player{"silent": silent, "idle": idle, "slow": slow} {
		if res := ask(p, "/ready"); read(res) != "ready" || !res.Close {
			t.Errorf("%s: got %v, want its last answer", name, res)
		}
		if _, err := p.in.ReadByte(); err != io.EOF {
			t.Errorf("%s: got %v, want the end", name, err)
		}
	}
	if got := h.next(); got != "work ended" {
		t.Errorf("got %q", got)
	}
	if err := h.cmd.Wait(); err != nil {
		t.Errorf("got %v, want a clean end", err)
	}
}

func TestAHandOverHasALimit(t *testing.T) {
	l := listening(t)
	h := hand(t, l, "LISTEN_FDS=1", "HANDOVER_TIMEOUT=100ms")
	idle := &http.Client{Timeout: patience, Transport: &http.Transport{}}
	defer idle.CloseIdleConnections()
	get(t, idle, "http://"+l.Addr().String()+"/pid")
	h.handOver()
	if err := h.cmd.Wait(); err != nil {
		t.Errorf("got %v, want a clean end", err)
	}
	// The next one answers the requests that wait meanwhile.
	done := make(chan string, 1)
	go func() {
		res, err := idle.Get("http://" + l.Addr().String() + "/pid")
		if err != nil {
			done <- err.Error()
			return
		}
		defer res.Body.Close()
		b, _ := io.ReadAll(res.Body)
		done <- string(b)
	}()
	next := hand(t, l, "LISTEN_FDS=1")
	if got := <-done; got != fmt.Sprint(next.cmd.Process.Pid) {
		t.Errorf("got %s, want %d", got, next.cmd.Process.Pid)
	}
}

func TestWithoutAHandOverAnEndIsAtOnce(t *testing.T) {
	l := listening(t)
	h := hand(t, l, "LISTEN_FDS=1", "HANDOVER_TIMEOUT=1h", "DRAIN_TIMEOUT=1h")
	idle := &http.Client{Timeout: patience, Transport: &http.Transport{}}
	defer idle.CloseIdleConnections()
	get(t, idle, "http://"+l.Addr().String()+"/pid")
	if err := h.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if got := h.next(); got != "work ended" {
		t.Errorf("got %q, want no word of a hand-over", got)
	}
	if err := h.cmd.Wait(); err != nil {
		t.Errorf("got %v, want a clean end", err)
	}
}
