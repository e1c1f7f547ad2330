package sinktest

import (
	"errors"
	"time"

	"livestream-tui/services/hls/m3u8"
	"livestream-tui/services/hls/media"
	"livestream-tui/services/packager/disktest"
	"livestream-tui/services/packager/sink"
	"livestream-tui/services/packager/window"
)

// Worker puts the signal live01 into the sink of a bench, as a worker does over HTTP.
type Worker struct {
	*disktest.Disk
	b *Bench
}

// NewWorker returns a worker that has published nothing yet.
func NewWorker(b *Bench) *Worker {
	return &Worker{&disktest.Disk{T: b.t, Signal: "live01", Window: 4, Init: "init-aaaa.mp4", List: disktest.NewList()}, b}
}

// Bring puts a playlist, an initialization section or a segment.
func (p *Worker) Bring(name string, body []byte) error {
	p.T.Helper()
	if name == media.PlaylistName {
		list, err := m3u8.ParseMedia(body)
		if err != nil {
			return err
		}
		return p.b.Sink.PutPlaylist(p.Signal, list)
	}
	m, err := window.ParseMedia(name, body)
	if err != nil {
		return err
	}
	return p.b.Sink.Put(p.Signal, m, time.Time{})
}

// Must brings an object and fails the test unless the sink accepts it.
func (p *Worker) Must(name string, body []byte) {
	p.T.Helper()
	if err := p.Bring(name, body); err != nil && !errors.Is(err, sink.ErrSame) {
		p.T.Errorf("%s: got %v, want it accepted", name, err)
	}
}

// Publish puts segments from one number to another, then the playlist.
func (p *Worker) Publish(from, to int64) {
	p.T.Helper()
	p.Must(p.Init, disktest.InitOf(p.Init))
	for msn := from; msn <= to; msn++ {
		p.Must(media.SegmentName(msn), p.Segment(msn))
		p.Add(msn)
	}
	p.Must(media.PlaylistName, p.List.Encode())
}
