package fetch

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"

	"livestream-tui/services/hls/container"
)

// Want is what is known of a resource before it comes. Its name is not: fMP4 under
// the name .ts plays everywhere.
type Want struct {
	// Enciphered: AES-128 of the whole segment, so that no format can be seen.
	Enciphered bool
	// Format is what the playlist's segments have been so far; unknown: whatever is
	// recognised is good.
	Format container.Format
	// Anything: a key, a text, or what nobody knows anything of.
	Anything bool
}

// packetSize is of MPEG-TS, in bytes.
const packetSize = 188

// sniffed is how many bytes are enough to know a format by.
const sniffed = 1 << 10

var errPage = errors.New("answered a web page")

// refused is why b, the beginning of a body, cannot be what is wanted.
func (w Want) refused(b []byte) error {
	if !w.Anything && container.Sniff(b) == container.FormatHTML {
		return errPage
	}
	return nil
}

// likely reports whether b begins as what is wanted, so that it may be sent on before
// the whole is known.
func (w Want) likely(b []byte) bool {
	if w.Enciphered || w.Anything {
		return true
	}
	return w.oddFormat(container.Sniff(b)) == ""
}

// oddFormat says why a format is not what is expected; empty where it is.
func (w Want) oddFormat(f container.Format) string {
	switch {
	case f == container.FormatUnknown:
		return "of a format that is not known"
	case f == container.FormatPlaylist || f == container.FormatHTML:
		return fmt.Sprintf("%s in place of media", f)
	case w.Format != container.FormatUnknown && f != w.Format:
		return fmt.Sprintf("%s, where segments have been %s", f, w.Format)
	}
	return ""
}

// assess judges a whole body. An error: it is bad. Odd is what is doubtful in it;
// empty: it is good. A body that is of the digest its packager gave is good in
// whatever format.
func (w Want) assess(body []byte, digest string) (odd string, err error) {
	vouched, err := checkDigest(body, digest)
	if err != nil {
		return "", err
	}
	if err := w.refused(body); err != nil {
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
			return fmt.Sprintf("%d bytes are no whole number of AES blocks", len(body)), nil
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

// oddPackets says in which way b is no whole number of MPEG-TS packets.
func oddPackets(b []byte) string {
	for i := 0; i < len(b); i += packetSize {
		if b[i] != 0x47 {
			return fmt.Sprintf("MPEG-TS without a sync byte at %d", i)
		}
	}
	if rest := len(b) % packetSize; rest != 0 {
		return fmt.Sprintf("MPEG-TS with %d bytes behind the last packet", rest)
	}
	return ""
}

// oddBoxes says in which way b is not filled by boxes (ISO/IEC 14496-12, 4.2), or
// has a fragment without its media.
func oddBoxes(b []byte) string {
	open := false // a moof waits for its mdat
	for at := 0; at < len(b); {
		rest := b[at:]
		if len(rest) < 8 {
			return fmt.Sprintf("MP4 with %d bytes behind the last box", len(rest))
		}
		size, kind := uint64(binary.BigEndian.Uint32(rest)), string(rest[4:8])
		switch {
		case size == 0: // to the end
			size = uint64(len(rest))
		case size == 1 && len(rest) >= 16:
			size = binary.BigEndian.Uint64(rest[8:])
			if size < 16 {
				return fmt.Sprintf("MP4 whose box at %d has a bad size", at)
			}
		case size < 8:
			return fmt.Sprintf("MP4 whose box at %d has a bad size", at)
		}
		if size > uint64(len(rest)) {
			return fmt.Sprintf("MP4 whose box %q at %d is cut short", kind, at)
		}
		switch kind {
		case "moof":
			if open {
				return fmt.Sprintf("MP4 with a moof before %d without its mdat", at)
			}
			open = true
		case "mdat":
			open = false
		}
		at += int(size)
	}
	if open {
		return "MP4 whose last moof has no mdat"
	}
	return ""
}

// checkDigest holds body against a Repr-Digest (RFC 9530): a packager that gives one
// is believed, and its bytes are not, where they differ. One that is empty, of another
// algorithm or badly formed says nothing.
func checkDigest(body []byte, digest string) (vouched bool, err error) {
	for item := range strings.SplitSeq(digest, ",") {
		text, ok := strings.CutPrefix(strings.TrimSpace(item), "sha-256=:")
		if !ok {
			continue
		}
		want, err := base64.StdEncoding.DecodeString(strings.TrimSuffix(text, ":"))
		if err != nil {
			continue
		}
		if sum := sha256.Sum256(body); !bytes.Equal(sum[:], want) {
			return false, errors.New("its bytes are not those of its Repr-Digest")
		}
		vouched = true
	}
	return vouched, nil
}
