package transcoder

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"time"
)

// Film is a file to make a mezzanine of.
type Film struct {
	// Signal is what it is on air as, for messages of progress.
	Signal string
	// File is its path.
	File string
	// Size and Modified distinguish versions of the file.
	Size     int64
	Modified time.Time
}

// recipeVersion changes whenever a film would be made into another mezzanine than before.
const recipeVersion = 5

// key names a film by its content (size, modification time, head and tail) and by
// what is made of it. It does not depend on the file's name.
func (t *Transcoder) key(f Film) (string, error) {
	file, err := os.Open(f.File)
	if err != nil {
		return "", fmt.Errorf("it cannot be read: %w", err)
	}
	defer func() { _ = file.Close() }() // only read
	const ends = 1 << 20
	h := sha256.New()
	fmt.Fprintf(h, "%d %s %d %d\n", recipeVersion, t.config.form(), f.Size, f.Modified.UnixNano())
	for _, from := range []int64{0, max(0, f.Size-ends)} {
		if _, err := io.Copy(h, io.NewSectionReader(file, from, ends)); err != nil {
			return "", fmt.Errorf("it cannot be read: %w", err)
		}
	}
	return hex.EncodeToString(h.Sum(nil)[:12]), nil
}

// Unfit is why a film cannot become a signal as it is: trying again is of no use before
// the file has changed.
type Unfit struct {
	Err error
	// Unfinished says that the film lacks its index: it may be a copy that goes on.
	Unfinished bool
	// Fault is the kind of what is wrong with the film.
	Fault Fault
}

// Fault is a kind of what makes a film unfit.
type Fault uint8

// The faults.
const (
	FaultUnreadable Fault = iota // FFmpeg cannot read it, or it is no film
	FaultNoVideo                 // it has no picture that can be decoded
	FaultTooLong                 // it lasts longer than is allowed
)

// Error says why.
func (u *Unfit) Error() string { return u.Err.Error() }

// Unwrap returns the cause.
func (u *Unfit) Unwrap() error { return u.Err }

func unfit(fault Fault, format string, args ...any) error {
	return &Unfit{Err: fmt.Errorf(format, args...), Fault: fault}
}
