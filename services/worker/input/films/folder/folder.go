package folder

import (
	"os"
	"path/filepath"
	"strings"

	"livestream-tui/services/kit/event"
)

// Read lists the files of a folder in the order of their names, without folders and hidden
// files. It does not open them.
func Read(folder string) ([]File, error) {
	entries, err := os.ReadDir(folder) // sorted
	if err != nil {
		return nil, err
	}
	var list []File
	for _, e := range entries {
		f := File{Name: e.Name(), Path: filepath.Join(folder, e.Name())}
		if strings.HasPrefix(f.Name, ".") {
			continue
		}
		info, err := os.Stat(f.Path)
		if err == nil && info.IsDir() {
			continue
		}
		if !IsFilm(f.Name) {
			f.State, f.Reason = event.FilmPassed, "its extension is not that of a film"
			list = append(list, f)
			continue
		}
		f.Signal = SignalOf(f.Name)
		switch {
		case err != nil:
			f.Refuse(event.FilmUnreadable, "it cannot be read: %v", reason(err))
		case !info.Mode().IsRegular():
			f.Refuse(event.FilmUnreadable, "it is not a regular file")
		default:
			f.Size, f.Modified, f.Changed = info.Size(), info.ModTime(), changed(info)
		}
		list = append(list, f)
	}
	return list, nil
}

// Signals are the signals of all files that count as films, fit or not.
func Signals(list []File) []string {
	var signals []string
	for _, f := range list {
		if f.Signal != "" {
			signals = append(signals, f.Signal)
		}
	}
	return signals
}

// reason is an error without the path, which the reader knows.
func reason(err error) error {
	if e, ok := err.(*os.PathError); ok {
		return e.Err
	}
	return err
}

// Assign refuses the films whose signal another film has. Of several, the one in onAir,
// which is by signal, has it; else the one whose base name is the signal; else the first. A
// film that is refused already does not count.
func Assign(list []File, onAir map[string]string) {
	owner := map[string]int{}
	rank := func(f File) int {
		switch {
		case onAir[f.Signal] == f.Name:
			return 3
		case f.State == event.FilmRefused:
			return 0
		case baseOf(f.Name) == f.Signal:
			return 2
		}
		return 1
	}
	for i, f := range list {
		if f.Signal == "" {
			continue
		}
		if other, taken := owner[f.Signal]; !taken || rank(f) > rank(list[other]) {
			owner[f.Signal] = i
		}
	}
	for i := range list {
		f := &list[i]
		other, taken := owner[f.Signal]
		if taken && other != i && rank(list[other]) > 0 && f.State != event.FilmRefused {
			f.fit()
			f.Refuse(event.FilmNameTaken, "signal %s is %s already; rename one of the two", f.Signal, list[other].Name)
		}
	}
}
