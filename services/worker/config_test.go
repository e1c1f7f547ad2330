package worker

import (
	"maps"
	"strings"
	"testing"

	"livestream-tui/services/kit/service"
)

func TestConfigFromEnv(t *testing.T) {
	good := service.Environment{"HOME": "/nowhere", "FFMPEG_PATH": "sh", "FFPROBE_PATH": "sh"}
	c, err := ConfigFromEnv(good)
	if err != nil || len(c.IngestURLs) != 0 || c.Window != 10 || c.Bitrate != 4_000_000 || c.CacheBytes != 0 {
		t.Errorf("defaults: got %+v, %v", c, err)
	}
	for variable, bad := range map[string]string{
		"FFMPEG_PATH":           "/nowhere/ffmpeg",
		"FFPROBE_PATH":          "/nowhere/ffprobe",
		"INGEST_URLS":           "a",
		"WINDOW_SEGMENTS":       "2",
		"MEZZANINE_SIZE":        "1919x1080",
		"MEZZANINE_RATE":        "26",
		"MEZZANINE_BITRATE_BPS": "99999",
		"CACHE_BYTES":           "-1",
		"TEST_FILM_SIZE":        "large",
	} {
		env := maps.Clone(good)
		env[variable] = bad
		if _, err := ConfigFromEnv(env); err == nil || !strings.Contains(err.Error(), variable+"=") {
			t.Errorf("%s=%s: got %v, want the variable named", variable, bad, err)
		}
	}
}
