package transcoder

import (
	"bufio"
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

// due is how long a track is to be by what its container says of it, 0 where that is
// not known.
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

// priming is how much earlier than its picture a sound may begin without being heard:
// what encoders put before it, and what containers say of it, is seldom a sound.
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

// picture encodes the first of the film's pictures that can be decoded. It returns
// its rate and how many frames it lasts, the time for which its last frame is held
// included.
func (c *conversion) picture(ctx context.Context) (ratio, int64, error) {
	var first error
	for i, tr := range c.source.Pictures {
		rate, frames, err := c.encodePicture(ctx, tr)
		bad := (*Unfit)(nil)
		if err == nil && i > 0 {
			c.remark("video track %d is shown: %v", tr.Index, first)
		}
		if err == nil || !errors.As(err, &bad) {
			return rate, frames, err
		}
		if first == nil {
			first = err
		}
	}
	return ratio{}, 0, first
}

func (c *conversion) encodePicture(ctx context.Context, tr track) (ratio, int64, error) {
	said := c.said(tr.Duration)
	p, err := c.look(ctx, &tr)
	if err != nil {
		return ratio{}, 0, err
	}
	_, group := segmentOf(p.Rate)
	due := c.due(tr)
	c.draft = newPlan(p.Rate, int64((p.Late+due).Seconds()*p.Rate.value()+0.5), samplesIn(c.dueSound())).Turns > 1
	e := encoding{Rate: p.Rate, Group: group, Bitrate: c.t.config.Bitrate, Draft: c.draft}
	args := append(c.input(), "-map", p.Map, "-an", "-sn", "-dn", "-max_error_rate", "1", "-vf", p.chain())
	args = append(append(args, e.args()...), "-f", "mp4", c.path("turn.mp4"))
	out, err := c.t.run(ctx, pass{args: args, at: c.share(0, 70, max(due, time.Second)), others: codecs(c.source.Sounds)})
	if err != nil {
		return ratio{}, 0, err
	}
	if out.Frames == 0 {
		return ratio{}, 0, unfit("nothing of its picture can be decoded: %s", or(out.Complaints.First, "it has no frame"))
	}
	frames := out.Frames
	shown := time.Duration(float64(frames) / p.Rate.value() * float64(time.Second))
	lasts := (p.Late + due).Seconds() * p.Rate.value()
	switch complaint := out.Complaints.First; {
	case complaint == "" && due > 0 && lasts-float64(frames) >= 1:
		frames = int64(lasts + 0.5) // a screen recording, say, whose last picture stands for a while
	case complaint == "" && due > 0 && frames == int64(lasts+0.5)+1:
		frames-- // some containers show the first frame a frame late, and it was filled twice
	case complaint != "" && p.Late+said-shown > time.Second/2 && said < maxFilm:
		c.remark("the picture ends at %.1f s of %.1f s: %s", shown.Seconds(), (p.Late + said).Seconds(), complaint)
	case complaint != "":
		c.remark("parts of the picture cannot be decoded: %s", complaint)
	}
	if p.Late > 100*time.Millisecond {
		c.remark("the picture begins %.2f s after the sound: its first frame is shown until then", p.Late.Seconds())
	}
	if limit := int64(maxFilm.Seconds() * p.Rate.value()); frames > limit {
		return ratio{}, 0, unfit("it lasts more than the %.0f s that are allowed", maxFilm.Seconds())
	}
	return p.Rate, frames, nil
}

// stretch encodes a file anew, from where the options in seek to, so that it has so
// many frames: its last one is held.
func (c *conversion) stretch(ctx context.Context, e encoding, name string, in []string, frames int64) error {
	held := c.path("held.mp4")
	args := append(in[:len(in):len(in)], "-i", c.path(name), "-an", "-vf", "tpad=stop_mode=clone:stop=-1", "-frames:v", strconv.FormatInt(frames, 10))
	args = append(append(args, e.args()...), "-f", "mp4", held)
	if _, err := c.t.run(ctx, pass{args: args}); err != nil {
		return err
	}
	return os.Rename(held, c.path(name))
}

// sound decodes the film's default sound, else the first that can be decoded, else
// makes none, which is silence. It returns its length in samples.
func (c *conversion) sound(ctx context.Context) (int64, error) {
	for i, tr := range c.source.Sounds {
		samples, said, err := c.decodeSound(ctx, tr)
		if bad := (*Unfit)(nil); err != nil && !errors.As(err, &bad) {
			return 0, err
		}
		if err == nil && samples > 0 {
			switch missing := c.said(tr.Duration) - time.Duration(samples)*time.Second/sampleRate; {
			case said != "" && missing > time.Second/2 && missing < maxFilm:
				c.remark("the sound ends %.1f s early: %s", missing.Seconds(), said)
			case said != "":
				c.remark("parts of the sound cannot be decoded: %s", said)
			}
			if i > 0 {
				c.remark("sound track %d (%s) is played", tr.Index, tr.Codec)
			}
			if tr.Channels > 2 {
				c.remark("its sound of %s is mixed to stereo", or(tr.Layout, strconv.Itoa(tr.Channels)+" channels"))
			}
			if late := tr.Start - c.begins; late > 100*time.Millisecond && late < maxFilm {
				c.remark("the sound begins %.2f s after the picture", late.Seconds())
			}
			if due := samplesIn(c.due(tr)); due > 0 && samples > due && samples-due < padding {
				samples = due
			}
			return samples, nil
		}
		if err != nil {
			said = err.Error()
		}
		c.remark("sound track %d (%s) cannot be decoded: %s", tr.Index, or(tr.Codec, "unknown codec"), or(said, "it is empty"))
	}
	if len(c.source.Sounds) > 0 {
		c.remark("the film is silent")
	}
	return 0, os.WriteFile(c.path("sound.pcm"), nil, 0o644)
}

func (c *conversion) decodeSound(ctx context.Context, tr track) (samples int64, said string, err error) {
	file := c.path("sound.pcm")
	args := append(c.input(), "-map", "0:"+strconv.Itoa(tr.Index), "-vn", "-sn", "-dn", "-max_error_rate", "1",
		"-af", soundChain(tr), "-ac", "2", "-ar", strconv.Itoa(sampleRate), "-f", "s16le", file)
	out, err := c.t.run(ctx, pass{args: args, at: c.share(70, 5, max(c.due(tr), time.Second)), others: codecs(c.source.Pictures)})
	if err != nil {
		return 0, "", err
	}
	info, err := os.Stat(file)
	if err != nil {
		return 0, "", err
	}
	return info.Size() / sampleBytes, out.Complaints.First, nil
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
	if err := c.finishPicture(ctx, p, frames); err != nil {
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

// finishPicture makes the mezzanine's picture of one turn that has so many frames.
func (c *conversion) finishPicture(ctx context.Context, p plan, frames int64) error {
	e := encoding{Rate: p.Rate, Group: p.Group, Bitrate: c.t.config.Bitrate}
	turn, err := c.t.count(ctx, c.path("turn.mp4"))
	if err != nil {
		return err
	}
	if c.draft || p.Turns > 1 {
		return c.repeat(ctx, p, e, turn)
	}
	if turn == p.pictureFrames() {
		return os.Rename(c.path("turn.mp4"), c.path(pictureFile))
	}
	// Only the last segment is encoded anew: it is stretched.
	whole := (min(turn, p.pictureFrames()) - 1) / int64(p.Group)
	from := seconds(time.Duration(whole) * p.Segment)
	if err := copyFile(c.path("turn.mp4"), c.path("tail.mp4")); err != nil {
		return err
	}
	if err := c.stretch(ctx, e, "tail.mp4", []string{"-ss", from}, p.pictureFrames()-whole*int64(p.Group)); err != nil {
		return err
	}
	list := "ffconcat version 1.0\n"
	if whole > 0 {
		list += "file 'turn.mp4'\nduration " + from + "\noutpoint " + from + "\n"
	}
	list += "file 'tail.mp4'\n"
	if err := os.WriteFile(c.path("turn.ffconcat"), []byte(list), 0o644); err != nil {
		return err
	}
	args := append([]string{"-f", "concat", "-safe", "0", "-auto_convert", "0", "-i", c.path("turn.ffconcat"), "-map", "0:v", "-c", "copy"}, plain()...)
	_, err = c.t.run(ctx, pass{args: append(args, c.path(pictureFile)), at: c.share(75, 10, p.Turn())})
	return err
}

// repeat encodes the turns of a draft that has so many frames.
func (c *conversion) repeat(ctx context.Context, p plan, e encoding, frames int64) error {
	if frames != p.Frames {
		draft := e
		draft.Draft = true
		if err := c.stretch(ctx, draft, "turn.mp4", nil, p.Frames); err != nil {
			return err
		}
	}
	args := []string{"-stream_loop", strconv.FormatInt(p.Turns-1, 10), "-i", c.path("turn.mp4"), "-an",
		"-vf", "tpad=stop_mode=clone:stop=-1", "-frames:v", strconv.FormatInt(p.pictureFrames(), 10)}
	args = append(append(args, e.args()...), "-f", "mp4", c.path(pictureFile))
	_, err := c.t.run(ctx, pass{args: args, at: c.share(75, 10, p.Turn())})
	return err
}

// lead is how much of the loop is encoded before its beginning and after its end, in
// samples, so that the codec's overlap is right at both: a whole number of AAC frames
// and of milliseconds.
const lead = 48 * frameLength

// finishSound encodes the sound of the loop.
func (c *conversion) finishSound(ctx context.Context, p plan, samples int64) error {
	pcm, err := os.Open(c.path("sound.pcm"))
	if err != nil {
		return err
	}
	defer func() { _ = pcm.Close() }() // only read
	l := loop{sound: pcm, length: min(samples, p.samplesAt(p.Frames)), starts: p.starts(), end: samplesIn(p.Loop())}
	around := c.path("around.mp4")
	args := append([]string{"-f", "s16le", "-ar", strconv.Itoa(sampleRate), "-ac", "2", "-i", "pipe:0", "-c:a", "aac", "-b:a", "128k"}, bitexact("")...)
	_, err = c.t.run(ctx, pass{
		args: append(args, "-f", "mp4", around),
		at:   c.share(85, 12, p.Loop()),
		input: func(w io.Writer) error {
			buffered := bufio.NewWriterSize(w, 1<<16)
			if err := l.copy(buffered, -lead, l.end+2*lead); err != nil {
				return err
			}
			return buffered.Flush()
		},
	})
	if err != nil {
		return err
	}
	const leadTime = lead * time.Second / sampleRate
	args = append([]string{"-ss", seconds(leadTime), "-t", seconds(p.Loop()), "-i", around, "-map", "0:a", "-c", "copy"}, plain()...)
	_, err = c.t.run(ctx, pass{args: append(args, c.path(soundFile)), at: c.share(97, 2, p.Loop())})
	return err
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
