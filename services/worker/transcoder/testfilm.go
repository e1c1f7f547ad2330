package transcoder

import (
	"context"
	"os"
	"strconv"
	"time"

	"livestream-tui/services/kit/atomicfile"
	"livestream-tui/services/worker/ffmpeg"
	"livestream-tui/services/worker/mezzanine"
)

const (
	testFilmRate   = 25
	testFilmLength = 24 * time.Second
)

// testPicture is the test film's picture: a moving pattern and, where this FFmpeg can draw
// text, the signal's name and a running clock.
func testPicture(signal, size string, text bool) (input []string, filter string) {
	input = []string{"-f", "lavfi", "-i", "testsrc2=s=" + size + ":r=" + strconv.Itoa(testFilmRate) + ":d=" + ffmpeg.Seconds(testFilmLength)}
	if !text {
		return input, ""
	}
	draw := func(content, y string) string {
		return "drawtext=text='" + content + "':fontcolor=white:box=1:boxcolor=black@0.6:boxborderw=12:fontsize=h/10:x=(w-text_w)/2:y=" + y + ","
	}
	return input, draw(signal, "h*0.3") + draw(`%{pts\:hms}`, "h*0.55")
}

// testSound is a tone of a tenth of a second each second.
func testSound() []string {
	return []string{"-f", "lavfi", "-i", `aevalsrc=0.3*sin(2*PI*880*t)*lt(mod(t\,1)\,0.1):s=48000:c=stereo:d=` + ffmpeg.Seconds(testFilmLength)}
}

// TestFilm makes the test film as file, and its mezzanine.
func (t *Transcoder) TestFilm(ctx context.Context, signal, file string) error {
	_, attempt := testPicture(signal, t.config.FilmSize, true)
	_, err := t.run(ctx, pass{args: []string{"-f", "lavfi", "-i", "testsrc2=d=0.1", "-vf", attempt + "null", "-f", "null", "-"}})
	text := err == nil // else it lacks drawtext or a font; the pattern has a clock of its own
	key := "test-film-" + signal
	m, err := t.ensure(ctx, Film{Signal: signal, File: file}, key, "test film", func(work string, progress func(float64)) (mezzanine.Mezzanine, error) {
		c := &conversion{t: t, work: work, progress: progress, source: source{Duration: testFilmLength}}
		rate := ratio{testFilmRate, 1}
		_, group := segmentOf(rate)
		input, filter := testPicture(signal, t.config.FilmSize, text)
		args := append(input, "-vf", filter+"format=yuv420p")
		args = append(append(args, encoding{Rate: rate, Group: group, Bitrate: t.config.Bitrate}.args()...), "-f", "mp4", c.path("turn.mp4"))
		out, err := t.run(ctx, pass{args: args, at: c.share(0, 75, testFilmLength)})
		if err != nil {
			return mezzanine.Mezzanine{}, err
		}
		args = append(testSound(), "-f", "s16le", c.path("sound.pcm"))
		if _, err := t.run(ctx, pass{args: args}); err != nil {
			return mezzanine.Mezzanine{}, err
		}
		return c.assemble(ctx, rate, out.Frames, samplesIn(testFilmLength))
	})
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(m.Folder()) }() // once it is complete it stands under the film's own key
	temp := m.Folder() + "/film.mp4"
	args := append([]string{"-i", m.Folder() + "/" + mezzanine.PictureFile, "-i", m.Folder() + "/" + mezzanine.SoundFile, "-map", "0:v", "-map", "1:a", "-c", "copy"}, bitexact("")...)
	if _, err := t.run(ctx, pass{args: append(args, "-f", "mp4", temp)}); err != nil {
		return err
	}
	if err := moveFile(temp, file); err != nil {
		return err
	}
	info, err := os.Stat(file)
	if err != nil {
		return err
	}
	k, err := t.key(Film{Signal: signal, File: file, Size: info.Size(), Modified: info.ModTime()})
	if err != nil {
		return err
	}
	err = os.Rename(m.Folder(), t.place(k))
	if _, there := mezzanine.Open(t.place(k)); there == nil {
		return nil
	}
	return err
}

// moveFile moves a file, also to another file system. Under its new name it is whole from
// the beginning.
func moveFile(from, to string) error {
	if os.Rename(from, to) == nil {
		return nil
	}
	b, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return atomicfile.Write(to, b, atomicfile.Options{})
}
