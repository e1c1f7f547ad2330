package inputtest

import (
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"livestream-tui/services/receiver/sample"
)

// Packet is what ffprobe says of a coded picture or a frame of sound.
type Packet struct {
	Track    sample.Track
	DTS, PTS time.Duration
	Size     int
	Key      bool
}

// Probe returns the packets of a film, of one track, in order.
func Probe(t testing.TB, film string, track sample.Track) []Packet {
	t.Helper()
	stream := "v:0"
	if track == sample.Audio {
		stream = "a:0"
	}
	out, err := exec.Command(tool(t, "ffprobe"), "-v", "error", "-select_streams", stream,
		"-show_entries", "packet=pts_time,dts_time,size,flags", "-of", "csv=p=0", film).Output()
	if err != nil {
		t.Fatalf("probe %s: %v", film, err)
	}
	var packets []Packet
	for line := range strings.Lines(string(out)) {
		f := strings.Split(strings.TrimSpace(line), ",")
		if len(f) < 4 {
			continue
		}
		size, err := strconv.Atoi(f[2])
		if err != nil {
			t.Fatalf("probe %s: %q", film, line)
		}
		packets = append(packets, Packet{track, seconds(t, f[1]), seconds(t, f[0]), size, strings.HasPrefix(f[3], "K")})
	}
	return packets
}

func seconds(t testing.TB, text string) time.Duration {
	t.Helper()
	f, err := strconv.ParseFloat(text, 64)
	if err != nil {
		t.Fatalf("not a number of seconds: %q", text)
	}
	return time.Duration(f*1e6+.5) * time.Microsecond
}

// SameTimes fails the test unless the samples have the times of the packets, all of them, in
// order, to the millisecond, but for one offset. It says what arrived instead.
func SameTimes(t testing.TB, got []sample.Sample, want []Packet) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("got %d samples, want %d", len(got), len(want))
	}
	if len(got) == 0 || len(want) == 0 {
		return
	}
	offset := got[0].DTS - want[0].DTS
	for i := range min(len(got), len(want)) {
		g, w := got[i].Shifted(-offset), want[i]
		if apart(g.DTS, w.DTS) || apart(g.PTS, w.PTS) || g.Sync != (w.Key || g.Track == sample.Audio) {
			t.Errorf("sample %d: got %s decoded at %s, shown at %s, key frame %t; want %s, %s, %t", i, g.Track, g.DTS, g.PTS, g.Sync, w.DTS, w.PTS, w.Key)
			return
		}
	}
}

// apart reports whether two times differ by more than a millisecond and its rounding.
func apart(a, b time.Duration) bool { return (a - b).Abs() > 1100*time.Microsecond }
