package sample

import (
	"testing"
	"time"
)

func TestASampleIsFoundAgainByItsTime(t *testing.T) {
	for _, rate := range []int{7350, 22050, 44100, 48000, 96000} {
		for _, n := range []int64{0, 1, 1023, int64(rate), 1_800_000_000*int64(rate) + 1, 1_800_000_000*int64(rate) + 1024*77 + 5} {
			if got := Count(At(n, rate), rate); got != n {
				t.Errorf("%d Hz: sample %d is at %s, which is %d", rate, n, At(n, rate), got)
			}
		}
	}
	if got := Count(-time.Second, 48000); got != -48000 {
		t.Errorf("a second before the epoch is %d", got)
	}
}

func TestAPacketOfOpusSaysHowLongItIs(t *testing.T) {
	opus := &AudioFormat{Codec: Opus, Rate: 48000, Channels: 2}
	for _, c := range []struct {
		name string
		data []byte
		want int
	}{
		{"one frame of 20 ms", []byte{31 << 3}, 960},
		{"two frames of 10 ms", []byte{30<<3 | 1}, 960},
		{"three frames of 2.5 ms", []byte{28<<3 | 3, 3}, 360},
		{"60 ms of voice", []byte{3 << 3}, 2880},
		{"cut", []byte{28<<3 | 3}, 960},
		{"empty", nil, 960},
	} {
		if got := opus.Samples(c.data); got != c.want {
			t.Errorf("%s: got %d, want %d", c.name, got, c.want)
		}
	}
	if got := (&AudioFormat{Codec: AAC, Rate: 44100}).Samples([]byte{1}); got != 1024 {
		t.Errorf("AAC: got %d", got)
	}
}
