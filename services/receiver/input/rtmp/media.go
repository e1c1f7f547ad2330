package rtmp

import (
	"bytes"
	"fmt"
	"time"

	"github.com/bluenviron/gortmplib/pkg/amf0"
	"github.com/bluenviron/gortmplib/pkg/message"
	"github.com/bluenviron/gortmplib/pkg/rawmessage"

	"livestream-tui/services/receiver/input"
	"livestream-tui/services/receiver/input/tracks"
	"livestream-tui/services/receiver/sample"
)

// media makes samples of the messages of a session. It opens the connection with the first
// message that has something of the stream: by then the encoder has said its name.
type media struct {
	session *session
	sink    input.Sink
	remote  string
	watch   func(input.Connection) // is called with the connection when it opens

	connection input.Connection
	tracks     *tracks.Tracks
	length     int   // the size of the lengths of NAL units
	last       int64 // the last timestamp in milliseconds, unwrapped
	timed      bool
	mute       bool // the sound is not taken, and that was said
}

func (m *media) open(encoder string) {
	if m.connection == nil {
		m.connection = m.sink.Open(input.About{Remote: m.remote, Encoder: encoder})
		m.tracks = tracks.New(m.connection)
		m.watch(m.connection)
	}
}

// replaced reports whether another connection has taken over.
func (m *media) replaced() bool {
	if m.connection == nil {
		return false
	}
	select {
	case <-m.connection.Done():
		return true
	default:
		return false
	}
}

// close ends the connection, if there is one.
func (m *media) close(why error) {
	if m.connection != nil {
		m.tracks.End()
		m.connection.Close(why)
	} else if why != nil {
		m.sink.Failed(why)
	}
}

// read reads until the stream ends: nil when the encoder says so.
func (m *media) read() error {
	for {
		raw, err := m.session.read()
		if err != nil {
			return err
		}
		switch message.Type(raw.Type) {
		case message.TypeVideo:
			m.open("")
			err = m.video(raw.Body, m.time(raw.Timestamp))
		case message.TypeAudio:
			m.open("")
			m.audio(raw.Body, m.time(raw.Timestamp))
		case message.TypeDataAMF0, message.TypeDataAMF3:
			m.data(raw)
		case message.TypeCommandAMF0, message.TypeCommandAMF3:
			if c, ok := commandOf(raw); ok && (c.name == "deleteStream" || c.name == "closeStream" || c.name == "FCUnpublish") {
				return nil
			}
		}
		if err != nil {
			m.sink.Failed(err)
			return err
		}
	}
}

// time unwraps a timestamp of 32 bits in milliseconds.
func (m *media) time(t time.Duration) time.Duration {
	ms := uint32(t / time.Millisecond)
	if !m.timed {
		m.timed, m.last = true, int64(ms)
	}
	m.last += int64(int32(ms - uint32(m.last)))
	return time.Duration(m.last) * time.Millisecond
}

// data takes what an encoder says of its stream.
func (m *media) data(raw *rawmessage.Message) {
	body := raw.Body
	if message.Type(raw.Type) == message.TypeDataAMF3 && len(body) > 0 && body[0] == 0 {
		body = body[1:]
	}
	if len(body) > dataMost {
		return
	}
	list, err := amf0.Unmarshal(body)
	if err != nil {
		return
	}
	for i, v := range list {
		if v != "onMetaData" || i+1 >= len(list) {
			continue
		}
		o := objectOf(list[i+1])
		encoder, _ := o.GetString("encoder")
		m.open(encoder)
		_, pictures := o.Get("videocodecid")
		if _, sound := o.Get("audiocodecid"); pictures && !sound {
			m.tracks.ExpectSound(false)
		}
		return
	}
}

// The kinds of messages of enhanced RTMP, for pictures and sound.
const (
	kindConfig, kindFrames, kindEnd, kindFramesX, kindMultitrack, kindModifiers = 0, 1, 2, 3, 6, 7
	kindMultitrackSound                                                         = 5
)

// extended is a message of enhanced RTMP without its header.
type extended struct {
	kind byte
	four string
	body []byte
}

// extendedOf reads the header; false for another track than the first one, or damage.
func extendedOf(b []byte, multitrack byte) (extended, bool) {
	e := extended{kind: b[0] & 0xf, body: b[1:]}
	for e.kind == kindModifiers && len(e.body) >= 2 {
		size, at := int(e.body[0])+1, 1
		if size == 256 && len(e.body) >= 3 {
			size, at = int(e.body[1])<<8+int(e.body[2])+1, 3
		}
		if at+size >= len(e.body) {
			return e, false
		}
		e.kind, e.body = e.body[at+size]&0xf, e.body[at+size+1:]
	}
	many := e.kind == multitrack
	if many {
		if len(e.body) < 6 || e.body[0]>>4 != 0 || e.body[5] != 0 {
			return e, false // only messages of one track each, and the first of them
		}
		e.kind, e.body = e.body[0]&0xf, e.body[1:]
	}
	if len(e.body) < 4 {
		return e, false
	}
	e.four, e.body = string(e.body[:4]), e.body[4:]
	if many {
		e.body = e.body[1:]
	}
	return e, true
}

// video takes a message of pictures (FLV, E.4.3.1; enhanced RTMP).
func (m *media) video(b []byte, at time.Duration) error {
	if len(b) < 2 || b[0]>>4&7 == 5 { // a command
		return nil
	}
	var codec sample.Codec
	var kind byte
	var body []byte
	if b[0]&0x80 != 0 {
		e, ok := extendedOf(b, kindMultitrack)
		if !ok {
			return nil
		}
		if codec, ok = map[string]sample.Codec{"avc1": sample.H264, "hvc1": sample.HEVC}[e.four]; !ok {
			return tracks.Unsupported{Track: sample.Video, Codec: nameOf(e.four, "av01", "AV1", "vp09", "VP9", "vp08", "VP8", "vvc1", "VVC")}
		}
		kind, body = e.kind, e.body
	} else {
		switch b[0] & 0xf {
		case message.CodecH264:
			codec = sample.H264
		case message.CodecH265:
			codec = sample.HEVC
		default:
			return tracks.Unsupported{Track: sample.Video, Codec: oldVideo[b[0]&0xf]}
		}
		kind, body = b[1], b[2:]
		if kind == kindConfig && len(body) >= 3 {
			body = body[3:]
		}
	}
	switch kind {
	case kindConfig:
		sets, length, ok := parameterSets(codec, body)
		if ok {
			m.length = length
			m.tracks.Parameters(codec, sets)
		}
	case kindFrames:
		if len(body) < 3 {
			return nil
		}
		shift := int32(uint32(body[0])<<24|uint32(body[1])<<16|uint32(body[2])<<8) >> 8
		m.picture(codec, body[3:], at, at+time.Duration(shift)*time.Millisecond)
	case kindFramesX:
		if b[0]&0x80 != 0 {
			m.picture(codec, body, at, at)
		}
	}
	return nil
}

// picture takes an access unit. Some encoders send a byte stream where lengths belong.
func (m *media) picture(codec sample.Codec, b []byte, dts, pts time.Duration) {
	units, ok := tracks.Lengths(b, m.length)
	if !ok {
		if !bytes.HasPrefix(b, []byte{0, 0, 0, 1}) && !bytes.HasPrefix(b, []byte{0, 0, 1}) {
			m.tracks.Lost()
			return
		}
		units = tracks.ByteStream(b)
	}
	m.tracks.Picture(codec, units, dts, pts)
}

// audio takes a message of sound (FLV, E.4.2.1; enhanced RTMP). Sound that is not taken
// leaves pictures without sound.
func (m *media) audio(b []byte, at time.Duration) {
	if len(b) < 2 || m.mute {
		return
	}
	var err error
	switch b[0] >> 4 {
	case 10:
		if body := b[2:]; b[1] != 0 {
			m.tracks.Frame(body, at)
		} else if len(body) > 0 {
			err = m.sound(tracks.AACFormat(body))
		}
	case 9:
		err = m.extendedAudio(b, at)
	default:
		err = tracks.Unsupported{Track: sample.Audio, Codec: oldAudio[b[0]>>4]}
	}
	if err != nil {
		m.mute = true
		m.tracks.ExpectSound(false)
		m.sink.Failed(err)
	}
}

func (m *media) extendedAudio(b []byte, at time.Duration) error {
	e, ok := extendedOf(b, kindMultitrackSound)
	if !ok {
		return nil
	}
	if e.four != "mp4a" && e.four != "Opus" {
		return tracks.Unsupported{Track: sample.Audio, Codec: nameOf(e.four, "ac-3", "AC-3", "ec-3", "E-AC-3", ".mp3", "MP3", "fLaC", "FLAC")}
	}
	switch {
	case e.kind == kindFrames:
		m.tracks.Frame(e.body, at)
	case e.kind != kindConfig:
	case e.four == "mp4a":
		return m.sound(tracks.AACFormat(e.body))
	default:
		channels := 2
		if bytes.HasPrefix(e.body, []byte("OpusHead")) && len(e.body) > 9 {
			channels = int(e.body[9])
		}
		return m.sound(tracks.OpusFormat(channels))
	}
	return nil
}

func (m *media) sound(f sample.AudioFormat, err error) error {
	if err == nil {
		m.tracks.Sound(f)
	}
	return err
}

// oldVideo and oldAudio are the codecs of FLV that are not taken, by their numbers.
var (
	oldVideo = [16]string{2: "Sorenson H.263", 3: "Screen Video", 4: "VP6", 5: "VP6 with alpha", 6: "Screen Video 2",
		0: "unknown", 1: "unknown", 8: "unknown", 9: "unknown", 10: "unknown", 11: "unknown", 13: "AV1", 14: "VP8", 15: "VP9"}
	oldAudio = [16]string{0: "PCM", 1: "ADPCM", 2: "MP3", 3: "PCM", 4: "Nellymoser", 5: "Nellymoser", 6: "Nellymoser", 7: "G.711",
		8: "G.711", 11: "Speex", 12: "unknown", 13: "Opus in an old form", 14: "MP3", 15: "unknown"}
)

// nameOf is the name of a fourcc in a list of pairs.
func nameOf(four string, pairs ...string) string {
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i] == four {
			return pairs[i+1]
		}
	}
	return fmt.Sprintf("of an unknown kind (%q)", four)
}
