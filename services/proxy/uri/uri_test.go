package uri

import "testing"

func TestKeyIsOneForOneThing(t *testing.T) {
	ignored := func(name string) bool { return name == "CMCD" }
	for _, c := range []struct{ name, target, want string }{
		{"plain", "/a/b.ts", "/a/b.ts"},
		{"a query as it was written", "/a?s=a+b%20c&p=%2fx%41", "/a?s=a+b%20c&p=%2fx%41"},
		{"an escaped letter", "/a/%62.ts", "/a/b.ts"},
		{"lower-case hex", "/a%2fb", "/a%2Fb"},
		{"dots", "/a/./b/../c.ts", "/a/c.ts"},
		{"escaped dots", "/a/%2e%2e/c.ts", "/c.ts"},
		{"above the root", "/../../c.ts", "/c.ts"},
		{"an empty element", "/a//b.ts", "/a//b.ts"},
		{"an empty first element", "//b/c.ts", "//b/c.ts"},
		{"a space and UTF-8", "/a b/\u00e9.ts", "/a%20b/%C3%A9.ts"},
		{"a lone percent sign", "/a%zz", "/a%25zz"},
		{"a query", "/a?x=1&y=2", "/a?x=1&y=2"},
		{"directives", "/a?_HLS_msn=4&x=1&_HLS_part=2", "/a?x=1"},
		{"directives alone", "/a?_HLS_msn=4", "/a"},
		{"an ignored argument", "/a?CMCD=br%3D1&x=1", "/a?x=1"},
		{"an empty query", "/a?", "/a"},
		{"absolute form", "http://host:80/a?x", "/a?x"},
		{"absolute form without a path", "http://host", "/"},
		{"a fragment", "/a#b", "/a"},
	} {
		got, err := Key(c.target, ignored)
		if err != nil || got != c.want {
			t.Errorf("%s: %q: got %q, %v, want %q", c.name, c.target, got, err, c.want)
			continue
		}
		if again, err := Key(got, ignored); err != nil || again != got {
			t.Errorf("%s: the key of a key: got %q, %v, want %q", c.name, again, err, got)
		}
	}
	for _, target := range []string{"", "*", "a/b", "/a%00b"} {
		if got, err := Key(target, nil); err == nil {
			t.Errorf("%q: got %q, want an error", target, got)
		}
	}
}

func TestPlace(t *testing.T) {
	hosts := NewHosts([]string{"http://one:8080", "http://two", "http://three/base"})
	for _, c := range []struct {
		name      string
		found     Found
		ref, pre  string
		packager  int
		key, want string
	}{
		{"a name", Found{0, "", "/ch/v.m3u8", "/ch/v.m3u8"}, "1.ts", "", 0, "/ch/1.ts", "1.ts"},
		{"a name with a query", Found{0, "", "/ch/v.m3u8?t=1", "/ch/v.m3u8?t=1"}, "1.ts?t=2", "", 0, "/ch/1.ts?t=2", "1.ts?t=2"},
		{"a date", Found{0, "", "/ch/v.m3u8", "/ch/v.m3u8"}, "2026-11-28T10:00:00.ts", "", 0, "/ch/2026-11-28T10:00:00.ts", "2026-11-28T10:00:00.ts"},
		{"a colon behind ./", Found{0, "", "/ch/v.m3u8", "/ch/v.m3u8"}, "./a:1.ts", "", 0, "/ch/a:1.ts", "./a:1.ts"},
		{"another folder", Found{0, "", "/ch/x/v.m3u8", "/ch/x/v.m3u8"}, "../../media/1.ts", "", 0, "/media/1.ts", "../../media/1.ts"},
		{"the own host", Found{0, "", "/ch/v.m3u8", "/ch/v.m3u8"}, "http://one:8080/ch/1.ts", "", 0, "/ch/1.ts", "1.ts"},
		{"a peer's host", Found{0, "", "/ch/v.m3u8", "/ch/v.m3u8"}, "http://TWO:80/ch/1.ts", "", 1, "/ch/1.ts", "1.ts"},
		{"a host of a peer without scheme", Found{0, "", "/ch/v.m3u8", "/ch/v.m3u8"}, "//two/x/1.ts", "", 1, "/x/1.ts", "/x/1.ts"},
		{"below a base", Found{2, "", "/ch/v.m3u8", "/ch/v.m3u8"}, "http://three/base/ch/1.ts", "", 2, "/ch/1.ts", "1.ts"},
		{"beside a base", Found{2, "", "/ch/v.m3u8", "/ch/v.m3u8"}, "http://three/other/1.ts", "", -1, "", "http://three/other/1.ts"},
		{"rooted below a base", Found{2, "", "/ch/v.m3u8", "/ch/v.m3u8"}, "/base/ch/1.ts", "", 2, "/ch/1.ts", "1.ts"},
		{"a name below a base", Found{2, "", "/ch/v.m3u8", "/ch/v.m3u8"}, "1.ts", "", 2, "/ch/1.ts", "1.ts"},
		{"rooted beside a base", Found{2, "", "/ch/v.m3u8", "/ch/v.m3u8"}, "/media/1.ts", "", -1, "", "http://three/media/1.ts"},
		{"elsewhere", Found{0, "", "/ch/v.m3u8", "/ch/v.m3u8"}, "https://cdn/1.ts", "", -1, "", "https://cdn/1.ts"},
		{"a key in the URI itself", Found{0, "", "/ch/v.m3u8", "/ch/v.m3u8"}, "data:text/plain;base64,AAAA", "", -1, "", "data:text/plain;base64,AAAA"},
		{"after a redirect", Found{0, "", "/ch/s1/v.m3u8", "/ch/v.m3u8"}, "1.ts", "", 0, "/ch/s1/1.ts", "s1/1.ts"},
		{"after a redirect elsewhere", Found{0, "http://cdn", "/e/v.m3u8", "/ch/v.m3u8"}, "1.ts", "", -1, "", "http://cdn/e/1.ts"},
		{"a prefix", Found{0, "", "/ch/v.m3u8", "/ch/v.m3u8"}, "a/1.ts?x", "r1-", 0, "/ch/a/r1-1.ts?x", "a/r1-1.ts?x"},
		{"a space", Found{0, "", "/ch/v.m3u8", "/ch/v.m3u8"}, "a 1.ts", "", 0, "/ch/a%201.ts", "a 1.ts"},
		{"an escaped slash", Found{0, "", "/ch/v.m3u8", "/ch/v.m3u8"}, "a%2fb.ts", "", 0, "/ch/a%2Fb.ts", "a%2fb.ts"},
		{"an empty element", Found{0, "", "/ch//v.m3u8", "/ch//v.m3u8"}, "s//1.ts", "", 0, "/ch//s//1.ts", "s//1.ts"},
		{"above the root", Found{0, "", "/v.m3u8", "/v.m3u8"}, "../../1.ts", "", 0, "/1.ts", "../../1.ts"},
		{"nothing but a query", Found{0, "", "/v.m3u8?a", "/v.m3u8?a"}, "?b", "", 0, "/v.m3u8?b", "?b"},
	} {
		p, err := hosts.Place(c.found, c.ref, c.pre)
		if err != nil || p.Packager != c.packager || p.Key != c.key || p.URI != c.want {
			t.Errorf("%s: got %+v, %v, want packager %d, key %q, URI %q", c.name, p, err, c.packager, c.key, c.want)
			continue
		}
		if !p.Outside() {
			if key, err := Resolve(c.found.Key, p.URI).Key(); err != nil || key != c.key {
				t.Errorf("%s: what players are given leads to %q, %v, want %q", c.name, key, err, c.key)
			}
		}
	}
}

func FuzzKey(f *testing.F) {
	for _, s := range []string{"/a/b?c=d", "/%2e%2e//x", "//h/p", "http://h/p?q#f", "/a%zz\x00"} {
		f.Add(s, "x.ts")
	}
	hosts := NewHosts([]string{"http://one", "http://two/base"})
	f.Fuzz(func(t *testing.T, target, ref string) {
		key, err := Key(target, nil)
		if err != nil {
			return
		}
		if again, err := Key(key, nil); err != nil || again != key {
			t.Fatalf("the key of %q: got %q, %v", key, again, err)
		}
		p, err := hosts.Place(Found{Target: key, Key: key}, ref, "")
		if err != nil || p.Outside() {
			return
		}
		if got, err := Resolve(key, p.URI).Key(); err != nil || got != p.Key {
			t.Fatalf("%q from %q is given as %q: it leads to %q, %v, want %q", ref, key, p.URI, got, err, p.Key)
		}
	})
}
