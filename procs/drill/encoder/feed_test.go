package encoder

import (
	"strings"
	"testing"
	"time"
)

func TestAFeedIsWhatFFmpegIsTold(t *testing.T) {
	for _, c := range []struct {
		name string
		feed Feed
		url  string
		want []string
	}{
		{"an ordinary one over RTMP", Feed{}, "rtmp://h/live/k", []string{"-readrate 1 ", "testsrc2=s=640x360:r=25", "sine=", "-g 50", "-bf 0", "-f flv rtmp://h/live/k"}},
		{"an ordinary one over SRT", Feed{}, "srt://h:1", []string{"-f mpegts srt://h:1"}},
		{"another size", Feed{Size: "320x180"}, "udp://h:1", []string{"testsrc2=s=320x180:r=25", "-f mpegts"}},
		{"black and silent", Feed{Black: true, Silent: true}, "udp://h:1", []string{"color=c=black:s=640x360:r=25", "anullsrc="}},
		{"a clock that is fast", Feed{Pace: 1.0002}, "udp://h:1", []string{"-readrate 1.0002 -f lavfi -i testsrc2", "-readrate 1.0002 -f lavfi -i sine"}},
		{"a jump", Feed{LeapAfter: 5 * time.Second}, "udp://h:1", []string{"-vf setpts='PTS+if(gte(T,5),86400/TB,0)'", "-af asetpts='PTS+if(gte(T,5),86400/TB,0)'"}},
		{"B-frames", Feed{BFrames: 2}, "udp://h:1", []string{"-bf 2 -b_strategy 0"}},
		{"slow", Feed{SlowAfter: 5 * time.Second}, "udp://h:1", []string{"sendcmd=c='5 realtime speed 0.5',realtime=limit=0.5"}},
	} {
		got := strings.Join(c.feed.args(c.url), " ")
		for _, want := range c.want {
			if !strings.Contains(got, want) {
				t.Errorf("%s: got %s, want %s in it", c.name, got, want)
			}
		}
	}
}
