package follow

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"strings"

	"livestream-tui/services/hls/container"
	"livestream-tui/services/proxy/object"
	"livestream-tui/services/proxy/stream"
	"livestream-tui/services/proxy/timeline"
	"livestream-tui/services/proxy/upstream"
	"livestream-tui/services/proxy/uri"
)

func outcomeOf(c object.Content) stream.Outcome {
	var redirect *upstream.Redirect
	var status *upstream.StatusError
	switch {
	case c.Whole:
		return stream.Whole
	case errors.As(c.Err, &redirect):
		return stream.Elsewhere
	case errors.Is(c.Err, upstream.ErrNotFound), errors.As(c.Err, &status):
		return stream.Absent
	}
	return stream.Failed
}

// contentOf is what identifies media. For a segment that is enciphered as a whole, the
// first timestamp is read with its key, if the key is here.
func contentOf(c object.Content, key []byte, e timeline.Entry) timeline.Content {
	if redirect := (*upstream.Redirect)(nil); errors.As(c.Err, &redirect) {
		return elsewhere(redirect)
	}
	if !c.Whole && c.ETag == "" {
		return timeline.Content{}
	}
	is := timeline.Content{Digest: c.ETag, Start: c.Start, HasStart: c.HasStart, Format: container.Sniff(c.Body)}
	is.Sealed = len(e.Segment.Keys) > 0
	if e.Enciphered() {
		is.Format, is.HasStart = container.FormatUnknown, false
		if plain := decipher(c.Body, key, e); plain != nil {
			is.Format = container.Sniff(plain)
			is.Start, is.HasStart = container.FirstTimestamp(plain)
		}
	}
	return is
}

// elsewhere identifies a segment at another host by its place.
func elsewhere(r *upstream.Redirect) timeline.Content {
	return timeline.Content{Digest: "at " + uri.Name(r.Location)}
}

// deciphered is how many bytes of a segment are deciphered to read its first timestamp.
const deciphered = 64 << 10

// decipher is the beginning of a segment under METHOD=AES-128 (RFC 8216, 5.2); nil when
// the key does not fit. Players get the segment enciphered.
func decipher(body, key []byte, e timeline.Entry) []byte {
	if len(key) != aes.BlockSize || len(e.Segment.Keys) != 1 || e.Segment.Keys[0].Method != "AES-128" {
		return nil
	}
	vector := make([]byte, aes.BlockSize)
	if text := e.Segment.Keys[0].IV; text != "" {
		given, err := hex.DecodeString(strings.TrimPrefix(strings.ToLower(text), "0x"))
		if err != nil || len(given) > len(vector) {
			return nil
		}
		copy(vector[len(vector)-len(given):], given)
	} else {
		binary.BigEndian.PutUint64(vector[8:], uint64(e.MSN))
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil
	}
	plain := make([]byte, min(len(body), deciphered)/aes.BlockSize*aes.BlockSize)
	if len(plain) == 0 {
		return nil
	}
	cipher.NewCBCDecrypter(block, vector).CryptBlocks(plain, body[:len(plain)])
	return plain
}
