package disk

import (
	"context"
	"math"
	"path/filepath"
	"testing"

	"livestream-tui/procs/platform"
	"livestream-tui/procs/preflight"
)

func TestTheDisksOfFoldersThatAreWrittenToAreSeen(t *testing.T) {
	root := t.TempDir()
	folders := []preflight.Folder{
		{Variable: "INPUT_STREAM_PATH", Path: root, ReadOnly: true}, {Variable: "OUTPUT_STREAM_PATH", Path: filepath.Join(root, "none")},
		{Variable: "STATE_PATH", Path: root},
	}
	for _, c := range []struct {
		low  int64
		want bool
	}{{0, false}, {math.MaxInt64, true}} {
		ctx, cancel := context.WithCancel(t.Context())
		var got []platform.Disk
		Watch(ctx, folders, c.low, func(list []platform.Disk) { got = list; cancel() })
		if len(got) != 1 || got[0].Folder != "STATE_PATH" || got[0].Path != root || got[0].Low != c.want || got[0].Device == 0 {
			t.Fatalf("low below %d: got %+v, want one disk, low %t", c.low, got, c.want)
		}
		if d := got[0]; d.FreeBytes <= 0 || d.SizeBytes < d.FreeBytes {
			t.Errorf("got %d of %d bytes free", d.FreeBytes, d.SizeBytes)
		}
	}
}
