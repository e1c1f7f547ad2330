package verdict

import (
	"bytes"
	"strings"
	"testing"

	"livestream-tui/services/hls/container"
	"livestream-tui/services/proxy/fakenet"
)

func TestAssess(t *testing.T) {
	ts, mp4 := fakenet.Packets(7, 10), fakenet.Fragment(7, 100)
	off := bytes.Clone(ts)
	off[5*packetSize] = 0x46
	aac := append([]byte("ID3\x04\x00\x00\x00\x00\x00\x00"), 0xff, 0xf1, 0x50, 0x80)
	page := []byte("<!DOCTYPE html><title>no</title>")
	toTheEnd := append(fakenet.InitSection(), append([]byte{0, 0, 0, 0}, "mdat and so on"...)...)
	for _, c := range []struct {
		name   string
		want   Want
		body   []byte
		digest string
		odd    string // part of what is doubtful
		bad    string // part of the error; both empty: good
	}{
		{"MPEG-TS", Want{}, ts, "", "", ""},
		{"MPEG-TS as before", Want{Format: container.FormatMPEGTS}, ts, "", "", ""},
		{"MPEG-TS where segments have been MP4", Want{Format: container.FormatMP4}, ts, "", "MPEG-TS, where segments have been MP4", ""},
		{"one packet", Want{}, ts[:packetSize], "", "", ""},
		{"bytes behind the last packet", Want{}, append(bytes.Clone(ts), "\x47tail"...), "", "5 bytes after", ""},
		{"a packet cut short", Want{}, ts[:len(ts)-1], "", "187 bytes after", ""},
		{"a packet that is none", Want{}, off, "", "without a sync byte at 940", ""},
		{"the bytes of its digest", Want{}, ts, fakenet.Digest(ts), "", ""},
		{"odd, but of its digest", Want{}, off, fakenet.Digest(off), "", ""},
		{"others than its digest's", Want{}, ts, fakenet.Digest(mp4), "", "do not match its Repr-Digest"},
		{"others, with a digest of another kind before", Want{}, ts, "sha-512=:AA==:, " + fakenet.Digest(mp4), "", "do not match its Repr-Digest"},
		{"a digest of another kind", Want{}, ts, "sha-512=:AA==:", "", ""},
		{"a digest that is none", Want{}, ts, "sha-256=:x!:", "", ""},
		{"a fragment", Want{}, mp4, "", "", ""},
		{"a fragment behind styp", Want{}, append(fakenet.Box("styp", []byte("msdh"), fakenet.Words(0)), mp4...), "", "", ""},
		{"an init section", Want{}, fakenet.InitSection(), "", "", ""},
		{"an init and a segment", Want{}, append(fakenet.InitSection(), mp4...), "", "", ""},
		{"a last box that goes to the end", Want{}, toTheEnd, "", "", ""},
		{"a box cut short", Want{}, mp4[:len(mp4)-1], "", `"mdat" at`, ""},
		{"a box of no size", Want{}, append(bytes.Clone(mp4), 0, 0, 0, 7, 'f', 'r', 'e', 'e'), "", "bad size", ""},
		{"moof without mdat", Want{}, mp4[:len(mp4)-108], "", "no mdat", ""},
		{"packed audio", Want{}, aac, "", "", ""},
		{"WebVTT", Want{}, []byte("WEBVTT\n"), "", "", ""},
		{"WebVTT behind a byte order mark", Want{}, []byte("\xef\xbb\xbfWEBVTT\n\n"), "", "", ""},
		{"a web page", Want{}, page, "", "", "web page"},
		{"a web page for a cipher", Want{Enciphered: true}, page, "", "", "web page"},
		{"a web page for anything", Want{Anything: true}, page, "", "a web page", ""},
		{"a web page of its digest", Want{}, page, fakenet.Digest(page), "", "web page"},
		{"a playlist for a segment", Want{}, []byte("#EXTM3U\n"), "", "playlist in place of media", ""},
		{"a playlist for anything", Want{Anything: true}, []byte("#EXTM3U\n"), "", "", ""},
		{"a key", Want{Anything: true}, []byte("0123456789abcdef"), "", "", ""},
		{"what nobody knows", Want{}, []byte("0123456789abcdef"), "", "unknown format", ""},
		{"a cipher", Want{Enciphered: true}, []byte("0123456789abcdef"), "", "", ""},
		{"a cipher cut short", Want{Enciphered: true}, []byte("0123456789abcde"), "", "AES", ""},
		{"nothing", Want{}, nil, "", "empty", ""},
		{"nothing, for anything", Want{Anything: true}, nil, "", "empty", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			odd, err := c.want.Assess(c.body, c.digest)
			if (c.odd == "") != (odd == "") || !strings.Contains(odd, c.odd) {
				t.Errorf("odd: got %q, want %q", odd, c.odd)
			}
			if (c.bad == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), c.bad) {
				t.Errorf("bad: got %v, want %q", err, c.bad)
			}
		})
	}
}

func TestTypes(t *testing.T) {
	ts, mp4 := fakenet.Packets(7, 3), fakenet.Fragment(7, 100)
	for _, c := range []struct {
		target, said string
		body         []byte
		want         string
	}{
		{"/a/3.ts", "video/MP2T", ts, "video/MP2T"},
		{"/a/3.ts", "", ts, "video/mp2t"},
		{"/a/3.ts", "text/html; charset=utf-8", ts, "video/mp2t"},
		{"/a/3.ts", "text/vnd.trolltech.linguist", []byte("cipher"), "video/mp2t"},
		{"/a/3.ts", "application/octet-stream", mp4, "video/mp4"},
		{"/a/3.m4a", "", mp4, "audio/mp4"},
		{"/a/3.vtt", "text/plain", []byte("WEBVTT\n"), "text/vtt"},
		{"/a/3.TS?x=y.m4s", "", []byte("cipher"), "video/mp2t"},
		{"/a/3.mp3", "", []byte("ID3\x04"), "audio/mpeg"},
		{"/a/3.aac", "text/plain", []byte("ID3\x04"), "audio/aac"},
		{"/a/readme", "text/plain", []byte("read me"), "text/plain"},
		{"/a/key", "said/so", []byte("key"), "said/so"},
		{"/a/key", "", []byte("key"), "application/octet-stream"},
		{"/a/list", "text/plain", []byte("#EXTM3U\n"), "application/vnd.apple.mpegurl"},
	} {
		if got := TypeOf(c.target, c.said, c.body); got != c.want {
			t.Errorf("type of %s, said to be %q: got %s, want %s", c.target, c.said, got, c.want)
		}
	}
}

// FuzzAssess: whatever comes, what is sent on while it comes is never refused as a
// whole but for its digest.
func FuzzAssess(f *testing.F) {
	for _, b := range [][]byte{nil, fakenet.Packets(1, 2), fakenet.Fragment(1, 10), fakenet.InitSection(), []byte("<html>"), fakenet.Box("styp"), {0, 0, 0, 1, 'f', 't', 'y', 'p'}} {
		f.Add(b, fakenet.Digest(b))
	}
	f.Fuzz(func(t *testing.T, b []byte, digest string) {
		for _, w := range []Want{{}, {Enciphered: true}, {Format: container.FormatMP4}} {
			if odd, err := w.Assess(b, ""); odd == "" && err == nil && w.Refused(b[:min(len(b), SniffedBytes)]) != nil {
				t.Fatalf("%+v: good, but its beginning is refused", w)
			}
			_, _ = w.Assess(b, digest)
		}
	})
}
