package main

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

const module = "livestream-tui"

// layers says which of our packages each package may import; a trailing /*
// stands for every package below. What is not named may import nothing of ours.
var layers = []struct {
	pkg     string
	imports []string
}{
	{".", []string{"*"}},
	{"tui", []string{"procs/control", "layouts", "services/kit/event", "services/kit/report", "services/kit/text"}},
	{"procs/drill", []string{"procs/control", "services/viewer", "services/kit/event", "services/kit/report", "services/kit/text"}},
	{"procs/control", []string{"procs", "layouts", "services/kit/dial", "services/kit/event", "services/kit/report", "services/kit/text"}},
	{"procs", []string{"procs/child"}},
	{"procs/child", nil},
	{"layouts", nil},
	{"services", []string{"services/*"}},
	{"services/kit/dial", nil},
	{"services/kit/event", []string{"services/kit/text"}},
	{"services/kit/fastpath", nil},
	{"services/kit/report", nil},
	{"services/kit/service", []string{"services/kit/*"}},
	{"services/kit/text", nil},
	{"services/hls/m3u8", nil},
	{"services/hls/fmp4", nil},
	{"services/hls/container", []string{"services/hls/m3u8", "services/hls/fmp4"}},
	{"services/hls/media", nil},
	{"services/hls/health", []string{"services/hls/m3u8", "services/kit/report"}},
	{"services/worker", []string{"services/worker/*", "services/kit/*", "services/hls/*", "procs/child"}},
	{"services/worker/transcoder", []string{"services/worker/ffmpeg", "procs/child"}},
	{"services/worker/ffmpeg", []string{"procs/child"}},
	{"services/worker/input", []string{"services/kit/event", "services/kit/report", "services/kit/text"}},
	{"services/worker/segmenter", []string{"services/hls/fmp4", "services/hls/media"}},
	{"services/worker/delivery", []string{"services/worker/segmenter", "services/hls/*", "services/kit/dial", "services/kit/event", "services/kit/report", "services/kit/text"}},
	{"services/worker/streamtest", []string{"services/hls/media"}},
	{"services/proxy", []string{"services/proxy/*", "services/hls/*", "services/kit/*"}},
	{"services/proxy/uri", nil},
	{"services/proxy/timeline", []string{"services/proxy/uri", "services/hls/*"}},
	{"services/proxy/stream", []string{"services/proxy/timeline", "services/proxy/uri", "services/hls/*", "services/kit/event", "services/kit/report", "services/kit/text"}},
	{"services/proxy/fetch", []string{"services/hls/*", "services/kit/*"}},
	{"services/proxy/cache", []string{"services/proxy/fetch"}},
	{"services/packager", []string{"services/packager/*", "services/hls/*", "services/kit/*"}},
	{"services/packager/window", []string{"services/hls/*"}},
	{"services/packager/ingest", []string{"services/packager/window", "services/hls/*", "services/kit/*"}},
	{"services/packager/fault", []string{"services/packager/window", "services/hls/*", "services/kit/*"}},
	{"services/packager/disktest", []string{"services/hls/*"}},
	{"services/*", []string{"services/hls/*", "services/kit/*"}},
}

func TestNoPackageImportsAgainstTheLayers(t *testing.T) {
	err := filepath.WalkDir(".", func(file string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && file != "." && strings.HasPrefix(d.Name(), "."):
			return fs.SkipDir
		case d.IsDir() || !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go"):
			return nil
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		pkg := path.Dir(filepath.ToSlash(file))
		for _, imp := range parsed.Imports {
			name, err := strconv.Unquote(imp.Path.Value)
			if err != nil {
				return err
			}
			if target, ours := strings.CutPrefix(name, module+"/"); ours && !mayImport(pkg, target) {
				t.Errorf("%s: package %s imports %s, which its layer does not allow", file, pkg, target)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
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
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if f != "main.go" && !strings.HasSuffix(f, "_test.go") {
			t.Errorf("%s: package main is main.go alone, so that go run main.go works", f)
		}
	}
}
