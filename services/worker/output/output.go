package output

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"time"

	"github.com/hashicorp/go-hclog"

	"livestream-tui/services/hls/m3u8"
	"livestream-tui/services/hls/media"
)

// Config says where a signal is published.
type Config struct {
	// Path is the signal's folder; empty means that it has none.
	Path string
	// URLs name further outputs by their schemes, such as the packagers to PUT to.
	URLs []string
	// Token is shown to packagers; empty where they do not ask for one.
	Token string
	// Window is how many segments the playlist lists.
	Window  int
	Log     hclog.Logger
	Metrics Metrics
}

// Output is where a signal's segments go, from its first version to its end. One
// goroutine uses it.
type Output struct {
	window Window
	folder *Folder // nil without one
	stores []Store // the folder first
}

// Open opens the output of a signal. Where it has a folder, it takes up what an earlier
// run left there. The error is a *LockedError where another process writes there.
func Open(c Config, signal string, grid media.Grid, now time.Time) (*Output, error) {
	o := &Output{window: NewWindow(grid, c.Window)}
	if c.Path != "" {
		var err error
		if o.folder, o.window, err = OpenFolder(c.Path, o.window, grid.At(now), c.Log); err != nil {
			return nil, err
		}
		o.stores = append(o.stores, o.folder)
	}
	others, err := openStores(c, signal, grid.Length())
	o.stores = append(o.stores, others...)
	if err == nil && o.folder != nil {
		err = o.restock(others)
	}
	if err != nil {
		return nil, errors.Join(err, o.Close())
	}
	return o, nil
}

// restock publishes what the folder has of the window already to other stores.
func (o *Output) restock(others []Store) error {
	w := o.window
	for i, s := range w.list.Segments {
		init, err := o.folder.Read(s.Map.URI)
		if err != nil {
			continue // it was there a moment ago; other workers have it
		}
		data, err := o.folder.Read(s.URI)
		if err != nil {
			continue
		}
		so := w
		if i < len(w.list.Segments)-1 {
			so.size++ // not full before the last
		}
		for _, store := range others {
			if err := store.Publish(&media.Segment{MSN: w.list.MediaSequence + int64(i), Data: data}, Init{s.Map.URI, init}, so); err != nil {
				return err
			}
		}
	}
	return nil
}

// GridIn is the grid on which the signal in a folder goes on with segments of a length;
// otherwise is the one where the folder lists nothing.
func GridIn(path string, segment time.Duration, otherwise media.Grid, now time.Time) media.Grid {
	b, err := os.ReadFile(filepath.Join(path, media.PlaylistName))
	if err != nil {
		return otherwise
	}
	list, err := m3u8.ParseMedia(b)
	if err != nil || len(list.Segments) == 0 {
		return otherwise
	}
	return gridAfter(list, segment, now)
}

// Grid is the grid on which the signal goes on with segments of a length; otherwise is the
// one where nothing is listed, or where other workers, which must number alike, do not know
// what this one listed.
func (o *Output) Grid(segment time.Duration, otherwise media.Grid, now time.Time) media.Grid {
	if o.folder == nil || o.Newest() < 0 {
		return otherwise
	}
	return gridAfter(&o.window.list, segment, now)
}

// SetGrid sets the grid of the segments to come.
func (o *Output) SetGrid(g media.Grid) { o.window = o.window.On(g) }

// Newest is the number of the newest segment, -1 before the first.
func (o *Output) Newest() int64 { return o.window.Newest() }

// Full reports whether the playlist has its full length.
func (o *Output) Full() bool { return o.window.Full() }

// Publish publishes a segment. One that is listed already stays as it is: the first copy
// is never replaced. After an error it is not listed.
func (o *Output) Publish(s *media.Segment, init Init) error {
	return o.publish(s, init, o.window.With(s.MSN, init.Name))
}

// PublishListed publishes a segment as another playlist lists it. One that is listed here
// already stays as it is.
func (o *Output) PublishListed(s *media.Segment, init Init, as Listing) error {
	return o.publish(s, init, o.window.WithListed(s.MSN, init.Name, as))
}

func (o *Output) publish(s *media.Segment, init Init, next Window) error {
	if newest := o.Newest(); newest >= 0 && s.MSN <= newest {
		return nil
	}
	for _, store := range o.stores {
		if err := store.Publish(s, init, next); err != nil {
			return err
		}
	}
	o.window = next
	return nil
}

// End says that the signal has ended. What was published stays until Remove.
func (o *Output) End(ctx context.Context) error {
	var failed error
	for _, store := range o.stores {
		failed = errors.Join(failed, store.End(ctx, o.window))
	}
	return failed
}

// Remove closes the output and removes what it has in its folder.
func (o *Output) Remove() error {
	failed := o.closeBut(o.folder)
	if o.folder != nil {
		failed = errors.Join(failed, o.folder.Remove())
	}
	return failed
}

// Close closes the output. What was published stays.
func (o *Output) Close() error { return o.closeBut(nil) }

func (o *Output) closeBut(not *Folder) error {
	var failed error
	for _, store := range o.stores {
		if folder, ok := store.(*Folder); ok && folder == not {
			continue
		}
		failed = errors.Join(failed, store.Close())
	}
	return failed
}
