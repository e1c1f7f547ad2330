package follow

import (
	"context"
	"errors"
	"time"

	"livestream-tui/services/hls/m3u8"
	"livestream-tui/services/proxy/fetch"
	"livestream-tui/services/proxy/object"
	"livestream-tui/services/proxy/stream"
	"livestream-tui/services/proxy/timeline"
	"livestream-tui/services/proxy/upstream"
	"livestream-tui/services/proxy/verdict"
)

// prove fetches a segment from one packager alone, with its key and init section.
func (f *follower) prove(e stream.Prove) {
	p := f.playlist(e.Playlist)
	if p == nil {
		return
	}
	f.s.start(func() {
		done := stream.Proved{Playlist: e.Playlist, Packager: e.Packager, MSN: e.MSN, Health: e.Health}
		done.Content, done.Wait, done.Err = f.s.proven(p.ctx, e)
		done.At = stream.At(time.Now())
		f.push(done)
	})
}

func (s *Streams) proven(ctx context.Context, e stream.Prove) (timeline.Content, time.Duration, error) {
	get := func(r timeline.Resource, w verdict.Want) (object.Content, time.Duration, error) {
		return fetch.Prove(ctx, sourceOf(s.packagers[r.Packager], r.Target, r.Range), w, e.Within)
	}
	c, wait, err := get(e.Entry.Media, verdict.Want{Enciphered: e.Entry.Enciphered()})
	if redirect := (*upstream.Redirect)(nil); errors.As(err, &redirect) {
		return elsewhere(redirect), 0, nil
	}
	if err != nil || e.Health {
		return timeline.Content{}, wait, err
	}
	var key []byte
	if len(e.Entry.Keys) == 1 {
		k, _, err := get(e.Entry.Keys[0], verdict.Want{Anything: true})
		if err != nil {
			return timeline.Content{}, wait, err
		}
		key = k.Body
	}
	is := contentOf(c, key, e.Entry)
	if e.Entry.Init != nil {
		init, _, err := get(*e.Entry.Init, verdict.Want{Anything: true})
		if err != nil {
			return timeline.Content{}, wait, err
		}
		is.Init = init.ETag
	}
	return is, wait, nil
}

func sourceOf(u *upstream.Upstream, target string, r *m3u8.ByteRange) upstream.Source {
	source := upstream.Source{From: u, Target: target}
	if r != nil {
		source.Range = &upstream.Range{From: r.Offset, Length: r.Length}
	}
	return source
}
