package worker

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// quiet begins every FFmpeg command that ends by itself.
func quiet(level string) []string {
	return []string{"-hide_banner", "-nostdin", "-v", level, "-y", "-progress", "pipe:1"}
}

// bitexact makes a muxer or encoder leave out what differs from run to run.
var bitexact = []string{"-bitexact", "-fflags", "+bitexact", "-flags", "+bitexact"}

// media is what ffprobe tells of a file.
type media struct {
	Duration      time.Duration
	Width, Height int
	FrameRate     float64
	Audio         bool
}

func probeArgs(file string) []string {
	return []string{"-v", "error", "-print_format", "json",
		"-show_entries", "format=duration:stream=codec_type,width,height,avg_frame_rate:stream_disposition=attached_pic", "file:" + file}
}

// parseProbe reads ffprobe's JSON. The error says why the file cannot be a
// signal's film.
func parseProbe(b []byte) (media, error) {
	var doc struct {
		Format struct {
			Duration string `json:"duration"`
		} `json:"format"`
		Streams []struct {
			Type        string         `json:"codec_type"`
			Width       int            `json:"width"`
			Height      int            `json:"height"`
			Rate        string         `json:"avg_frame_rate"`
			Disposition map[string]int `json:"disposition"`
		} `json:"streams"`
	}
	if err := json.Unmarshal(b, &doc); err != nil {
		return media{}, fmt.Errorf("ffprobe's answer: %w", err)
	}
	var m media
	for _, s := range doc.Streams {
		switch {
		case s.Type == "video" && m.Width == 0 && s.Disposition["attached_pic"] == 0:
			m.Width, m.Height, m.FrameRate = s.Width, s.Height, ratio(s.Rate)
		case s.Type == "audio":
			m.Audio = true
		}
	}
	if m.Width == 0 {
		return media{}, errors.New("it has no video track")
	}
	seconds, err := strconv.ParseFloat(doc.Format.Duration, 64)
	if err != nil || !(seconds > 0) { // NaN included
		return media{}, errors.New("its length is zero")
	}
	if seconds > maxFilm.Seconds() {
		return media{}, fmt.Errorf("it lasts %.0f s, at most %.0f s are allowed", seconds, maxFilm.Seconds())
	}
	m.Duration = time.Duration(seconds * float64(time.Second))
	return m, nil
}

// maxFilm bounds a film: its sound is held as a WAV file on the way.
const maxFilm = 24 * time.Hour

func ratio(s string) float64 {
	a, b, ok := strings.Cut(s, "/")
	x, err1 := strconv.ParseFloat(a, 64)
	y, err2 := strconv.ParseFloat(b, 64)
	if !ok || err1 != nil || err2 != nil || y == 0 {
		return 0
	}
	return x / y
}

// frameRate is the constant rate of the mezzanine: 30 for what comes at about 30
// or its double, 25 for all else.
func (m media) frameRate() int {
	if m.FrameRate > 27.5 && m.FrameRate < 45 || m.FrameRate > 55 {
		return 30
	}
	return 25
}

// source is an FFmpeg input: its options, -i included, and filters that come
// before ours.
type source struct {
	args   []string
	filter string // ends with a comma, or is empty
}

// videoArgs encodes the picture into mezzanine form (ENCODER.md): constant frame
// rate, closed groups of exactly D, no B-frames, no key frame at a scene cut.
func videoArgs(in source, rate int, length time.Duration, out string) []string {
	group := strconv.Itoa(rate * int(SegmentDuration/time.Second))
	args := append(quiet("error"), in.args...)
	args = append(args, "-map", "0:v:0", "-an", "-sn", "-dn", "-map_metadata", "-1",
		// From time 0 on, that a picture which begins later stays with its sound;
		// square pixels and even sizes.
		"-vf", in.filter+"fps="+strconv.Itoa(rate)+":start_time=0,scale=trunc(iw*sar/2)*2:trunc(ih/2)*2,setsar=1,format=yuv420p",
		"-frames:v", strconv.Itoa(rate*int(length/time.Second)),
		"-c:v", "libx264", "-preset", "veryfast", "-profile:v", "high", "-threads", "4",
		"-crf", "21", "-maxrate", "4M", "-bufsize", "4M",
		"-g", group, "-keyint_min", group, "-sc_threshold", "0", "-bf", "0", "-flags", "+cgop",
		"-video_track_timescale", strconv.Itoa(timescale))
	args = append(args, bitexact...)
	return append(args, "-f", "mp4", out)
}

// soundArgs decodes the sound to exactly the loop's length.
func soundArgs(in source, length time.Duration, out string) []string {
	args := append(quiet("error"), in.args...)
	return append(args, "-map", "0:a:0", "-vn", "-sn", "-dn", "-map_metadata", "-1",
		"-af", fmt.Sprintf("aresample=48000:async=1:first_pts=0,apad,atrim=end_sample=%d", samples(length)),
		"-ac", "2", "-c:a", "pcm_s16le", "-rf64", "auto", "-f", "wav", out)
}

// samples is a length in samples at 48 kHz.
func samples(d time.Duration) int64 { return int64(d/time.Second) * 48000 }

// silence is sound for a film without any.
func silence() source {
	return source{args: []string{"-f", "lavfi", "-i", "anullsrc=r=48000:cl=stereo"}}
}

// turnsArgs encodes the turns of the sound that list names; the second is the
// one to keep, whose codec's overlap is right at both ends.
func turnsArgs(list, out string) []string {
	args := append(quiet("error"), "-f", "concat", "-safe", "0", "-i", list, "-c:a", "aac", "-b:a", "128k")
	return append(append(args, bitexact...), "-f", "mp4", out)
}

// soundTurns is how many turns of the sound are encoded back to back.
const soundTurns = 4

// joinArgs puts picture and the sound's second turn together without an edit list.
func joinArgs(video, turns string, length time.Duration, out string) []string {
	l := seconds(length)
	args := append(quiet("error"), "-i", video, "-ss", l, "-t", l, "-i", turns, "-map", "0:v", "-map", "1:a", "-c", "copy",
		"-map_metadata", "-1", "-use_editlist", "0", "-avoid_negative_ts", "disabled", "-video_track_timescale", strconv.Itoa(timescale))
	return append(append(args, bitexact...), "-f", "mp4", out)
}

// liveArgs copies the looped mezzanine to standard output as fragments whose
// timestamps are the epoch's: the form that gives the same bytes from any start.
func liveArgs(list string, s seek) []string {
	return []string{"-hide_banner", "-v", "warning", "-nostdin", "-copyts", "-ss", seconds(s.In),
		"-f", "concat", "-safe", "0", "-auto_convert", "0", "-i", list,
		"-map", "0:v", "-map", "0:a", "-c", "copy", "-output_ts_offset", seconds(s.Offset),
		"-bitexact", "-fflags", "+bitexact", "-avoid_negative_ts", "disabled", "-use_editlist", "0",
		"-video_track_timescale", strconv.Itoa(timescale), "-f", "mp4",
		"-movflags", "+empty_moov+default_base_moof+frag_keyframe+frag_discont+skip_trailer",
		"-frag_duration", strconv.FormatInt(fragmentDuration.Microseconds(), 10), "-flush_packets", "1", "pipe:1"}
}

// fragmentDuration is how long a fragment is: low latency will publish them as
// parts.
const fragmentDuration = 400 * time.Millisecond

// loopList is an ffconcat list of the turns of a mezzanine that lies beside it, a
// day of them. Where the list ends FFmpeg ends, and is started again without a
// loss.
func loopList(name string, length time.Duration) []byte {
	turns := int(24*time.Hour/length) + 2
	return []byte("ffconcat version 1.0\n" + strings.Repeat("file '"+name+"'\nduration "+seconds(length)+"\n", turns))
}

func seconds(d time.Duration) string { return strconv.FormatInt(int64(d/time.Second), 10) }

// filmSource is the test film's picture: a moving pattern with a running clock
// and the signal's name.
func filmSource(signal, size string) source {
	text := func(content string, y string) string {
		return "drawtext=text='" + content + "':fontcolor=white:box=1:boxcolor=black@0.6:boxborderw=12:fontsize=h/10:x=(w-text_w)/2:y=" + y + ","
	}
	return source{
		args:   []string{"-f", "lavfi", "-i", "testsrc2=s=" + size + ":r=" + strconv.Itoa(filmRate)},
		filter: text(signal, "h*0.3") + text(`%{pts\:hms}`, "h*0.55"),
	}
}

// filmSound is a tone of a tenth of a second each second.
func filmSound() source {
	return source{args: []string{"-f", "lavfi", "-i", `aevalsrc=0.3*sin(2*PI*880*t)*lt(mod(t\,1)\,0.1):s=48000:c=stereo`}}
}

// fileSource reads a film again and again.
func fileSource(file string) source {
	return source{args: []string{"-stream_loop", "-1", "-i", "file:" + file}}
}

const (
	filmRate   = 25
	filmLength = 24 * time.Second
)

// parseProgress reads one line of -progress; ok where it tells the time reached.
func parseProgress(line string) (time.Duration, bool) {
	v, found := strings.CutPrefix(line, "out_time_us=")
	us, err := strconv.ParseInt(strings.TrimSpace(v), 10, 64)
	if !found || err != nil || us < 0 {
		return 0, false
	}
	return time.Duration(us) * time.Microsecond, true
}
