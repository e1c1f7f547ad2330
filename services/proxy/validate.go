package proxy

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"path"
	"strings"

	"livestream-tui/services/hls"
)

// container is what a resource's bytes must be, from its name.
type container uint8

const (
	anyContainer container = iota // packed audio, text, keys: length alone is checked
	mpegTS
	fragmentedMP4
)

func containerOf(key string) container {
	p, _, _ := strings.Cut(key, "?")
	switch strings.ToLower(path.Ext(p)) {
	case ".ts", ".m2ts", ".mts":
		return mpegTS
	case ".m4s", ".mp4", ".m4v", ".m4a", ".cmfv", ".cmfa", ".cmft", ".m4f":
		return fragmentedMP4
	}
	return anyContainer
}

// typeOf is the Content-Type to serve a resource with: a packager's word, unless
// the name says better.
func typeOf(key, said string) string {
	p, _, _ := strings.Cut(key, "?")
	switch strings.ToLower(path.Ext(p)) {
	case ".ts", ".m2ts", ".mts":
		return "video/mp2t"
	case ".m4s", ".mp4", ".m4v", ".cmfv", ".m4f":
		return "video/mp4"
	case ".m4a", ".cmfa":
		return "audio/mp4"
	case ".aac":
		return "audio/aac"
	case ".vtt":
		return "text/vtt"
	}
	if said == "" {
		return "application/octet-stream"
	}
	return said
}

const packetSize = 188 // of MPEG-TS

// checkAnswer reports whether an answer can be media at all (FAILURES.md, case 6).
func checkAnswer(res *http.Response, want int) error {
	if res.StatusCode != want {
		return statusError(res.StatusCode)
	}
	if t, _, err := mime.ParseMediaType(res.Header.Get("Content-Type")); err == nil && t == "text/html" {
		return errors.New("answered a web page")
	}
	if res.ContentLength == 0 {
		return errors.New("answered an empty body")
	}
	if res.ContentLength > maxObject {
		return fmt.Errorf("answered %d bytes, at most %d are taken", res.ContentLength, maxObject)
	}
	return nil
}

// maxObject bounds a resource, in bytes.
const maxObject = 256 << 20

// checkBegin reports whether b can be the beginning of a resource.
func checkBegin(c container, b []byte) error {
	switch {
	case c == mpegTS && len(b) > 0 && b[0] != 0x47:
		return errors.New("not MPEG-TS: no sync byte")
	case c == mpegTS && len(b) > packetSize && b[packetSize] != 0x47:
		return errors.New("not MPEG-TS: no second sync byte")
	case c == fragmentedMP4 && len(b) >= 8 && !isBox(b[4:8]):
		return fmt.Errorf("not MP4: it begins with %q", b[4:8])
	}
	return nil
}

func isBox(kind []byte) bool {
	switch string(kind) {
	case "ftyp", "styp", "moov", "moof", "sidx", "ssix", "emsg", "prft", "free", "skip", "uuid", "mdat":
		return true
	}
	return false
}

// checkWhole reports whether body is a whole resource.
func checkWhole(c container, body []byte, digest string) error {
	if len(body) == 0 {
		return errors.New("an empty body")
	}
	if err := checkDigest(body, digest); err != nil {
		return err
	}
	if err := checkBegin(c, body); err != nil {
		return err
	}
	switch c {
	case mpegTS:
		if len(body)%packetSize != 0 {
			return fmt.Errorf("not MPEG-TS: %d bytes are no whole number of packets", len(body))
		}
		for i := 0; i < len(body); i += packetSize {
			if body[i] != 0x47 {
				return fmt.Errorf("not MPEG-TS: no sync byte at %d", i)
			}
		}
	case fragmentedMP4:
		return checkMP4(body)
	}
	return nil
}

func checkMP4(body []byte) error {
	if len(body) < 8 {
		return fmt.Errorf("not MP4: %d bytes are too few for a box", len(body))
	}
	if string(body[4:8]) != "ftyp" {
		_, err := hls.CheckSegment(body)
		return err
	}
	if err := hls.CheckInit(body); err == nil {
		return nil
	}
	// A segment that initialises itself, or a whole film: its boxes must fill it.
	boxes := hls.NewBoxReader(bytes.NewReader(body), maxObject)
	for {
		if _, err := boxes.Next(); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
	}
}

// checkDigest holds body against a Repr-Digest (RFC 9530): a packager that gives
// one is believed, and its bytes are not, where they differ. Empty or of another
// algorithm: nothing to check.
func checkDigest(body []byte, digest string) error {
	for item := range strings.SplitSeq(digest, ",") {
		text, ok := strings.CutPrefix(strings.TrimSpace(item), "sha-256=:")
		if !ok {
			continue
		}
		want, err := base64.StdEncoding.DecodeString(strings.TrimSuffix(text, ":"))
		if err != nil {
			return fmt.Errorf("bad Repr-Digest %.80q", digest)
		}
		if sum := sha256.Sum256(body); !bytes.Equal(sum[:], want) {
			return errors.New("its bytes are not those of its Repr-Digest")
		}
	}
	return nil
}
