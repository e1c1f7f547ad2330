package transcoder

import (
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"testing"
)

// box is a box of an MP4 file; long gives it a size of 64 bits.
func box(kind string, long bool, parts ...[]byte) []byte {
	body := bytes.Join(parts, nil)
	if long {
		b := append(binary.BigEndian.AppendUint32(nil, 1), kind...)
		return append(binary.BigEndian.AppendUint64(b, uint64(16+len(body))), body...)
	}
	return append(append(binary.BigEndian.AppendUint32(nil, uint32(8+len(body))), kind...), body...)
}

func TestFramesAreCountedByTheTableOfSizes(t *testing.T) {
	stsz := box("stsz", false, make([]byte, 8), []byte{0, 1, 0, 2}, make([]byte, 40))
	moov := box("moov", false, box("mvhd", false), box("trak", false, box("tkhd", false), box("mdia", false, box("minf", false, box("stbl", false, box("stts", false), stsz)))))
	cut := append(box("ftyp", false), moov...)
	for _, c := range []struct {
		name string
		file []byte
		want int64 // -1 for an error
	}{
		{"the index last", append(append(box("ftyp", false), box("mdat", false, make([]byte, 9))...), moov...), 1<<16 + 2},
		{"the index first", append(bytes.Clone(moov), box("mdat", false)...), 1<<16 + 2},
		{"media of more than 4 GiB", append(box("mdat", true, make([]byte, 9)), moov...), 1<<16 + 2},
		{"no index", box("mdat", false, make([]byte, 9)), -1},
		{"no table", box("moov", false, box("trak", false)), -1},
		{"cut short", cut[:len(cut)-50], -1},
		{"a box without a size", make([]byte, 16), -1},
		{"an empty file", nil, -1},
	} {
		path := filepath.Join(t.TempDir(), "film.mp4")
		if err := os.WriteFile(path, c.file, 0o644); err != nil {
			t.Fatal(err)
		}
		if got, err := countFrames(path); err != nil && c.want >= 0 || err == nil && got != c.want {
			t.Errorf("%s: got %d, %v, want %d", c.name, got, err, c.want)
		}
	}
	if _, err := countFrames(filepath.Join(t.TempDir(), "gone.mp4")); !os.IsNotExist(err) {
		t.Errorf("a file that is gone: got %v", err)
	}
}

// FFmpeg's files are what it is for: its count is that of FFmpeg.
func TestFramesAreCountedAsFFmpegWroteThem(t *testing.T) {
	t.Parallel()
	f := filmOf(t, "film.mp4", "-f", "lavfi", "-i", "color=s=64x36:r=25:d=1.4")
	if got, err := countFrames(f.File); err != nil || got != 35 {
		t.Errorf("got %d, %v, want 35", got, err)
	}
}
