package player

import (
	"context"
	"crypto/sha256"
	"fmt"
	"net/http"
	"strings"
	"time"

	"livestream-tui/services/hls/m3u8"
)

// packagerTimeout bounds a request to a packager: a packager that does not answer proves
// nothing against the proxy.
const packagerTimeout = time.Second

// Packagers are the servers behind a proxy, with which players compare what it serves.
// Safe for concurrent use by many players.
type Packagers struct {
	// Front is the base URL of the proxy, with which the players' URLs begin. URLs are the
	// base URLs of the packagers.
	Front string
	URLs  []string
	// Client asks; nil means http.DefaultClient.
	Client *http.Client
}

// behind is the URL at a packager that stands for a URL of the proxy; false for a URL
// that is not the proxy's.
func (p *Packagers) behind(packager, url string) (string, bool) {
	path, ok := strings.CutPrefix(url, p.Front)
	return packager + path, ok && strings.HasPrefix(path, "/")
}

func (p *Packagers) ask(ctx context.Context, o order) (answer, error) {
	client := p.Client
	if client == nil {
		client = http.DefaultClient
	}
	o.within = packagerTimeout
	ctx, cancel := context.WithTimeout(ctx, packagerTimeout)
	defer cancel()
	return transfer(ctx, client, o, func(Wait) {})
}

// fresher reports whether any packager lists a newer segment than msn in the playlist
// at url.
func (p *Packagers) fresher(ctx context.Context, url string, msn int64) bool {
	answers := make(chan bool, len(p.URLs))
	for _, packager := range p.URLs {
		go func() {
			answers <- p.newest(ctx, packager, url) > msn
		}()
	}
	fresher := false
	for range p.URLs {
		fresher = <-answers || fresher
	}
	return fresher
}

// newest is the newest MSN that a packager lists, -1 when it is unknown.
func (p *Packagers) newest(ctx context.Context, packager, url string) int64 {
	address, ok := p.behind(packager, url)
	if !ok {
		return -1
	}
	a, err := p.ask(ctx, order{url: address, limit: m3u8.MaxPlaylist})
	if err != nil {
		return -1
	}
	list, err := m3u8.ParseMediaStrictly(a.body)
	if err != nil {
		return -1
	}
	return list.LastMSN()
}

// differ says how a body that was played differs from what every packager holds. It is
// empty when one holds the same, or when one does not answer.
func (p *Packagers) differ(ctx context.Context, t task) string {
	var others []string
	for _, packager := range p.URLs {
		address, ok := p.behind(packager, t.url)
		if !ok {
			return ""
		}
		a, err := p.ask(ctx, order{url: address, head: true})
		if err != nil {
			return "" // the dead packager may be the one that holds the same bytes
		}
		// Equal strong validators mean equal bytes (RFC 9110, 8.8.1).
		if tag := a.header.Get("ETag"); tag != "" && tag == t.tag && !strings.HasPrefix(tag, "W/") {
			return ""
		}
		a, err = p.ask(ctx, order{url: address, limit: maxSegment})
		if err != nil {
			return ""
		}
		sum := sha256.Sum256(a.body)
		if sum == t.sum {
			return ""
		}
		others = append(others, fmt.Sprintf("%s holds %.4x", packager, sum))
	}
	if len(others) == 0 {
		return ""
	}
	return fmt.Sprintf("%s held %.4x, %s", t.url, t.sum, strings.Join(others, ", "))
}
