package transcoder

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// track is a stream of a film as its container describes it.
type track struct {
	Index   int
	Codec   string
	Default bool
	// Start is where it begins, Duration how long it is; 0 where the container does not
	// say.
	Start, Duration time.Duration

	// Of a picture: Rate is its average frame rate, Base the least common one.
	Rate, Base ratio
	Interlaced bool // as the container says
	Height     int  // in lines
	Colour     colour

	// Of a sound: Layout is such as 5.1(side), empty where it is not known.
	Channels int
	Layout   string
}

// colour is how the numbers of a picture become light, in ffprobe's words; empty or
// "unknown" where the film does not say.
type colour struct{ Range, Matrix, Transfer, Primaries string }

// source is a film as its container describes it.
type source struct {
	// Start is where its timestamps begin; Duration is its length from there, by its
	// container.
	Start, Duration time.Duration
	// Pictures and Sounds are in the order in which they are tried.
	Pictures, Sounds []track
}

// maxFilm bounds a film: its sound becomes a file of samples on the way.
const maxFilm = 24 * time.Hour

const probeEntries = "format=duration,start_time:stream=index,codec_type,codec_name,height,avg_frame_rate,r_frame_rate," +
	"field_order,color_range,color_space,color_transfer,color_primaries,channels,channel_layout,start_time,duration:" +
	"stream_disposition=default,attached_pic"

func probeArgs(file string) []string {
	return []string{"-print_format", "json", "-show_entries", probeEntries, "file:" + file}
}

// probeDocument is ffprobe's JSON.
type probeDocument struct {
	Format struct {
		Duration string `json:"duration"`
		Start    string `json:"start_time"`
	} `json:"format"`
	Streams []struct {
		Index       int            `json:"index"`
		Type        string         `json:"codec_type"`
		Codec       string         `json:"codec_name"`
		Height      int            `json:"height"`
		Rate        string         `json:"avg_frame_rate"`
		Base        string         `json:"r_frame_rate"`
		FieldOrder  string         `json:"field_order"`
		Range       string         `json:"color_range"`
		Matrix      string         `json:"color_space"`
		Transfer    string         `json:"color_transfer"`
		Primaries   string         `json:"color_primaries"`
		Channels    int            `json:"channels"`
		Layout      string         `json:"channel_layout"`
		Start       string         `json:"start_time"`
		Duration    string         `json:"duration"`
		Disposition map[string]int `json:"disposition"`
	} `json:"streams"`
}

// parseProbe reads ffprobe's JSON. The error says why the file cannot be a signal's
// film.
func parseProbe(b []byte) (source, error) {
	var doc probeDocument
	if err := json.Unmarshal(b, &doc); err != nil {
		return source{}, fmt.Errorf("ffprobe's answer: %w", err)
	}
	var s source
	for _, d := range doc.Streams {
		t := track{
			Index: d.Index, Codec: d.Codec, Default: d.Disposition["default"] != 0,
			Start: secondsOf(d.Start), Duration: secondsOf(d.Duration), Rate: parseRatio(d.Rate), Base: parseRatio(d.Base),
			Interlaced: slices.Contains([]string{"tt", "bb", "tb", "bt"}, d.FieldOrder), Height: d.Height,
			Colour: colour{d.Range, d.Matrix, d.Transfer, d.Primaries}, Channels: d.Channels, Layout: d.Layout,
		}
		switch {
		case d.Type == "video" && d.Disposition["attached_pic"] == 0:
			s.Pictures = append(s.Pictures, t)
		case d.Type == "audio":
			s.Sounds = append(s.Sounds, t)
		}
	}
	inOrder(s.Pictures)
	inOrder(s.Sounds)
	if len(s.Pictures) == 0 {
		return source{}, unfit(FaultNoVideo, "it has no video track")
	}
	s.Start, s.Duration = secondsOf(doc.Format.Start), secondsOf(doc.Format.Duration)
	if s.Duration > s.Start && s.Start > maxFilm {
		// A recording of a live stream begins at the time of day, and some readers count
		// its length from zero.
		s.Duration -= s.Start
	}
	if s.Duration > maxFilm {
		return source{}, unfit(FaultTooLong, "it lasts %.0f s, at most %.0f s are allowed", s.Duration.Seconds(), maxFilm.Seconds())
	}
	return s, nil
}

// inOrder sorts tracks in the order in which they are tried: the default one first.
func inOrder(tracks []track) {
	slices.SortStableFunc(tracks, func(a, b track) int {
		switch {
		case a.Default == b.Default:
			return a.Index - b.Index
		case a.Default:
			return -1
		}
		return 1
	})
}

// secondsOf reads a time in seconds; 0 where the text is not one.
func secondsOf(s string) time.Duration {
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || f != f || f > 1e10 || f < -1e10 {
		return 0
	}
	return time.Duration(f * float64(time.Second))
}

// ratio is a fraction. The zero value means that it is not known.
type ratio struct{ Num, Den int64 }

func parseRatio(s string) ratio {
	a, b, ok := strings.Cut(s, "/")
	x, err1 := strconv.ParseInt(a, 10, 64)
	y, err2 := strconv.ParseInt(b, 10, 64)
	if !ok || err1 != nil || err2 != nil || x <= 0 || y <= 0 {
		return ratio{}
	}
	return ratio{x, y}
}

// value is the ratio as a number, 0 where it is not known.
func (r ratio) value() float64 {
	if r.Den == 0 {
		return 0
	}
	return float64(r.Num) / float64(r.Den)
}

// String is the ratio as FFmpeg reads it.
func (r ratio) String() string {
	if r.Den == 1 {
		return strconv.FormatInt(r.Num, 10)
	}
	return fmt.Sprintf("%d/%d", r.Num, r.Den)
}
