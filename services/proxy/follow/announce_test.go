package follow

import (
	"testing"

	"livestream-tui/services/proxy/stream"
)

func TestOnlyWhatCouldHaveBeenMergedIsDegraded(t *testing.T) {
	media, multi := []byte("#EXTM3U\n#EXTINF:2,\n1.ts\n"), []byte("#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nv.m3u8\n")
	for name, c := range map[string]struct {
		in   stream.Snapshot
		want bool
	}{
		"merged":                               {stream.Snapshot{Mode: stream.Merged, Body: media, Live: true}, false},
		"waiting":                              {stream.Snapshot{Mode: stream.Waiting}, false},
		"refused":                              {stream.Snapshot{Mode: stream.Refused, Live: true}, false},
		"passed through":                       {stream.Snapshot{Mode: stream.PassedThrough, Body: media, Live: true}, true},
		"passed through, a recording":          {stream.Snapshot{Mode: stream.PassedThrough, Body: media}, false},
		"passed through, multivariant":         {stream.Snapshot{Mode: stream.PassedThrough, Body: multi, Live: true}, false},
		"passed through, with no segment yet":  {stream.Snapshot{Mode: stream.PassedThrough, Body: []byte("#EXTM3U\n#EXT-X-TARGETDURATION:2\n"), Live: true}, true},
		"forwarded, since each player differs": {stream.Snapshot{Mode: stream.Forwarded, Live: true}, true},
	} {
		t.Run(name, func(t *testing.T) {
			if got := isDegraded(c.in); got != c.want {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}
