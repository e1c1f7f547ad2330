package rtmp

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"math/big"
	"net/url"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/abema/go-mp4"
	"github.com/bluenviron/gortmplib"
	"github.com/bluenviron/gortmplib/pkg/message"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/mpeg4audio"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/opus"

	"livestream-tui/services/receiver/input"
	"livestream-tui/services/receiver/input/mpegts"
	"livestream-tui/services/receiver/input/tracks"
	"livestream-tui/services/receiver/inputtest"
	"livestream-tui/services/receiver/sample"
)

// dial publishes as an encoder of enhanced RTMP does.
func dial(t *testing.T, address string) *gortmplib.Client {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	c := &gortmplib.Client{URL: u, Publish: true}
	if err := c.Initialize(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// samples are those of a film in MPEG-TS, and their format.
func samples(t *testing.T, s inputtest.Signal) ([]sample.Sample, sample.Format) {
	t.Helper()
	f, err := os.Open(inputtest.Film(t, "film.ts", s))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	sink := inputtest.NewSink()
	sink.Open(input.About{})
	c := sink.Connections()[0]
	if err := mpegts.Copy(c, f, nil); err != nil {
		t.Fatal(err)
	}
	formats, _ := c.Formats()
	return c.Samples(), formats[0]
}

// FFmpeg 5 does not send these, so gortmplib's client does.
func TestEnhancedRTMPCarriesHEVCAndOpus(t *testing.T) {
	st := newStation(t)
	sink := inputtest.Run(t, st.Input("k"))
	want, format := samples(t, inputtest.Signal{Codec: "libx265", Audio: "libopus", BFrames: 2, Length: 2 * time.Second})
	client := dial(t, "rtmp://"+st.address+"/live#k")
	send := func(m message.Message) {
		t.Helper()
		if err := client.Write(m); err != nil {
			t.Fatal(err)
		}
	}
	array := func(kind byte, unit []byte) mp4.HEVCNaluArray {
		return mp4.HEVCNaluArray{NaluType: kind, NumNalus: 1, Nalus: []mp4.HEVCNalu{{Length: uint16(len(unit)), NALUnit: unit}}}
	}
	v := format.Video
	send(&message.VideoExSequenceStart{ChunkStreamID: 6, MessageStreamID: 1 << 24, FourCC: message.FourCCHEVC, HEVCConfig: &mp4.HvcC{
		ConfigurationVersion: 1, LengthSizeMinusOne: 3, NumOfNaluArrays: 3,
		NaluArrays: []mp4.HEVCNaluArray{array(32, v.VPS), array(33, v.SPS), array(34, v.PPS)},
	}})
	send(&message.AudioExSequenceStart{ChunkStreamID: 4, MessageStreamID: 1 << 24, FourCC: message.FourCCOpus, OpusConfig: &opus.IDHeader{Version: 1, ChannelCount: 2}})
	for _, s := range want {
		if s.Track == sample.Audio {
			send(&message.AudioExCodedFrames{ChunkStreamID: 4, MessageStreamID: 1 << 24, FourCC: message.FourCCOpus, DTS: s.DTS, Payload: s.Data})
			continue
		}
		send(&message.VideoExCodedFrames{ChunkStreamID: 6, MessageStreamID: 1 << 24, FourCC: message.FourCCHEVC, DTS: s.DTS, PTSDelta: s.PTS - s.DTS, Payload: s.Data})
	}
	c := sink.AwaitConnection(t, 0, len(want))
	formats, _ := c.Formats()
	if len(formats) != 1 || !formats[0].Equal(format) {
		t.Fatalf("got %+v, want %+v", formats, format)
	}
	for i, got := range c.Samples() {
		w := want[i]
		if got.Track != w.Track || got.Sync != w.Sync || string(got.Data) != string(w.Data) {
			t.Fatalf("sample %d: got %s, key frame %t, %d bytes; want %s, %t, %d", i, got.Track, got.Sync, len(got.Data), w.Track, w.Sync, len(w.Data))
		}
		if d := (got.PTS - got.DTS) - (w.PTS - w.DTS); d.Abs() > time.Millisecond || (got.DTS-w.DTS).Abs() > time.Millisecond {
			t.Fatalf("sample %d: got %s and %s, want %s and %s", i, got.DTS, got.PTS, w.DTS, w.PTS)
		}
	}
}

// gortmplib's own Reader would read two seconds more before it gave anything.
func TestAKeyFrameIsASampleAtOnce(t *testing.T) {
	st := newStation(t)
	sink := inputtest.Run(t, st.Input("k"))
	want, format := samples(t, inputtest.Signal{Length: time.Second})
	client := dial(t, "rtmp://"+st.address+"/live#k")
	audio, err := (&mpeg4audio.AudioSpecificConfig{Type: mpeg4audio.ObjectTypeAACLC, SampleRate: 48000, ChannelConfig: 2, ChannelCount: 2}).Marshal()
	if err != nil || !bytes.Equal(audio, format.Audio.Config) {
		t.Fatalf("got %x, %v, want %x", audio, err, format.Audio.Config)
	}
	set := func(unit []byte) []mp4.AVCParameterSet {
		return []mp4.AVCParameterSet{{Length: uint16(len(unit)), NALUnit: unit}}
	}
	config := &mp4.AVCDecoderConfiguration{ConfigurationVersion: 1, LengthSizeMinusOne: 3, Reserved: 63, Reserved2: 7,
		NumOfSequenceParameterSets: 1, SequenceParameterSets: set(format.Video.SPS), NumOfPictureParameterSets: 1, PictureParameterSets: set(format.Video.PPS)}
	config.SetType(mp4.BoxTypeAvcC())
	first := want[slices.IndexFunc(want, func(s sample.Sample) bool { return s.Track == sample.Video })]
	for _, m := range []message.Message{
		&message.Video{ChunkStreamID: 6, MessageStreamID: 1 << 24, Codec: message.CodecH264, IsKeyFrame: true, Type: message.VideoTypeConfig, AVCConfig: config},
		&message.Audio{ChunkStreamID: 4, MessageStreamID: 1 << 24, Codec: message.CodecMPEG4Audio, Depth: message.AudioDepth16, IsStereo: true,
			AACType: message.AudioAACTypeConfig, AACConfig: &mpeg4audio.AudioSpecificConfig{Type: mpeg4audio.ObjectTypeAACLC, SampleRate: 48000, ChannelConfig: 2, ChannelCount: 2}},
		&message.Video{ChunkStreamID: 6, MessageStreamID: 1 << 24, Codec: message.CodecH264, IsKeyFrame: true, Type: message.VideoTypeAU, AU: first.Data},
	} {
		if err := client.Write(m); err != nil {
			t.Fatal(err)
		}
	}
	got := sink.AwaitConnection(t, 0, 1).Samples()[0]
	if !got.Sync || !bytes.Equal(got.Data, first.Data) {
		t.Errorf("got %d bytes, key frame %t, want %d", len(got.Data), got.Sync, len(first.Data))
	}
}

func TestRTMPSIsTheSame(t *testing.T) {
	st := newStation(t)
	l, err := Listen("127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{certificate(t)}})
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	st.serve(t, l)
	sink := inputtest.Run(t, st.Input("k"))
	inputtest.Push(t, "rtmps://"+address+"/live/k", inputtest.Signal{})
	sink.AwaitConnection(t, 0, 10)
	inputtest.Push(t, "rtmps://"+address+"/live/k", inputtest.Signal{})
	sink.AwaitConnection(t, 1, 10)
}

func certificate(t *testing.T) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), DNSNames: []string{"localhost"}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

func TestTimestampsGoOnPastTheirWrapOf32Bits(t *testing.T) {
	var m media
	const wrap = 1 << 32 * time.Millisecond
	last := time.Duration(-1)
	for at := wrap - time.Second; at < wrap+time.Second; at += 40 * time.Millisecond {
		got := m.time(at % wrap)
		if got != at || got <= last {
			t.Fatalf("got %s, want %s", got, at)
		}
		last = got
		if behind := m.time((at - 20*time.Millisecond) % wrap); behind != at-20*time.Millisecond {
			t.Fatalf("one that is a little older: got %s, want %s", behind, at-20*time.Millisecond)
		}
	}
}

func TestAnEncoderMayStartItsTimeAnew(t *testing.T) {
	var m media
	m.time(time.Hour)
	if got := m.time(0); got != 0 {
		t.Errorf("got %s, want 0", got)
	}
}

// The header of enhanced RTMP with modifiers, and with one of several tracks.
func TestHeadersOfEnhancedRTMP(t *testing.T) {
	for _, c := range []struct {
		name string
		b    []byte
		ok   bool
		kind byte
		body string
	}{
		{"plain", []byte("\x91hvc1abc"), true, 1, "abc"},
		{"with a modifier of three bytes", []byte("\x97\x02xyz\x01hvc1abc"), true, 1, "abc"},
		{"the first of one track each", []byte("\x96\x01hvc1\x00abc"), true, 1, "abc"},
		{"the second of one track each", []byte("\x96\x01hvc1\x01abc"), false, 0, ""},
		{"many tracks", []byte("\x96\x11hvc1\x00abc"), false, 0, ""},
		{"cut off", []byte("\x91hv"), false, 0, ""},
		{"a modifier that is cut off", []byte("\x97\x09xy"), false, 0, ""},
	} {
		e, ok := extendedOf(c.b, kindMultitrack)
		if ok != c.ok || ok && (e.kind != c.kind || e.four != "hvc1" || string(e.body) != c.body) {
			t.Errorf("%s: got %+v, %t", c.name, e, ok)
		}
	}
}

func FuzzMessages(f *testing.F) {
	f.Add([]byte("\x17\x00\x00\x00\x00\x01\x64\x00\x0a\xff\xe1\x00\x02\x67\x64\x01\x00\x01\x68"), true)
	f.Add([]byte("\x90hvc1\x01"), true)
	f.Add([]byte("\x90OpusOpusHead\x01\x02"), false)
	f.Add([]byte("\xaf\x00\x11\x90"), false)
	f.Fuzz(func(t *testing.T, b []byte, video bool) {
		sink := inputtest.NewSink()
		c := sink.Open(input.About{})
		m := &media{sink: sink, connection: c, tracks: tracks.New(c), length: 4}
		if len(b) == 0 {
			return
		}
		for range 2 {
			if video {
				_ = m.video(b, 0)
			} else {
				m.audio(b, 0)
			}
		}
	})
}

func TestServeEndsWithItsContext(t *testing.T) {
	l, err := Listen("127.0.0.1:0", nil)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- New(Options{}).Serve(ctx, l) }()
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
