package encoder

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Feed is what an encoder sends. The zero value is a moving test picture of 640x360 at 25
// pictures a second with a tone, and a key frame every two seconds.
type Feed struct {
	// Size is that of the pictures, WIDTHxHEIGHT. Empty means 640x360.
	Size string
	// BFrames is how many pictures in a row are sent out of order. Zero means none.
	BFrames int
	// Black and Silent replace the picture and the tone.
	Black, Silent bool
	// Pace is the speed of the encoder's clock: 1.0002 is 200 ppm fast. Zero means 1.
	Pace float64
	// LeapAfter is when its timestamps jump a day ahead, SlowAfter when it begins to send
	// half of real time, both from its start. Zero means never.
	LeapAfter, SlowAfter time.Duration
}

const (
	defaultSize = "640x360"
	rate        = 25 // pictures a second
	// gop is pictures from key frame to key frame: two seconds.
	gop = 2 * rate
	// leap is a day, in seconds.
	leap = 24 * 60 * 60
)

// args are FFmpeg's arguments to send the feed to a URL.
func (f Feed) args(url string) []string {
	picture, sound := "testsrc2", "sine=f=440:r=48000"
	if f.Black {
		picture = "color=c=black"
	}
	if f.Silent {
		sound = "anullsrc=r=48000:cl=mono"
	}
	size, separator := f.Size, "="
	if size == "" {
		size = defaultSize
	}
	if f.Black {
		separator = ":"
	}
	picture = fmt.Sprintf("%s%ss=%s:r=%d", picture, separator, size, rate)
	pace := f.Pace
	if pace == 0 {
		pace = 1
	}
	read := []string{"-readrate", strconv.FormatFloat(pace, 'f', -1, 64), "-f", "lavfi", "-i"}
	list := []string{"-hide_banner", "-nostdin", "-loglevel", "warning"}
	list = append(append(list, read...), picture)
	list = append(append(list, read...), sound)
	switch {
	case f.LeapAfter > 0:
		later := fmt.Sprintf("setpts='PTS+if(gte(T,%g),%d/TB,0)'", f.LeapAfter.Seconds(), leap)
		list = append(list, "-vf", later, "-af", "a"+later)
	case f.SlowAfter > 0: // FFmpeg encodes sound no faster than pictures
		list = append(list, "-vf", fmt.Sprintf("sendcmd=c='%g realtime speed 0.5',realtime=limit=0.5", f.SlowAfter.Seconds()))
	}
	list = append(list, "-vsync", "passthrough", "-c:v", "libx264", "-preset", "ultrafast", "-threads", "1", "-pix_fmt", "yuv420p", "-b:v", "1200k",
		"-g", strconv.Itoa(gop), "-keyint_min", strconv.Itoa(gop), "-sc_threshold", "0", "-bf", strconv.Itoa(f.BFrames), "-b_strategy", "0",
		"-c:a", "aac", "-ac", "2", "-b:a", "64k")
	container := "mpegts"
	if strings.HasPrefix(url, "rtmp") {
		container = "flv"
	}
	return append(list, "-f", container, url)
}
