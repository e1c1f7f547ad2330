package transcoder

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"livestream-tui/services/worker/ffmpeg"
	"livestream-tui/services/worker/mezzanine"
)

// conversion makes one film into the files of a mezzanine, in a folder of its own.
type conversion struct {
	t        *Transcoder
	film     Film
	source   source
	limit    time.Duration // how much of the film; 0 for all of it
	work     string
	progress func(percent float64)
	// begins is where the film begins on its own timeline, once its picture was looked
	// at.
	begins time.Duration
	// draft says that the film is so short that its turns are repeated within the
	// mezzanine. It is encoded twice, as a draft first.
	draft bool
	// remarks are what differs from the film.
	remarks []string
}

func (c *conversion) remark(format string, args ...any) {
	c.remarks = append(c.remarks, fmt.Sprintf(format, args...))
}

func (c *conversion) path(name string) string { return filepath.Join(c.work, name) }

// due is how long a track should be, 0 where that is not known.
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

// said is how long a track should be by its own word, else by the film's.
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
	// FFmpeg counts from the first track of all. Where nothing has to be added, it is a
	// microsecond: without any, FFmpeg would count some formats from the first of the
	// tracks that a pass reads, and picture and sound are read by two.
	offset := "0.000001"
	if lead := c.begins - c.source.Start; lead > time.Millisecond && lead < time.Hour {
		offset = "-" + ffmpeg.Seconds(lead)
	}
	args := []string{"-itsoffset", offset}
	if c.limit > 0 {
		args = append(args, "-t", ffmpeg.Seconds(c.limit))
	}
	return append(args, "-i", "file:"+c.film.File)
}

// convert makes a film, or its first part, into the files of a mezzanine.
func (t *Transcoder) convert(ctx context.Context, f Film, limit time.Duration, work string, progress func(float64)) (mezzanine.Mezzanine, error) {
	s, err := t.probe(ctx, f.File)
	if err != nil {
		return mezzanine.Mezzanine{}, err
	}
	c := &conversion{t: t, film: f, source: s, limit: limit, work: work, progress: progress}
	rate, frames, err := c.picture(ctx)
	if err != nil {
		return mezzanine.Mezzanine{}, err
	}
	samples, err := c.sound(ctx)
	if err != nil {
		return mezzanine.Mezzanine{}, err
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
func (c *conversion) assemble(ctx context.Context, rate ratio, frames, samples int64) (mezzanine.Mezzanine, error) {
	p := newPlan(rate, frames, samples)
	if err := c.finishPicture(ctx, p); err != nil {
		return mezzanine.Mezzanine{}, err
	}
	if err := c.finishSound(ctx, p, samples); err != nil {
		return mezzanine.Mezzanine{}, err
	}
	for _, due := range []struct {
		file  string
		units int64
	}{{mezzanine.PictureFile, p.pictureFrames()}, {mezzanine.SoundFile, samplesIn(p.Loop()) / frameLength}} {
		made, err := countFrames(c.path(due.file))
		if err != nil {
			return mezzanine.Mezzanine{}, err
		}
		if made != due.units {
			return mezzanine.Mezzanine{}, unfit(FaultUnreadable, "FFmpeg made %d frames of %s, %d were due", made, due.file, due.units)
		}
	}
	if still := p.timeOf(p.Frames - frames); still > 0 {
		c.remark("the last picture is held for %.2f s, until the sound ends", still.Seconds())
	} else if silent := p.timeOf(p.Frames) - time.Duration(samples)*time.Second/sampleRate; silent > 100*time.Millisecond && samples > 0 {
		c.remark("the sound ends %.2f s before the picture", silent.Seconds())
	}
	if p.Turns > 1 {
		c.remark("%d turns of the film end on a segment together", p.Turns)
	}
	if still := p.timeOf(p.Still); still > 0 {
		c.remark("the last picture is held for %.2f s, until a segment ends", still.Seconds())
	}
	return mezzanine.Mezzanine{Turn: p.Turn(), Segment: p.Segment, Loop: p.Loop(), Frames: p.Group, Remarks: c.remarks}, nil
}

// plain are the options of a copy without an edit list, from start to end.
func plain() []string {
	return append(bitexact(""), "-use_editlist", "0", "-avoid_negative_ts", "disabled", "-video_track_timescale", strconv.Itoa(mezzanine.Timescale), "-f", "mp4")
}

// share reports the progress of a pass that makes whole and is percent of the work, after
// what was done before.
func (c *conversion) share(before, percent float64, whole time.Duration) func(time.Duration) {
	c.progress(before)
	if c.limit > 0 {
		whole = min(whole, c.limit)
	}
	return func(at time.Duration) { c.progress(before + percent*min(1, at.Seconds()/whole.Seconds())) }
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
