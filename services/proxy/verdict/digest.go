package verdict

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"strings"
)

// checkDigest compares body with a Repr-Digest (RFC 9530). Where they differ, the digest
// is believed. A digest that is empty, of another algorithm or badly formed is ignored.
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
			return false, errors.New("its bytes do not match its Repr-Digest")
		}
		vouched = true
	}
	return vouched, nil
}
