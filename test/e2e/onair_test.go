package e2e

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"livestream-tui/test/harness"
)

func TestOnAirAnswersAndDecodes(t *testing.T) {
	harness.Parallel(t)
	p := harness.Launch(t, harness.Settings(t))
	p.AwaitOnAir(harness.Every...)

	t.Run("the reporter's ingest table is the contract's to the byte", func(t *testing.T) {
		var got string
		p.Await(10*time.Second, "both packagers up", func() error {
			_, b, err := harness.Get(p.Base("REPORTER_PORT") + "/ingests")
			if got = string(b); err != nil || strings.Count(got, "http://") != 2 {
				return fmt.Errorf("%s: %w", got, err)
			}
			return nil
		})
		one, two := "http://localhost:"+p.Env["SERVER_ONE_PORT"], "http://localhost:"+p.Env["SERVER_TWO_PORT"]
		want := regexp.MustCompile("^\\[\n  \\{\n    \"signal\": \"live01\",\n    \"packagers\": \\[\n      \"" + one + "\",\n      \"" + two +
			"\"\n    \\],\n    \"last_reported\": \"(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \\d\\d [A-Z][a-z]{2} \\d{4} \\d\\d:\\d\\d:\\d\\d [-+A-Z0-9]+\"\n  \\}\n\\]\n$")
		if !want.MatchString(got) {
			t.Errorf("GET /ingests: got %s", got)
		}
	})
	t.Run("the origin's answers are the contract's to the byte", func(t *testing.T) {
		server := "http://localhost:" + p.Env["SERVER_ONE_PORT"] + "/live01/playlist.m3u8"
		for path, want := range map[string]string{
			"/signals":     "[\n  \"live01\"\n]\n",
			"/live/live01": "{\n  \"signal\": \"live01\",\n  \"server\": \"" + server + "\"\n}\n",
		} {
			p.Await(10*time.Second, "GET "+path, func() error { // the origin learns once a second
				_, b, err := harness.Get(p.Base("ORIGIN_PORT") + path)
				if err != nil || string(b) != want {
					return fmt.Errorf("got %s, %w, want %s", b, err, want)
				}
				return nil
			})
		}
		status, b, err := harness.Get(p.Base("ORIGIN_PORT") + "/live/nosuch")
		if err != nil || status != http.StatusNotFound || !json.Valid(b) {
			t.Errorf("GET /live/nosuch: got %d %s, %v, want 404 and a JSON error", status, b, err)
		}
	})
	t.Run("two seams of the loop decode without a warning", func(t *testing.T) {
		seconds := 20 // the film lasts 8 s
		if harness.Soaking() {
			seconds = 120
		}
		if out := decode(t, p.PlaylistURL(), seconds); out != "" {
			t.Errorf("ffmpeg says:\n%s", out)
		}
	})
	t.Run("TERM is a clean stop with status 0 and leaves nothing", func(t *testing.T) {
		p.Signal(syscall.SIGTERM)
		p.AwaitExit(30 * time.Second)
		if got := p.ExitStatus(); got != 0 {
			t.Errorf("exit status: got %d, want 0; standard error: %s", got, p.Stderr())
		}
		p.WantNothingLeft(time.Second)
	})
}

// decode plays url with ffmpeg for the given time and returns what it warned of.
func decode(t *testing.T, url string, seconds int) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Duration(seconds+60)*time.Second)
	defer cancel()
	v := playFFmpeg(ctx, url, time.Duration(seconds)*time.Second)
	return strings.Join(v.problems, "\n")
}

func TestEachProcessKilledComesBackAndNumbersGoOn(t *testing.T) {
	harness.Parallel(t)
	p := harness.Launch(t, harness.Settings(t))
	p.AwaitOnAir(harness.Every...)
	watch := watchPlaylist(p)

	for _, name := range harness.Every {
		p.Kill(name)
	}
	t.Run("FFmpeg too, inside its worker", func(t *testing.T) {
		worker := p.Status("worker").PID
		old := harness.Children(t, worker)
		if len(old) == 0 {
			t.Fatal("the worker has no FFmpeg")
		}
		for _, pid := range old {
			if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
				t.Fatalf("kill FFmpeg %d: %v", pid, err)
			}
		}
		p.Await(10*time.Second, "another FFmpeg", func() error {
			for _, pid := range harness.Children(t, worker) {
				if pid != old[0] {
					return nil
				}
			}
			return errors.New("none yet")
		})
	})
	newest := watch.newest()
	p.Await(20*time.Second, "three more segments", func() error {
		if got := watch.newest(); got < newest+3 {
			return fmt.Errorf("newest msn %d, was %d", got, newest)
		}
		return nil
	})
	for _, problem := range watch.stop() {
		t.Error(problem)
	}
	p.AwaitOnAir(harness.Every...)
	if got, want := len(p.Members()), len(harness.Every)+2; got != want { // FFmpeg and the guardian
		t.Errorf("processes of the platform: got %d, want %d: something is orphaned", got, want)
	}
}

func TestSupervisorKilledLeavesNothing(t *testing.T) {
	harness.Parallel(t)
	p := harness.Launch(t, harness.Settings(t))
	p.AwaitOnAir(harness.Every...)
	p.Signal(syscall.SIGKILL)
	p.AwaitExit(5 * time.Second)
	p.WantNothingLeft(time.Second)
}

func TestStoppedSupervisorLetsTheStreamGoOn(t *testing.T) {
	harness.Parallel(t)
	p := harness.Launch(t, harness.Settings(t))
	p.AwaitOnAir(harness.Every...)
	newest, err := harness.Playlist(p.PlaylistURL())
	if err != nil {
		t.Fatal(err)
	}
	pids := map[string]int{}
	for _, name := range harness.Every {
		pids[name] = p.Status(name).PID
	}
	more := int64(4) // segments of 2 s
	if harness.Soaking() {
		more = 15
	}
	p.Signal(syscall.SIGSTOP)
	p.AwaitMSN(newest.LastMSN()+more, time.Duration(more)*4*time.Second)
	p.Signal(syscall.SIGCONT)
	p.AwaitOnAir(harness.Every...)
	for name, pid := range pids {
		if got := p.Status(name).PID; got != pid {
			t.Errorf("%s: pid %d, was %d: a healthy child was restarted", name, got, pid)
		}
	}
}

func TestEndOfThePlatform(t *testing.T) {
	harness.Parallel(t)
	for _, c := range []struct {
		name   string
		signal syscall.Signal
		want   int
	}{
		{"INT ends with 130", syscall.SIGINT, 130},
		{"HUP ends with 0", syscall.SIGHUP, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := harness.Launch(t, harness.Settings(t))
			p.AwaitOnAir("proxy")
			p.Signal(c.signal)
			p.AwaitExit(30 * time.Second)
			if got := p.ExitStatus(); got != c.want {
				t.Errorf("exit status: got %d, want %d", got, c.want)
			}
			p.WantNothingLeft(time.Second)
		})
	}
	t.Run("--for ends by itself with 0", func(t *testing.T) {
		p := harness.Launch(t, harness.Settings(t), "--for", "8s")
		p.AwaitExit(60 * time.Second)
		if got := p.ExitStatus(); got != 0 {
			t.Errorf("exit status: got %d, want 0", got)
		}
		p.WantNothingLeft(time.Second)
	})
}

func TestWhatCannotStartSaysWhyAndLeavesNothing(t *testing.T) {
	harness.Parallel(t)
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
			env := harness.Settings(t)
			env[c.variable] = c.value
			p := harness.Launch(t, env)
			p.AwaitExit(30 * time.Second)
			if got := p.ExitStatus(); got != c.status {
				t.Errorf("exit status: got %d, want %d", got, c.status)
			}
			for _, word := range c.says {
				if !strings.Contains(p.Stderr(), word) {
					t.Errorf("standard error lacks %q:\n%s", word, p.Stderr())
				}
			}
			p.WantNothingLeft(time.Second)
		})
	}
}
