package control

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"time"
)

const (
	airPeriod = 250 * time.Millisecond
	// standstill is how long a playlist may stay the same before its signal
	// counts as off air: four target durations of our worker.
	standstill = 8 * time.Second
)

// air watches what players are given: the proxy's playlists. It is the word on
// being on air where no viewer runs. Not safe for concurrent use.
type air struct {
	client *http.Client
	seen   map[string]sighting // by URL
}

// sighting is a playlist as it was last and since when it is like that.
type sighting struct {
	body  []byte
	since time.Time
}

func newAir() *air { return &air{client: newClient(), seen: map[string]sighting{}} }

// playlists are the URLs of the signals that the origin knows, and of those that
// were on air before: a signal does not cease to be expected by vanishing.
func (a *air) playlists(s Snapshot) []string {
	var list []string
	for address := range a.seen {
		list = append(list, address)
	}
	for _, l := range s.Live {
		if address := s.PlayURL + "/" + url.PathEscape(l.Signal) + "/playlist.m3u8"; !slices.Contains(list, address) {
			list = append(list, address)
		}
	}
	slices.Sort(list)
	return list
}

// look fetches the playlists. It returns nil when all of them are there and move.
func (a *air) look(ctx context.Context, playlists []string) error {
	if len(playlists) == 0 {
		return fmt.Errorf("no signal yet")
	}
	for _, address := range playlists {
		body, err := fetch(ctx, a.client, address)
		if err != nil {
			return fmt.Errorf("%s: %w", address, err)
		}
		if err := a.judge(address, body, time.Now()); err != nil {
			return fmt.Errorf("%s: %w", address, err)
		}
	}
	return nil
}

// judge takes a playlist that was served.
func (a *air) judge(address string, body []byte, now time.Time) error {
	if !bytes.HasPrefix(body, []byte("#EXTM3U")) || !bytes.Contains(body, []byte("#EXTINF")) {
		return fmt.Errorf("the answer is no playlist with segments")
	}
	if last, ok := a.seen[address]; !ok || !bytes.Equal(last.body, body) {
		a.seen[address] = sighting{body, now}
		return nil
	}
	if still := now.Sub(a.seen[address].since); still >= standstill {
		return fmt.Errorf("the playlist has not changed for %s", still.Round(time.Second))
	}
	return nil
}
