package token

import (
	"bytes"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"strconv"
	"time"
)

// Argument is the query argument that carries a token, CookieArgument the one that asks
// for a cookie with the token, and Cookie the name of that cookie.
const (
	Argument       = "playback"
	CookieArgument = "playback_cookie"
	Cookie         = "playback"
)

// The reasons why a token does not let anybody play.
var (
	ErrInvalid = errors.New("the playback token is not valid for this signal")
	ErrExpired = errors.New("the playback token has expired")
)

// A token is ID.EXPIRY.MAC: the key's name, a Unix time in seconds, and the HMAC of what
// the token is for, in base64 for URLs without padding. A URL and a cookie hold it without
// escapes.

// purpose begins what is signed, so that a MAC of the same key for anything else is no
// token.
const purpose = "livestream-tui playback\n"

// macSize is the length of a MAC as text.
const macSize = (sha256.Size*8 + 5) / 6

// expiryMost is how many digits an expiry has at most: 12 are enough for 30,000 years.
const expiryMost = 12

// Sign returns a token for a signal that expires at a time. There must be a key.
func (k Keys) Sign(signal string, expires time.Time) string {
	expiry := strconv.AppendInt(nil, expires.Unix(), 10)
	m := k[0].macs.Get().(*mac)
	defer k[0].macs.Put(m)
	return k[0].id + "." + string(expiry) + "." + string(m.of([]byte(signal), expiry))
}

// Check returns nil when a token is for a signal and has not expired at now, else
// ErrInvalid or ErrExpired. It takes the same time for every MAC of a key.
func (k Keys) Check(token, signal []byte, now time.Time) error {
	id, rest, _ := bytes.Cut(token, []byte("."))
	expiry, given, _ := bytes.Cut(rest, []byte("."))
	seconds, ok := secondsOf(expiry)
	key := k.find(id)
	if key == nil || !ok || len(given) != macSize {
		return ErrInvalid
	}
	m := key.macs.Get().(*mac)
	defer key.macs.Put(m)
	if subtle.ConstantTimeCompare(m.of(signal, expiry), given) != 1 {
		return ErrInvalid
	}
	if now.Unix() >= seconds {
		return ErrExpired
	}
	return nil
}

// Expiry returns when a token expires; false when it is none. It does not check it.
func Expiry(token string) (time.Time, bool) {
	_, rest, _ := bytes.Cut([]byte(token), []byte("."))
	expiry, _, _ := bytes.Cut(rest, []byte("."))
	seconds, ok := secondsOf(expiry)
	return time.Unix(seconds, 0), ok
}

func (k Keys) find(id []byte) *Key {
	for _, one := range k {
		if one.id == string(id) {
			return one
		}
	}
	return nil
}

// of is the MAC for a signal and an expiry, valid until the next one.
func (m *mac) of(signal, expiry []byte) []byte {
	m.text = append(append(append(append(m.text[:0], purpose...), signal...), '\n'), expiry...)
	m.Reset()
	_, _ = m.Write(m.text) // a hash does not fail
	base64.RawURLEncoding.Encode(m.out[:], m.Sum(m.sum[:0]))
	return m.out[:]
}

// secondsOf reads an expiry as Sign writes it.
func secondsOf(b []byte) (seconds int64, ok bool) {
	for _, c := range b {
		if c < '0' || c > '9' {
			return 0, false
		}
		seconds = 10*seconds + int64(c-'0')
	}
	return seconds, len(b) > 0 && len(b) <= expiryMost
}
