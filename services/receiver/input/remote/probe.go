package remote

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"

	"livestream-tui/services/receiver/input/tracks"
	"livestream-tui/services/receiver/sample"
	"livestream-tui/services/worker/ffmpeg"
)

// streams are what a URL has.
type streams struct {
	video, audio string // the names of their codecs, empty where there is none
	encoder      string
}

// probeMost bounds what ffprobe may say.
const probeMost = 1 << 20

// probe asks ffprobe what the URL has.
func (p *puller) probe(ctx context.Context) (*streams, error) {
	ctx, cancel := context.WithTimeout(ctx, beginMost)
	defer cancel()
	var stdin *os.File
	if list := p.source.list(); list != "" {
		r, w, err := os.Pipe()
		if err != nil {
			return nil, err
		}
		defer func() { _ = r.Close() }()
		_, err = io.WriteString(w, list) // a pipe holds it
		if _ = w.Close(); err != nil {
			return nil, err
		}
		stdin = r
	}
	argv := append([]string{p.FFprobe, "-hide_banner", "-loglevel", ffmpeg.LogLevel}, p.source.open()...)
	argv = append(argv, "-show_entries", "stream=codec_type,codec_name:format_tags=encoder", "-of", "json")
	var said sayings
	c, err := ffmpeg.StartFrom(ctx, p.Spawner, stdin, argv, said.says)
	if err != nil {
		return nil, err
	}
	out, readErr := io.ReadAll(io.LimitReader(c.Out, probeMost))
	exit := c.Result()
	var answer struct {
		Streams []struct {
			Type string `json:"codec_type"`
			Name string `json:"codec_name"`
		} `json:"streams"`
		Format struct {
			Tags struct {
				Encoder string `json:"encoder"`
			} `json:"tags"`
		} `json:"format"`
	}
	if err := json.Unmarshal(out, &answer); err != nil || readErr != nil || len(answer.Streams) == 0 {
		if ctx.Err() != nil {
			return nil, fmt.Errorf("%s: it does not answer", p.source.shown)
		}
		return nil, p.source.explain(&said, exit)
	}
	found := &streams{encoder: answer.Format.Tags.Encoder}
	for _, s := range answer.Streams {
		switch {
		case s.Type == "video" && found.video == "":
			found.video = s.Name
		case s.Type == "audio" && found.audio == "":
			found.audio = s.Name
		}
	}
	return found, nil
}

// problem is why the streams cannot be taken.
func (s *streams) problem() error {
	switch s.video {
	case "h264", "hevc":
		return nil
	case "":
		return fmt.Errorf("it has no pictures")
	}
	return tracks.Unsupported{Track: sample.Video, Codec: strings.ToUpper(s.video)}
}

// copiesSound reports whether the sound is taken as it is.
func (s *streams) copiesSound() bool { return s.audio == "aac" || s.audio == "opus" }
