package segment

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/mpeg4audio"
	"github.com/bluenviron/mediacommon/v2/pkg/formats/fmp4"
	"github.com/bluenviron/mediacommon/v2/pkg/formats/fmp4/seekablebuffer"
	"github.com/bluenviron/mediacommon/v2/pkg/formats/mp4/codecs"

	"livestream-tui/services/hls/media"
	"livestream-tui/services/receiver/sample"
)

// The IDs of the tracks.
const (
	videoTrack = 1
	audioTrack = 2
)

// NewInit makes the initialization section of a format. The same format always gives the same
// bytes: no bit rates or times are in them. An error says which part of the format is bad.
func NewInit(f sample.Format) (*Init, error) {
	if f.Video == nil {
		return nil, errors.New("the format has no video")
	}
	video, err := videoCodec(f.Video)
	if err != nil {
		return nil, err
	}
	in := fmp4.Init{Tracks: []*fmp4.InitTrack{{ID: videoTrack, TimeScale: videoScale, Codec: video}}}
	if f.Audio != nil {
		audio, err := audioCodec(f.Audio)
		if err != nil {
			return nil, err
		}
		in.Tracks = append(in.Tracks, &fmp4.InitTrack{ID: audioTrack, TimeScale: uint32(f.Audio.Rate), Codec: audio})
	}
	var b seekablebuffer.Buffer
	if err := in.Marshal(&b); err != nil {
		return nil, fmt.Errorf("the format: %w", err)
	}
	data := b.Bytes()
	clearBitrates(data)
	return &Init{Name: media.InitName(data), Data: data, kind: kindOf(f)}, nil
}

// kindOf is what of a format a decoder cannot learn from key frames.
func kindOf(f sample.Format) string {
	kind := string(f.Video.Codec)
	if a := f.Audio; a != nil {
		kind += fmt.Sprintf(" %s %d %d %x", a.Codec, a.Rate, a.Channels, a.Config)
	}
	return kind
}

func videoCodec(v *sample.VideoFormat) (codecs.Codec, error) {
	switch v.Codec {
	case sample.H264:
		return &codecs.H264{SPS: v.SPS, PPS: v.PPS}, nil
	case sample.HEVC:
		return &codecs.H265{VPS: v.VPS, SPS: v.SPS, PPS: v.PPS}, nil
	}
	return nil, fmt.Errorf("video codec %q: allowed are %s and %s", v.Codec, sample.H264, sample.HEVC)
}

func audioCodec(a *sample.AudioFormat) (codecs.Codec, error) {
	if a.Rate <= 0 {
		return nil, fmt.Errorf("%s with %d samples a second", a.Codec, a.Rate)
	}
	switch a.Codec {
	case sample.AAC:
		var c mpeg4audio.AudioSpecificConfig
		if err := c.Unmarshal(a.Config); err != nil {
			return nil, fmt.Errorf("the configuration of AAC: %w", err)
		}
		return &codecs.MPEG4Audio{Config: c}, nil
	case sample.Opus:
		return &codecs.Opus{ChannelCount: a.Channels}, nil
	}
	return nil, fmt.Errorf("audio codec %q: allowed are %s and %s", a.Codec, sample.AAC, sample.Opus)
}

// containers are the boxes on the way to the boxes of bit rates, each with how many bytes of
// its contents are before its boxes (ISO/IEC 14496-12, 8.5.2, 12.1.3 and 12.2.3).
var containers = map[string]int{
	"moov": 0, "trak": 0, "mdia": 0, "minf": 0, "stbl": 0, "stsd": 8,
	"avc1": 78, "hvc1": 78, "hev1": 78, "mp4a": 28, "Opus": 28,
}

// clearBitrates sets the bit rates of btrt and esds to zero, which means unknown: they would
// be made up.
func clearBitrates(b []byte) {
	for len(b) >= 8 {
		size, kind := int(binary.BigEndian.Uint32(b)), string(b[4:8])
		if size < 8 || size > len(b) {
			return
		}
		body := b[8:size]
		if before, ok := containers[kind]; ok && before <= len(body) {
			clearBitrates(body[before:])
		}
		switch kind {
		case "btrt": // the buffer's size, then the two rates
			clear(body)
		case "esds":
			clearDescriptor(body)
		}
		b = b[size:]
	}
}

// clearDescriptor clears the rates in the DecoderConfigDescriptor (ISO/IEC 14496-1, 7.2.6.6).
func clearDescriptor(b []byte) {
	const full, streamHeader, config, ratesAt = 4, 3, 4, 5
	size := func(b []byte) int { // of a descriptor's header: its tag and its length
		n := 1
		for n < len(b) && b[n]&0x80 != 0 {
			n++
		}
		return n + 1
	}
	if len(b) < full+2 {
		return
	}
	b = b[full:]
	at := size(b) + streamHeader
	if at >= len(b) || b[at] != config {
		return
	}
	at += size(b[at:]) + ratesAt
	if at+8 <= len(b) {
		clear(b[at : at+8])
	}
}
