package worker

import (
	"slices"
	"strings"
	"testing"
	"time"
)

func TestParseProbe(t *testing.T) {
	const video = `{"codec_type":"video","width":640,"height":360,"avg_frame_rate":"30000/1001"}`
	const cover = `{"codec_type":"video","width":600,"height":600,"avg_frame_rate":"0/0","disposition":{"attached_pic":1}}`
	const audio = `{"codec_type":"audio"}`
	for _, c := range []struct {
		name, in string
		want     media
		err      string
	}{
		{"picture and sound", `{"format":{"duration":"12.5"},"streams":[` + audio + `,` + video + `]}`,
			media{Duration: 12500 * time.Millisecond, Width: 640, Height: 360, FrameRate: 30000.0 / 1001, Audio: true}, ""},
		{"no sound", `{"format":{"duration":"1"},"streams":[` + video + `]}`, media{Duration: time.Second, Width: 640, Height: 360, FrameRate: 30000.0 / 1001}, ""},
		{"no picture", `{"format":{"duration":"1"},"streams":[` + audio + `]}`, media{}, "it has no video track"},
		{"a cover is no picture", `{"format":{"duration":"1"},"streams":[` + audio + `,` + cover + `]}`, media{}, "it has no video track"},
		{"no stream", `{"format":{"duration":"1"}}`, media{}, "it has no video track"},
		{"no length", `{"format":{},"streams":[` + video + `]}`, media{}, "its length is zero"},
		{"zero length", `{"format":{"duration":"0.000"},"streams":[` + video + `]}`, media{}, "its length is zero"},
		{"too long", `{"format":{"duration":"86401"},"streams":[` + video + `]}`, media{}, "it lasts 86401 s, at most 86400 s are allowed"},
		{"a length that is none", `{"format":{"duration":"NaN"},"streams":[` + video + `]}`, media{}, "its length is zero"},
		{"no JSON", `oops`, media{}, "ffprobe's answer: "},
	} {
		got, err := parseProbe([]byte(c.in))
		if got != c.want || (err == nil) != (c.err == "") || err != nil && !strings.HasPrefix(err.Error(), c.err) {
			t.Errorf("%s: got %+v, %v, want %+v, %q", c.name, got, err, c.want, c.err)
		}
	}
}

func TestFrameRate(t *testing.T) {
	for in, want := range map[float64]int{0: 25, 12: 25, 23.976: 25, 24: 25, 25: 25, 29.97: 30, 30: 30, 50: 25, 59.94: 30, 60: 30, 120: 30} {
		if got := (media{FrameRate: in}).frameRate(); got != want {
			t.Errorf("%g frames a second: got %d, want %d", in, got, want)
		}
	}
}

func TestParseProgress(t *testing.T) {
	for line, want := range map[string]time.Duration{"out_time_us=1500000": 1500 * time.Millisecond, "out_time_us=N/A": -1, "out_time_us=-5": -1, "frame=3": -1, "": -1} {
		got, ok := parseProgress(line)
		if ok != (want >= 0) || ok && got != want {
			t.Errorf("%q: got %s, %t", line, got, ok)
		}
	}
}

// The form that gave the same bytes from any start, as ENCODER.md has it.
func TestTheLiveCommandIsTheOneThatWasMeasured(t *testing.T) {
	const want = `-hide_banner -v warning -nostdin -copyts -ss 6 -f concat -safe 0 -auto_convert 0 -i /c/list.ffconcat -map 0:v -map 0:a -c copy ` +
		`-output_ts_offset 1720000000 -bitexact -fflags +bitexact -avoid_negative_ts disabled -use_editlist 0 -video_track_timescale 90000 -f mp4 ` +
		`-movflags +empty_moov+default_base_moof+frag_keyframe+frag_discont+skip_trailer -frag_duration 400000 -flush_packets 1 pipe:1`
	if got := strings.Join(liveArgs("/c/list.ffconcat", seek{6 * time.Second, 1720000000 * time.Second}), " "); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestAFilmsNameIsNoOption(t *testing.T) {
	for _, args := range [][]string{fileSource("-y.mp4").args, probeArgs("-y.mp4"), probeArgs("http:x.mp4")} {
		if slices.ContainsFunc(args, func(a string) bool { return strings.HasSuffix(a, ".mp4") && !strings.HasPrefix(a, "file:") }) {
			t.Errorf("%v: want file: before a name", args)
		}
	}
}

func TestTheListHoldsADayOfTurns(t *testing.T) {
	for length, want := range map[time.Duration]int{8 * time.Second: 10802, 24 * time.Hour: 3} {
		list := string(loopList("abc-8s.mp4", length))
		entry := "file 'abc-8s.mp4'\nduration " + seconds(length) + "\n"
		if got := strings.Count(list, entry); got != want || list != "ffconcat version 1.0\n"+strings.Repeat(entry, want) {
			t.Errorf("loop of %s: got %d turns, want %d", length, got, want)
		}
	}
}
