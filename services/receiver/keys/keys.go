package keys

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"livestream-tui/services/kit/atomicfile"
	"livestream-tui/services/kit/signals"
)

const (
	fileName = "keys.json"
	lockName = "keys.lock"
	// length of a key, in characters of base32: 120 bits. It fits an SRT passphrase.
	length = 24
)

// Keys are the kept keys: by signal, then by input.
type Keys map[string]map[string]string

// Open returns the keys of signals, and makes those that are missing. They are kept in a
// folder, which is made where it is missing, in a file that only its owner may read. Any
// number of processes may call it at once: all of them get the same keys. A key of a signal or
// an input that is gone is kept, for when it comes back.
func Open(folder string, list signals.List) (Keys, error) {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return nil, err
	}
	lock, err := os.OpenFile(filepath.Join(folder, lockName), os.O_CREATE|os.O_RDWR|syscall.O_NOFOLLOW, 0o600)
	if err != nil {
		return nil, err
	}
	defer func() { _ = lock.Close() }() // nothing is written to it
	if err := lockFile(lock); err != nil {
		return nil, fmt.Errorf("%s: %w", lock.Name(), err)
	}
	path := filepath.Join(folder, fileName)
	k, err := read(path)
	if err != nil || !k.complete(list) {
		return k, err
	}
	b, err := json.MarshalIndent(k, "", "  ")
	if err != nil {
		return nil, err
	}
	return k, atomicfile.Write(path, append(b, '\n'), atomicfile.Options{Mode: 0o600})
}

func lockFile(f *os.File) error {
	for {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX)
		if !errors.Is(err, syscall.EINTR) {
			return err
		}
	}
}

func read(path string) (Keys, error) {
	k := Keys{}
	b, err := os.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return k, nil
	case err != nil:
		return nil, err
	}
	if json.Unmarshal(b, &k) != nil || k == nil {
		// Not the reason: it may quote a key.
		return nil, fmt.Errorf("%s: it is not the file of keys that was written there; mend it, or remove it and give encoders new keys", path)
	}
	return k, nil
}

// complete makes the keys that signals lack, and reports whether there are any.
func (k Keys) complete(list signals.List) (changed bool) {
	for _, s := range list {
		for _, in := range s.Inputs {
			if !needed(in) || k[s.Name][in.Name] != "" {
				continue
			}
			if k[s.Name] == nil {
				k[s.Name] = map[string]string{}
			}
			k[s.Name][in.Name] = strings.ToLower(rand.Text())[:length]
			changed = true
		}
	}
	return changed
}

// needed reports whether an input has a key that its layout does not give.
func needed(in signals.Input) bool {
	return in.RTMP != nil && in.RTMP.Key == "" || in.SRT != nil && in.SRT.Passphrase == ""
}

// Of is the stream key or the passphrase of an input; empty when it has none.
func (k Keys) Of(signal string, in signals.Input) string {
	switch {
	case in.RTMP != nil && in.RTMP.Key != "":
		return in.RTMP.Key
	case in.SRT != nil && in.SRT.Passphrase == signals.NoPassphrase:
		return ""
	case in.SRT != nil && in.SRT.Passphrase != "":
		return in.SRT.Passphrase
	case in.RTMP != nil, in.SRT != nil:
		return k[signal][in.Name]
	}
	return ""
}
