package cluster

import (
	"errors"
	"testing"
)

func TestAPatternMatchesWordByWord(t *testing.T) {
	for _, c := range []struct {
		pattern, subject string
		want             bool
	}{
		{"beat.a", "beat.a", true},
		{"beat.a", "beat.b", false},
		{"beat.a", "beat.a.b", false},
		{"beat.a.b", "beat.a", false},
		{"beat.*", "beat.a", true},
		{"beat.*", "beat", false},
		{"beat.*", "beat.a.b", false},
		{"*.a", "beat.a", true},
		{"beat.>", "beat.a", true},
		{"beat.>", "beat.a.b", true},
		{"beat.>", "beat", false},
		{">", "beat", true},
		{"a.*.c", "a.b.c", true},
		{"a.*.c", "a.b.d", false},
	} {
		if got := Matches(c.pattern, c.subject); got != c.want {
			t.Errorf("%s and %s: got %t, want %t", c.pattern, c.subject, got, c.want)
		}
	}
}

func TestBadSubjectsAndPatternsAreRefused(t *testing.T) {
	for _, s := range []string{"", ".", "a.", ".a", "a..b", "a b", "a\tb", "*", "a.*", "a.>"} {
		if err := CheckSubject(s); !errors.Is(err, ErrSubject) {
			t.Errorf("subject %q: got %v, want ErrSubject", s, err)
		}
	}
	for _, p := range []string{"", "a.", "a*", "a.>.b", "a.>b", "a b"} {
		if err := CheckPattern(p); !errors.Is(err, ErrSubject) {
			t.Errorf("pattern %q: got %v, want ErrSubject", p, err)
		}
	}
	for _, p := range []string{"a", "a.b", "*", ">", "a.*.b", "a.>"} {
		if err := CheckPattern(p); err != nil {
			t.Errorf("pattern %q: got %v", p, err)
		}
	}
}
