package disktest

import (
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"livestream-tui/services/hls/m3u8"
	"livestream-tui/services/hls/media"
)

// Timescale is that of the track, in units per second.
const Timescale = 90000

// box returns a box of ISO base media with these parts.
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

// InitOf returns an initialization section of one video track. The text makes it unique.
func InitOf(text string) []byte {
	return append(box("ftyp", []byte("iso5"), u32(512), []byte("iso5")), box("moov",
		box("trak",
			box("tkhd", u32(0, 0, 0, 1, 0, 0), make([]byte, 60)),
			box("mdia",
				box("mdhd", u32(0, 0, 0, Timescale, 0, 0)),
				box("hdlr", u32(0, 0), []byte("vide"), make([]byte, 12)),
				box("minf", box("stbl", box("stsd", u32(0, 1), box("avc1", make([]byte, 78)))))),
		),
		box("udta", []byte(text)),
	)...)
}

// SegmentSize is the size of a segment's media. A body of that size is several chunks.
const SegmentSize = 100_000

// SegmentOf returns a segment of the plain grid. The text makes it unique.
func SegmentOf(msn int64, text string) []byte { return SegmentOn(media.Grid{}, msn, text) }

// SegmentOn returns a segment of a grid. The text makes it unique.
func SegmentOn(g media.Grid, msn int64, text string) []byte {
	return SegmentAt(g.Elapsed(msn), g.Length(), msn, text)
}

// SegmentAt returns a segment by its begin and length. The text makes it unique.
func SegmentAt(begins, lasts time.Duration, msn int64, text string) []byte {
	units := func(d time.Duration) uint64 { return uint64(d/time.Microsecond) * Timescale / 1_000_000 }
	moof := box("moof",
		box("mfhd", u32(0, uint32(msn))),
		box("traf",
			box("tfhd", u32(0x20000, 1)),
			box("tfdt", u32(1<<24), binary.BigEndian.AppendUint64(nil, units(begins))),
			box("trun", u32(0x301, 1, 0, uint32(units(lasts)), SegmentSize)),
		))
	body := make([]byte, SegmentSize)
	for i := range body {
		body[i] = byte(int64(i)*31 + msn*7 + int64(i/251))
	}
	copy(body, fmt.Sprintf("%s %d", text, msn))
	return append(moof, box("mdat", body)...)
}

// Disk is the folder of a signal as a worker fills it.
type Disk struct {
	T      *testing.T
	Output string
	Signal string
	Window int
	Init   string // URI
	Grid   media.Grid
	List   m3u8.MediaPlaylist
}

// NewList returns a playlist without segments.
func NewList() m3u8.MediaPlaylist {
	return m3u8.MediaPlaylist{Version: 7, TargetDuration: 2, IndependentSegments: true}
}

// New makes the folder of live01.
func New(t *testing.T, output string) *Disk {
	d := &Disk{T: t, Output: output, Signal: "live01", Window: 4, Init: "init-aaaa.mp4", List: NewList()}
	d.Check(os.MkdirAll(d.Path(""), 0o755))
	return d
}

// Check ends the test on an error.
func (d *Disk) Check(err error) {
	d.T.Helper()
	if err != nil {
		d.T.Fatal(err)
	}
}

// Path returns the path of a file of the signal.
func (d *Disk) Path(name string) string { return filepath.Join(d.Output, d.Signal, name) }

// Write writes a file as workers do: under another name first.
func (d *Disk) Write(name string, b []byte) {
	d.T.Helper()
	d.Check(os.WriteFile(d.Path(".new-"+name), b, 0o644))
	d.Check(os.Rename(d.Path(".new-"+name), d.Path(name)))
}

// Add lists a segment without publishing the playlist.
func (d *Disk) Add(msn int64) {
	l := &d.List
	if len(l.Segments) == 0 || msn != l.NextMSN() {
		l.Drop(len(l.Segments))
		l.MediaSequence = msn
	}
	s := m3u8.Segment{URI: media.SegmentName(msn), Duration: d.Grid.Length(), ProgramDateTime: d.Grid.Start(msn), Map: &m3u8.Map{URI: d.Init}}
	if n := len(l.Segments); n > 0 && l.Segments[n-1].Map.URI != d.Init {
		s.Discontinuity = true
	}
	l.Segments = append(l.Segments, s)
	l.Drop(len(l.Segments) - d.Window)
}

// Segment returns the signal's segment of a number.
func (d *Disk) Segment(msn int64) []byte { return SegmentOn(d.Grid, msn, d.Signal) }

// Publish writes segments from one number to another, then the playlist.
func (d *Disk) Publish(from, to int64) {
	d.T.Helper()
	d.Write(d.Init, InitOf(d.Init))
	for msn := from; msn <= to; msn++ {
		d.Write(media.SegmentName(msn), d.Segment(msn))
		d.Add(msn)
	}
	d.Say()
}

// Say writes the playlist.
func (d *Disk) Say() {
	d.T.Helper()
	d.Write(media.PlaylistName, d.List.Encode())
}

// End writes the playlist with EXT-X-ENDLIST.
func (d *Disk) End() {
	d.T.Helper()
	d.List.EndList = true
	d.Say()
	d.List.EndList = false
}
