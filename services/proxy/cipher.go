package proxy

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/binary"
	"encoding/hex"
	"strings"

	"livestream-tui/services/proxy/timeline"
)

// deciphered is how much of a segment is deciphered, to read where it begins.
const deciphered = 64 << 10

// decipher is the beginning of a segment under METHOD=AES-128 (RFC 8216, 5.2); nil where
// the key does not fit. What is served stays enciphered.
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
