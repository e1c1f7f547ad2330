package services

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
	"time"

	"livestream-tui/services/kit/text"
	"livestream-tui/services/worker/mezzanine"
)

// WriteCache writes a line for each mezzanine in the cache at folder, in the order of their
// last use, and one for all of them.
func WriteCache(w io.Writer, folder string) error {
	list, err := mezzanine.List(folder)
	if err != nil {
		return fmt.Errorf("CACHE_PATH=%q: %w", folder, err)
	}
	if len(list) > 0 {
		t := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
		_, _ = fmt.Fprintln(t, "FILM\tSIZE\tLENGTH\tMADE\tLAST USED\tNAME") // Flush has the error
		for _, c := range list {
			_, _ = fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\n", filmOf(c), sizeText(c.Bytes), lengthText(c.Length), dayText(c.Made), dayText(c.Used), c.Name)
		}
		if err := t.Flush(); err != nil {
			return err
		}
	}
	_, err = fmt.Fprintf(w, "%s in %s\n", allOf(list), folder)
	return err
}

// ChooseCached returns the mezzanines in the cache at folder that names name, by their own
// names or by those of their films. Without names it returns all.
func ChooseCached(folder string, names []string) ([]mezzanine.Cached, error) {
	list, err := mezzanine.List(folder)
	if err != nil {
		return nil, fmt.Errorf("CACHE_PATH=%q: %w", folder, err)
	}
	if len(names) == 0 {
		return list, nil
	}
	var chosen []mezzanine.Cached
	for _, name := range names {
		is := func(c mezzanine.Cached) bool { return c.Name == name || c.Film == name }
		if !slices.ContainsFunc(list, is) {
			return nil, fmt.Errorf("the cache has no mezzanine and no film %q: livestream-tui cache lists them", text.Clean(name))
		}
		for _, c := range list {
			if is(c) && !slices.Contains(chosen, c) {
				chosen = append(chosen, c)
			}
		}
	}
	return chosen, nil
}

// AskedToClear is the question to the operator before mezzanines are removed.
func AskedToClear(list []mezzanine.Cached) string {
	return "remove " + allOf(list) + "? Films that are aired again are converted again. [y/N] "
}

// ClearCache removes mezzanines from the cache at folder and writes why others stay: they
// are on air or being made, which is an error where the operator named them.
func ClearCache(w io.Writer, folder string, list []mezzanine.Cached, named bool) error {
	var gone []mezzanine.Cached
	var errs []error
	for _, c := range list {
		freed, err := mezzanine.Remove(folder, c.Name)
		if err != nil {
			_, _ = fmt.Fprintf(w, "kept %s (%s): %v\n", c.Name, filmOf(c), reasonOf(err)) // a closed output has no reader
			if named || !errors.Is(err, mezzanine.ErrInUse) {
				errs = append(errs, err)
			}
			continue
		}
		c.Bytes = freed
		gone = append(gone, c)
	}
	_, err := fmt.Fprintf(w, "removed %s\n", allOf(gone))
	if len(errs) > 0 {
		return fmt.Errorf("%d of %d were kept, see above", len(errs), len(list))
	}
	return err
}

func reasonOf(err error) error {
	if errors.Is(err, mezzanine.ErrInUse) {
		return mezzanine.ErrInUse
	}
	return err
}

func filmOf(c mezzanine.Cached) string {
	film := cmp.Or(text.Clean(c.Film), "(not known)")
	if c.Excerpt {
		film += " (its beginning)"
	}
	return film
}

func allOf(list []mezzanine.Cached) string {
	var bytes int64
	for _, c := range list {
		bytes += c.Bytes
	}
	if len(list) == 1 {
		return "1 mezzanine, " + sizeText(bytes)
	}
	return fmt.Sprintf("%d mezzanines, %s", len(list), sizeText(bytes))
}

// sizeText is a size in the unit that leaves up to three digits before its point.
func sizeText(n int64) string {
	if n < 1<<10 {
		return fmt.Sprintf("%d B", n)
	}
	size, unit := float64(n), 0
	for size >= 999.5 && unit < len("KMGT") {
		size /= 1 << 10
		unit++
	}
	return fmt.Sprintf("%.1f %ciB", size, "KMGT"[unit-1])
}

func lengthText(d time.Duration) string {
	if d <= 0 {
		return "-"
	}
	return d.Round(time.Second).String()
}

func dayText(t time.Time) string { return t.Local().Format("2006-01-02 15:04") }
