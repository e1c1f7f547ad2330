package worker

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"livestream-tui/services/hls/fmp4"
	"livestream-tui/services/hls/m3u8"
	"livestream-tui/services/hls/media"
	"livestream-tui/services/worker/input"
	"livestream-tui/services/worker/input/films/folder"
)

func TestTwoWorkersWriteTheSameBytes(t *testing.T) {
	t.Parallel()
	a := folders(t, map[string]string{"live01.mp4": "film"}).start().ready()
	first := a.playlist("live01").LastMSN()
	a.awaitMSN("live01", first+1)
	b := folders(t, map[string]string{"live01.mp4": "film"}).start().ready() // at another second of the loop
	a.awaitMSN("live01", first+3)
	b.awaitMSN("live01", first+3)
	sameBytes(t, a, b, "live01", 10)
	for _, w := range []*running{a, b} {
		noneMissing(t, w.published("live01"))
		w.goesOn("live01")
		if said := w.log.find("FFmpeg says"); len(said) > 0 {
			t.Errorf("FFmpeg complains: %v", words(said[0]))
		}
	}
}

func TestAKilledFFmpegLosesNoSegment(t *testing.T) {
	t.Parallel()
	a := folders(t, map[string]string{"live01.mp4": "film"}).start().ready()
	b := folders(t, map[string]string{"live01.mp4": "film"}).start().ready()
	late := time.Hour
	for range 3 {
		newest := a.playlist("live01").LastMSN()
		killed := time.Now()
		a.replaceFFmpeg("live01", syscall.SIGKILL)
		a.replaceFFmpeg("live01", syscall.SIGKILL) // and once more before it gave anything
		a.awaitMSN("live01", newest+1)
		late = min(late, time.Since(killed)-media.DefaultSegment)
	}
	// A segment is complete two seconds after the one before, and no later for all
	// the killing; the best of three, as other tests keep the machine busy.
	if late > 4*time.Second {
		t.Errorf("the next segment came %s late", late)
	}
	b.awaitMSN("live01", a.playlist("live01").LastMSN())
	noneMissing(t, a.published("live01"))
	sameBytes(t, a, b, "live01", 10)
	for _, s := range a.playlist("live01").Segments {
		if s.Discontinuity {
			t.Error("a discontinuity is listed, want none")
		}
	}
	if got := len(a.log.find("FFmpeg ended, starting another", "cause=signal: killed")); got < 1 || got > 6 {
		t.Errorf("%d kills of 6 are in the log, want the first of those without a segment in between", got)
	}
}

func TestAnFFmpegThatHangsIsReplaced(t *testing.T) {
	t.Parallel()
	a := folders(t, map[string]string{"live01.mp4": "film"}).start().ready()
	a.replaceFFmpeg("live01", syscall.SIGSTOP)
	a.awaitMSN("live01", a.playlist("live01").LastMSN()+1)
	noneMissing(t, a.published("live01"))
	if len(a.log.find("FFmpeg ended, starting another", "cause="+errStalled.Error())) == 0 {
		t.Error("the log does not say that it gave nothing")
	}
}

func TestARestartedWorkerGoesOnWhereItStopped(t *testing.T) {
	t.Parallel()
	a := folders(t, map[string]string{"live01.mp4": "film"}).start().ready()
	reference := folders(t, map[string]string{"live01.mp4": "film"}).start().ready()
	a.stop()
	before := a.playlist("live01")
	await(t, "two segments are due meanwhile", func() bool { return segmentAt(time.Now()) > before.LastMSN()+3 })
	a.start().ready()
	a.awaitMSN("live01", before.LastMSN()+3)
	reference.awaitMSN("live01", before.LastMSN()+3)
	if got, want := a.published("live01")[0], fmt.Sprint(before.LastMSN()+1); got != want {
		t.Errorf("first segment after the restart: got %s, want %s", got, want)
	}
	noneMissing(t, a.published("live01"))
	if got := a.playlist("live01"); len(got.Segments) != 10 || got.DiscontinuitySequence != 0 {
		t.Errorf("playlist: got %d segments, discontinuity sequence %d, want 10 and 0", len(got.Segments), got.DiscontinuitySequence)
	}
	sameBytes(t, a, reference, "live01", 10)
	if made := a.log.find("live01: making the mezzanine"); len(made) > 0 {
		t.Error("a mezzanine was made though it is in the cache")
	}
}

func TestThePlaylistIsOnTheClock(t *testing.T) {
	t.Parallel()
	a := folders(t, map[string]string{"live01.mp4": "film"}).start().ready()
	var p *m3u8.MediaPlaylist
	await(t, "the newest segment to be the last one that is over", func() bool {
		before := segmentAt(time.Now())
		p = a.playlist("live01")
		if p.LastMSN() >= segmentAt(time.Now()) {
			t.Fatalf("segment %d is listed while %d is being recorded", p.LastMSN(), before)
		}
		return p.LastMSN() == before-1
	})
	for i, s := range p.Segments {
		msn := p.MediaSequence + int64(i)
		if !s.ProgramDateTime.Equal(time.Unix(2*msn, 0)) || s.Duration != media.DefaultSegment || s.URI != fmt.Sprint(msn, ".m4s") {
			t.Errorf("segment %d: got %+v", msn, s)
		}
	}
}

func TestTheSeamsDecodeWithoutAWarning(t *testing.T) {
	// "other" is 3 s repeated to a loop of 8 s, so that 20 s contain two seams or more.
	for name, rate := range map[string]int{"film": 25, "other": 30, "mute": 25, "ntsc": 30} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := folders(t, map[string]string{"live01.mp4": name}).start().ready()
			p := a.playlist("live01")
			var whole bytes.Buffer
			for _, uri := range append([]string{p.Segments[0].Map.URI}, uris(p)...) {
				b, err := os.ReadFile(filepath.Join(a.output, "live01", uri))
				if err != nil {
					t.Fatal(err)
				}
				whole.Write(b)
			}
			a.stop()
			file := filepath.Join(t.TempDir(), "whole.mp4")
			if err := os.WriteFile(file, whole.Bytes(), 0o644); err != nil {
				t.Fatal(err)
			}
			said, err := exec.Command("ffmpeg", "-v", "warning", "-i", file, "-f", "null", "-").CombinedOutput()
			if err != nil || len(said) > 0 {
				t.Errorf("the decoder says: %s %v", said, err)
			}
			out, err := exec.Command("ffprobe", "-v", "error", "-count_packets", "-show_entries", "stream=codec_type,nb_read_packets", "-of", "csv=p=0", file).Output()
			if err != nil {
				t.Fatal(err)
			}
			length := 10 * p.Segments[0].Duration
			for stream, want := range map[string]int{"video": 20 * rate, "audio": int(length.Seconds() * 48000 / 1024)} {
				var got int
				_, counted, _ := strings.Cut(string(out), stream+",")
				fmt.Sscan(counted, &got)
				if got < want-1 || got > want+1 {
					t.Errorf("%s has %d packets, want %d", stream, got, want)
				}
			}
		})
	}
}

func TestAFilmOfTelevisionsRateIsOnAGridOfItsOwn(t *testing.T) {
	t.Parallel()
	a := folders(t, map[string]string{"live01.mp4": "ntsc"}).start().ready()
	info, err := folder.Read(a.input)
	if err != nil {
		t.Fatal(err)
	}
	grid := input.Airing{Segment: 2002 * time.Millisecond, Changed: info[0].Changed}.Grid()
	a.awaitMSN("live01", grid.At(time.Now()))
	p := a.playlist("live01")
	for i, s := range p.Segments {
		msn := p.MediaSequence + int64(i)
		if s.Duration != grid.Length() || !s.ProgramDateTime.Equal(grid.Start(msn).Truncate(time.Millisecond)) {
			t.Errorf("segment %d: got %s at %s, want %s at %s", msn, s.Duration, s.ProgramDateTime, grid.Length(), grid.Start(msn))
		}
	}
	if now := segmentAt(time.Now()); p.LastMSN() <= now-2 {
		t.Errorf("newest segment %d, want it above the plain grid's, which is at %d", p.LastMSN(), now)
	}
	noneMissing(t, a.published("live01"))
	a.goesOn("live01")
}

func uris(p *m3u8.MediaPlaylist) []string {
	var list []string
	for _, s := range p.Segments {
		list = append(list, s.URI)
	}
	return list
}

func TestAFilmWithoutSoundGetsSilence(t *testing.T) {
	t.Parallel()
	a := folders(t, map[string]string{"live01.mp4": "mute"}).start().ready()
	b, err := os.ReadFile(filepath.Join(a.output, "live01", a.playlist("live01").Segments[0].Map.URI))
	if err != nil {
		t.Fatal(err)
	}
	in, err := fmp4.ParseInit(b)
	if err != nil || len(in.Tracks) != 2 || in.Tracks[0].Format != "avc1" || in.Tracks[1].Format != "mp4a" {
		t.Errorf("got %+v, %v, want H.264 and AAC", in, err)
	}
}

func TestThreeFilmsPlaySideBySide(t *testing.T) {
	t.Parallel()
	a := folders(t, map[string]string{"live01.mp4": "film", "live02.mp4": "other", "live03.MP4": "mute"}).start().full("live01", "live02", "live03")
	for _, signal := range []string{"live01", "live02", "live03"} {
		if got := len(a.playlist(signal).Segments); got != 10 {
			t.Errorf("%s: %d segments, want 10", signal, got)
		}
		a.goesOn(signal)
	}
	newest := a.playlist("live02").LastMSN()
	a.replaceFFmpeg("live01", syscall.SIGKILL)
	a.awaitMSN("live02", newest+1)
	a.goesOn("live02")
}
