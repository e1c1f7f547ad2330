package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"livestream-tui/services/hls/m3u8"
)

// soaking is true for `make soak`: the same tests, as long as the issue asks.
func soaking() bool { return os.Getenv("SOAK") != "" }

func TestOnAirAnswersAndDecodes(t *testing.T) {
	p := launch(t, settings(t))
	p.awaitOnAir(everyProcess...)

	t.Run("the reporter's ingest table is the contract's to the byte", func(t *testing.T) {
		var got string
		p.await(10*time.Second, "both packagers up", func() error {
			_, b, err := get(p.base("REPORTER_PORT") + "/ingests")
			if got = string(b); err != nil || strings.Count(got, "http://") != 2 {
				return fmt.Errorf("%s: %w", got, err)
			}
			return nil
		})
		one, two := "http://localhost:"+p.env["SERVER_ONE_PORT"], "http://localhost:"+p.env["SERVER_TWO_PORT"]
		want := regexp.MustCompile("^\\[\n  \\{\n    \"signal\": \"live01\",\n    \"packagers\": \\[\n      \"" + one + "\",\n      \"" + two +
			"\"\n    \\],\n    \"last_reported\": \"(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \\d\\d [A-Z][a-z]{2} \\d{4} \\d\\d:\\d\\d:\\d\\d [-+A-Z0-9]+\"\n  \\}\n\\]\n$")
		if !want.MatchString(got) {
			t.Errorf("GET /ingests: got %s", got)
		}
	})
	t.Run("the origin's answers are the contract's to the byte", func(t *testing.T) {
		server := "http://localhost:" + p.env["SERVER_ONE_PORT"] + "/live01/playlist.m3u8"
		for path, want := range map[string]string{
			"/signals":     "[\n  \"live01\"\n]\n",
			"/live/live01": "{\n  \"signal\": \"live01\",\n  \"server\": \"" + server + "\"\n}\n",
		} {
			p.await(10*time.Second, "GET "+path, func() error { // the origin learns once a second
				_, b, err := get(p.base("ORIGIN_PORT") + path)
				if err != nil || string(b) != want {
					return fmt.Errorf("got %s, %w, want %s", b, err, want)
				}
				return nil
			})
		}
		status, b, err := get(p.base("ORIGIN_PORT") + "/live/nosuch")
		if err != nil || status != http.StatusNotFound || !json.Valid(b) {
			t.Errorf("GET /live/nosuch: got %d %s, %v, want 404 and a JSON error", status, b, err)
		}
	})
	t.Run("two seams of the loop decode without a warning", func(t *testing.T) {
		seconds := 20 // the film lasts 8 s
		if soaking() {
			seconds = 120
		}
		if out := decode(t, p.playlistURL(), seconds); out != "" {
			t.Errorf("ffmpeg says:\n%s", out)
		}
	})
	t.Run("TERM is a clean stop with status 0 and leaves nothing", func(t *testing.T) {
		p.signal(syscall.SIGTERM)
		p.awaitExit(30 * time.Second)
		if got := p.exitStatus(); got != 0 {
			t.Errorf("exit status: got %d, want 0; standard error: %s", got, p.stderr.String())
		}
		p.wantNothingLeft(time.Second)
	})
}

func TestEachProcessKilledComesBackAndNumbersGoOn(t *testing.T) {
	p := launch(t, settings(t))
	p.awaitOnAir(everyProcess...)
	watch := watchPlaylist(p)

	for _, name := range everyProcess {
		before := p.status(name)
		if err := syscall.Kill(before.PID, syscall.SIGKILL); err != nil {
			t.Fatalf("kill %s: %v", name, err)
		}
		p.await(30*time.Second, name+" back and ready", func() error {
			s := p.status(name)
			if s.PID == before.PID || s.State.String() != "ready" {
				return fmt.Errorf("%s: pid %d, %s %s", name, s.PID, s.State, s.Reason)
			}
			return nil
		})
	}
	t.Run("FFmpeg too, inside its worker", func(t *testing.T) {
		worker := p.status("worker").PID
		old := childrenOf(t, worker)
		if len(old) == 0 {
			t.Fatal("the worker has no FFmpeg")
		}
		for _, pid := range old {
			if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
				t.Fatalf("kill FFmpeg %d: %v", pid, err)
			}
		}
		p.await(10*time.Second, "another FFmpeg", func() error {
			for _, pid := range childrenOf(t, worker) {
				if pid != old[0] {
					return nil
				}
			}
			return errors.New("none yet")
		})
	})
	newest := watch.newest()
	p.await(20*time.Second, "three more segments", func() error {
		if got := watch.newest(); got < newest+3 {
			return fmt.Errorf("newest msn %d, was %d", got, newest)
		}
		return nil
	})
	for _, problem := range watch.stop() {
		t.Error(problem)
	}
	p.awaitOnAir(everyProcess...)
	if got, want := len(p.members()), len(everyProcess)+2; got != want { // FFmpeg and the guardian
		t.Errorf("processes of the platform: got %d, want %d: something is orphaned", got, want)
	}
}

func TestSupervisorKilledLeavesNothing(t *testing.T) {
	p := launch(t, settings(t))
	p.awaitOnAir(everyProcess...)
	p.signal(syscall.SIGKILL)
	p.awaitExit(5 * time.Second)
	p.wantNothingLeft(time.Second)
}

func TestStoppedSupervisorLetsTheStreamGoOn(t *testing.T) {
	p := launch(t, settings(t))
	p.awaitOnAir(everyProcess...)
	newest, err := playlist(p.playlistURL())
	if err != nil {
		t.Fatal(err)
	}
	pids := map[string]int{}
	for _, name := range everyProcess {
		pids[name] = p.status(name).PID
	}
	more := int64(4) // segments of 2 s
	if soaking() {
		more = 15
	}
	p.signal(syscall.SIGSTOP)
	p.await(time.Duration(more)*4*time.Second, "segments while the supervisor is stopped", func() error {
		list, err := playlist(p.playlistURL())
		if err != nil {
			return err
		}
		if got, want := list.LastMSN(), newest.LastMSN()+more; got < want {
			return fmt.Errorf("newest msn: got %d, want %d", got, want)
		}
		return nil
	})
	p.signal(syscall.SIGCONT)
	p.awaitOnAir(everyProcess...)
	for name, pid := range pids {
		if got := p.status(name).PID; got != pid {
			t.Errorf("%s: pid %d, was %d: a healthy child was restarted", name, got, pid)
		}
	}
}

func TestEndOfThePlatform(t *testing.T) {
	for _, c := range []struct {
		name   string
		signal syscall.Signal
		want   int
	}{
		{"INT ends with 130", syscall.SIGINT, 130},
		{"HUP ends with 0", syscall.SIGHUP, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := launch(t, settings(t))
			p.awaitOnAir("proxy")
			p.signal(c.signal)
			p.awaitExit(30 * time.Second)
			if got := p.exitStatus(); got != c.want {
				t.Errorf("exit status: got %d, want %d", got, c.want)
			}
			p.wantNothingLeft(time.Second)
		})
	}
	t.Run("--for ends by itself with 0", func(t *testing.T) {
		p := launch(t, settings(t), "--for", "8s")
		p.awaitExit(60 * time.Second)
		if got := p.exitStatus(); got != 0 {
			t.Errorf("exit status: got %d, want 0", got)
		}
		p.wantNothingLeft(time.Second)
	})
}

func TestWhatCannotStartSaysWhyAndLeavesNothing(t *testing.T) {
	held, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer held.Close()
	port := strconv.Itoa(held.Addr().(*net.TCPAddr).Port)
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name     string
		variable string
		value    string
		status   int
		says     []string
	}{
		{"a taken port", "PROXY_PORT", port, 1, []string{port, "PROXY_PORT", fmt.Sprint(os.Getpid())}},
		{"no FFmpeg", "PATH", "/nonexistent", 78, []string{"ffmpeg", "install"}},
		{"an output that is a file", "OUTPUT_STREAM_PATH", file, 1, []string{"OUTPUT_STREAM_PATH", file}},
		{"a bad environment", "ORIGIN_PORT", "many", 78, []string{"ORIGIN_PORT", "many", "1 to 65535"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			env := settings(t)
			env[c.variable] = c.value
			p := launch(t, env)
			p.awaitExit(30 * time.Second)
			if got := p.exitStatus(); got != c.status {
				t.Errorf("exit status: got %d, want %d", got, c.status)
			}
			for _, word := range c.says {
				if !strings.Contains(p.stderr.String(), word) {
					t.Errorf("standard error lacks %q:\n%s", word, p.stderr.String())
				}
			}
			p.wantNothingLeft(time.Second)
		})
	}
}

// wantNothingLeft fails unless every process and port of the platform is gone
// within limit. A busy machine gets ten times the limit before it is a failure;
// what took longer than limit is told.
func (p *platform) wantNothingLeft(limit time.Duration) {
	p.t.Helper()
	began := time.Now()
	for {
		left := p.members()
		if len(left) == 0 {
			break
		}
		if time.Since(began) > 10*limit {
			for _, pid := range left {
				argv, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid)) // it may end meanwhile
				p.t.Errorf("left running: %d %s", pid, bytes.ReplaceAll(argv, []byte{0}, []byte{' '}))
			}
			return
		}
		time.Sleep(20 * time.Millisecond) // between two looks at /proc
	}
	p.t.Logf("nothing left %s after the end", time.Since(began).Round(time.Millisecond))
	for _, variable := range []string{"SERVER_ONE_PORT", "SERVER_TWO_PORT", "REPORTER_PORT", "ORIGIN_PORT", "PROXY_PORT"} {
		if _, err := strconv.Atoi(p.env[variable]); err != nil || variable == "PROXY_PORT" && p.exitStatus() == 1 {
			continue // the test itself made it bad, or holds it
		}
		// A process that is ending has no environment any more, but its sockets yet.
		for {
			c, err := net.DialTimeout("tcp", "127.0.0.1:"+p.env[variable], time.Second)
			if err != nil {
				break
			}
			_ = c.Close()
			if time.Since(began) < limit {
				time.Sleep(5 * time.Millisecond) // between two looks at the port
				continue
			}
			p.t.Errorf("%s %s is still open", variable, p.env[variable])
			break
		}
	}
}

// childrenOf are the live direct children of pid.
func childrenOf(t *testing.T, pid int) []int {
	t.Helper()
	out, err := exec.Command("ps", "-o", "pid=,stat=", "--ppid", strconv.Itoa(pid)).Output()
	if err != nil {
		return nil // ps fails when there is none
	}
	var pids []int
	for _, line := range strings.Split(string(out), "\n") {
		f := strings.Fields(line)
		if len(f) == 2 && !strings.HasPrefix(f[1], "Z") {
			child, err := strconv.Atoi(f[0])
			if err != nil {
				t.Fatalf("ps says %q", line)
			}
			pids = append(pids, child)
		}
	}
	return pids
}

// watcher loads the proxy's playlist again and again and holds what must never
// change against what it saw.
type watcher struct {
	quit chan struct{}
	done chan struct{}
	last chan int64 // the newest MSN, one value

	uris     map[int64]string
	problems []string
}

func watchPlaylist(p *platform) *watcher {
	w := &watcher{quit: make(chan struct{}), done: make(chan struct{}), last: make(chan int64, 1), uris: map[int64]string{}}
	w.last <- -1
	go func() {
		defer close(w.done)
		for {
			select {
			case <-w.quit:
				return
			case <-time.After(200 * time.Millisecond):
			}
			if list, err := playlist(p.playlistURL()); err == nil {
				w.check(list)
			}
		}
	}()
	return w
}

func (w *watcher) check(list *m3u8.MediaPlaylist) {
	last := <-w.last
	if list.LastMSN() < last {
		w.problems = append(w.problems, fmt.Sprintf("newest msn went from %d to %d", last, list.LastMSN()))
	}
	w.last <- max(last, list.LastMSN())
	if list.EndList {
		w.problems = append(w.problems, "EXT-X-ENDLIST")
	}
	for i, s := range list.Segments {
		msn := list.MediaSequence + int64(i)
		if was, ok := w.uris[msn]; ok && was != s.URI {
			w.problems = append(w.problems, fmt.Sprintf("msn %d was %s, is %s", msn, was, s.URI))
		}
		w.uris[msn] = s.URI
		if s.Discontinuity || s.Gap {
			w.problems = append(w.problems, fmt.Sprintf("msn %d: discontinuity %t, gap %t", msn, s.Discontinuity, s.Gap))
		}
	}
}

func (w *watcher) newest() int64 {
	last := <-w.last
	w.last <- last
	return last
}

func (w *watcher) stop() []string {
	close(w.quit)
	<-w.done
	return w.problems
}
