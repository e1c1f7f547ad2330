package transcoder

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// conversion makes one film into the files of a mezzanine, in a folder of its own.
type conversion struct {
	t      *Transcoder
	film   Film
	source source
	limit  time.Duration // how much of the film; 0 for all of it
	work   string
	tell   func(percent float64)
	// begins is where the film begins on its own timeline, once its picture was looked
	// at.
	begins time.Duration
	// draft: the film is so short that its turns are to be repeated within the
	// mezzanine. It is encoded twice, as a draft first.
	draft bool
	// remarks are what differs from the film.
	remarks []string
}

func (c *conversion) remark(format string, args ...any) {
	c.remarks = append(c.remarks, fmt.Sprintf(format, args...))
}

func (c *conversion) path(name string) string { return filepath.Join(c.work, name) }

// due is how long a track is to be, 0 where that is not known.
func (c *conversion) due(t track) time.Duration {
	d := t.Duration
	if d <= 0 {
		return 0
	}
	if c.limit > 0 {
		d = min(d, c.limit)
	}
	return d
}

// dueSound is due of the film's first sound.
func (c *conversion) dueSound() time.Duration {
	if len(c.source.Sounds) == 0 {
		return 0
	}
	return c.due(c.source.Sounds[0])
}

// said is how long a track is to be by its own word, else by the film's.
func (c *conversion) said(own time.Duration) time.Duration {
	if own <= 0 {
		own = c.source.Duration
	}
	if c.limit > 0 {
		own = min(own, c.limit)
	}
	return own
}

// priming is how much earlier than its picture a sound may begin and still count as
// beginning with it: encoders put silence before a sound.
const priming = 50 * time.Millisecond

// beginning is where a film begins on its own timeline: with the first of the tracks
// that are shown.
func beginning(picture track, sounds []track) time.Duration {
	if len(sounds) > 0 && picture.Start-sounds[0].Start > priming {
		return sounds[0].Start
	}
	return picture.Start
}

// input are the options that read the film from its beginning on.
func (c *conversion) input() []string {
	// FFmpeg counts from the first track of all. Where nothing is to be added, it is a
	// microsecond: without any, FFmpeg would count some formats from the first of the
	// tracks that a pass reads, and picture and sound are read by two.
	offset := "0.000001"
	if lead := c.begins - c.source.Start; lead > time.Millisecond && lead < time.Hour {
		offset = "-" + seconds(lead)
	}
	args := []string{"-itsoffset", offset}
	if c.limit > 0 {
		args = append(args, "-t", seconds(c.limit))
	}
	return append(args, "-i", "file:"+c.film.File)
}

// convert makes a film, or its first part, into the files of a mezzanine.
func (t *Transcoder) convert(ctx context.Context, f Film, limit time.Duration, work string, tell func(float64)) (Mezzanine, error) {
	s, err := t.probe(ctx, f.File)
	if err != nil {
		return Mezzanine{}, err
	}
	c := &conversion{t: t, film: f, source: s, limit: limit, work: work, tell: tell}
	rate, frames, err := c.picture(ctx)
	if err != nil {
		return Mezzanine{}, err
	}
	samples, err := c.sound(ctx)
	if err != nil {
		return Mezzanine{}, err
	}
	return c.assemble(ctx, rate, frames, samples)
}

// codecs are the names of the codecs of tracks, which are mostly those of their
// decoders.
func codecs(tracks []track) []string {
	var list []string
	for _, t := range tracks {
		list = append(list, t.Codec)
	}
	return list
}

// assemble makes the files of the mezzanine of a picture and a sound.
func (c *conversion) assemble(ctx context.Context, rate ratio, frames, samples int64) (Mezzanine, error) {
	p := newPlan(rate, frames, samples)
	if err := c.finishPicture(ctx, p); err != nil {
		return Mezzanine{}, err
	}
	if err := c.finishSound(ctx, p, samples); err != nil {
		return Mezzanine{}, err
	}
	for _, due := range []struct {
		file  string
		units int64
	}{{pictureFile, p.pictureFrames()}, {soundFile, samplesIn(p.Loop()) / frameLength}} {
		made, err := c.t.count(ctx, c.path(due.file))
		if err != nil {
			return Mezzanine{}, err
		}
		if made != due.units {
			return Mezzanine{}, unfit("FFmpeg made %d frames of %s, %d were due", made, due.file, due.units)
		}
	}
	if held := p.timeOf(p.Frames - frames); held > 0 {
		c.remark("the last picture is held for %.2f s, until the sound ends", held.Seconds())
	} else if silent := p.timeOf(p.Frames) - time.Duration(samples)*time.Second/sampleRate; silent > 100*time.Millisecond && samples > 0 {
		c.remark("the sound ends %.2f s before the picture", silent.Seconds())
	}
	if p.Turns > 1 {
		c.remark("%d turns of the film end on a segment together", p.Turns)
	}
	if held := p.timeOf(p.Held); held > 0 {
		c.remark("the last picture is held for %.2f s, until a segment ends", held.Seconds())
	}
	return Mezzanine{Turn: p.Turn(), Segment: p.Segment, Loop: p.Loop(), Frames: p.Group, Remarks: c.remarks}, nil
}

// plain makes a copy without an edit list, as it is from start to end.
func plain() []string {
	return append(bitexact(""), "-use_editlist", "0", "-avoid_negative_ts", "disabled", "-video_track_timescale", strconv.Itoa(Timescale), "-f", "mp4")
}

// share tells progress of a pass that is a share of the work, in percent, after what
// was done before, and that makes so much.
func (c *conversion) share(before, percent float64, whole time.Duration) func(time.Duration) {
	c.tell(before)
	if c.limit > 0 {
		whole = min(whole, c.limit)
	}
	return func(at time.Duration) { c.tell(before + percent*min(1, at.Seconds()/whole.Seconds())) }
}

// count is how many frames the only track of a file has.
func (t *Transcoder) count(ctx context.Context, file string) (int64, error) {
	out, err := t.ask(ctx, []string{"-show_entries", "stream=nb_frames", "-of", "default=nw=1:nk=1", file})
	if err != nil {
		return 0, err
	}
	n, err := strconv.ParseInt(string(bytes.TrimSpace(out)), 10, 64)
	if err != nil {
		return 0, fmt.Errorf("ffprobe's count of frames %q: %w", strings.TrimSpace(string(out)), err)
	}
	return n, nil
}

// copyFile gives a file another name: a link where the file system has them.
func copyFile(from, to string) error {
	if os.Link(from, to) == nil {
		return nil
	}
	src, err := os.Open(from)
	if err != nil {
		return err
	}
	defer func() { _ = src.Close() }() // only read
	dst, err := os.Create(to)
	if err != nil {
		return err
	}
	_, err = io.Copy(dst, src)
	return errors.Join(err, dst.Close())
}
