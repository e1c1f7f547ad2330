package receiver

import (
	"context"
	"os/exec"
	"testing"
	"time"

	"livestream-tui/services/kit/signals"
	"livestream-tui/services/receiver/keys"
	"livestream-tui/services/receiver/sampletest"
)

// push starts FFmpeg as an encoder such as OBS, in real time, until the test or ctx ends.
func push(t *testing.T, ctx context.Context, url string) *exec.Cmd {
	t.Helper()
	path, err := exec.LookPath("ffmpeg")
	if err != nil {
		t.Skip("there is no ffmpeg here")
	}
	ctx, cancel := context.WithCancel(ctx)
	cmd := exec.CommandContext(ctx, path, "-nostdin", "-v", "error", "-re", "-f", "lavfi", "-i", "testsrc2=s=320x180:r=25", "-f", "lavfi", "-i", "sine=f=440:r=48000",
		"-pix_fmt", "yuv420p", "-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-g", "50", "-c:a", "aac", "-f", "flv", url)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cancel()
		_ = cmd.Wait() // it was killed
	})
	return cmd
}

func TestAnEncoderOverRTMPIsOnAir(t *testing.T) {
	t.Parallel()
	rec := start(t, t.TempDir(), oneSignal, nil)
	key := rec.key("main")
	began := time.Now()
	push(t, t.Context(), "rtmp://"+rec.rtmp+"/live/"+key)
	rec.playlist("stage", 1)
	t.Logf("the first segment is listed %s after FFmpeg was started", time.Since(began).Round(time.Millisecond))
	rec.playlist("stage", 3)
	sampletest.Run(t, nil, "-v", "warning", "-xerror", "-t", "3.5", "-live_start_index", "0", "-i", rec.url+"/feeds/stage/playlist.m3u8", "-f", "null", "-")
}

// key is the stream key of an input of the first signal.
func (rec *receiver) key(name string) string {
	rec.Helper()
	c := rec.s.config.Signals
	k, err := keys.Open(rec.state, c)
	if err != nil {
		rec.Fatal(err)
	}
	return k.Of(c[0].Name, signals.Input{Name: name, RTMP: &signals.RTMP{}})
}
