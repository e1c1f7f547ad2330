package harness

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"livestream-tui/procs"
	"livestream-tui/procs/platform"
	"livestream-tui/services/hls/fmp4"
	"livestream-tui/services/kit/event"
)

// Await waits until holds returns nil. It ends the test after limit, or when the
// platform has ended.
func (p *Platform) Await(limit time.Duration, what string, holds func() error) {
	p.t.Helper()
	var err error
	ended := false
	if Within(limit, func() bool {
		if err = holds(); err == nil {
			return true
		}
		select {
		case <-p.exited:
			ended = true
		default:
		}
		return ended
	}) && !ended {
		return
	}
	p.Dump()
	if ended {
		p.t.Fatalf("%s: the platform ended with status %d; last: %v", what, p.ExitStatus(), err)
	}
	p.t.Fatalf("%s: not within %s: %v", what, limit, err)
}

// Ready is nil when a process is ready.
func (p *Platform) Ready(name string) error {
	if s := p.Status(name); s.State != procs.Ready {
		return fmt.Errorf("%s is %s: %s", name, s.State, s.Reason)
	}
	return nil
}

// AwaitOnAir waits until the processes are ready and the proxy serves a playlist whose
// newest segment is whole.
func (p *Platform) AwaitOnAir(processes ...string) {
	p.t.Helper()
	p.Await(90*time.Second, "on air", func() error {
		for _, name := range processes {
			if err := p.Ready(name); err != nil {
				return err
			}
		}
		list, err := Playlist(p.PlaylistURL())
		if err != nil {
			return err
		}
		if len(list.Segments) == 0 {
			return errors.New("the playlist is empty")
		}
		status, body, err := Get(p.Base("PROXY_PORT") + "/live01/" + list.Segments[len(list.Segments)-1].URI)
		if err != nil || status != http.StatusOK {
			return fmt.Errorf("newest segment: status %d: %w", status, err)
		}
		_, err = fmp4.CheckSegment(body)
		return err
	})
}

// AwaitNext waits until a process is ready that is not the one with a pid.
func (p *Platform) AwaitNext(name string, pid int) {
	p.t.Helper()
	p.Await(30*time.Second, name+" back and ready", func() error {
		if got := p.Status(name).PID; got == pid {
			return fmt.Errorf("%s: it is pid %d still", name, got)
		}
		return p.Ready(name)
	})
}

// Kill kills a process with -9 and waits until its next incarnation is ready.
func (p *Platform) Kill(name string) {
	p.t.Helper()
	pid := p.Status(name).PID
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		p.t.Fatalf("kill %s: %v", name, err)
	}
	p.AwaitNext(name, pid)
}

// AwaitMore waits until the proxy lists that many more segments.
func (p *Platform) AwaitMore(segments int64) {
	p.t.Helper()
	before, err := Playlist(p.PlaylistURL())
	if err != nil {
		p.t.Fatal(err)
	}
	p.AwaitMSN(before.LastMSN()+segments, time.Duration(segments)*5*time.Second)
}

// AwaitMSN waits until the proxy lists the segment with a media sequence number.
func (p *Platform) AwaitMSN(msn int64, limit time.Duration) {
	p.t.Helper()
	p.Await(limit, fmt.Sprintf("msn %d", msn), func() error {
		now, err := Playlist(p.PlaylistURL())
		if err == nil && now.LastMSN() < msn {
			err = fmt.Errorf("newest msn: got %d, want %d", now.LastMSN(), msn)
		}
		return err
	})
}

// Active is the process that the proxy serves from.
func (p *Platform) Active() (string, error) {
	at, err := Serving(p.PlaylistURL())
	switch {
	case err != nil:
		return "", err
	case strings.HasSuffix(at, ":"+p.Env["SERVER_ONE_PORT"]):
		return "server1", nil
	case strings.HasSuffix(at, ":"+p.Env["SERVER_TWO_PORT"]):
		return "server2", nil
	default:
		return "", errors.New("X-Packager is " + at)
	}
}

// Failovers are the proxy's events.
func (p *Platform) Failovers() []event.Failover {
	_, b, err := Get(p.Base("PROXY_PORT") + "/events")
	if err != nil {
		return nil
	}
	var list []event.Failover
	if json.Unmarshal(b, &list) != nil {
		return nil
	}
	return list
}

// CtlStatus is what a script reads from livestream-tui ctl status --json.
func CtlStatus(t *testing.T, env map[string]string) (platform.Snapshot, error) {
	t.Helper()
	var s platform.Snapshot
	status, out, errs := Outcome(t, env, "ctl", "status", "--json")
	if status != 0 {
		return s, fmt.Errorf("exit status %d: %s", status, errs)
	}
	return s, json.Unmarshal([]byte(out), &s)
}

// AwaitSmallReady waits until ctl says that every process is ready, for a platform of
// SmallSettings.
func (p *Platform) AwaitSmallReady() {
	p.t.Helper()
	p.Await(30*time.Second, "both ready", func() error {
		s, err := CtlStatus(p.t, p.Env)
		if err != nil {
			return err
		}
		for _, process := range s.Processes {
			if process.State != procs.Ready {
				return fmt.Errorf("%s is %s", process.Name, process.State)
			}
		}
		return nil
	})
}

// WantNothingLeft fails unless every process and port of the platform is gone within
// limit. A busy machine gets ten times the limit before it is a failure; a longer time than
// limit is logged.
func (p *Platform) WantNothingLeft(limit time.Duration) {
	p.t.Helper()
	began := time.Now()
	for {
		left := p.Members()
		if len(left) == 0 {
			break
		}
		if time.Since(began) > 10*limit {
			for _, pid := range left {
				p.t.Errorf("left running: %d %s", pid, CommandLine(pid))
			}
			return
		}
		time.Sleep(20 * time.Millisecond) // between two looks at /proc
	}
	p.t.Logf("nothing left %s after the end", time.Since(began).Round(time.Millisecond))
	for _, variable := range []string{"SERVER_ONE_PORT", "SERVER_TWO_PORT", "REPORTER_PORT", "ORIGIN_PORT", "PROXY_PORT"} {
		if _, err := strconv.Atoi(p.Env[variable]); err != nil || variable == "PROXY_PORT" && p.ExitStatus() == 1 {
			continue // the test itself made it bad, or holds it
		}
		// A process that is ending has no environment any more, but its sockets yet.
		for {
			c, err := net.DialTimeout("tcp", "127.0.0.1:"+p.Env[variable], time.Second)
			if err != nil {
				break
			}
			_ = c.Close()
			if time.Since(began) < limit {
				time.Sleep(5 * time.Millisecond) // between two looks at the port
				continue
			}
			p.t.Errorf("%s %s is still open", variable, p.Env[variable])
			break
		}
	}
}

// Up is nil when the proxy at base finds the packagers up. It asks with client.
func Up(client *http.Client, base string, packagers ...string) error {
	_, b, err := Fetch(client, base+"/metrics")
	if err != nil {
		return err
	}
	for _, packager := range packagers {
		if want := fmt.Appendf(nil, "\nproxy_packager_up{packager=%q,playlist=\"/live01/playlist.m3u8\"} 1\n", packager); !bytes.Contains(b, want) {
			return fmt.Errorf("%s is not up", packager)
		}
	}
	return nil
}

// BothUp is nil when the proxy finds every packager up.
func (p *Platform) BothUp() error {
	return Up(http.DefaultClient, p.Base("PROXY_PORT"), "http://localhost:"+p.Env["SERVER_ONE_PORT"], "http://localhost:"+p.Env["SERVER_TWO_PORT"])
}
