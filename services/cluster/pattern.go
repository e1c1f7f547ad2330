package cluster

import (
	"errors"
	"fmt"
	"strings"
)

// ErrSubject says that a subject or a pattern is not allowed.
var ErrSubject = errors.New("not a subject")

// CheckSubject returns nil for a subject that may be published: words separated by dots, of
// printable characters without a space, * and >. The error wraps ErrSubject.
func CheckSubject(subject string) error {
	for word := range strings.SplitSeq(subject, ".") {
		if word == "" || !isWord(word) || strings.ContainsAny(word, "*>") {
			return fmt.Errorf("%q: %w", subject, ErrSubject)
		}
	}
	return nil
}

// CheckPattern returns nil for a pattern that may be subscribed to: a subject in which any
// word may be *, and the last one >. The error wraps ErrSubject.
func CheckPattern(pattern string) error {
	words := strings.Split(pattern, ".")
	for i, word := range words {
		wild := word == "*" || word == ">" && i == len(words)-1
		if !wild && (word == "" || !isWord(word) || strings.ContainsAny(word, "*>")) {
			return fmt.Errorf("%q: %w", pattern, ErrSubject)
		}
	}
	return nil
}

// Matches reports whether a pattern matches a subject: * stands for one word, and > at the
// end for one or more.
func Matches(pattern, subject string) bool {
	for {
		want, patterns, more := strings.Cut(pattern, ".")
		have, subjects, others := strings.Cut(subject, ".")
		switch {
		case want == ">" && !more:
			return have != ""
		case want != "*" && want != have:
			return false
		case !more || !others:
			return more == others
		}
		pattern, subject = patterns, subjects
	}
}

func isWord(word string) bool {
	return strings.IndexFunc(word, func(r rune) bool { return r <= ' ' || r == 0x7f }) < 0
}
