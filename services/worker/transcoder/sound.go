package transcoder

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"livestream-tui/services/worker/ffmpeg"
	"livestream-tui/services/worker/mezzanine"
)

// The form of a mezzanine's sound: AAC, stereo.
const (
	sampleRate  = 48000
	frameLength = 1024 // samples in an AAC frame
	sampleBytes = 4    // of both channels, 16 bits each
)

// samplesIn is a time in samples, rounded.
func samplesIn(d time.Duration) int64 {
	return (int64(d/time.Microsecond)*sampleRate + 500_000) / 1_000_000
}

// soundChain is the filters of the sound: stereo from the film's start on, what is
// missing filled with silence. A single channel is as loud in both as it was alone. More
// than two are mixed without attenuation, so that speech stays as loud as it was; a
// limiter keeps their sum from clipping.
func soundChain(t track) string {
	switch {
	case t.Channels == 1:
		return "pan=stereo|c0=c0|c1=c0,aresample=48000:async=1:first_pts=0"
	case t.Channels > 2:
		// From floats to floats: otherwise the mix is scaled down by the sum of all channels.
		return "aformat=sample_fmts=fltp,aformat=sample_fmts=fltp:channel_layouts=stereo," +
			"aresample=48000:async=1:first_pts=0,alimiter=limit=0.97:level=false:latency=true"
	}
	chain := "aresample=48000:async=1:first_pts=0,aformat=channel_layouts=stereo"
	if strings.HasPrefix(t.Codec, "pcm_f") { // which may be louder than what can be played
		chain = "aformat=sample_fmts=fltp:channel_layouts=stereo,aresample=48000:async=1:first_pts=0,alimiter=limit=1:level=false:latency=true"
	}
	return chain
}

// loop is the sound of a mezzanine as samples: turns of the film's sound, each from
// its beginning, and silence where a turn is longer than its sound.
type loop struct {
	sound  io.ReaderAt
	length int64   // of the sound, in samples
	starts []int64 // where turns begin, ascending; the first is 0
	end    int64   // of the loop
}

// write writes n samples from a position on, which may lie beyond either end: the loop is
// played again and again.
func (l loop) write(w io.Writer, from, n int64) error {
	for n > 0 {
		at := ((from % l.end) + l.end) % l.end
		i := len(l.starts) - 1
		for l.starts[i] > at {
			i--
		}
		end := l.end
		if i+1 < len(l.starts) {
			end = l.starts[i+1]
		}
		in := at - l.starts[i]
		m := min(n, end-at)
		var err error
		if in < l.length {
			m = min(m, l.length-in)
			_, err = io.Copy(w, io.NewSectionReader(l.sound, in*sampleBytes, m*sampleBytes))
		} else {
			m = min(m, 1<<16)
			_, err = w.Write(make([]byte, m*sampleBytes))
		}
		if err != nil {
			return fmt.Errorf("the sound: %w", err)
		}
		from, n = from+m, n-m
	}
	return nil
}

// sound decodes the film's default sound, else the first that can be decoded. Without
// one the film is silent. It returns the sound's length in samples.
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
			if err := l.write(buffered, -lead, l.end+2*lead); err != nil {
				return err
			}
			return buffered.Flush()
		},
	})
	if err != nil {
		return err
	}
	const leadTime = lead * time.Second / sampleRate
	args = append([]string{"-ss", ffmpeg.Seconds(leadTime), "-t", ffmpeg.Seconds(p.Loop()), "-i", around, "-map", "0:a", "-c", "copy"}, plain()...)
	_, err = c.t.run(ctx, pass{args: append(args, c.path(mezzanine.SoundFile)), at: c.share(97, 2, p.Loop())})
	return err
}
