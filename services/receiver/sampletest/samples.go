package sampletest

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h264"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h265"
	"github.com/bluenviron/mediacommon/v2/pkg/formats/fmp4"
	"github.com/bluenviron/mediacommon/v2/pkg/formats/mp4/codecs"

	"livestream-tui/services/receiver/sample"
)

// Source is what FFmpeg makes.
type Source struct {
	// Seconds is how long it is. Size is such as 320x180; FPS is pictures a second, GOP how
	// many pictures are from one key frame to the next. Zero means 320x180, 25 and 50.
	Seconds int
	Size    string
	FPS     string
	GOP     int
	// Video is the arguments that choose its codec, such as "-c:v libx264 -bf 2"; empty means
	// libx264 without B-frames. Audio is the same for sound; empty means AAC of 48 kHz in
	// stereo, and "-an" none.
	Video, Audio string
}

// Make returns the samples of a source in order of DTS, from time zero on, and their format.
// It skips the test where FFmpeg is missing.
func Make(t testing.TB, s Source) (sample.Format, []sample.Sample) {
	t.Helper()
	gop, length := strconv.Itoa(cmp.Or(s.GOP, 50)), strconv.Itoa(s.Seconds)
	pictures := "testsrc2=s=" + cmp.Or(s.Size, "320x180") + ":r=" + cmp.Or(s.FPS, "25")
	video := strings.Fields(cmp.Or(s.Video, "-c:v libx264 -preset ultrafast -bf 0") + " -pix_fmt yuv420p -sc_threshold 0 -g " + gop + " -keyint_min " + gop)
	f, list := parse(t, track(t, pictures, length, video))
	// Each track has a file of its own: FFmpeg shifts the first sample of one by the priming
	// of the other.
	if audio := cmp.Or(s.Audio, "-c:a aac -ar 48000 -ac 2"); audio != "-an" {
		g, sound := parse(t, track(t, "sine=f=440:r=48000", length, strings.Fields(audio)))
		f.Audio, list = g.Audio, append(list, sound...)
	}
	slices.SortStableFunc(list, func(a, b sample.Sample) int { return cmp.Compare(a.DTS, b.DTS) })
	return f, list
}

func track(t testing.TB, source, length string, codec []string) []byte {
	t.Helper()
	args := append([]string{"-v", "error", "-f", "lavfi", "-i", source, "-t", length}, codec...)
	return Run(t, nil, append(args, "-f", "mp4", "-movflags", "frag_keyframe+empty_moov+default_base_moof", "-strict", "-2", "-")...)
}

// Run runs FFmpeg on an input and returns its output. It fails the test when FFmpeg fails or
// prints anything, such as a warning.
func Run(t testing.TB, input []byte, args ...string) []byte {
	t.Helper()
	path, err := exec.LookPath("ffmpeg")
	if err != nil {
		t.Skip("there is no ffmpeg here")
	}
	var out, errs bytes.Buffer
	cmd := exec.CommandContext(t.Context(), path, append([]string{"-nostdin"}, args...)...)
	cmd.Stdout, cmd.Stderr = &out, &errs
	if input != nil {
		cmd.Stdin = bytes.NewReader(input)
		cmd.Args = slices.Delete(cmd.Args, 1, 2)
	}
	if err := cmd.Run(); err != nil || errs.Len() > 0 {
		t.Fatalf("ffmpeg %s: %v\n%s", strings.Join(args, " "), err, errs.String())
	}
	return out.Bytes()
}

func parse(t testing.TB, b []byte) (sample.Format, []sample.Sample) {
	t.Helper()
	moov := bytes.Index(b, []byte("moov")) - 4
	end := moov + int(binary.BigEndian.Uint32(b[moov:]))
	var init fmp4.Init
	if err := init.Unmarshal(bytes.NewReader(b[:end])); err != nil {
		t.Fatal(err)
	}
	var f sample.Format
	tracks := map[int]*fmp4.InitTrack{}
	for _, track := range init.Tracks {
		tracks[track.ID] = track
		switch c := track.Codec.(type) {
		case *codecs.H264:
			var sps h264.SPS
			if err := sps.Unmarshal(c.SPS); err != nil {
				t.Fatal(err)
			}
			f.Video = &sample.VideoFormat{Codec: sample.H264, SPS: c.SPS, PPS: c.PPS, Width: sps.Width(), Height: sps.Height(), FPS: sps.FPS()}
		case *codecs.H265:
			var sps h265.SPS
			if err := sps.Unmarshal(c.SPS); err != nil {
				t.Fatal(err)
			}
			f.Video = &sample.VideoFormat{Codec: sample.HEVC, VPS: c.VPS, SPS: c.SPS, PPS: c.PPS, Width: sps.Width(), Height: sps.Height(), FPS: sps.FPS()}
		case *codecs.MPEG4Audio:
			config, err := c.Config.Marshal()
			if err != nil {
				t.Fatal(err)
			}
			f.Audio = &sample.AudioFormat{Codec: sample.AAC, Config: config, Rate: c.Config.SampleRate, Channels: int(c.Config.ChannelConfig)}
		case *codecs.Opus:
			f.Audio = &sample.AudioFormat{Codec: sample.Opus, Rate: 48000, Channels: c.ChannelCount}
		}
	}
	var parts fmp4.Parts
	rest := b[end:]
	if mfra := bytes.LastIndex(rest, []byte("mfra")); mfra > 0 {
		rest = rest[:mfra-4]
	}
	if err := parts.Unmarshal(rest); err != nil {
		t.Fatal(err)
	}
	var list []sample.Sample
	for _, p := range parts {
		for _, track := range p.Tracks {
			list = append(list, samplesOf(track, tracks[track.ID], f)...)
		}
	}
	return f, list
}

func samplesOf(run *fmp4.PartTrack, track *fmp4.InitTrack, f sample.Format) []sample.Sample {
	at := func(units int64) time.Duration {
		return time.Duration(units) * time.Second / time.Duration(track.TimeScale)
	}
	var list []sample.Sample
	dts := int64(run.BaseTime)
	for _, s := range run.Samples {
		x := sample.Sample{DTS: at(dts), PTS: at(dts + int64(s.PTSOffset)), Sync: true, Data: s.Payload}
		if !track.Codec.IsVideo() {
			x.Track, x.PTS = sample.Audio, x.DTS
		} else if x.Sync = isIDR(f.Video.Codec, x.Data); x.Sync {
			x.Data = withParameters(f.Video, x.Data)
		}
		list = append(list, x)
		dts += int64(s.Duration)
	}
	return list
}

// isIDR reports whether a picture has a slice of an IDR picture.
func isIDR(c sample.Codec, data []byte) bool {
	for len(data) > 4 {
		n := int(binary.BigEndian.Uint32(data))
		if kind := data[4]; c == sample.H264 && kind&0x1f == 5 || c == sample.HEVC && (kind>>1&0x3f == 19 || kind>>1&0x3f == 20) {
			return true
		}
		data = data[4+n:]
	}
	return false
}

// withParameters puts the parameter sets before a key frame.
func withParameters(v *sample.VideoFormat, data []byte) []byte {
	var b []byte
	for _, set := range [][]byte{v.VPS, v.SPS, v.PPS} {
		if set != nil {
			b = append(binary.BigEndian.AppendUint32(b, uint32(len(set))), set...)
		}
	}
	return append(b, data...)
}
