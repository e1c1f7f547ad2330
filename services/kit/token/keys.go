package token

import (
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"slices"
	"strings"
	"sync"
)

// Keys are the keys of PLAYBACK_KEYS. The first signs, and all of them check: so a new
// key is put in front, and an old one is removed once its last token has expired. Empty
// Keys mean that no token is needed. Safe for concurrent use.
type Keys []*Key

// Key is one secret with its name.
type Key struct {
	id   string
	macs *sync.Pool // of *mac
}

// mac is one computation of an HMAC, used again for the next.
type mac struct {
	hash.Hash
	text []byte // what is signed
	sum  [sha256.Size]byte
	out  [macSize]byte
}

const (
	idMost = 16
	// secretLeast is how many bytes a secret has at least.
	secretLeast = 16
)

// allowed is what the setting may be. It never shows a secret.
const allowed = "allowed are ID:SECRET, separated by commas; an ID is 1 to 16 letters, digits, _ and -, and a secret has 16 characters or more"

// UnmarshalText implements encoding.TextUnmarshaler: ID:SECRET, separated by commas.
// Its errors hold no secret.
func (k *Keys) UnmarshalText(b []byte) error {
	var list Keys
	for i, one := range strings.Split(string(b), ",") {
		id, secret, ok := strings.Cut(strings.TrimSpace(one), ":")
		switch {
		case !ok:
			return fmt.Errorf("key %d has no colon; %s", i+1, allowed)
		case !isID(id):
			return fmt.Errorf("key %d has no good ID; %s", i+1, allowed)
		case len(secret) < secretLeast:
			return fmt.Errorf("the secret of key %d is too short; %s", i+1, allowed)
		case slices.ContainsFunc(list, func(k *Key) bool { return k.id == id }):
			return errors.New("two keys have the same ID; " + allowed)
		}
		list = append(list, newKey(id, []byte(secret)))
	}
	*k = list
	return nil
}

// String hides the secrets.
func (k Keys) String() string { return fmt.Sprintf("%d keys", len(k)) }

func newKey(id string, secret []byte) *Key {
	return &Key{id: id, macs: &sync.Pool{New: func() any { return &mac{Hash: hmac.New(sha256.New, secret)} }}}
}

func isID(id string) bool {
	for _, c := range id {
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '_' && c != '-' {
			return false
		}
	}
	return len(id) > 0 && len(id) <= idMost
}
