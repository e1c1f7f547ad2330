package harness

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"livestream-tui/services/hls/m3u8"
)

// fetch gets a URL whole.
func fetch(client *http.Client, url string) (*http.Response, []byte, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, nil, err
	}
	res, err := client.Do(req)
	if err != nil {
		return nil, nil, err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	return res, b, err
}

// Get fetches a URL whole, within five seconds.
func Get(url string) (status int, body []byte, err error) {
	res, body, err := fetch(http.DefaultClient, url)
	if err != nil {
		return 0, nil, err
	}
	return res.StatusCode, body, nil
}

// Fetch is Get with a client; another status than 200 is an error.
func Fetch(client *http.Client, url string) (http.Header, []byte, error) {
	res, b, err := fetch(client, url)
	if err != nil {
		return nil, nil, err
	}
	if res.StatusCode != http.StatusOK {
		return nil, nil, fmt.Errorf("%s: status %d: %.200s", url, res.StatusCode, b)
	}
	return res.Header, b, nil
}

// Playlist loads the media playlist at url.
func Playlist(url string) (*m3u8.MediaPlaylist, error) {
	_, b, err := Fetch(http.DefaultClient, url)
	if err != nil {
		return nil, err
	}
	return m3u8.ParseMedia(b)
}

// Serving is the packager that the proxy names in the playlist's answer.
func Serving(url string) (string, error) {
	res, _, err := fetch(http.DefaultClient, url)
	if err != nil {
		return "", err
	}
	return res.Header.Get("X-Packager"), nil
}

// WithoutInitWarnings removes a warning that FFmpeg's HLS demuxer prints for any live fMP4
// playlist, from any server: it reads EXT-X-MAP again after each reload and warns that it
// skips what it has already.
func WithoutInitWarnings(out string) string {
	var kept []string
	again := false // the line before was one of them
	for _, line := range strings.Split(out, "\n") {
		init := strings.HasSuffix(line, "Found duplicated MOOV Atom. Skipped it")
		if init || again && strings.HasPrefix(strings.TrimSpace(line), "Last message repeated") {
			again = true
			continue
		}
		again = false
		kept = append(kept, line)
	}
	return strings.TrimSpace(strings.Join(kept, "\n"))
}
