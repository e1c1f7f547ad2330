// Package keys keeps the stream keys and passphrases of live inputs, and says where an encoder
// has to send. A key is made once, by whoever needs it first, and kept in STATE_PATH.
package keys
