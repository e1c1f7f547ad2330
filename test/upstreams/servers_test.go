package upstreams

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"livestream-tui/test/harness"
)

// upstream is two packagers of one kind with their encoders, behind one front.
type upstream struct {
	t         *testing.T
	kind      upstreamKind
	camera    *camera
	front     string
	packagers [2]*packagerServer
	encoders  []*exec.Cmd // one for both, or each packager's own
}

// packagerServer is an nginx with a folder of files, or with the RTMP module.
type packagerServer struct {
	folder, media, base string
	ingest              string // where it takes RTMP
	cmd                 *exec.Cmd
}

func newUpstream(t *testing.T, k upstreamKind, c *camera, front string) *upstream {
	t.Helper()
	u := &upstream{t: t, kind: k, camera: c, front: front}
	root := t.TempDir()
	shared := filepath.Join(root, "media")
	ports := harness.Ports(t, 4)
	for i := range u.packagers {
		p := &packagerServer{folder: filepath.Join(root, strconv.Itoa(i)), media: shared, base: fmt.Sprintf("http://127.0.0.1:%d", ports[2*i])}
		if k.encoders == 2 || k.rtmp != "" {
			p.media = filepath.Join(p.folder, "media")
		}
		for _, dir := range []string{p.folder, p.media} {
			if err := os.MkdirAll(dir, 0o755); err != nil {
				t.Fatal(err)
			}
		}
		global, rtmp := "", ""
		if k.rtmp != "" {
			p.ingest = fmt.Sprintf("rtmp://127.0.0.1:%d/live/", ports[2*i+1])
			global = "load_module " + rtmpModule(t) + ";"
			rtmp = fmt.Sprintf("rtmp { access_log off; server { listen 127.0.0.1:%d; application live { live on; hls on; hls_path %s; hls_fragment 1s; hls_playlist_length 8s; %s } } }",
				ports[2*i+1], p.media, k.rtmp)
		}
		server := fmt.Sprintf("listen 127.0.0.1:%d; root %s; add_header Access-Control-Allow-Origin *; add_header Cache-Control no-cache;", ports[2*i], p.media)
		p.cmd = upstreamNginx(t, p.folder, global, rtmp, "server { "+server+" }")
		u.packagers[i] = p
	}
	for _, p := range u.packagers {
		u.await("a packager answers", func() error { _, _, err := harness.Get(p.base + "/"); return err })
	}
	return u
}

// rtmpModule is the path of nginx's RTMP module.
func rtmpModule(t *testing.T) string {
	t.Helper()
	for _, dir := range []string{"/usr/lib/nginx/modules", "/usr/lib64/nginx/modules"} {
		if path := filepath.Join(dir, "ngx_rtmp_module.so"); exists(path) {
			return path
		}
	}
	t.Skip("nginx has no RTMP module here; on Debian it is in libnginx-mod-rtmp")
	return ""
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// start starts the encoders, from the camera's first picture.
func (u *upstream) start() {
	u.t.Helper()
	if u.kind.encoders == 2 {
		for i, p := range u.packagers {
			cmd := u.encoder(p, u.kind.output(p))
			u.encoders = append(u.encoders, cmd)
			if i == 0 || u.kind.apart == 0 {
				u.encode(cmd, p.folder)
			}
		}
		return
	}
	first := u.packagers[0]
	output := []string{}
	if u.kind.rtmp == "" {
		output = u.kind.output(first)
	} else {
		for _, s := range u.kind.streams {
			output = append(output, s.args...)
			output = append(output, "-map", "0:v", "-map", "1:a", "-flags", "+global_header", "-f", "tee")
			var to []string
			for _, p := range u.packagers {
				to = append(to, "[f=flv:onfail=ignore]"+p.ingest+s.name)
			}
			output = append(output, strings.Join(to, "|"))
		}
	}
	u.encoders = []*exec.Cmd{u.encoder(first, output)}
	u.encode(u.encoders[0], first.folder)
}

// encoder is an FFmpeg that encodes what the camera sends.
func (u *upstream) encoder(p *packagerServer, output []string) *exec.Cmd {
	u.t.Helper()
	if u.kind.prepare != nil {
		u.kind.prepare(u.t, p.media)
	}
	args := []string{"-v", "warning", "-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", fmt.Sprintf("%dx%d", camWidth, camHeight), "-r", strconv.Itoa(camRate), "-i", "pipe:0",
		"-f", "lavfi", "-i", "sine=f=440:r=48000"}
	codec := []string{"-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-threads", "1", "-sc_threshold", "0", "-c:a", "aac", "-b:a", "32k"}
	if u.kind.rtmp == "" {
		args = append(args, codec...)
		return exec.Command("ffmpeg", append(args, output...)...)
	}
	// The encoder's options stand before each output.
	start := 0
	for i, a := range output {
		if a == "tee" {
			args = append(append(args, codec...), output[start:i+2]...)
			start = i + 2
		}
	}
	return exec.Command("ffmpeg", args...)
}

// encode starts an encoder and gives it the camera's pictures.
func (u *upstream) encode(cmd *exec.Cmd, folder string) {
	u.t.Helper()
	in, err := cmd.StdinPipe()
	if err != nil {
		u.t.Fatal(err)
	}
	harness.Serve(u.t, cmd)
	u.camera.feed(in)
}

// awaitReady waits until both packagers list enough for a player to begin.
func (u *upstream) awaitReady() {
	u.t.Helper()
	for i, p := range u.packagers {
		if i == 1 && u.kind.encoders == 2 && u.kind.apart > 0 {
			<-time.After(u.kind.apart) // how far the encoders are apart
			u.encode(u.encoders[1], p.folder)
		}
	}
	for _, p := range u.packagers {
		u.await("a packager lists four segments", func() error {
			status, b, err := harness.Get(p.base + u.kind.followed())
			if err == nil && (status != http.StatusOK || bytes.Count(b, []byte("#EXTINF")) < 4) {
				err = fmt.Errorf("status %d: %s", status, b)
			}
			return err
		})
	}
}

func (u *upstream) await(what string, holds func() error) {
	u.t.Helper()
	var last error
	if !harness.Within(30*time.Second, func() bool { last = holds(); return last == nil }) {
		u.t.Fatalf("%s: not in time: %v", what, last)
	}
}

// killActive kills the packager that the front uses, and its encoder if it has one of
// its own. It returns which packager it was.
func (u *upstream) killActive(base string) string {
	u.t.Helper()
	active := u.active(base)
	harness.KillGroup(u.packagers[active].cmd)
	switch {
	case u.kind.encoders == 2:
		harness.KillGroup(u.encoders[active])
	case u.kind.restarts:
		harness.KillGroup(u.encoders[0])
	}
	return []string{"the first packager", "the second packager"}[active]
}

// active is the packager that the front names in its answer, or otherwise the one that
// was last asked for media.
func (u *upstream) active(base string) int {
	if resp, err := http.Get(base + u.kind.followed()); err == nil {
		_ = resp.Body.Close() // only its header is read
		for i, p := range u.packagers {
			if strings.HasSuffix(resp.Header.Get("X-Packager"), strings.TrimPrefix(p.base, "http://127.0.0.1")) {
				return i
			}
		}
	}
	last := [2]float64{}
	for i, p := range u.packagers {
		b, _ := os.ReadFile(filepath.Join(p.folder, "access.log")) // not there before the first request
		for line := range strings.Lines(string(b)) {
			f := strings.Fields(line)
			if len(f) == 3 && f[1] < "300" && !strings.Contains(f[2], ".m3u8") {
				last[i], _ = strconv.ParseFloat(f[0], 64)
			}
		}
	}
	if last[1] > last[0] {
		return 1
	}
	return 0
}
