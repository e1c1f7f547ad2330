package panel

import (
	"fmt"
	"strings"

	"livestream-tui/procs/platform"
	"livestream-tui/services/kit/text"
	"livestream-tui/tui/canvas"
	"livestream-tui/tui/scene"
)

// gaps returns the gaps in milliseconds of the failovers that made a player wait.
func gaps(list []platform.FailoverAt) []float64 {
	var values []float64
	for _, f := range list {
		if f.GapMS >= 0 {
			values = append(values, f.GapMS)
		}
	}
	return values
}

// outageText returns how long a signal was off air, and which signal it was and why.
func outageText(s *scene.Scene, o *platform.OutageAt) (word, what string) {
	length := canvas.Elapsed(o.Length(s.Now))
	if !o.Lasts() {
		length = o.Length(s.Now).String()
	}
	return "off air for " + length, text.Because(canvas.Clean(o.Signal), canvas.Clean(o.Reason))
}

// servingText returns how a playlist is served, and which playlist it is and why.
func servingText(v *platform.ServingAt) (word, which string) {
	word = canvas.Clean(string(v.Mode))
	if !v.Degraded {
		word += " again"
	}
	return word, text.Because(canvas.Clean(playlistName(v.Playlist)), canvas.Clean(v.Reason))
}

// playlistName returns the signal of a path of the form /SIGNAL/playlist.m3u8, or else
// the path.
func playlistName(path string) string {
	signal, ours := strings.CutSuffix(strings.TrimPrefix(path, "/"), "/playlist.m3u8")
	if ours && !strings.Contains(signal, "/") {
		return signal
	}
	return path
}

// gapInk is the ink of a gap: viewers do not notice half a second, and two seconds empty a
// player's buffer.
func gapInk(ms float64) canvas.Ink {
	switch {
	case ms < 500:
		return canvas.InkGood
	case ms < 2000:
		return canvas.InkWarn
	}
	return canvas.InkBadStrong
}

// switchText names both packagers in w cells, by number where the names do not fit.
func switchText(s *scene.Scene, f platform.FailoverAt, w int) string {
	from, to := s.PackagerAt(f.From), s.PackagerAt(f.To)
	if from == "" {
		from = s.Glyphs.Dash
	}
	if to == "" {
		to = s.Glyphs.Dash
	}
	if len(from)+len(to)+1 <= w {
		return from + s.Glyphs.To + to
	}
	number := func(name string) string {
		if n := s.PackagerNumber(name); n > 0 {
			return s.PackagerLabel(name, n)
		}
		return name
	}
	return number(from) + s.Glyphs.To + number(to)
}

// proof returns the media sequence numbers before and after a failover, and how many
// requests were saved if w has room for it.
func proof(s *scene.Scene, f platform.FailoverAt, w int) string {
	numbers := "msn ?"
	if f.MSNBefore >= 0 && f.MSNAfter >= 0 {
		numbers = "msn " + s.Glyphs.Ellipsis + lastDigits(f.MSNBefore) + s.Glyphs.To + s.Glyphs.Ellipsis + lastDigits(f.MSNAfter)
	}
	if f.Saved > 0 && w > 24 {
		numbers += fmt.Sprintf("  %d saved", f.Saved)
	}
	return numbers
}

func lastDigits(n int64) string { return fmt.Sprintf("%03d", n%1000) }
