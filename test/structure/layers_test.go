package structure_test

import (
	"go/parser"
	"go/token"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// layers says which of our packages each package may import; a trailing /*
// stands for every package below. What is not named may import nothing of ours.
var layers = []struct {
	pkg     string
	imports []string
}{
	{".", []string{"cli"}},
	{"cli", []string{"tui", "tui/terminal", "tui/preferences", "procs", "procs/*", "layouts", "services", "services/*"}},
	{"test/*", []string{"*"}},
	{"tui", []string{"tui/*", "procs/platform", "procs/platform/series", "layouts", "services/kit/event", "services/kit/report", "services/kit/signals", "services/kit/text"}},
	{"tui/panel", []string{"tui/canvas", "tui/logbook", "tui/scene", "procs/journal/summary", "procs/platform", "procs/platform/series", "procs/onair", "layouts", "services/kit/event", "services/kit/report", "services/kit/signals", "services/kit/text"}},
	{"tui/scene", []string{"tui/canvas", "procs/journal/summary", "procs/platform", "procs/platform/series", "procs/onair", "layouts", "services/kit/event", "services/kit/report", "services/kit/signals", "services/kit/text"}},
	{"tui/trouble", []string{"tui/canvas", "tui/scene", "procs/platform", "layouts", "services/kit/event", "services/kit/report", "services/kit/text"}},
	{"tui/canvas", []string{"services/kit/text"}},
	{"tui/logbook", []string{"procs/platform", "services/kit/event"}},
	{"tui/picture", nil},
	{"tui/preferences", []string{"layouts", "layouts/document"}},
	{"tui/terminal", []string{"tui/picture"}},
	{"procs/drill", []string{"procs/drill/*", "procs/platform", "services/kit/event", "services/viewer/player"}},
	{"procs/drill/soak", []string{"procs/drill/fault", "procs/drill/judge", "procs/drill/poll", "procs/drill/report", "procs/drill/stage", "procs/platform", "layouts", "services/viewer/player"}},
	{"procs/drill/stage", []string{"procs/drill/audience", "procs/drill/encoder", "procs/drill/fault", "procs/drill/judge", "procs/drill/poll", "procs/drill/proxy", "procs/drill/report", "procs/drill/sandbox", "procs/platform", "layouts", "services/hls/m3u8", "services/kit/httpx", "services/kit/report", "services/kit/signals", "services/viewer/player"}},
	{"procs/drill/report", []string{"procs/drill/fault", "procs/drill/judge", "procs/drill/proxy", "services/kit/text"}},
	{"procs/drill/audience", []string{"procs/drill/fault", "services/kit/event", "services/viewer/player", "services/viewer/rules"}},
	{"procs/drill/judge", []string{"procs/drill/fault", "procs/drill/poll", "services/kit/event", "services/viewer/player", "services/viewer/rules"}},
	{"procs/drill/fault", []string{"procs/drill/encoder", "procs/drill/poll", "procs/platform", "layouts", "services/kit/httpx", "services/kit/signals"}},
	{"procs/drill/encoder", []string{"procs/child", "services/kit/signals", "services/receiver/keys"}},
	{"procs/drill/proxy", []string{"procs/drill/poll", "procs/platform", "services/kit/event", "services/kit/httpx", "services/kit/text"}},
	{"procs/drill/sandbox", []string{"procs/platform/local", "layouts", "services/kit/signals", "services/receiver/keys"}},
	{"procs/drill/poll", nil},
	{"procs/platform", []string{"procs", "procs/platform/series", "layouts", "services/kit/dial", "services/kit/event", "services/kit/report", "services/kit/signals", "services/kit/token"}},
	{"procs/onair", []string{"procs/platform", "layouts", "services/kit/event", "services/kit/report", "services/kit/text"}},
	{"procs/onair/seriestest", []string{"procs/platform"}},
	{"procs/journal", []string{"procs/platform", "procs/samefile", "services/kit/event", "services/kit/text"}},
	{"procs/journal/summary", []string{"procs/platform", "services/kit/event", "services/kit/text"}},
	{"procs/platform/series", nil},
	{"procs/platform/model", []string{"procs/machine", "procs/platform", "procs/platform/series", "procs/onair", "layouts", "services/kit/event", "services/kit/report", "services/kit/signals"}},
	{"procs/platform/local", []string{"procs", "procs/journal", "procs/platform", "procs/platform/model", "procs/platform/series", "procs/onair", "procs/preflight", "layouts", "services/kit/dial", "services/kit/event", "services/kit/handover", "services/kit/httpx", "services/kit/report", "services/kit/text", "procs/disk", "services/kit/token", "services/kit/signals"}},
	{"procs/platform/api", []string{"procs/platform", "procs/platform/model", "procs/platform/series", "procs/onair", "procs/socket", "layouts", "services/kit/httpx", "services/kit/report", "services/kit/text"}},
	{"procs/platform/platformtest", []string{"procs", "procs/platform", "procs/platform/model", "procs/preflight", "layouts", "services/kit/report"}},
	{"procs/cluster/view", []string{"procs/cluster/call", "procs/onair", "procs/platform", "procs/platform/api", "procs/platform/series", "layouts", "services/cluster", "services/kit/event"}},
	{"procs/cluster/call", []string{"procs/platform/api", "services/cluster", "services/kit/report", "services/kit/text"}},
	{"procs/platform/relay", []string{"services/kit/text"}},
	{"procs/cluster", []string{"procs", "procs/cluster/clock", "procs/cluster/identity", "procs/cluster/registry", "procs/platform", "procs/platform/local", "procs/preflight", "layouts", "services/cluster", "services/cluster/*", "services/hls/health", "services/kit/event", "services/kit/httpx"}},
	{"procs/cluster/registry", []string{"layouts", "services/cluster", "services/kit/atomicfile"}},
	{"procs/cluster/identity", []string{"services/cluster", "services/kit/atomicfile", "services/kit/service"}},
	{"procs/cluster/clock", []string{"services/cluster"}},
	{"procs/cluster/membership", []string{"procs/cluster/clock", "procs/cluster/identity", "procs/cluster/registry", "services/cluster", "services/cluster/store"}},
	{"procs/preflight", []string{"procs", "procs/child", "procs/guardian", "procs/runfolder", "procs/socket", "layouts", "services/kit/dial", "services/kit/text"}},
	{"procs/disk", []string{"procs/platform", "procs/preflight"}},
	{"procs/metrics", []string{"procs/platform", "services/kit/event", "services/kit/httpx", "services/kit/signals"}},
	{"procs/webhook", []string{"procs/platform", "layouts", "services/kit/event", "services/kit/text"}},
	{"procs/headless", []string{"procs", "procs/platform", "procs/systemd", "services/kit/event", "services/kit/text"}},
	{"procs/ctl", []string{"procs/onair", "procs/platform", "services/kit/event", "services/kit/report", "services/kit/signals", "services/kit/text"}},
	{"procs/doctor", []string{"procs/preflight", "layouts", "services/kit/text"}},
	{"procs", []string{"procs/child", "procs/guardian", "procs/machine", "procs/runfolder", "procs/socket", "procs/tail", "services/kit/handover", "services/kit/httpx"}},
	{"procs/guardian", []string{"procs/child", "services/kit/atomicfile", "services/kit/handover"}},
	{"procs/machine", []string{"procs/child"}},
	{"procs/runfolder", []string{"procs/guardian", "procs/samefile", "procs/socket"}},
	{"procs/samefile", nil},
	{"procs/socket", []string{"services/kit/handover"}},
	{"procs/systemd", nil},
	{"procs/tail", []string{"procs/samefile"}},
	{"procs/child", nil},
	{"layouts", []string{"layouts/document", "services/kit/signals"}},
	{"layouts/document", nil},
	{"services", []string{"services/*"}},
	{"services/kit/atomicfile", nil},
	{"services/kit/dial", nil},
	{"services/kit/event", []string{"services/kit/text"}},
	{"services/kit/fastpath", nil},
	{"services/kit/handover", nil},
	{"services/kit/httpx", []string{"services/kit/dial", "services/kit/report"}},
	{"services/kit/report", nil},
	{"services/kit/service", []string{"services/kit/*"}},
	{"services/kit/servicetest", []string{"services/kit/event"}},
	{"services/kit/text", nil},
	{"services/kit/token", nil},
	{"services/hls/m3u8", nil},
	{"services/hls/codec", nil},
	{"services/hls/fmp4", []string{"services/hls/codec"}},
	{"services/hls/mpegts", []string{"services/hls/codec"}},
	{"services/hls/container", []string{"services/hls/m3u8", "services/hls/fmp4"}},
	{"services/hls/follow", []string{"services/hls/m3u8", "services/kit/httpx"}},
	{"services/hls/ingest", []string{"services/hls/media"}},
	{"services/hls/media", nil},
	{"services/hls/failover", []string{"services/hls/health", "services/kit/report"}},
	{"services/hls/health", []string{"services/hls/m3u8", "services/kit/report"}},
	{"services/worker", []string{"services/worker/*", "services/kit/*", "services/hls/*", "procs/child"}},
	{"services/worker/transcoder", []string{"services/worker/ffmpeg", "services/worker/mezzanine", "services/kit/atomicfile", "procs/child"}},
	{"services/worker/mezzanine", []string{"services/worker/ffmpeg", "services/worker/segmenter", "services/hls/media", "services/kit/atomicfile"}},
	{"services/worker/ffmpeg", []string{"procs/child"}},
	{"services/worker/input", []string{"services/hls/media", "services/hls/m3u8"}},
	{"services/worker/input/films", []string{"services/worker/input", "services/worker/input/films/folder", "services/worker/machine", "services/worker/mezzanine", "services/worker/output", "services/worker/queue", "services/worker/transcoder", "services/kit/event"}},
	{"services/worker/input/live", []string{"services/worker/ffmpeg", "services/worker/input", "services/worker/segmenter", "services/hls/*", "services/kit/*"}},
	{"services/worker/input/films/folder", []string{"services/kit/event", "services/kit/report", "services/kit/text"}},
	{"services/worker/machine", []string{"services/worker/ffmpeg"}},
	{"services/worker/progress", []string{"services/kit/event"}},
	{"services/worker/queue", nil},
	{"services/worker/segmenter", []string{"services/hls/fmp4", "services/hls/media"}},
	{"services/worker/output", []string{"services/worker/segmenter", "services/hls/*", "services/kit/event", "services/kit/report", "services/kit/text", "services/kit/atomicfile", "services/kit/httpx"}},
	{"services/worker/streamtest", []string{"services/hls/media"}},
	{"services/proxy", []string{"services/proxy/*", "services/cluster/bus", "services/hls/*", "services/kit/*"}},
	{"services/proxy/hint", []string{"services/cluster", "services/cluster/bus"}},
	{"services/proxy/player", []string{"services/proxy/cache", "services/proxy/cmcd", "services/proxy/cors", "services/proxy/fetch", "services/proxy/follow", "services/proxy/forward", "services/proxy/metrics", "services/proxy/multivariant", "services/proxy/object", "services/proxy/stream", "services/proxy/timeline", "services/proxy/upstream", "services/proxy/uri", "services/hls/*", "services/kit/*"}},
	{"services/proxy/multivariant", []string{"services/hls/*"}},
	{"services/proxy/cmcd", []string{"services/proxy/cors", "services/proxy/metrics", "services/proxy/uri", "services/kit/event", "services/kit/service", "services/kit/text"}},
	{"services/proxy/follow", []string{"services/proxy/cache", "services/proxy/cors", "services/proxy/events", "services/proxy/fetch", "services/proxy/metrics", "services/proxy/object", "services/proxy/preference", "services/proxy/sources", "services/proxy/statefile", "services/proxy/stream", "services/proxy/timeline", "services/proxy/trouble", "services/proxy/upstream", "services/proxy/uri", "services/proxy/verdict", "services/proxy/waits", "services/hls/*", "services/kit/*"}},
	{"services/proxy/events", []string{"services/kit/event", "services/kit/service"}},
	{"services/proxy/page", []string{"services/proxy/events", "services/kit/report", "services/kit/service"}},
	{"services/proxy/metrics", []string{"services/proxy/stream"}},
	{"services/proxy/preference", []string{"services/kit/*"}},
	{"services/proxy/statefile", []string{"services/proxy/stream", "services/kit/*"}},
	{"services/proxy/waits", nil},
	{"services/proxy/uri", nil},
	{"services/proxy/cors", nil},
	{"services/proxy/access", []string{"services/proxy/cors", "services/proxy/uri", "services/hls/m3u8", "services/kit/*"}},
	{"services/proxy/certificate", []string{"services/kit/event", "services/kit/service"}},
	{"services/proxy/trouble", []string{"services/hls/health", "services/kit/report"}},
	{"services/proxy/timeline", []string{"services/proxy/uri", "services/hls/*"}},
	{"services/proxy/sources", []string{"services/proxy/timeline"}},
	{"services/proxy/stream", []string{"services/proxy/sources", "services/proxy/timeline", "services/proxy/trouble", "services/proxy/uri", "services/hls/*", "services/kit/event", "services/kit/report", "services/kit/text"}},
	{"services/proxy/upstream", []string{"services/kit/*"}},
	{"services/proxy/object", []string{"services/proxy/cors", "services/hls/container", "services/kit/fastpath"}},
	{"services/proxy/verdict", []string{"services/hls/container"}},
	{"services/proxy/fetch", []string{"services/proxy/object", "services/proxy/trouble", "services/proxy/upstream", "services/proxy/verdict", "services/hls/*", "services/kit/*"}},
	{"services/proxy/forward", []string{"services/proxy/cors", "services/proxy/upstream", "services/kit/*"}},
	{"services/proxy/cache", []string{"services/proxy/object", "services/proxy/upstream"}},
	{"services/proxy/fakenet", []string{"services/proxy/object", "services/proxy/upstream"}},
	{"services/proxy/playlisttest", []string{"services/hls/m3u8"}},
	{"services/packager", []string{"services/packager/*", "services/cluster", "services/cluster/bus", "services/hls/*", "services/kit/*"}},
	{"services/packager/frontier", []string{"services/cluster"}},
	{"services/packager/window", []string{"services/hls/*"}},
	{"services/packager/sink", []string{"services/packager/window", "services/hls/*", "services/kit/*"}},
	{"services/packager/sinktest", []string{"services/packager/sink", "services/packager/window", "services/packager/disktest", "services/hls/*"}},
	{"services/packager/source/*", []string{"services/packager/sink", "services/packager/window", "services/hls/*", "services/kit/*"}},
	{"services/packager/fault", []string{"services/packager/window", "services/hls/*", "services/kit/*"}},
	{"services/packager/disktest", []string{"services/hls/*"}},
	{"services/discovery", []string{"services/cluster/bus", "services/hls/*", "services/kit/*"}},
	{"services/reporter", []string{"services/cluster", "services/cluster/bus", "services/cluster/store", "services/cluster/store/kv", "services/kit/*"}},
	{"services/origin", []string{"services/cluster", "services/cluster/bus", "services/cluster/store", "services/cluster/store/kv", "services/hls/*", "services/kit/*"}},
	{"services/receiver", []string{"services/receiver/*", "services/cluster", "services/cluster/bus", "services/hls/*", "services/kit/*", "procs/child"}},
	{"services/receiver/lead", []string{"services/receiver/state"}},
	{"services/receiver/sample", nil},
	{"services/receiver/input", []string{"services/receiver/sample"}},
	{"services/receiver/input/tracks", []string{"services/receiver/sample"}},
	{"services/receiver/input/mpegts", []string{"services/receiver/input/tracks", "services/receiver/sample"}},
	{"services/receiver/input/process", []string{"services/receiver/input", "services/receiver/input/mpegts", "procs/child"}},
	{"services/receiver/input/rtmp", []string{"services/receiver/input", "services/receiver/input/tracks", "services/receiver/sample"}},
	{"services/receiver/input/srt", []string{"services/receiver/input", "services/receiver/input/process", "procs/child"}},
	{"services/receiver/input/udp", []string{"services/receiver/input", "services/receiver/input/mpegts"}},
	{"services/receiver/input/remote", []string{"services/receiver/input", "services/receiver/input/process", "services/receiver/input/tracks", "services/receiver/sample", "services/worker/ffmpeg", "procs/child"}},
	{"services/receiver/inputtest", []string{"services/receiver/input", "services/receiver/sample"}},
	{"services/receiver/sampletest", []string{"services/receiver/sample"}},
	{"services/receiver/clock", []string{"services/receiver/sample"}},
	{"services/receiver/program", []string{"services/receiver/clock", "services/receiver/input", "services/receiver/sample"}},
	{"services/receiver/slate", []string{"services/receiver/sample", "services/kit/atomicfile", "procs/child"}},
	{"services/receiver/segment", []string{"services/receiver/sample", "services/hls/media"}},
	{"services/receiver/feed", []string{"services/receiver/segment", "services/hls/m3u8", "services/hls/media"}},
	{"services/receiver/state", []string{"services/receiver/sample", "services/receiver/segment", "services/kit/atomicfile"}},
	{"services/receiver/watch", []string{"services/receiver/sample", "services/receiver/segment", "procs/child"}},
	{"services/receiver/keys", []string{"services/kit/atomicfile", "services/kit/signals", "services/kit/text"}},
	{"services/viewer", []string{"services/viewer/player", "services/viewer/rules", "services/hls/*", "services/kit/*"}},
	{"services/viewer/player", []string{"services/viewer/rules", "services/hls/*", "services/kit/*"}},
	{"services/viewer/rules", []string{"services/hls/*"}},
	{"services/viewer/stationtest", []string{"services/hls/*", "services/kit/*"}},
	{"services/cluster", nil},
	{"services/cluster/bus", []string{"services/cluster", "services/kit/service"}},
	{"services/cluster/store", []string{"services/cluster"}},
	{"services/cluster/store/kv", []string{"services/cluster", "services/cluster/bus", "services/cluster/store"}},
	{"services/cluster/clustertest", []string{"services/cluster", "services/cluster/bus", "services/cluster/store", "services/cluster/store/kv", "services/engine", "services/kit/*"}},
	{"services/engine", []string{"services/cluster", "services/cluster/bus", "services/cluster/store", "services/kit/*"}},
	{"services/*", []string{"services/hls/*", "services/kit/*"}},
}

func TestNoPackageImportsAgainstTheLayers(t *testing.T) {
	for _, file := range goFiles(t) {
		if isTest(file) {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), filepath.Join(root(t), file), nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		pkg := path.Dir(file)
		for _, imp := range parsed.Imports {
			name, err := strconv.Unquote(imp.Path.Value)
			if err != nil {
				t.Fatal(err)
			}
			if target, ours := strings.CutPrefix(name, module+"/"); ours && !mayImport(pkg, target) {
				t.Errorf("%s: package %s imports %s, which its layer does not allow", file, pkg, target)
			}
		}
	}
}

func mayImport(pkg, target string) bool {
	for _, layer := range layers {
		if !matches(layer.pkg, pkg) {
			continue
		}
		for _, allowed := range layer.imports {
			if matches(allowed, target) {
				return true
			}
		}
		return false
	}
	return false
}

func matches(pattern, pkg string) bool {
	if pattern == "*" {
		return true
	}
	if below, ok := strings.CutSuffix(pattern, "/*"); ok {
		return strings.HasPrefix(pkg, below+"/")
	}
	return pattern == pkg
}

// TestPackageMainIsOneFile holds what `go run main.go NAME` needs.
func TestPackageMainIsOneFile(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(root(t), "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if f = filepath.Base(f); f != "main.go" && !strings.HasSuffix(f, "_test.go") {
			t.Errorf("%s: package main is main.go alone, so that go run main.go works", f)
		}
	}
}
