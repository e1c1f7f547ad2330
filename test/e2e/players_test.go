package e2e

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/user"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"livestream-tui/test/harness"
)

// Real players, side by side, and the verdict of each on what it played.

// verdict is what was wrong with what a player played, and figures for the log.
type verdict struct {
	problems []string
	figures  string
}

// playFFmpeg decodes everything: it has no notion of stalls, but sees every wrong byte.
func playFFmpeg(ctx context.Context, url string, length time.Duration) verdict {
	var v verdict
	out, err := exec.CommandContext(ctx, "ffmpeg", "-v", "warning", "-nostdin", "-i", url,
		"-t", fmt.Sprintf("%.0f", length.Seconds()), "-f", "null", "-").CombinedOutput()
	if err != nil {
		v.problems = append(v.problems, err.Error())
	}
	if says := harness.WithoutInitWarnings(string(out)); says != "" {
		v.problems = append(v.problems, says)
	}
	v.figures = fmt.Sprintf("decoded %s", length)
	return v
}

// page plays with hls.js and records errors and stalls.
const page = `<!doctype html><title>player</title><video id=v muted autoplay width=320></video>
<script src=/hls.js></script><script>
const v = document.getElementById('v'), r = {errors: [], waits: 0, stalledMS: 0, latency: 0, version: Hls.version};
let begun = false, since = 0, last = -1;
const hls = new Hls({lowLatencyMode: false});
hls.on(Hls.Events.ERROR, (_, d) => r.errors.push(d.type + ' ' + d.details + (d.fatal ? ' fatal' : '') + ' ' + (d.error ? d.error.message : '')));
hls.loadSource(new URLSearchParams(location.search).get('url'));
hls.attachMedia(v);
v.addEventListener('playing', () => { begun = true; });
v.addEventListener('waiting', () => { if (begun) r.waits++; });
setInterval(() => {
  const now = performance.now();
  if (begun) {
    if (v.currentTime === last) { if (!since) since = now; r.stalledMS = Math.max(r.stalledMS, now - since); } else since = 0;
    last = v.currentTime;
  }
  r.played = v.currentTime; r.latency = hls.latency; r.state = v.readyState;
  const q = v.getVideoPlaybackQuality(); r.frames = q.totalVideoFrames; r.corrupted = q.corruptedVideoFrames;
}, 100);
function report() { return r; }
</script>`

// stillMost is how long the picture in the browser may stand still: a machine with two
// cores also decodes on them.
const stillMost = 900 * time.Millisecond

// playBrowser plays with hls.js in Chromium.
func playBrowser(ctx context.Context, url string, length time.Duration) verdict {
	var v verdict
	began := time.Now()
	tab, shut, err := harness.OpenPage(ctx, page, "url="+url)
	if err != nil {
		return verdict{problems: []string{err.Error()}}
	}
	defer shut()
	var r struct {
		Errors                   []string
		Waits                    int
		StalledMS, Latency       float64
		Played                   float64
		Frames, Corrupted, State int
		Version                  string
	}
	if err := chromedp.Run(tab, chromedp.Sleep(length), chromedp.Evaluate("report()", &r)); err != nil {
		return verdict{problems: []string{"chromium: " + err.Error()}}
	}
	for _, e := range r.Errors {
		v.problems = append(v.problems, "hls.js: "+e)
	}
	if r.StalledMS > float64(stillMost.Milliseconds()) {
		v.problems = append(v.problems, fmt.Sprintf("the picture stood still for %.0f ms", r.StalledMS))
	}
	if r.Corrupted > 0 {
		v.problems = append(v.problems, fmt.Sprintf("%d corrupted frames", r.Corrupted))
	}
	if r.Frames == 0 {
		v.problems = append(v.problems, "no frame was shown")
	}
	v.figures = fmt.Sprintf("hls.js %s: %d frames in %s, longest standstill %.0f ms, %d waits, latency %.1f s",
		r.Version, r.Frames, time.Since(began).Round(time.Second), r.StalledMS, r.Waits, r.Latency)
	return v
}

// badVLC matches lines of VLC's log that report harm.
var badVLC = regexp.MustCompile(`(?i)(error|corrupt|discontinuity|failed|underflow)`)

// harmlessVLC matches lines that come from a machine without screen or sound, and from
// a stream that does not begin with fragment 0.
var harmlessVLC = regexp.MustCompile(`(?i)(dbus|vdpau|pulse|alsa|lua|xcb|wayland|glx|opengl|interface|globalhotkeys|cannot load|no suitable|plugins\.dat|vaapi|Fragment sequence discontinuity detected \d+ != 0)`)

// playVLC plays with VLC, as another user, because VLC refuses to run as root.
func playVLC(ctx context.Context, url string, length time.Duration) verdict {
	var v verdict
	home, err := os.MkdirTemp("", "vlc-")
	if err != nil {
		return verdict{problems: []string{err.Error()}}
	}
	defer os.RemoveAll(home)
	cmd := exec.CommandContext(ctx, "vlc", "-I", "oldrc", "--rc-fake-tty", "--no-color", "-V", "vdummy", "-A", "adummy", "-v", url)
	cmd.Env = append(os.Environ(), "HOME="+home, "XDG_RUNTIME_DIR="+home)
	if os.Getuid() == 0 {
		nobody, err := user.Lookup("nobody")
		if err != nil {
			return verdict{problems: []string{err.Error()}}
		}
		uid, _ := strconv.Atoi(nobody.Uid)
		gid, _ := strconv.Atoi(nobody.Gid)
		if err := os.Chown(home, uid, gid); err != nil {
			return verdict{problems: []string{err.Error()}}
		}
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}
	}
	var out, says harness.Buffer
	cmd.Stdout, cmd.Stderr = &out, &says
	in, err := cmd.StdinPipe()
	if err != nil {
		return verdict{problems: []string{err.Error()}}
	}
	if err := cmd.Start(); err != nil {
		return verdict{problems: []string{err.Error()}}
	}
	select {
	case <-time.After(length):
	case <-ctx.Done():
	}
	log := says.String()                       // what it says at its end is not about the play
	_, _ = io.WriteString(in, "stats\nquit\n") // it may have ended; the figures show it
	_ = in.Close()
	if err := cmd.Wait(); err != nil {
		v.problems = append(v.problems, err.Error())
	}
	for _, line := range strings.Split(log, "\n") {
		if badVLC.MatchString(line) && !harmlessVLC.MatchString(line) {
			v.problems = append(v.problems, "VLC: "+strings.TrimSpace(line))
		}
	}
	figure := func(name string) int {
		m := regexp.MustCompile(name + `\s*:\s*(\d+)`).FindStringSubmatch(out.String())
		if m == nil {
			return -1
		}
		n, _ := strconv.Atoi(m[1])
		return n
	}
	shown, lost := figure("frames displayed"), figure("frames lost")
	// 25 a second once it has begun; a frame that a busy machine shows late is no stall.
	if want := int(25 * (length - 4*time.Second).Seconds()); shown+lost < want {
		v.problems = append(v.problems, fmt.Sprintf("VLC showed %d frames and was late for %d, want %d or more: it stood still", shown, lost, want))
	}
	for _, name := range []string{"demux corrupted", "discontinuities"} {
		if n := figure(name); n != 0 {
			v.problems = append(v.problems, fmt.Sprintf("VLC: %s: %d", name, n))
		}
	}
	v.figures = fmt.Sprintf("%d frames shown, %d late, %d buffers of sound lost", shown, lost, figure("buffers lost"))
	return v
}

// playAll plays with every player for the given time, side by side.
func playAll(t *testing.T, url string, length time.Duration) map[string]verdict {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), length+time.Minute)
	defer cancel()
	players := map[string]func(context.Context, string, time.Duration) verdict{"ffmpeg": playFFmpeg, "hls.js": playBrowser, "VLC": playVLC}
	verdicts := map[string]verdict{}
	var mu sync.Mutex
	var work sync.WaitGroup
	for name, play := range players {
		work.Go(func() {
			v := play(ctx, url, length)
			mu.Lock()
			defer mu.Unlock()
			verdicts[name] = v
		})
	}
	work.Wait()
	return verdicts
}

// killActive kills the packager that the proxy serves from, n times, with a signal
// from outside, which supervision takes for a crash, until ctx ends.
func killActive(ctx context.Context, p *harness.Platform, n int, every time.Duration) (killed int) {
	for wait := every; killed < n; {
		select {
		case <-ctx.Done():
			return killed
		case <-time.After(wait):
		}
		wait = 200 * time.Millisecond
		name, err := p.Active()
		if err != nil {
			continue
		}
		if pid := p.Status(name).PID; pid != 0 && syscall.Kill(pid, syscall.SIGKILL) == nil {
			killed++
			wait = every
		}
	}
	return killed
}

func TestPlayersSeeNothingOfTenKills(t *testing.T) {
	harness.Parallel(t)
	p := harness.Launch(t, harness.Settings(t))
	p.AwaitOnAir(harness.Every...)
	length, kills, every := 50*time.Second, 10, 4*time.Second
	if harness.Soaking() {
		length, kills, every = 2*time.Minute, 20, 5*time.Second
	}
	ctx, cancel := context.WithTimeout(t.Context(), length)
	defer cancel()
	done := make(chan int)
	go func() {
		time.Sleep(5 * time.Second) // while the players begin
		done <- killActive(ctx, p, kills, every)
	}()
	verdicts := playAll(t, p.PlaylistURL(), length)
	if killed := <-done; killed < kills {
		t.Errorf("killed the active packager %d times, want %d", killed, kills)
	}
	for name, v := range verdicts {
		t.Logf("%s: %s", name, v.figures)
		for _, problem := range v.problems {
			t.Errorf("%s: %s", name, problem)
		}
	}
}

// askedAgain reports whether a line is about a transfer that a killed proxy broke off
// and the player asked for again, as it should.
func askedAgain(line string) bool {
	if strings.HasPrefix(line, "hls.js: ") {
		return strings.HasPrefix(line, "hls.js: networkError ") && !strings.Contains(line, " fatal")
	}
	return brokenOff.MatchString(line)
}

// brokenOff matches what FFmpeg and VLC say then.
var brokenOff = regexp.MustCompile(`keepalive request failed|retrying with new connection|Error in the pull function|Will reconnect|Stream ends prematurely`)

// TestPlayersSurviveTheProxysDeath kills the proxy under real players: transfers break
// off and are whole when the player asks again, and no player stalls.
func TestPlayersSurviveTheProxysDeath(t *testing.T) {
	harness.Parallel(t)
	p := harness.Launch(t, harness.Settings(t))
	p.AwaitOnAir(harness.Every...)
	length, kills := 32*time.Second, 3
	if harness.Soaking() {
		length, kills = 2*time.Minute, 10
	}
	done := make(chan int)
	go func() {
		killed := 0
		for range kills {
			time.Sleep(9 * time.Second) // while the players play
			if harness.Command(t, p.Env, "ctl", "kill", "proxy", "--yes").Run() == nil {
				killed++
			}
		}
		done <- killed
	}()
	verdicts := playAll(t, p.PlaylistURL(), length)
	if killed := <-done; killed < kills {
		t.Errorf("killed the proxy %d times, want %d", killed, kills)
	}
	for name, v := range verdicts {
		t.Logf("%s: %s", name, v.figures)
		for _, problem := range v.problems {
			for _, line := range strings.Split(problem, "\n") {
				if askedAgain(line) {
					t.Logf("%s asked again: %s", name, line)
				} else {
					t.Errorf("%s: %s", name, line)
				}
			}
		}
	}
}
