package follow

import (
	"context"
	"net/http"

	"livestream-tui/services/hls/m3u8"
	"livestream-tui/services/kit/httpx"
)

// Load asks for a media playlist. The answer is returned with an error too, as far as it
// was read.
func Load(ctx context.Context, c *http.Client, url string) (*m3u8.MediaPlaylist, httpx.Answer, error) {
	a, err := httpx.Get(ctx, c, url, m3u8.MaxPlaylist)
	if err != nil {
		return nil, a, err
	}
	list, err := m3u8.ParseMedia(a.Body)
	return list, a, err
}
