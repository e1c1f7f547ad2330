package slate

import (
	"bytes"
	"crypto/sha256"
	"encoding/gob"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"sort"

	"livestream-tui/services/kit/atomicfile"
	"livestream-tui/services/receiver/sample"
)

const (
	// edition changes whenever slates are made in another way.
	edition = 1
	// most is the number of slates that are kept on disk.
	most   = 40
	suffix = ".slate"
)

// name is the file of a slate, empty for one that is not kept. An error says that the picture
// or film is not there.
func (m *Maker) name(o Order) (string, error) {
	if o.Spec == Last {
		return "", nil
	}
	h := sha256.New()
	if o.Spec != "" {
		info, err := os.Stat(o.Spec)
		if err != nil {
			return "", err
		}
		fmt.Fprintln(h, o.Spec, info.Size(), info.ModTime().UnixNano())
	}
	v := o.Format.Video
	fmt.Fprintf(h, "%d %q %s %dx%d %v %x %s", edition, m.Caption, v.Codec, v.Width, v.Height, v.FPS, v.SPS[:min(4, len(v.SPS))], o.Interval)
	if a := o.Format.Audio; a != nil {
		fmt.Fprintf(h, "%s %d %d %x", a.Codec, a.Rate, a.Channels, a.Config)
	}
	return hex.EncodeToString(h.Sum(nil)[:16]) + suffix, nil
}

// kept is a slate that was made before, nil for none.
func (m *Maker) kept(name string) *sample.Slate {
	if m.Folder == "" || name == "" {
		return nil
	}
	b, err := os.ReadFile(filepath.Join(m.Folder, name))
	if err != nil {
		return nil
	}
	var s sample.Slate
	if err := gob.NewDecoder(bytes.NewReader(b)).Decode(&s); err != nil || len(s.Video) == 0 || s.Format.Video == nil {
		return nil // it is made anew
	}
	return &s
}

// keep writes a slate, and removes the oldest where there are too many. A slate that cannot
// be kept is made again the next time, so this is no error.
func (m *Maker) keep(name string, s *sample.Slate) error {
	if m.Folder == "" || name == "" {
		return nil
	}
	var b bytes.Buffer
	if err := gob.NewEncoder(&b).Encode(s); err != nil {
		return err
	}
	if os.MkdirAll(m.Folder, 0o755) != nil || atomicfile.Write(filepath.Join(m.Folder, name), b.Bytes(), atomicfile.Options{}) != nil {
		return nil
	}
	m.tidy()
	return nil
}

// tidy removes the oldest slates.
func (m *Maker) tidy() {
	paths, _ := filepath.Glob(filepath.Join(m.Folder, "*"+suffix)) // the pattern is good
	if len(paths) <= most {
		return
	}
	age := func(path string) int64 {
		info, err := os.Stat(path)
		if err != nil {
			return 0
		}
		return info.ModTime().UnixNano()
	}
	sort.Slice(paths, func(i, j int) bool { return age(paths[i]) < age(paths[j]) })
	for _, p := range paths[:len(paths)-most] {
		_ = os.Remove(p) // another receiver may have
	}
}
