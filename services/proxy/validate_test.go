package proxy

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"strings"
	"testing"
)

func digestOf(b []byte) string {
	sum := sha256.Sum256(b)
	return "sha-256=:" + base64.StdEncoding.EncodeToString(sum[:]) + ":"
}

func TestCheckWhole(t *testing.T) {
	ts, mp4 := packets(7, 10), fragmentOf(7, 100)
	off := bytes.Clone(ts)
	off[5*packetSize] = 0x46
	for _, c := range []struct {
		name   string
		as     container
		body   []byte
		digest string
		want   string // part of the error; empty: whole
	}{
		{"MPEG-TS", mpegTS, ts, "", ""},
		{"one packet", mpegTS, ts[:packetSize], "", ""},
		{"empty", mpegTS, nil, "", "empty"},
		{"a packet cut short", mpegTS, ts[:len(ts)-1], "", "no whole number of packets"},
		{"less than a packet", mpegTS, ts[:100], "", "no whole number of packets"},
		{"a packet that is none", mpegTS, off, "", "no sync byte at 940"},
		{"a web page", mpegTS, []byte("<!doctype html>"), "", "no sync byte"},
		{"MP4 as MPEG-TS", mpegTS, mp4, "", "no sync byte"},
		{"the bytes of its digest", mpegTS, ts, digestOf(ts), ""},
		{"others", mpegTS, ts, digestOf(mp4), "not those of its Repr-Digest"},
		{"others, with a digest of another kind before", mpegTS, ts, "sha-512=:AA==:, " + digestOf(mp4), "not those of its Repr-Digest"},
		{"a digest of another kind", mpegTS, ts, "sha-512=:AA==:", ""},
		{"a bad digest", mpegTS, ts, "sha-256=:x!:", "bad Repr-Digest"},
		{"a segment", fragmentedMP4, mp4, "", ""},
		{"a segment behind styp", fragmentedMP4, append(box("styp", []byte("msdh"), words(0)), mp4...), "", ""},
		{"an init section", fragmentedMP4, initSection(), "", ""},
		{"an init and a segment", fragmentedMP4, append(initSection(), mp4...), "", ""},
		{"a box cut short", fragmentedMP4, mp4[:len(mp4)-1], "", "mdat"},
		{"an init cut short", fragmentedMP4, initSection()[:len(initSection())-1], "", "moov"},
		{"moof without mdat", fragmentedMP4, mp4[:len(mp4)-108], "", "does not end with an mdat"},
		{"too short for a box", fragmentedMP4, mp4[:7], "", "too few"},
		{"a web page", fragmentedMP4, []byte("<!doctype html><title>no</title>"), "", "not MP4"},
		{"MPEG-TS as MP4", fragmentedMP4, ts, "", "not MP4"},
		{"anything", anyContainer, []byte("WEBVTT"), "", ""},
		{"nothing", anyContainer, nil, "", "empty"},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := checkWhole(c.as, c.body, c.digest)
			if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

func TestNamesTellContainersAndTypes(t *testing.T) {
	for _, c := range []struct {
		key  string
		as   container
		kind string
	}{
		{"/a/3.ts", mpegTS, "video/mp2t"},
		{"/a/3.TS?x=y.m4s", mpegTS, "video/mp2t"},
		{"/a/3.m4s", fragmentedMP4, "video/mp4"},
		{"/a/init.mp4", fragmentedMP4, "video/mp4"},
		{"/a/3.m4a", fragmentedMP4, "audio/mp4"},
		{"/a/3.aac", anyContainer, "audio/aac"},
		{"/a/3.vtt", anyContainer, "text/vtt"},
		{"/a/key", anyContainer, "said/so"},
	} {
		if got := containerOf(c.key); got != c.as {
			t.Errorf("container of %s: got %d, want %d", c.key, got, c.as)
		}
		if got := typeOf(c.key, "said/so"); got != c.kind {
			t.Errorf("type of %s: got %s, want %s", c.key, got, c.kind)
		}
	}
	if got := typeOf("/key", ""); got != "application/octet-stream" {
		t.Errorf("type of what nobody knows: got %s", got)
	}
}

func FuzzCheckWhole(f *testing.F) {
	for _, b := range [][]byte{nil, packets(1, 2), fragmentOf(1, 10), initSection(), []byte("<html>"), box("styp"), {0, 0, 0, 1, 'f', 't', 'y', 'p'}} {
		f.Add(b, digestOf(b))
	}
	f.Fuzz(func(t *testing.T, b []byte, digest string) {
		for _, as := range []container{anyContainer, mpegTS, fragmentedMP4} {
			if checkWhole(as, b, digest) == nil && checkBegin(as, b[:min(len(b), 8)]) != nil {
				t.Fatalf("container %d: whole, but its beginning is refused", as)
			}
		}
	})
}
