package media

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
)

// The names under which the media of a signal is published.
const (
	// PlaylistName is the media playlist of a signal.
	PlaylistName = "playlist.m3u8"
	// SegmentExt ends the name of a segment. InitPrefix and InitExt enclose that of an
	// initialization section.
	SegmentExt = ".m4s"
	InitPrefix = "init-"
	InitExt    = ".mp4"
)

// SegmentName returns the name of segment msn.
func SegmentName(msn int64) string { return strconv.FormatInt(msn, 10) + SegmentExt }

// SegmentNumber returns the media sequence number in a segment's name. Leading zeros and
// signs are refused, so that a number has only one name.
func SegmentNumber(name string) (int64, error) {
	digits, ok := strings.CutSuffix(name, SegmentExt)
	n, err := strconv.ParseInt(digits, 10, 64)
	if !ok || err != nil || n < 0 || SegmentName(n) != name {
		return 0, fmt.Errorf("%q is no segment's name, which is NUMBER%s", name, SegmentExt)
	}
	return n, nil
}

// InitName returns the name of an initialization section, derived from its content so
// that a name never stands for two of them.
func InitName(init []byte) string {
	sum := sha256.Sum256(init)
	return InitPrefix + hex.EncodeToString(sum[:4]) + InitExt
}

// IsInit reports whether name is that of an initialization section, with 1 to 64 letters,
// digits, _ and - between prefix and extension.
func IsInit(name string) bool {
	id, ok := strings.CutPrefix(name, InitPrefix)
	id, ext := strings.CutSuffix(id, InitExt)
	return ok && ext && id != "" && len(id) <= 64 &&
		strings.Trim(id, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_-") == ""
}

// IsMedia reports whether name is that of an initialization section or a segment. A file
// that is still being written has another name.
func IsMedia(name string) bool {
	_, err := SegmentNumber(name)
	return err == nil || IsInit(name)
}
