package upstreams

import (
	"crypto/rand"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// upstreamKind is a packager as people have it.
type upstreamKind struct {
	name string
	// always is true where every run of the tests tries it.
	always bool
	// playlist is what players are given; media is what it names, where it is a
	// multivariant playlist.
	playlist, media string
	// encoders is 2 where each packager has its own; the second begins apart later.
	// Otherwise one encoder writes for both.
	encoders int
	apart    time.Duration
	// restarts is true where the encoder dies with the packager and starts again a second
	// later.
	restarts bool
	// output are FFmpeg's options for a packager that serves a folder.
	output func(p *packagerServer) []string
	// prepare makes what the encoder needs, in the folder that is served.
	prepare func(t *testing.T, folder string)
	// rtmp are directives of nginx's RTMP module, and streams what it is sent.
	rtmp    string
	streams []rtmpStream
}

// rtmpStream is a stream's name and how it is encoded.
type rtmpStream struct {
	name string
	args []string
}

// followed is a media playlist of the kind.
func (k upstreamKind) followed() string {
	if k.media != "" {
		return k.media
	}
	return k.playlist
}

// eachSecond is a key frame a second.
var eachSecond = []string{"-g", "25", "-keyint_min", "25"}

// oddTimes are key frames after 1.1, 0.6 and 3.2 s, in turn.
var oddTimes = []string{"-g", "1000", "-force_key_frames",
	"expr:gte(t,floor(n_forced/3)*4.9+if(eq(mod(n_forced,3),1),1.1)+if(eq(mod(n_forced,3),2),1.7))"}

// lateTimes are key frames every second, except that each eighth comes three seconds
// late: its segment is longer than the target duration was before.
var lateTimes = []string{"-g", "1000", "-force_key_frames", "expr:gte(t,n_forced+3*floor(n_forced/8))"}

// hlsMuxer is FFmpeg's HLS muxer with a window of six segments of a second, unless
// more options say otherwise.
func hlsMuxer(keys []string, segments string, more ...string) func(*packagerServer) []string {
	return func(p *packagerServer) []string {
		args := append([]string{"-map", "0:v", "-map", "1:a"}, keys...)
		args = append(args, "-f", "hls", "-hls_time", "1", "-hls_list_size", "6", "-hls_delete_threshold", "3", "-hls_segment_filename", filepath.Join(p.media, segments))
		return append(append(args, more...), filepath.Join(p.media, "live.m3u8"))
	}
}

var upstreamKinds = []upstreamKind{
	{name: "ffmpeg hls, mpegts", always: true, playlist: "/live.m3u8", encoders: 1,
		output: hlsMuxer(eachSecond, "v%d.ts", "-hls_flags", "delete_segments")},
	{name: "ffmpeg hls, fmp4", playlist: "/live.m3u8", encoders: 1,
		output: hlsMuxer(eachSecond, "v%d.m4s", "-hls_flags", "delete_segments", "-hls_segment_type", "fmp4")},
	// With a window the muxer does not raise the media sequence number of a single file,
	// which no player can play.
	{name: "ffmpeg hls, single_file mpegts", playlist: "/live.m3u8", encoders: 1,
		output: hlsMuxer(eachSecond, "v.ts", "-hls_list_size", "0", "-hls_flags", "single_file")},
	{name: "ffmpeg hls, single_file fmp4", playlist: "/live.m3u8", encoders: 1,
		output: hlsMuxer(eachSecond, "v.mp4", "-hls_list_size", "0", "-hls_flags", "single_file", "-hls_segment_type", "fmp4")},
	// hls_wrap is gone, but the segment muxer still reuses names.
	{name: "ffmpeg segment, segment_wrap", playlist: "/live.m3u8", encoders: 1, output: func(p *packagerServer) []string {
		return append(append([]string{"-map", "0:v", "-map", "1:a"}, eachSecond...), "-f", "segment", "-segment_time", "1", "-segment_wrap", "10", "-segment_format", "mpegts",
			"-segment_list", filepath.Join(p.media, "live.m3u8"), "-segment_list_type", "m3u8", "-segment_list_size", "6", "-segment_list_flags", "live", filepath.Join(p.media, "v%d.ts"))
	}},
	{name: "ffmpeg hls, AES-128", playlist: "/live.m3u8", encoders: 1,
		prepare: func(t *testing.T, folder string) { newKey(t, folder, 0) },
		output: func(p *packagerServer) []string {
			return hlsMuxer(eachSecond, "v%d.ts", "-hls_flags", "delete_segments", "-hls_key_info_file", keyInfo(p.media))(p)
		}},
	{name: "ffmpeg hls, AES-128, periodic_rekey", playlist: "/live.m3u8", encoders: 1, prepare: rekey,
		output: func(p *packagerServer) []string {
			return hlsMuxer(eachSecond, "v%d.ts", "-hls_flags", "delete_segments+periodic_rekey", "-hls_key_info_file", keyInfo(p.media))(p)
		}},
	{name: "ffmpeg hls, EVENT", playlist: "/live.m3u8", encoders: 1,
		output: hlsMuxer(eachSecond, "v%d.ts", "-hls_playlist_type", "event")},
	{name: "ffmpeg hls, odd key frames", playlist: "/live.m3u8", encoders: 1,
		output: hlsMuxer(oddTimes, "v%d.ts", "-hls_flags", "delete_segments")},
	{name: "ffmpeg hls, late key frames", playlist: "/live.m3u8", encoders: 1,
		output: hlsMuxer(lateTimes, "v%d.ts", "-hls_flags", "delete_segments")},
	{name: "ffmpeg hls, split_by_time, round_durations", playlist: "/live.m3u8", encoders: 1,
		output: hlsMuxer(eachSecond, "v%d.ts", "-hls_time", "1.3", "-hls_flags", "delete_segments+split_by_time+round_durations")},
	{name: "ffmpeg hls, the encoder restarts", playlist: "/live.m3u8", encoders: 1, restarts: true,
		output: hlsMuxer(eachSecond, "v%d.ts", "-hls_flags", "delete_segments+append_list")},
	{name: "ffmpeg dash, hls_playlist", playlist: "/master.m3u8", media: "/media_0.m3u8", encoders: 1, output: func(p *packagerServer) []string {
		return append(append([]string{"-map", "0:v", "-map", "1:a"}, eachSecond...), "-f", "dash", "-hls_playlist", "1", "-seg_duration", "1", "-window_size", "6",
			"-extra_window_size", "3", "-adaptation_sets", "id=0,streams=v id=1,streams=a", filepath.Join(p.media, "live.mpd"))
	}},
	{name: "ffmpeg hls, audio of its own", playlist: "/master.m3u8", media: "/live_1.m3u8", encoders: 1, output: func(p *packagerServer) []string {
		return append(append([]string{"-map", "1:a", "-map", "0:v"}, eachSecond...), "-f", "hls", "-hls_time", "1", "-hls_list_size", "6", "-hls_flags", "delete_segments",
			"-var_stream_map", "a:0,agroup:sound,default:yes v:0,agroup:sound", "-master_pl_name", "master.m3u8",
			"-hls_segment_filename", filepath.Join(p.media, "v%v_%d.ts"), filepath.Join(p.media, "live_%v.m3u8"))
	}},
	{name: "ffmpeg hls, two encoders", playlist: "/live.m3u8", encoders: 2,
		output: hlsMuxer(eachSecond, "v%d.ts", "-hls_flags", "delete_segments")},
	{name: "ffmpeg hls, two encoders 3 s apart", playlist: "/live.m3u8", encoders: 2, apart: 3 * time.Second,
		output: hlsMuxer(eachSecond, "v%d.ts", "-hls_flags", "delete_segments")},
	{name: "ffmpeg hls, two encoders 3 s apart, fmp4, dates", playlist: "/live.m3u8", encoders: 2, apart: 3 * time.Second,
		output: hlsMuxer(eachSecond, "v%d.m4s", "-hls_flags", "delete_segments+program_date_time", "-hls_segment_type", "fmp4")},
	{name: "ffmpeg hls, two encoders, names by the clock", playlist: "/live.m3u8", encoders: 2,
		output: hlsMuxer(eachSecond, "v%Y%m%d-%s.ts", "-strftime", "1", "-hls_start_number_source", "epoch", "-hls_flags", "delete_segments+program_date_time")},
	{name: "ffmpeg hls, two encoders, hls_base_url", playlist: "/live.m3u8", encoders: 2, output: func(p *packagerServer) []string {
		return hlsMuxer(eachSecond, "v%d.ts", "-hls_flags", "delete_segments", "-hls_base_url", p.base+"/")(p)
	}},

	{name: "nginx-rtmp", always: true, playlist: "/ch.m3u8", encoders: 1, rtmp: " ", streams: []rtmpStream{{"ch", eachSecond}}},
	{name: "nginx-rtmp, hls_keys", playlist: "/ch.m3u8", encoders: 1, rtmp: "hls_keys on; hls_fragments_per_key 4;", streams: []rtmpStream{{"ch", eachSecond}}},
	{name: "nginx-rtmp, hls_nested, hls_variant", playlist: "/ch.m3u8", media: "/ch_hi/index.m3u8", encoders: 1,
		rtmp: "hls_nested on; hls_variant _low BANDWIDTH=160000; hls_variant _hi BANDWIDTH=640000;",
		streams: []rtmpStream{
			{"ch_low", append([]string{"-crf", "30"}, eachSecond...)},
			{"ch_hi", append([]string{"-crf", "20"}, eachSecond...)},
		}},
	{name: "nginx-rtmp, odd key frames", playlist: "/ch.m3u8", encoders: 1, rtmp: " ", streams: []rtmpStream{{"ch", oddTimes}}},
	{name: "nginx-rtmp, late key frames", playlist: "/ch.m3u8", encoders: 1, rtmp: " ", streams: []rtmpStream{{"ch", lateTimes}}},
	{name: "nginx-rtmp, EVENT", playlist: "/ch.m3u8", encoders: 1, rtmp: "hls_type event;", streams: []rtmpStream{{"ch", eachSecond}}},
	{name: "nginx-rtmp, names by the timestamp", playlist: "/ch.m3u8", encoders: 1, rtmp: "hls_fragment_naming timestamp;", streams: []rtmpStream{{"ch", eachSecond}}},
}

// keyInfo is the file that tells FFmpeg which key to take; it is not served.
func keyInfo(folder string) string { return filepath.Join(filepath.Dir(folder), "keyinfo") }

// newKey makes a key and makes FFmpeg use it. The IV is the media sequence number
// (RFC 8216, 5.2).
func newKey(t *testing.T, folder string, n int) {
	t.Helper()
	name := fmt.Sprintf("%d.key", n)
	key := make([]byte, 16)
	_, _ = rand.Read(key) // it never fails
	info := keyInfo(folder)
	for _, f := range []struct {
		name string
		b    []byte
	}{{filepath.Join(folder, name), key}, {info + ".new", fmt.Appendf(nil, "%s\n%s\n", name, filepath.Join(folder, name))}} {
		if err := os.WriteFile(f.name, f.b, 0o644); err != nil {
			t.Error(err) // from any goroutine
		}
	}
	if err := os.Rename(info+".new", info); err != nil {
		t.Error(err)
	}
}

// rekey makes a new key every three seconds.
func rekey(t *testing.T, folder string) {
	t.Helper()
	newKey(t, folder, 0)
	stop, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for n := 1; ; n++ {
			select {
			case <-stop:
				return
			case <-time.After(3 * time.Second):
				newKey(t, folder, n)
			}
		}
	}()
	t.Cleanup(func() { close(stop); <-done })
}
