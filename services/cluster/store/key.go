package store

import (
	"errors"
	"fmt"
	"strings"
)

// keyMost is the most bytes of a key.
const keyMost = 256

// The errors of a write that no Store takes.
var (
	// ErrKey says that a key is not allowed.
	ErrKey = errors.New("not a key")
	// ErrValue says that a value is too big.
	ErrValue = fmt.Errorf("a value of more than %d bytes", ValueMost)
)

// CheckKey returns nil for a key: words of letters, digits, _ and -, separated by dots. The
// error wraps ErrKey.
func CheckKey(key string) error {
	if len(key) > keyMost {
		return fmt.Errorf("%q: %w", key, ErrKey)
	}
	for word := range strings.SplitSeq(key, ".") {
		if word == "" || strings.IndexFunc(word, isForeign) >= 0 {
			return fmt.Errorf("%q: %w", key, ErrKey)
		}
	}
	return nil
}

// isForeign reports whether no key may have a character.
func isForeign(r rune) bool {
	letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
	return !letter && r != '_' && r != '-'
}

// CheckWrite returns nil where a value may be written under a key. The error wraps ErrKey or
// ErrValue.
func CheckWrite(key string, value []byte) error {
	if len(value) > ValueMost {
		return fmt.Errorf("%s: %w", key, ErrValue)
	}
	return CheckKey(key)
}
