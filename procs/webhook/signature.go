package webhook

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// The headers of a signed alert are those of the specification Standard Webhooks
// (https://www.standardwebhooks.com), for which many languages have a library.
const (
	headerID        = "Webhook-Id"
	headerTimestamp = "Webhook-Timestamp"
	headerSignature = "Webhook-Signature"
	// encodedPrefix marks a secret that is written in base64.
	encodedPrefix = "whsec_"
)

// sign adds the headers by which a receiver knows that a body is ours, and new: the
// HMAC-SHA-256 over ID, time and body. Without a secret there is no signature.
func sign(h http.Header, secret, id string, now time.Time, body []byte) {
	stamp := strconv.FormatInt(now.Unix(), 10)
	h.Set(headerID, id)
	h.Set(headerTimestamp, stamp)
	if secret == "" {
		return
	}
	mac := hmac.New(sha256.New, keyOf(secret))
	mac.Write([]byte(id + "." + stamp + "."))
	mac.Write(body)
	h.Set(headerSignature, "v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil)))
}

// keyOf returns the key that a secret stands for: what follows whsec_ is base64, anything
// else is the key itself.
func keyOf(secret string) []byte {
	if encoded, is := strings.CutPrefix(secret, encodedPrefix); is {
		if key, err := base64.StdEncoding.DecodeString(encoded); err == nil {
			return key
		}
	}
	return []byte(secret)
}
