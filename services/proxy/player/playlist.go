package player

import (
	"errors"
	"net/http"
	"strconv"
	"time"

	"livestream-tui/services/kit/text"
	"livestream-tui/services/proxy/follow"
	"livestream-tui/services/proxy/stream"
)

func (s *Server) servePlaylist(w http.ResponseWriter, r *http.Request, key, target string) {
	const kind = "playlist"
	if s.sendMultivariant(w, r, key) {
		return
	}
	p, err := s.streams.Follow(key, target)
	switch {
	case errors.Is(err, follow.ErrTooMany):
		// A plain proxy would answer, so this one does, without ending another playlist
		// for it.
		s.quiet.Warn("too many playlists are followed, so that this one is forwarded", "playlist", text.Shown(key), "reason", err.Error())
		s.forward(w, r, key, target)
		return
	case err != nil:
		s.refuse(w, kind, http.StatusServiceUnavailable, err.Error())
		return
	}
	asked, err := blockingFor(r)
	if err != nil {
		s.refuse(w, kind, http.StatusBadRequest, err.Error())
		return
	}
	snap := p.Shown()
	if !asked.in(snap) {
		var status int
		var why string
		if snap, status, why = s.awaitPlaylist(r, p, asked); status != 0 {
			if !isMultivariant(key) || !s.serveMultivariant(w, r, key) {
				s.refuse(w, kind, status, why)
			}
			return
		}
	}
	if isMultivariant(key) && isAbsent(snap) && s.serveMultivariant(w, r, key) {
		return
	}
	switch {
	case snap.Mode == stream.Forwarded:
		s.forward(w, r, key, target)
	case snap.Mode == stream.Refused && snap.Body == nil && isPersonal(snap.Status):
		s.forward(w, r, key, target)
	case snap.Mode == stream.Refused && snap.Body == nil:
		s.refuseAs(w, kind, snap.Status, snap.Header, snap.Refusal)
	case isUnchanged(r, snap.Header.Get("Last-Modified")):
		merge(w.Header(), snap.Ready.Header())
		w.WriteHeader(http.StatusNotModified)
	default:
		s.metrics.PlaylistsSent.Inc()
		send(w, r, snap.Ready)
	}
}

// position is what a request waits for (rfc8216bis, 6.2.5.2). msn is -1 when it waits for
// nothing, part -1 for a whole segment.
type position struct {
	msn  int64
	part int
}

func blockingFor(r *http.Request) (position, error) {
	asked := position{-1, -1}
	if r.URL.RawQuery == "" {
		return asked, nil
	}
	q := r.URL.Query()
	if v := q.Get("_HLS_msn"); v != "" {
		n, err := strconv.ParseInt(v, 10, 64)
		if err != nil || n < 0 {
			return asked, errors.New("_HLS_msn: allowed is a media sequence number")
		}
		asked.msn = n
	}
	if v := q.Get("_HLS_part"); v != "" && asked.msn >= 0 {
		n, err := strconv.Atoi(v)
		if err != nil || n < 0 {
			return asked, errors.New("_HLS_part: allowed is the index of a part")
		}
		asked.part = n
	}
	return asked, nil
}

// in reports whether a snapshot answers the request.
func (a position) in(snap *follow.Snapshot) bool {
	switch {
	case snap.Mode == stream.Forwarded || snap.Mode == stream.Refused:
		return true
	case snap.Body == nil:
		return false
	case a.msn <= snap.Last || snap.Last < 0 || !snap.Live:
		return true
	}
	return a.msn == snap.Last+1 && a.part >= 0 && a.part <= snap.Part
}

// firstHold is how long a request waits for a playlist that no packager has given yet:
// some packagers make it when it is asked for. hls.js gives up on a first byte after 10
// s.
const firstHold = 8 * time.Second

// awaitPlaylist waits for the first snapshot of a playlist, or for the one with the
// requested position.
func (s *Server) awaitPlaylist(r *http.Request, p *follow.Playlist, asked position) (snap *follow.Snapshot, status int, why string) {
	release, ok := s.mayWait()
	if !ok {
		return nil, http.StatusServiceUnavailable, "too many requests are waiting"
	}
	defer release()
	hold := follow.HoldFor(p.Target())
	if snap = p.Shown(); snap.Body == nil {
		defer p.Wait()()
		defer func() { p.Touch(time.Now()) }()
		hold = firstHold
		if isMultivariant(p.Key) && s.hasMedia(p.Key) {
			hold = multivariantHold
		}
	}
	limit := time.NewTimer(hold)
	defer limit.Stop()
	for {
		snap = p.Shown()
		switch {
		case asked.in(snap):
			return snap, 0, ""
		case snap.Body != nil && asked.msn > snap.Last+2:
			return nil, http.StatusBadRequest, "_HLS_msn is too far in the future"
		}
		select {
		case <-snap.Replaced:
		case <-limit.C:
			if snap.Body != nil {
				return nil, http.StatusServiceUnavailable, "nothing new has come"
			}
			return nil, http.StatusServiceUnavailable, "no packager has given this playlist yet"
		case <-r.Context().Done():
			panic(http.ErrAbortHandler) // the player has gone, perhaps only half of its connection
		case <-s.streams.Done():
			return nil, http.StatusServiceUnavailable, "the proxy is stopping"
		}
	}
}
