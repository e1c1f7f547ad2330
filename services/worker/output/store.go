package output

import (
	"context"
	"fmt"
	"strings"
	"time"

	"livestream-tui/services/hls/media"
)

// Store keeps what is published of one signal. One goroutine uses it.
type Store interface {
	// Publish adds a segment and its initialization section, and replaces the playlist by
	// that of the window, whose newest segment this is. After an error the playlist is the
	// one from before.
	Publish(s *media.Segment, init Init, w Window) error
	// End says that the signal has ended; w is its last window.
	End(ctx context.Context, w Window) error
	// Close returns once the store has stopped. What was published stays.
	Close() error
}

var (
	_ Store = (*Folder)(nil)
	_ Store = (*Ingest)(nil)
)

// Init is an initialization section under its name.
type Init struct {
	Name string
	Data []byte
}

// opener opens one store for all URLs of its kind. segment is how long a segment is.
type opener func(c Config, urls []string, signal string, segment time.Duration) (Store, error)

// stores are the kinds of output that a URL names. A folder is named by its path instead.
var stores = []struct {
	schemes []string
	open    opener
}{
	{[]string{"http", "https"}, openIngest},
}

// Schemes are those of the URLs that name an output.
func Schemes() []string {
	var list []string
	for _, kind := range stores {
		list = append(list, kind.schemes...)
	}
	return list
}

// openStores opens a store for each kind of output among the URLs.
func openStores(c Config, signal string, segment time.Duration) ([]Store, error) {
	kinds := make([][]string, len(stores)) // the URLs of each
	for _, u := range c.URLs {
		i, err := kindOf(u)
		if err != nil {
			return nil, err
		}
		kinds[i] = append(kinds[i], u)
	}
	var list []Store
	for i, urls := range kinds {
		if len(urls) == 0 {
			continue
		}
		store, err := stores[i].open(c, urls, signal, segment)
		if err != nil {
			return list, err
		}
		list = append(list, store)
	}
	return list, nil
}

// kindOf returns which of stores a URL names.
func kindOf(u string) (int, error) {
	scheme, _, _ := strings.Cut(u, "://")
	for i, kind := range stores {
		for _, s := range kind.schemes {
			if strings.EqualFold(s, scheme) {
				return i, nil
			}
		}
	}
	return 0, fmt.Errorf("no output has the scheme %q", scheme)
}
