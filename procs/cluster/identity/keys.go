package identity

import (
	"crypto/ed25519"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"

	"github.com/nats-io/nkeys"
)

// The labels by which keys follow from the secret. A label never changes: machines of different
// versions work together while a cluster is upgraded.
const (
	labelCA       = "livestream-tui 1 ca"
	labelCert     = "livestream-tui 1 certificate "
	labelMachine  = "livestream-tui 1 machine"
	labelEdge     = "livestream-tui 1 edge"
	labelIngest   = "livestream-tui 1 ingest"
	labelAdmin    = "livestream-tui 1 admin"
	tokenKeySize  = 24
	engineKeySize = ed25519.SeedSize
)

// derived returns the key of a label (RFC 5869). An edge has no secret, so it has none of these.
func (i Identity) derived(label string, size int) []byte {
	key, err := hkdf.Key(sha256.New, i.Secret, []byte(i.Cluster), label, size)
	if err != nil {
		panic(err) // the size is one of ours
	}
	return key
}

// IngestToken is what workers show to packagers. It is empty for an edge.
func (i Identity) IngestToken() string { return i.tokenOf(labelIngest) }

// AdminToken is what is shown to services that take commands. It is empty for an edge.
func (i Identity) AdminToken() string { return i.tokenOf(labelAdmin) }

func (i Identity) tokenOf(label string) string {
	if i.Edge != nil {
		return ""
	}
	return base64.RawURLEncoding.EncodeToString(i.derived(label, tokenKeySize))
}

// edgeKey is the raw seed of the role edge.
func (i Identity) edgeKey() []byte {
	if i.Edge != nil {
		return i.Edge.Key
	}
	return i.derived(labelEdge, engineKeySize)
}

// engineSeed writes a raw seed as the engine reads it.
func engineSeed(raw []byte) ([]byte, error) {
	pair, err := nkeys.FromRawSeed(nkeys.PrefixByteUser, raw)
	if err != nil {
		return nil, err
	}
	seed, err := pair.Seed()
	return append(seed, '\n'), err
}

// Fingerprint is a short word by which people can tell whether two machines have the same
// secret. It says nothing of the secret itself.
func (i Identity) Fingerprint() string {
	sum := sha256.Sum256(i.authority())
	return hex.EncodeToString(sum[:6])
}
