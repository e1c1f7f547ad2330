package slate

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"livestream-tui/procs/child"
	"livestream-tui/services/receiver/sample"
)

// Maker makes slates. Safe for concurrent use.
type Maker struct {
	// FFmpeg is its command.
	FFmpeg string
	// Folder is where slates are kept. It is created. Empty means that none is kept.
	Folder string
	// Spawner starts FFmpeg.
	Spawner *child.Spawner
	// Caption is the line of text; empty means "We will be right back".
	Caption string
}

// Last is the Spec of a slate of the last picture on air, darkened, with the caption.
const Last = "last"

// Order says which slate is to be made.
type Order struct {
	// Spec is the path of a picture or a film, Last, or empty for a picture of our own. Of a
	// film, the first minute is taken.
	Spec string
	// Format is that of the signal.
	Format sample.Format
	// Key is a key frame of Format, for Last.
	Key sample.Sample
	// Interval is the time between key frames; zero means 2 s, the most are 6 s. A picture is
	// repeated after this time.
	Interval time.Duration
}

const (
	filmLength  = time.Minute
	interval    = 2 * time.Second
	intervalMax = 6 * time.Second
	// Making a slate of a picture, and one of a film, may take so long.
	timeout     = time.Minute
	filmTimeout = 10 * time.Minute
)

// Make makes a slate. Where the one that is asked for cannot be made, it returns our own
// picture and an error that says why. The slate is nil when that cannot be made either.
func (m *Maker) Make(ctx context.Context, o Order) (*sample.Slate, error) {
	if o.Format.Video == nil {
		return nil, errors.New("the format has no pictures, so there is no slate for it")
	}
	o.Interval = min(cmp.Or(o.Interval, interval), intervalMax)
	s, err := m.one(ctx, o)
	if err == nil || o.Spec == "" || ctx.Err() != nil {
		return s, err
	}
	err = fmt.Errorf("slate %s cannot be made, so a plain one stands in: %w", o.Spec, err)
	o.Spec = ""
	s, plain := m.one(ctx, o)
	return s, errors.Join(err, plain)
}

// one makes a slate, or takes it from the folder.
func (m *Maker) one(ctx context.Context, o Order) (*sample.Slate, error) {
	name, err := m.name(o)
	if err != nil {
		return nil, err
	}
	if s := m.kept(name); s != nil {
		return s, nil
	}
	dir, err := os.MkdirTemp("", "slate-")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }() // only files of ours
	w := work{Maker: m, Order: o, dir: dir}
	limit := timeout
	if w.film() {
		limit = filmTimeout
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	s, err := w.make(ctx)
	if err != nil {
		return nil, err
	}
	return s, m.keep(name, s)
}

// work is the making of one slate.
type work struct {
	*Maker
	Order
	dir string
}

func (w *work) path(name string) string { return filepath.Join(w.dir, name) }

func (w *work) make(ctx context.Context) (*sample.Slate, error) {
	v := w.Format.Video
	rate := rateOf(v.FPS)
	args, filter, err := w.source(rate)
	if err != nil {
		return nil, err
	}
	frames := max(1, rate.frames(w.Interval))
	length := frames
	if w.film() {
		length = rate.frames(filmLength)
	}
	args = append(args, "-filter_complex", filter+"[v]", "-map", "[v]", "-frames:v", fmt.Sprint(length))
	args = append(args, encoder(v, frames)...)
	if err := w.run(ctx, append(args, w.path("video"))...); err != nil {
		return nil, err
	}
	b, err := os.ReadFile(w.path("video"))
	if err != nil {
		return nil, err
	}
	s := &sample.Slate{Format: w.Format}
	if s.Video, s.Format.Video, err = pictures(b, v, rate); err != nil {
		return nil, err
	}
	s.Length = rate.at(len(s.Video))
	return s, w.sound(ctx, s)
}

// film reports whether Spec is a film, by its name.
func (w *work) film() bool {
	switch strings.ToLower(filepath.Ext(w.Spec)) {
	case "", ".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif", ".tif", ".tiff":
		return false
	}
	return true
}

// source is FFmpeg's inputs, and the filter that makes pictures of the format of them.
func (w *work) source(rate rate) (args []string, filter string, err error) {
	v := w.Format.Video
	fit := fmt.Sprintf("scale=%d:%d:force_original_aspect_ratio=decrease,pad=%[1]d:%[2]d:-1:-1:color=black,setsar=1", v.Width, v.Height)
	end := ",fps=" + rate.String() + ",format=yuv420p"
	// FFmpeg's own option to repeat a picture tries a broken one for ever.
	still := ",loop=-1:1:0,setpts=N/(" + rate.String() + ")/TB"
	caption := w.path("caption.png")
	switch {
	case w.Spec == "":
		return []string{"-i", caption}, "[0:v]" + fit + still + end, drawTo(caption, v.Width, v.Height, w.caption(), false)
	case w.Spec == Last:
		if w.Key.Data == nil {
			return nil, "", errors.New("there is no last picture yet")
		}
		kind := "h264"
		if v.Codec == sample.HEVC {
			kind = "hevc"
		}
		if err := os.WriteFile(w.path("key"), annexB(w.Key.Data), 0o600); err != nil {
			return nil, "", err
		}
		return []string{"-f", kind, "-i", w.path("key"), "-i", caption},
			"[0:v]" + fit + ",format=yuv420p,lutyuv=y=16+(val-16)*0.4:u=128+(val-128)*0.4:v=128+(val-128)*0.4[p];[p][1:v]overlay" + still + end,
			drawTo(caption, v.Width, v.Height, w.caption(), true)
	case w.film():
		return []string{"-t", fmt.Sprint(filmLength.Seconds()), "-i", w.Spec}, "[0:v:0]" + fit + end, nil
	}
	return []string{"-i", w.Spec}, "[0:v:0]" + fit + still + end, nil
}

func (w *work) caption() string { return cmp.Or(w.Caption, "We will be right back") }

// sound makes the sound of the format: silence, and that of a film if it has any.
func (w *work) sound(ctx context.Context, s *sample.Slate) error {
	a := w.Format.Audio
	if a == nil {
		return nil
	}
	if a.Codec == sample.Opus {
		s.Silence = opusSilence(a.Channels)
		return nil
	}
	silent := fmt.Sprintf("anullsrc=r=%d:cl=%s", a.Rate, layout(a.Channels))
	aac := []string{"-c:a", "aac", "-ar", fmt.Sprint(a.Rate), "-ac", fmt.Sprint(a.Channels), "-f", "adts"}
	if err := w.run(ctx, append(append([]string{"-f", "lavfi", "-t", "0.5", "-i", silent}, aac...), w.path("silence"))...); err != nil {
		return err
	}
	frames, err := w.adts("silence")
	if err != nil {
		return err
	}
	s.Silence = frames[len(frames)/2]
	if !w.film() {
		return nil
	}
	if err := w.run(ctx, append(append([]string{"-t", fmt.Sprint(s.Length.Seconds()), "-i", w.Spec, "-vn"}, aac...), w.path("sound"))...); err != nil {
		return nil //nolint:nilerr // a film without sound is silent
	}
	if frames, err = w.adts("sound"); err != nil {
		return err
	}
	for i, f := range frames {
		at := sample.At(int64(i)*1024, a.Rate)
		s.Audio = append(s.Audio, sample.Sample{Track: sample.Audio, DTS: at, PTS: at, Sync: true, Data: f})
	}
	return nil
}
