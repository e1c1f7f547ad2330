package delivery

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
	// Path is the signal's folder; empty for none.
	Path string
	// Packagers are the base URLs to deliver to; empty for none.
	Packagers []string
	// Token is what packagers want to be shown; empty for none.
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
	folder *Folder // nil where there is none
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
	if len(c.Packagers) > 0 {
		in := StartIngest(c.Packagers, c.Token, signal, grid.Length(), c.Log, c.Metrics)
		if o.folder != nil {
			in.restock(o.folder, o.window)
		}
		o.stores = append(o.stores, in)
	}
	return o, nil
}

// GridIn is the grid on which the signal in a folder goes on with segments of that
// length; otherwise is the one where the folder lists nothing.
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

// Grid is the grid on which the signal goes on with segments of that length; otherwise
// is the one where nothing is listed, or where other workers, which list alike, know
// nothing of this one.
func (o *Output) Grid(segment time.Duration, otherwise media.Grid, now time.Time) media.Grid {
	if o.folder == nil || o.Newest() < 0 {
		return otherwise
	}
	return gridAfter(&o.window.list, segment, now)
}

// SetGrid sets the grid of the segments to come.
func (o *Output) SetGrid(g media.Grid) { o.window = o.window.On(g) }

// Newest is the number of the newest segment, -1 when there is none.
func (o *Output) Newest() int64 { return o.window.Newest() }

// Full reports whether the playlist is as long as it is to be.
func (o *Output) Full() bool { return o.window.Full() }

// Publish publishes a segment. One that is listed already stays as it is: the first
// copy is kept for good. After an error it is not listed.
func (o *Output) Publish(s *media.Segment, init Init) error {
	if newest := o.Newest(); newest >= 0 && s.MSN <= newest {
		return nil
	}
	next := o.window.With(s.MSN, init.Name)
	for _, store := range o.stores {
		if err := store.Publish(s, init, next); err != nil {
			return err
		}
	}
	o.window = next
	return nil
}

// End tells that the signal comes no more. What was published stays until Remove.
func (o *Output) End(ctx context.Context) error {
	var failed error
	for _, store := range o.stores {
		failed = errors.Join(failed, store.End(ctx, o.window))
	}
	return failed
}

// Remove closes the output and removes what stands in its folder.
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
