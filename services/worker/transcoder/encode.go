package transcoder

import (
	"context"
	"errors"
	"os"
	"strconv"
	"time"

	"livestream-tui/services/worker/ffmpeg"
	"livestream-tui/services/worker/mezzanine"
)

// picture encodes the first of the film's pictures that can be decoded. It returns its
// rate and how many frames it lasts, including those for which its last picture stands
// still.
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
		return ratio{}, 0, unfit(FaultNoVideo, "nothing of its picture can be decoded: %s", or(out.Complaints.First, "it has no frame"))
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
		return ratio{}, 0, unfit(FaultTooLong, "it lasts more than the %.0f s that are allowed", maxFilm.Seconds())
	}
	return p.Rate, frames, nil
}

// stretch encodes a file anew, from where the options in seek to, so that it has so many
// frames: its last one is repeated.
func (c *conversion) stretch(ctx context.Context, e encoding, name string, in []string, frames int64) error {
	stretched := c.path("stretched.mp4")
	args := append(in[:len(in):len(in)], "-i", c.path(name), "-an", "-vf", "tpad=stop_mode=clone:stop=-1", "-frames:v", strconv.FormatInt(frames, 10))
	args = append(append(args, e.args()...), "-f", "mp4", stretched)
	if _, err := c.t.run(ctx, pass{args: args}); err != nil {
		return err
	}
	return os.Rename(stretched, c.path(name))
}

// finishPicture makes the mezzanine's picture of one turn.
func (c *conversion) finishPicture(ctx context.Context, p plan) error {
	e := encoding{Rate: p.Rate, Group: p.Group, Bitrate: c.t.config.Bitrate}
	turn, err := countFrames(c.path("turn.mp4"))
	if err != nil {
		return err
	}
	if c.draft || p.Turns > 1 {
		return c.repeat(ctx, p, e, turn)
	}
	if turn == p.pictureFrames() {
		return os.Rename(c.path("turn.mp4"), c.path(mezzanine.PictureFile))
	}
	// Only the last segment is encoded anew: it is stretched.
	whole := (min(turn, p.pictureFrames()) - 1) / int64(p.Group)
	from := ffmpeg.Seconds(time.Duration(whole) * p.Segment)
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
	_, err = c.t.run(ctx, pass{args: append(args, c.path(mezzanine.PictureFile)), at: c.share(75, 10, p.Turn())})
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
	args = append(append(args, e.args()...), "-f", "mp4", c.path(mezzanine.PictureFile))
	_, err := c.t.run(ctx, pass{args: args, at: c.share(75, 10, p.Turn())})
	return err
}
