package verdict

import (
	"errors"
	"fmt"

	"livestream-tui/services/hls/container"
)

// Want is what is known of a resource before it comes. Its name says nothing: fMP4 under
// the name .ts plays everywhere.
type Want struct {
	// Enciphered means AES-128 of the whole segment, so that no format can be seen.
	Enciphered bool
	// Format is the format of the playlist's segments so far; unknown accepts any format
	// that is recognised.
	Format container.Format
	// Anything accepts every format: it is for keys, text, and resources that no playlist
	// lists.
	Anything bool
}

// SniffedBytes is how many bytes are enough to recognise a format.
const SniffedBytes = 1 << 10

var errPage = errors.New("answered a web page")

// Refused is the reason that b, the beginning of a body, cannot be what is wanted.
func (w Want) Refused(b []byte) error {
	if !w.Anything && container.Sniff(b) == container.FormatHTML {
		return errPage
	}
	return nil
}

// Likely reports whether b begins like what is wanted, so that it may be sent on before
// the whole is known.
func (w Want) Likely(b []byte) bool {
	if w.Enciphered || w.Anything {
		return true
	}
	return w.oddFormat(container.Sniff(b)) == ""
}

// oddFormat says why a format is not the expected one; empty when it is.
func (w Want) oddFormat(f container.Format) string {
	switch {
	case f == container.FormatUnknown:
		return "of an unknown format"
	case f == container.FormatPlaylist || f == container.FormatHTML:
		return fmt.Sprintf("%s in place of media", f)
	case w.Format != container.FormatUnknown && f != w.Format:
		return fmt.Sprintf("%s, where segments have been %s", f, w.Format)
	}
	return ""
}

// Assess judges a whole body. An error means that it is bad, odd says what is doubtful in
// it; it is good when both are empty. A body with the digest that its packager gave is
// good in any format.
func (w Want) Assess(body []byte, digest string) (odd string, err error) {
	vouched, err := checkDigest(body, digest)
	if err != nil {
		return "", err
	}
	if err := w.Refused(body); err != nil {
		return "", err
	}
	f := container.Sniff(body)
	switch {
	case vouched:
		return "", nil
	case len(body) == 0:
		return "an empty body", nil
	case w.Anything && f == container.FormatHTML:
		return "a web page", nil
	case w.Anything:
		return "", nil
	case w.Enciphered:
		if len(body)%16 != 0 {
			return fmt.Sprintf("%d bytes are not a whole number of AES blocks", len(body)), nil
		}
		return "", nil
	}
	if odd := w.oddFormat(f); odd != "" {
		return odd, nil
	}
	switch f {
	case container.FormatMPEGTS:
		return oddPackets(body), nil
	case container.FormatMP4:
		return oddBoxes(body), nil
	}
	return "", nil
}
