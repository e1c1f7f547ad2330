package worker

import (
	"fmt"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"livestream-tui/services/kit/service"
	"livestream-tui/services/worker/output"
	"livestream-tui/services/worker/transcoder"
)

// Config is a worker's settings.
type Config struct {
	Paths service.Paths

	// IngestURLs are the outputs beside the folder, by their schemes; empty means that
	// packagers read the folder.
	IngestURLs outputURLs `env:"INGEST_URLS" doc:"base URLs of the packagers (with INGEST=http) that the worker PUTs to, comma-separated; then OUTPUT_STREAM_PATH may be none"`
	// Token is shown to packagers; empty where they do not ask for one.
	Token string `env:"INGEST_TOKEN" doc:"bearer token that workers show to packagers; needed where a packager with INGEST=http listens beyond loopback"`

	// Receivers are the base URLs of the receivers of all machines, in the same order on each;
	// empty means that there are no live signals.
	Receivers service.URLs `env:"RECEIVER_URL" doc:"base URLs of the receivers whose live signals the worker airs beside the films, comma-separated, in the same order on every machine (default: none)"`

	// Window is how many segments the worker's playlist lists.
	Window int `env:"WINDOW_SEGMENTS" envDefault:"10" doc:"segments that a playlist lists, 3 or more"`
	// FFmpeg and FFprobe are commands, which ConfigFromEnv looks up in PATH.
	FFmpeg  string `env:"FFMPEG_PATH" envDefault:"ffmpeg" doc:"the FFmpeg command"`
	FFprobe string `env:"FFPROBE_PATH" envDefault:"ffprobe" doc:"the ffprobe command"`
	// Size bounds the picture of a mezzanine. Rate is its frame rate, empty for the film's
	// own. Bitrate is the highest of its picture, in bits per second.
	Size    string `env:"MEZZANINE_SIZE" envDefault:"1920x1080" doc:"largest picture size, WIDTHxHEIGHT in even numbers; larger films are scaled down"`
	Rate    string `env:"MEZZANINE_RATE" doc:"frame rate of every film, such as 25 or 30000/1001 (default: each film's own, up to 60)"`
	Bitrate int    `env:"MEZZANINE_BITRATE_BPS" envDefault:"4000000" doc:"highest bitrate of the picture, in bits per second"`
	// CacheBytes bounds the mezzanines; zero means no bound.
	CacheBytes int64 `env:"CACHE_BYTES" envDefault:"0" doc:"most bytes of mezzanines that are kept, the least recently used go first; 0: no bound"`
	// FilmSize is the size of the test film that is made where there is no input.
	FilmSize string `env:"TEST_FILM_SIZE" envDefault:"1280x720" doc:"picture size of the test film, WIDTHxHEIGHT in even numbers"`
	// Terminal says that progress is drawn on standard error as a line that is written
	// over, rather than logged as events. Set by the caller, not by a variable.
	Terminal bool
}

// outputURLs are base URLs whose schemes name an output.
type outputURLs service.URLs

// UnmarshalText implements encoding.TextUnmarshaler.
func (u *outputURLs) UnmarshalText(b []byte) error {
	list, err := service.ParseURLs(string(b), output.Schemes()...)
	if err == nil {
		*u = outputURLs(list)
	}
	return err
}

// token is what may stand in an Authorization header (RFC 6750, 2.1).
var token = regexp.MustCompile(`^[A-Za-z0-9._~+/-]+=*$`)

var filmSize = regexp.MustCompile(`^[1-9]\d{0,3}[02468]x[1-9]\d{0,3}[02468]$`)

// ConfigFromEnv reads the worker's settings; a *service.ConfigError names every
// bad one, a missing FFmpeg included.
func ConfigFromEnv(e service.Environment) (Config, error) {
	var c Config
	var p service.Problems
	service.Parse(e, &c, &p)
	c.Paths.Complete(e, &p)
	p.Require(c.Token == "" || token.MatchString(c.Token), "INGEST_TOKEN", "********", "allowed are letters, digits and -._~+/, = at the end")
	p.Require(c.Paths.Output != service.NoOutput || len(c.IngestURLs) > 0, "OUTPUT_STREAM_PATH", service.NoOutput, "a folder is needed, or INGEST_URLS")
	p.Require(c.Window >= 3, "WINDOW_SEGMENTS", c.Window, "allowed is 3 or more")
	p.Require(filmSize.MatchString(c.FilmSize), "TEST_FILM_SIZE", c.FilmSize, "allowed is WIDTHxHEIGHT in even numbers, such as 1280x720")
	p.Require(filmSize.MatchString(c.Size), "MEZZANINE_SIZE", c.Size, "allowed is WIDTHxHEIGHT in even numbers, such as 1920x1080")
	p.Require(c.Rate == "" || slices.Contains(transcoder.Rates(), c.Rate), "MEZZANINE_RATE", c.Rate, "allowed are "+strings.Join(transcoder.Rates(), ", "))
	p.Require(c.Bitrate >= 100_000, "MEZZANINE_BITRATE_BPS", c.Bitrate, "allowed is 100000 or more")
	p.Require(c.CacheBytes >= 0, "CACHE_BYTES", c.CacheBytes, "allowed is 0 or more")
	for _, command := range []struct {
		variable string
		path     *string
	}{{"FFMPEG_PATH", &c.FFmpeg}, {"FFPROBE_PATH", &c.FFprobe}} {
		path, err := exec.LookPath(*command.path)
		if err != nil {
			p.Add(command.variable, *command.path, fmt.Sprintf("not found; install FFmpeg 5 or newer (%s) or set %s to its path", installHint, command.variable))
			continue
		}
		*command.path = path
	}
	return c, p.Err()
}

const installHint = "Debian and Ubuntu: apt-get install ffmpeg; macOS: brew install ffmpeg"

// transcoder are the settings of the transcoder.
func (c Config) transcoder() transcoder.Config {
	t := transcoder.Config{
		FFmpeg: c.FFmpeg, FFprobe: c.FFprobe, Cache: c.Paths.Cache, CacheBytes: c.CacheBytes,
		Rate: c.Rate, Bitrate: c.Bitrate, FilmSize: c.FilmSize,
	}
	width, height, _ := strings.Cut(c.Size, "x")
	w, _ := strconv.Atoi(width) // both were checked; zero is the default
	h, _ := strconv.Atoi(height)
	t.Long, t.Short = max(w, h), min(w, h)
	return t
}
