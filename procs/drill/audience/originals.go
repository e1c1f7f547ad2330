package audience

import (
	"crypto/sha256"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"sync"

	"livestream-tui/services/viewer/rules"
)

// Originals are the segments as the encoder wrote them: the bytes that every player must
// have. Safe for concurrent use.
type Originals struct {
	// Folder is the folder of the signal.
	Folder string
	sums   sync.Map // by file name
}

// sum returns the checksum of the segment at a URL, or false when the encoder no
// longer has it.
func (o *Originals) sum(address string) (rules.Sum, bool) {
	u, err := url.Parse(address)
	if err != nil {
		return rules.Sum{}, false
	}
	name := path.Base(u.Path)
	if known, ok := o.sums.Load(name); ok {
		return known.(rules.Sum), true
	}
	b, err := os.ReadFile(filepath.Join(o.Folder, name))
	if err != nil {
		return rules.Sum{}, false
	}
	sum := sha256.Sum256(b)
	o.sums.Store(name, sum)
	return sum, true
}
