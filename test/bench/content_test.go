package bench

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// What the contenders serve: a show that does not change, and a live one.

const (
	benchPlaylist = "/show/index.m3u8"
	benchSegment  = "/show/seg_000105.ts"
	segmentBytes  = 1_200_000 / 188 * 188
	windowLength  = 12
	firstMSN      = 100
)

// nullPackets is a segment of MPEG-TS without content.
func nullPackets() []byte {
	packet := bytes.Repeat([]byte{0xff}, 188)
	packet[0], packet[1], packet[2], packet[3] = 0x47, 0x1f, 0xff, 0x10
	return bytes.Repeat(packet, segmentBytes/188)
}

func segmentName(msn int) string { return fmt.Sprintf("seg_%06d.ts", msn) }

// window is a playlist of some 500 bytes.
func window(first int, target time.Duration) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:%.0f\n#EXT-X-MEDIA-SEQUENCE:%d\n", target.Seconds(), first)
	for msn := first; msn < first+windowLength; msn++ {
		fmt.Fprintf(&b, "#EXTINF:%.5f,\n%s\n", target.Seconds(), segmentName(msn))
	}
	return []byte(b.String())
}

// writeShow makes a folder with a whole window.
func writeShow(t *testing.T, folder string, target time.Duration) {
	t.Helper()
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	for msn := firstMSN; msn < firstMSN+windowLength; msn++ {
		replaceFile(t, filepath.Join(folder, segmentName(msn)), nullPackets())
	}
	replaceFile(t, filepath.Join(folder, "index.m3u8"), window(firstMSN, target))
}

// goOn adds a segment each target duration, and then writes the playlist. It keeps two
// windows of segments. It returns when ctx is cancelled.
func goOn(ctx context.Context, t *testing.T, folder string, target time.Duration) {
	body := nullPackets()
	tick := time.NewTicker(target)
	defer tick.Stop()
	for first := firstMSN + 1; ; first++ {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		replaceFile(t, filepath.Join(folder, segmentName(first+windowLength-1)), body)
		replaceFile(t, filepath.Join(folder, "index.m3u8"), window(first, target))
		_ = os.Remove(filepath.Join(folder, segmentName(first-2*windowLength))) // there is none at first
	}
}

// replaceFile writes a file that is never seen in part.
func replaceFile(t *testing.T, path string, content []byte) {
	if err := os.WriteFile(path+".new", content, 0o644); err != nil {
		t.Error(err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		t.Error(err)
	}
}
