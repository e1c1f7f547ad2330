package cmcd

import (
	"bytes"
	"strings"
	"testing"
)

func TestCut(t *testing.T) {
	for _, c := range []struct{ target, rest, said string }{
		{"/a", "/a", "-"},
		{"/a?", "/a?", "-"},
		{"/a?x=1", "/a?x=1", "-"},
		{"/a?CMCD=bs", "/a", "bs"},
		{"/a?CMCD", "/a", ""},
		{"/a?CMCD=", "/a", ""},
		{"/a?x=1&CMCD=bs", "/a?x=1", "bs"},
		{"/a?CMCD=bs&x=1", "/a?x=1", "bs"},
		{"/a?x=%41&CMCD=br%3D1&y=a+b&z", "/a?x=%41&y=a+b&z", "br%3D1"},
		{"/a?x&CMCD=1&CMCD=2&y", "/a?x&y", "1"},
		{"/a?CMCD=1&CMCD=2", "/a", "1"},
		{"/a?%43M%43%44=bs&x", "/a?x", "bs"},
		{"/a?%43mcd=bs", "/a?%43mcd=bs", "-"},
		{"/a?CMCDX=bs&XCMCD=bs&%4=1&%", "/a?CMCDX=bs&XCMCD=bs&%4=1&%", "-"},
		{"/a?x=CMCD&&y", "/a?x=CMCD&&y", "-"},
		{"/a?b?CMCD=1", "/a?b?CMCD=1", "-"},
		{"/a??&CMCD=1", "/a??", "1"},
	} {
		rest, said := Cut([]byte(c.target))
		got := string(said)
		if said == nil {
			got = "-"
		}
		if string(rest) != c.rest || got != c.said {
			t.Errorf("%s: got %q and %q, want %q and %q", c.target, rest, got, c.rest, c.said)
		}
	}
}

// What a player adds at the end, as players do, is cut off without any memory.
func TestCutAllocatesNothing(t *testing.T) {
	for _, target := range []string{"/a?x=1", "/a?CMCD=br%3D1", "/a?x=1&CMCD=br%3D1"} {
		b := []byte(target)
		if n := testing.AllocsPerRun(100, func() { _, _ = Cut(b) }); n > 0 {
			t.Errorf("%s: got %v allocations", target, n)
		}
	}
}

func FuzzCut(f *testing.F) {
	for _, target := range []string{"/a?x=1&CMCD=bs&y", "/a?%43MCD", "/?&&CMCD&&"} {
		f.Add([]byte(target))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		was := bytes.Clone(b)
		rest, said := Cut(b)
		if !bytes.Equal(b, was) {
			t.Errorf("%q was changed to %q", was, b)
		}
		if said == nil && !bytes.Equal(rest, b) {
			t.Errorf("got %q of %q, want it as it was", rest, b)
		}
		if again, more := Cut(rest); more != nil || !bytes.Equal(again, rest) {
			t.Errorf("%q: got %q, which has %q", b, rest, more)
		}
		path, query, _ := strings.Cut(string(b), "?")
		var left []string
		for argument := range strings.SplitSeq(query, "&") {
			if name, _, _ := strings.Cut(argument, "="); !isArgument([]byte(name)) {
				left = append(left, argument)
			}
		}
		if want := strings.Join(left, "&"); said != nil && want != "" && string(rest) != path+"?"+want && string(rest)+"&" != path+"?"+want && !strings.Contains(want, "&&") && !strings.HasPrefix(want, "&") {
			t.Errorf("%q: got %q, want %q", b, rest, path+"?"+want)
		}
	})
}
