package container

import (
	"bytes"
	"encoding/binary"
	"strings"
	"testing"
)

const (
	playlist = "#EXTM3U\n#EXT-X-TARGETDURATION:2\n"
	// fragment is a moof whose decode time is 5.
	fragment = "\x00\x00\x00\x28moof\x00\x00\x00\x20traf\x00\x00\x00\x10tfdt\x00\x00\x00\x00\x00\x00\x00\x05\x00\x00\x00\x08free"
)

// packet is a transport stream packet with what it carries, filled up by adaptation.
func packet(start bool, payload []byte) []byte {
	b := bytes.Repeat([]byte{0xff}, packetSize)
	copy(b, []byte{0x47, 0x01, 0x00, 0x30, byte(packetSize - 5 - len(payload)), 0})
	if start {
		b[1] |= 0x40
	}
	copy(b[packetSize-len(payload):], payload)
	return b
}

// pes is the beginning of a PES packet.
func pes(stream byte, pts int64) []byte {
	return []byte{
		0, 0, 1, stream, 0, 0, 0x80, 0x80, 5,
		0x21 | byte(pts>>29)&0xe, byte(pts >> 22), byte(pts>>14) | 1, byte(pts >> 7), byte(pts<<1) | 1,
	}
}

func id3(version byte, frames ...[]byte) []byte {
	body := bytes.Join(frames, nil)
	n := len(body)
	return append([]byte{'I', 'D', '3', version, 0, 0, byte(n >> 21 & 0x7f), byte(n >> 14 & 0x7f), byte(n >> 7 & 0x7f), byte(n & 0x7f)}, body...)
}

func frame(kind, body string) []byte {
	return append(append([]byte(kind), 0, 0, byte(len(body)>>7), byte(len(body)&0x7f), 0, 0), body...)
}

func TestFirstTimestamp(t *testing.T) {
	const most = 1<<33 - 1
	table := packet(true, []byte{0, 0, 0xb0})
	sound, picture := packet(true, pes(0xc0, 5)), packet(true, pes(0xe0, most))
	priv := "com.apple.streaming.transportStreamTimestamp\x00" + string(binary.BigEndian.AppendUint64(nil, most))
	for _, c := range []struct {
		name string
		body []byte
		want Timestamp
		ok   bool
	}{
		{"nothing", nil, Timestamp{}, false},
		{"MPEG-TS, video after sound", bytes.Join([][]byte{table, sound, picture, packet(true, pes(0xe0, 1))}, nil), Timestamp{most, 90000}, true},
		{"MPEG-TS of sound alone", bytes.Join([][]byte{table, sound, packet(true, pes(0xc0, 9))}, nil), Timestamp{5, 90000}, true},
		{"MPEG-TS, video late", bytes.Join([][]byte{sound, bytes.Repeat(table, searched), picture}, nil), Timestamp{5, 90000}, true},
		{"MPEG-TS, its last packet cut", append(slicesOf(table, sound), picture[:100]...), Timestamp{5, 90000}, true},
		{"MPEG-TS without a time", bytes.Repeat(table, 3), Timestamp{}, false},
		{"MPEG-TS of no unit's start", slicesOf(packet(false, pes(0xe0, 5)), table), Timestamp{}, false},
		{"fragmented MP4", []byte(fragment), Timestamp{5, 0}, true},
		{"packed audio", append(id3(4, frame("TXXX", "a"), frame("PRIV", "other\x00x"), frame("PRIV", priv)), 0xff, 0xf1), Timestamp{most, 90000}, true},
		{"packed audio of an older tag", id3(3, frame("PRIV", priv)), Timestamp{most, 90000}, true},
		{"packed audio, sizes of seven bits a byte", id3(4, frame("TXXX", strings.Repeat("a", 200)), frame("PRIV", priv)), Timestamp{most, 90000}, true},
		{"packed audio of an older tag, sizes of eight", id3(3, append([]byte("TXXX\x00\x00\x00\xc8\x00\x00"), make([]byte, 200)...), frame("PRIV", priv)), Timestamp{most, 90000}, true},
		{"packed audio without it", id3(4, frame("PRIV", "other\x00x")), Timestamp{}, false},
		{"packed audio, its tag cut", id3(4, frame("PRIV", priv))[:60], Timestamp{}, false},
		{"a playlist", []byte(playlist), Timestamp{}, false},
	} {
		if got, ok := FirstTimestamp(c.body); got != c.want || ok != c.ok {
			t.Errorf("%s: got %+v, %t, want %+v, %t", c.name, got, ok, c.want, c.ok)
		}
	}
}

func slicesOf(parts ...[]byte) []byte { return bytes.Join(parts, nil) }

func TestSniff(t *testing.T) {
	table := packet(true, []byte{0, 0, 0xb0})
	for _, c := range []struct {
		name, body string
		want       Format
	}{
		{"nothing", "", FormatUnknown},
		{"a word", "oops", FormatUnknown},
		{"JSON", `{"error":"x"}`, FormatUnknown},
		{"MPEG-TS", strings.Repeat(string(table), 4), FormatMPEGTS},
		{"one packet of it", string(table), FormatMPEGTS},
		{"MPEG-TS and something behind it", strings.Repeat(string(table), 3) + "x", FormatMPEGTS},
		{"a letter G", "G" + strings.Repeat("x", 1000), FormatUnknown},
		{"fMP4", "\x00\x00\x00\x08styp", FormatMP4},
		{"an init section", "\x00\x00\x00\x08ftyp", FormatMP4},
		{"ADTS", "\xff\xf1\x50\x80\x00", FormatPackedAudio},
		{"MP3", "\xff\xfb\x90\x64", FormatPackedAudio},
		{"AC-3", "\x0b\x77\x00\x00", FormatPackedAudio},
		{"ID3", string(id3(4)), FormatPackedAudio},
		{"UTF-16", "\xff\xfe#\x00", FormatUnknown},
		{"WebVTT", "\ufeffWEBVTT\n\n", FormatWebVTT},
		{"HTML", "\n <!DOCTYPE html>\n<html>", FormatHTML},
		{"HTML without a type, after a byte order mark", "\ufeff<HTML><body>502", FormatHTML},
		{"HTML that begins with its head", "<head></head>", FormatHTML},
		{"a playlist", playlist, FormatPlaylist},
		{"a playlist after blanks", "\ufeff\r\n" + playlist, FormatPlaylist},
	} {
		if got := Sniff([]byte(c.body)); got != c.want {
			t.Errorf("%s: got %s, want %s", c.name, got, c.want)
		}
	}
}

func FuzzFirstTimestamp(f *testing.F) {
	f.Add(slicesOf(packet(true, pes(0xc0, 5)), packet(true, pes(0xe0, 7)), packet(false, nil)))
	f.Add([]byte(fragment))
	f.Add(id3(4, frame("PRIV", "com.apple.streaming.transportStreamTimestamp\x00"+string(binary.BigEndian.AppendUint64(nil, 9)))))
	f.Add(binary.BigEndian.AppendUint64([]byte("\x00\x00\x00\x01moof"), 1<<63))
	f.Add([]byte(playlist))
	f.Fuzz(func(t *testing.T, b []byte) {
		at, ok := FirstTimestamp(b)
		if at.Ticks < 0 || !ok && at != (Timestamp{}) || at.Scale != 0 && at.Scale != presentationScale {
			t.Errorf("got %+v, %t", at, ok)
		}
		switch format := Sniff(b); {
		case format < FormatUnknown || format > FormatPlaylist:
			t.Errorf("got format %d", format)
		case ok && format != FormatMPEGTS && format != FormatMP4 && format != FormatPackedAudio:
			t.Errorf("got %+v of %s", at, format)
		}
	})
}
