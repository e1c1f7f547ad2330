package slate

import (
	"bytes"
	"encoding/binary"
	"errors"
	"os"
	"slices"
	"strings"
	"syscall"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/mpeg4audio"

	"livestream-tui/services/receiver/sample"
)

const killed = syscall.SIGKILL

// environment is ours without what FFmpeg need not know.
func environment() []string {
	return slices.DeleteFunc(os.Environ(), func(v string) bool {
		name, _, _ := strings.Cut(v, "=")
		return strings.HasSuffix(name, "_TOKEN") || name == "SIGNALS"
	})
}

// unit is the kind of a NAL unit.
type unit uint8

const (
	slice unit = iota
	key
	parameters
	delimiter
	other
)

// kindOf is the kind of a NAL unit (ITU-T H.264, table 7-1, and H.265, table 7-1).
func kindOf(codec sample.Codec, nal []byte) unit {
	if codec == sample.HEVC {
		switch n := nal[0] >> 1 & 0x3f; {
		case n >= 16 && n <= 21:
			return key
		case n <= 9:
			return slice
		case n >= 32 && n <= 34:
			return parameters
		case n == 35:
			return delimiter
		}
		return other
	}
	switch nal[0] & 0x1f {
	case 5:
		return key
	case 1, 2, 3, 4:
		return slice
	case 7, 8:
		return parameters
	case 9:
		return delimiter
	}
	return other
}

// pictures reads a stream of Annex B in which each picture begins with a delimiter.
func pictures(b []byte, like *sample.VideoFormat, r rate) ([]sample.Sample, *sample.VideoFormat, error) {
	format := &sample.VideoFormat{Codec: like.Codec, Width: like.Width, Height: like.Height, FPS: float64(r.num) / float64(r.den)}
	var list []sample.Sample
	for nal := range bytes.SplitSeq(b, []byte{0, 0, 1}) {
		if nal = bytes.TrimRight(nal, "\x00"); len(nal) < 2 {
			continue
		}
		kind := kindOf(like.Codec, nal)
		if kind == delimiter {
			list = append(list, sample.Sample{DTS: r.at(len(list)), PTS: r.at(len(list))})
			continue
		}
		if kind == parameters {
			*parameterOf(format, nal) = bytes.Clone(nal)
		}
		if len(list) == 0 || kind == other || kind == parameters {
			continue
		}
		s := &list[len(list)-1]
		if kind == key && !s.Sync {
			s.Sync = true
			for _, p := range [][]byte{format.VPS, format.SPS, format.PPS} {
				if p != nil {
					s.Data = appendUnit(s.Data, p)
				}
			}
		}
		s.Data = appendUnit(s.Data, nal)
	}
	if len(list) == 0 || !list[0].Sync || format.SPS == nil || format.PPS == nil {
		return nil, nil, errors.New("FFmpeg has given no key frame")
	}
	return list, format, nil
}

// parameterOf is where a parameter set belongs.
func parameterOf(f *sample.VideoFormat, nal []byte) *[]byte {
	const vps, sps, h264SPS = 32, 33, 7
	if f.Codec == sample.HEVC {
		switch nal[0] >> 1 & 0x3f {
		case vps:
			return &f.VPS
		case sps:
			return &f.SPS
		}
		return &f.PPS
	}
	if nal[0]&0x1f == h264SPS {
		return &f.SPS
	}
	return &f.PPS
}

func appendUnit(to, nal []byte) []byte {
	to = binary.BigEndian.AppendUint32(to, uint32(len(nal)))
	return append(to, nal...)
}

// annexB is a sample's NAL units with start codes (ITU-T H.264, annex B).
func annexB(data []byte) []byte {
	var out []byte
	for len(data) >= 4 {
		n := int(binary.BigEndian.Uint32(data))
		if data = data[4:]; n > len(data) {
			break
		}
		out = append(append(out, 0, 0, 0, 1), data[:n]...)
		data = data[n:]
	}
	return out
}

// adts reads the frames of a file that FFmpeg has written.
func (w *work) adts(name string) ([][]byte, error) {
	b, err := os.ReadFile(w.path(name))
	if err != nil {
		return nil, err
	}
	var packets mpeg4audio.ADTSPackets
	if err := packets.Unmarshal(b); err != nil {
		return nil, err
	}
	var frames [][]byte
	for _, p := range packets {
		frames = append(frames, p.AU)
	}
	if len(frames) == 0 {
		return nil, errors.New("FFmpeg has given no sound")
	}
	return frames, nil
}

// opusSilence is a packet of Opus of 20 ms without a sound (RFC 6716, 3.1): full band, one
// frame.
func opusSilence(channels int) []byte {
	const mono, stereo = 0xf8, 0xfc
	if channels == 1 {
		return []byte{mono, 0xff, 0xfe}
	}
	return []byte{stereo, 0xff, 0xfe}
}
