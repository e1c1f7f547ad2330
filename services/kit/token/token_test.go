package token

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

const old, next = "old:0123456789abcdef", "new:a secret: of 26 letters"

func keys(t testing.TB, text string) Keys {
	t.Helper()
	var k Keys
	if err := k.UnmarshalText([]byte(text)); err != nil {
		t.Fatal(err)
	}
	return k
}

func TestATokenIsForOneSignalUntilItExpires(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	k := keys(t, old)
	good := k.Sign("live01", now.Add(time.Hour))
	id, rest, _ := strings.Cut(good, ".")
	expiry, sum, _ := strings.Cut(rest, ".")
	for _, c := range []struct {
		name, token, signal string
		at                  time.Time
		want                error
	}{
		{"good", good, "live01", now, nil},
		{"in its last second", good, "live01", now.Add(time.Hour - time.Second), nil},
		{"expired", good, "live01", now.Add(time.Hour), ErrExpired},
		{"another signal", good, "live02", now, ErrInvalid},
		{"another signal, and expired", good, "live02", now.Add(2 * time.Hour), ErrInvalid},
		{"no signal", good, "", now, ErrInvalid},
		{"a part of the signal", good, "live0", now, ErrInvalid},
		{"a later expiry", id + ".1900000000." + sum, "live01", now, ErrInvalid},
		{"a zero before it", id + ".0" + expiry + "." + sum, "live01", now, ErrInvalid},
		{"a sign before it", id + ".+" + expiry + "." + sum, "live01", now, ErrInvalid},
		{"another key", "new." + expiry + "." + sum, "live01", now, ErrInvalid},
		{"another MAC", id + "." + expiry + "." + strings.Repeat("A", len(sum)), "live01", now, ErrInvalid},
		{"a MAC in another case", id + "." + expiry + "." + strings.ToUpper(sum), "live01", now, ErrInvalid},
		{"a short MAC", good[:len(good)-1], "live01", now, ErrInvalid},
		{"something after it", good + ".", "live01", now, ErrInvalid},
		{"no MAC", id + "." + expiry + ".", "live01", now, ErrInvalid},
		{"nothing", "", "live01", now, ErrInvalid},
		{"dots", "...", "live01", now, ErrInvalid},
	} {
		if err := k.Check([]byte(c.token), []byte(c.signal), c.at); !errors.Is(err, c.want) || err == nil && c.want != nil {
			t.Errorf("%s: got %v, want %v", c.name, err, c.want)
		}
	}
	if at, ok := Expiry(good); !ok || !at.Equal(now.Add(time.Hour)) {
		t.Errorf("it expires at %v, %t, want an hour from now", at, ok)
	}
}

func TestKeysRotate(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	before := keys(t, old).Sign("live01", now.Add(time.Hour))
	both := keys(t, next+", "+old)
	if err := both.Check([]byte(before), []byte("live01"), now); err != nil {
		t.Errorf("a token of the old key: got %v", err)
	}
	after := both.Sign("live01", now.Add(time.Hour))
	if !strings.HasPrefix(after, "new.") {
		t.Errorf("got %s, want one of the first key", after)
	}
	if err := keys(t, next).Check([]byte(after), []byte("live01"), now); err != nil {
		t.Errorf("a token of the new key: got %v", err)
	}
	if err := keys(t, next).Check([]byte(before), []byte("live01"), now); !errors.Is(err, ErrInvalid) {
		t.Errorf("a token of a key that is gone: got %v", err)
	}
}

func TestBadKeysAreRefusedAndNotShown(t *testing.T) {
	for name, text := range map[string]string{
		"nothing": "", "no colon": "0123456789abcdefXX", "no ID": ":0123456789abcdef", "a long ID": "abcdefghijklmnopq:0123456789abcdef",
		"an ID with a dot": "a.b:0123456789abcdef", "a short secret": "a:0123456789abcde", "twice": old + "," + old, "a comma at the end": old + ",",
	} {
		var k Keys
		err := k.UnmarshalText([]byte(text))
		if err == nil || strings.Contains(err.Error(), "0123456789") {
			t.Errorf("%s: got %v, want an error without the secret", name, err)
		}
	}
	type config struct{ Keys Keys }
	if s := fmt.Sprintf("%v %+v %s", keys(t, old), config{keys(t, old)}, keys(t, old)); strings.Contains(s, "0123456789") {
		t.Errorf("got %s", s)
	}
}

func FuzzCheck(f *testing.F) {
	k := keys(f, old)
	now := time.Unix(1_800_000_000, 0)
	f.Add(k.Sign("live01", now.Add(time.Hour)), "live02")
	f.Add("old.1.x", "")
	f.Fuzz(func(t *testing.T, token, signal string) {
		if k.Check([]byte(token), []byte(signal), now) != nil {
			return
		}
		if at, ok := Expiry(token); !ok || k.Sign(signal, at) != token {
			t.Fatalf("%q lets %q play", token, signal)
		}
	})
}

func BenchmarkCheck(b *testing.B) {
	k := keys(b, old)
	now := time.Unix(1_800_000_000, 0)
	good, signal := []byte(k.Sign("live01", now.Add(time.Hour))), []byte("live01")
	b.ReportAllocs()
	for b.Loop() {
		if err := k.Check(good, signal, now); err != nil {
			b.Fatal(err)
		}
	}
}
