package worker

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"sort"
	"strings"
	"time"
)

// input is one film in the input folder and the signal that it becomes.
type input struct {
	Signal string
	File   string // path
	// Size and Modified tell whether the file is still the one that was read.
	Size     int64
	Modified time.Time
	// Refused says why it becomes no signal; nil when it does.
	Refused error
}

// same reports whether i and j are the same version of a film and as fit.
func (i input) same(j input) bool {
	return i.File == j.File && i.Size == j.Size && i.Modified.Equal(j.Modified) && fmt.Sprint(i.Refused) == fmt.Sprint(j.Refused)
}

// signalName is what a signal may be called: it stands in URLs and paths.
var signalName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$`)

// scanInputs returns the MP4 files of a folder in order of name. Other files are
// not looked at.
func scanInputs(folder string) ([]input, error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, err
	}
	var list []input
	taken := map[string]string{}
	for _, e := range entries {
		name := e.Name()
		ext := filepath.Ext(name)
		if !strings.EqualFold(ext, ".mp4") || strings.HasPrefix(name, ".") {
			continue
		}
		in := input{Signal: strings.TrimSuffix(name, ext), File: filepath.Join(folder, name)}
		info, err := os.Stat(in.File)
		if err == nil {
			in.Size, in.Modified = info.Size(), info.ModTime()
		}
		in.Refused = refusal(in, info, err, taken[in.Signal])
		if in.Refused == nil {
			taken[in.Signal] = name
		}
		list = append(list, in)
	}
	sort.Slice(list, func(i, j int) bool { return list[i].File < list[j].File })
	return list, nil
}

// refusal is what can be said of a film without opening it.
func refusal(in input, info fs.FileInfo, err error, other string) error {
	switch {
	case err != nil:
		return fmt.Errorf("it cannot be read: %w", err)
	case !info.Mode().IsRegular():
		return errors.New("it is not a file")
	case !signalName.MatchString(in.Signal):
		return fmt.Errorf("%q is not a fit signal name; allowed are 1 to 64 letters, digits, - and _, the first a letter or digit", in.Signal)
	case other != "":
		return fmt.Errorf("%s is signal %s already", other, in.Signal)
	case in.Size == 0:
		return errors.New("it is empty")
	}
	return nil
}
