package folder

import (
	"crypto/sha256"
	"encoding/hex"
	"path/filepath"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"livestream-tui/services/kit/report"
)

// extensions are those of films, in lower case: what FFmpeg reads and has a picture.
const extensions = " .mp4 .m4v .mov .qt .mkv .webm .ts .m2ts .mts .m2t .trp .avi .divx .mpg .mpeg .mpe .m1v .m2v .vob .flv .f4v" +
	" .wmv .asf .ogv .ogm .mxf .gxf .3gp .3g2 .dv .rm .rmvb .nut .y4m .mjpeg .mjpg .264 .h264 .265 .h265 .hevc .ivf .obu .av1 "

// IsFilm reports whether a file of that name counts as a film.
func IsFilm(name string) bool {
	ext := strings.ToLower(filepath.Ext(name))
	return ext != "" && strings.Contains(extensions, " "+ext+" ")
}

// maxSignal is the longest name of a signal.
const maxSignal = 64

// ligatures replaces letters that are not an ASCII letter with an accent.
var ligatures = strings.NewReplacer("ß", "ss", "æ", "ae", "Æ", "ae", "œ", "oe", "Œ", "oe", "ø", "o", "Ø", "o", "ł", "l", "Ł", "l", "đ", "d", "Đ", "d", "ı", "i")

// SignalOf returns the signal that a film of that file name becomes: its base name where
// that can name a signal. Otherwise letters become lower case without accents, and all that
// is neither letter nor digit becomes a hyphen: "My Movie (1).mp4" is my-movie-1. Where
// nothing remains, a hash is the name.
func SignalOf(name string) string {
	base := baseOf(name)
	if report.IsSignal(base) {
		return base
	}
	var b strings.Builder
	gap := false
	for _, r := range norm.NFKD.String(ligatures.Replace(base)) {
		r = unicode.ToLower(r)
		switch {
		case unicode.Is(unicode.Mn, r): // an accent of the letter before
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			if gap && b.Len() > 0 {
				b.WriteByte('-')
			}
			gap = false
			b.WriteRune(r)
		default:
			gap = true
		}
	}
	signal := b.String()
	if signal == "" {
		sum := sha256.Sum256([]byte(name))
		return "film-" + hex.EncodeToString(sum[:4])
	}
	return strings.TrimRight(signal[:min(len(signal), maxSignal)], "-")
}

// baseOf is a file's name without its extension.
func baseOf(name string) string { return strings.TrimSuffix(name, filepath.Ext(name)) }
