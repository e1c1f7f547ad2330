package picture

import (
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const (
	// fromEdge is how many segments before the end of its playlist a live picture begins.
	fromEdge = 3
	// playlistPatience is how long a playlist may take, playlistMost how many bytes of it
	// are read.
	playlistPatience = 2 * time.Second
	playlistMost     = 1 << 20
)

// startOf returns the moment that the first picture shows when a media playlist is played from
// the last segments but fromEdge on: by EXT-X-PROGRAM-DATE-TIME, or else as if the playlist
// had ended when it was loaded. It is zero for anything but a media playlist.
func startOf(playlist string, loaded time.Time) time.Time {
	var starts, ends []time.Time // of the segments
	var at time.Time             // where the next segment starts; zero while not known
	var lengths []time.Duration
	var length time.Duration
	for line := range strings.Lines(playlist) {
		line = strings.TrimSpace(line)
		if text, is := strings.CutPrefix(line, "#EXT-X-PROGRAM-DATE-TIME:"); is {
			if t, err := time.Parse("2006-01-02T15:04:05.999999999Z07:00", text); err == nil {
				at = t
			}
		}
		if text, is := strings.CutPrefix(line, "#EXTINF:"); is {
			text, _, _ = strings.Cut(text, ",")
			seconds, err := strconv.ParseFloat(text, 64)
			if err != nil || seconds < 0 || seconds > 3600 {
				return time.Time{}
			}
			length = time.Duration(seconds * float64(time.Second))
		}
		if line == "" || line[0] == '#' || length == 0 {
			continue
		}
		starts, lengths = append(starts, at), append(lengths, length)
		if !at.IsZero() {
			at = at.Add(length)
		}
		ends, length = append(ends, at), 0
	}
	if len(starts) == 0 {
		return time.Time{}
	}
	first := max(0, len(starts)-fromEdge)
	if !starts[first].IsZero() {
		return starts[first]
	}
	start := loaded
	if end := ends[len(ends)-1]; !end.IsZero() {
		start = end
	}
	for _, l := range lengths[first:] {
		start = start.Add(-l)
	}
	return start
}

// loadStart loads a playlist for startOf.
func loadStart(url string) (time.Time, error) {
	client := http.Client{Timeout: playlistPatience}
	answer, err := client.Get(url)
	if err != nil {
		return time.Time{}, err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(io.LimitReader(answer.Body, playlistMost))
	if err != nil {
		return time.Time{}, err
	}
	if answer.StatusCode != http.StatusOK {
		return time.Time{}, errors.New(answer.Status)
	}
	return startOf(string(body), time.Now()), nil
}
