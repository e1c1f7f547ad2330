package program

import (
	"strings"
	"testing"
	"time"

	"livestream-tui/services/receiver/input"
	"livestream-tui/services/receiver/sample"
)

func TestTheViewHasWhatTheScreenShows(t *testing.T) {
	w := pair(t, Config{})
	w.encoders[0].gop, w.encoders[0].late = 200, 240*ms
	w.step(Failed{1, errReset})
	w.connect(0, 0)
	w.step(Linked{0, input.Link{RTT: 12, Lost: 3}})
	w.run(17 * time.Second)
	v := w.state.View(w.now)
	in := v.Inputs[0]
	if in.Name != "main" || !in.OnAir || in.Condition != Good || in.FPS != 25 || in.KeyFrames != 8*time.Second || in.Link.RTT != 12 {
		t.Errorf("main: %+v", in)
	}
	if want := int64(25*10+48000*10/1024) * 8; in.Bitrate < want*9/10 || in.Bitrate > want*11/10 {
		t.Errorf("%d bits a second, want %d", in.Bitrate, want)
	}
	if in.Skew < 220*ms || in.Skew > 260*ms {
		t.Errorf("skew %s, want 240 ms", in.Skew)
	}
	text := strings.Join(in.Warnings, "; ")
	for _, want := range []string{"key frames every 8.0 s: set 2 s in OBS (Settings, Output, Keyframe Interval)", "its sound is 2"} {
		if !strings.Contains(text, want) {
			t.Errorf("warnings %q lack %q", text, want)
		}
	}
	if b := v.Inputs[1]; b.Condition != Waiting || b.Failed != errReset || b.OnAir {
		t.Errorf("backup: %+v", b)
	}
}

func TestBFramesWithGuessedTimesAreToldOf(t *testing.T) {
	w := pair(t, Config{})
	w.connect(0, 0)
	w.run(time.Second)
	for i := range 9 { // DTS equals PTS, so that it runs back
		at := time.Duration(25+i+[]int{2, -1, -1}[i%3]) * 40 * ms
		w.now += 40 * ms
		w.step(Arrived{0, sample.Sample{DTS: at, PTS: at, Data: w.encoders[0].sample(sample.Video, at, at, false).Data}})
	}
	if got := strings.Join(w.state.View(w.now).Inputs[0].Warnings, "; "); !strings.Contains(got, "B-frames without decoding times") {
		t.Errorf("warnings %q", got)
	}
}

func TestEachCauseIsASentence(t *testing.T) {
	for r := Fine; r <= Restarted; r++ {
		if (Cause{Reason: r}).Text() == "" || r.String() == "" {
			t.Errorf("reason %d has no words", r)
		}
	}
	for c, want := range map[Cause]string{
		{Reason: Mute, For: 1040 * ms}:        "has sent no picture for 1.0 s",
		{Reason: Disconnected}:                "was ended by its encoder",
		{Reason: Disconnected, Why: errReset}: "lost its connection: connection reset",
		{Reason: Late, For: 2500 * ms}:        "is 2.5 s late",
	} {
		if got := c.Text(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
