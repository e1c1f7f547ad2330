package packager

import (
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"livestream-tui/services/hls"
)

// box is one of ISO base media, made of its parts.
func box(kind string, parts ...[]byte) []byte {
	b := append(make([]byte, 4), kind...)
	for _, p := range parts {
		b = append(b, p...)
	}
	binary.BigEndian.PutUint32(b, uint32(len(b)))
	return b
}

func u32(ns ...uint32) []byte {
	var b []byte
	for _, n := range ns {
		b = binary.BigEndian.AppendUint32(b, n)
	}
	return b
}

// initOf is an init section of one video track; the text makes it one of its own.
func initOf(text string) []byte {
	return append(box("ftyp", []byte("iso5"), u32(512), []byte("iso5")), box("moov",
		box("trak",
			box("tkhd", u32(0, 0, 0, 1, 0, 0), make([]byte, 60)),
			box("mdia",
				box("mdhd", u32(0, 0, 0, 90000, 0, 0)),
				box("hdlr", u32(0, 0), []byte("vide"), make([]byte, 12)),
				box("minf", box("stbl", box("stsd", u32(0, 1), box("avc1", make([]byte, 78)))))),
		),
		box("udta", []byte(text)),
	)...)
}

// segmentSize is big enough that a body is several chunks.
const segmentSize = 100_000

// segmentOf is a segment of the grid with content of its own.
func segmentOf(msn int64, text string) []byte {
	moof := box("moof",
		box("mfhd", u32(0, uint32(msn))),
		box("traf",
			box("tfhd", u32(0x20000, 1)),
			box("tfdt", u32(1<<24), binary.BigEndian.AppendUint64(nil, uint64(msn)*180000)),
			box("trun", u32(0x301, 1, 0, 180000, segmentSize)),
		))
	body := make([]byte, segmentSize)
	for i := range body {
		body[i] = byte(int64(i)*31 + msn*7 + int64(i/251))
	}
	copy(body, fmt.Sprintf("%s %d", text, msn))
	return append(moof, box("mdat", body)...)
}

// disk is a signal's folder as a worker fills it.
type disk struct {
	t      *testing.T
	output string
	signal string
	window int
	init   string // URI
	list   hls.MediaPlaylist
}

func newDisk(t *testing.T, output string) *disk {
	d := &disk{t: t, output: output, signal: "live01", window: 4, init: "init-aaaa.mp4", list: hls.MediaPlaylist{Version: 7, TargetDuration: 2, IndependentSegments: true}}
	d.check(os.MkdirAll(d.path(""), 0o755))
	return d
}

func (d *disk) check(err error) {
	d.t.Helper()
	if err != nil {
		d.t.Fatal(err)
	}
}

func (d *disk) path(name string) string { return filepath.Join(d.output, d.signal, name) }

// write puts a file in place as workers do.
func (d *disk) write(name string, b []byte) {
	d.t.Helper()
	d.check(os.WriteFile(d.path(".new-"+name), b, 0o644))
	d.check(os.Rename(d.path(".new-"+name), d.path(name)))
}

// add lists segments without publishing the playlist.
func (d *disk) add(msn int64) {
	l := &d.list
	if len(l.Segments) == 0 || msn != l.NextMSN() {
		l.Drop(len(l.Segments))
		l.MediaSequence = msn
	}
	s := hls.Segment{URI: fmt.Sprintf("%d.m4s", msn), Duration: 2 * time.Second, ProgramDateTime: time.Unix(2*msn, 0).UTC(), Map: &hls.Map{URI: d.init}}
	if n := len(l.Segments); n > 0 && l.Segments[n-1].Map.URI != d.init {
		s.Discontinuity = true
	}
	l.Segments = append(l.Segments, s)
	l.Drop(len(l.Segments) - d.window)
}

// publish writes segments from one number to another, then the playlist.
func (d *disk) publish(from, to int64) {
	d.t.Helper()
	d.write(d.init, initOf(d.init))
	for msn := from; msn <= to; msn++ {
		d.write(segmentName(msn), segmentOf(msn, d.signal))
		d.add(msn)
	}
	d.write(playlistName, d.list.Encode())
}
