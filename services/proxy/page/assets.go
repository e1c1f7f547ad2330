package page

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"sync"
	"time"
)

// files has the page, and hls.js where it was fetched before the build.
//
//go:embed files
var files embed.FS

// script is the file of hls.js. Without it an empty script is served: then the page plays
// by the browser itself, and no request fails.
const script = "hls.min.js"

// asset is a file of the page. Immutable.
type asset struct {
	kind    string // its Content-Type
	body    []byte
	etag    string
	zipped  func() []byte // by gzip, made when it is first asked for
	builtIn bool          // it is embedded
}

// kinds are the types of files by extension; a file of another kind is not served.
var kinds = map[string]string{
	".html": "text/html; charset=utf-8",
	".css":  "text/css; charset=utf-8",
	".js":   "text/javascript; charset=utf-8",
	".svg":  "image/svg+xml",
}

// assets are the files of the page by name, from the folder files.
func assets(files fs.FS) map[string]*asset {
	list := map[string]*asset{script: newAsset(script, nil)}
	entries, err := fs.ReadDir(files, "files")
	if err != nil {
		panic(err) // it is embedded
	}
	for _, e := range entries {
		name := e.Name()
		if kinds[path.Ext(name)] == "" {
			continue
		}
		body, err := fs.ReadFile(files, "files/"+name)
		if err != nil {
			panic(err) // it is embedded
		}
		list[name] = newAsset(name, body)
		list[name].builtIn = true
	}
	return list
}

// HasHLS reports whether hls.js is built into this program.
func HasHLS() bool {
	_, err := fs.Stat(files, "files/"+script)
	return err == nil
}

func newAsset(name string, body []byte) *asset {
	sum := sha256.Sum256(body)
	return &asset{
		kind: kinds[path.Ext(name)], body: body, etag: hex.EncodeToString(sum[:12]),
		zipped: sync.OnceValue(func() []byte {
			var b bytes.Buffer
			z := gzip.NewWriter(&b)
			_, _ = z.Write(body) // into memory: it cannot fail
			_ = z.Close()
			return b.Bytes()
		}),
	}
}

// serve answers with the file. A browser keeps it, and asks each time whether it has
// changed: it belongs to the version of the proxy.
func (a *asset) serve(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Type", a.kind)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-cache")
	h.Set("Vary", "Accept-Encoding")
	body, etag := a.body, a.etag
	if acceptsGzip(r) && len(body) > 0 {
		body, etag = a.zipped(), etag+"-gzip"
		h.Set("Content-Encoding", "gzip")
	}
	h.Set("ETag", `"`+etag+`"`)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(body))
}

// acceptsGzip reports whether a client takes gzip (RFC 9110, 12.5.3).
func acceptsGzip(r *http.Request) bool {
	for coding := range strings.SplitSeq(r.Header.Get("Accept-Encoding"), ",") {
		name, weight, _ := strings.Cut(strings.TrimSpace(coding), ";")
		if strings.TrimSpace(name) == "gzip" {
			weight = strings.ReplaceAll(weight, " ", "")
			return strings.Trim(strings.TrimPrefix(weight, "q="), "0.") != "" || weight == ""
		}
	}
	return false
}
