package fmp4

import (
	"bytes"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// trackOf is a trak; version is of tkhd and mdhd.
func trackOf(version byte, id, scale uint32, handler, format string) []byte {
	times := u32(0, 0)
	if version == 1 {
		times = u32(0, 0, 0, 0)
	}
	head := u32(uint32(version) << 24)
	entry := bx(format, make([]byte, 24), []byte{640 >> 8, 640 & 255, 360 >> 8, 360 & 255}, make([]byte, 46))
	return bx("trak", bx("tkhd", head, times, u32(id, 0)), bx("mdia",
		bx("mdhd", head, times, u32(scale, 0)),
		bx("hdlr", u32(0, 0), []byte(handler), u32(0, 0, 0)),
		bx("minf", bx("stbl", bx("stsd", u32(0, 1), entry)))))
}

func initOf(traks ...[]byte) []byte {
	return append(bx("ftyp", []byte("isom")), bx("moov", append([][]byte{bx("mvhd", u32(0))}, traks...)...)...)
}

func TestParseInit(t *testing.T) {
	video := trackOf(0, 1, 90000, "vide", "avc1")
	without := func(path string) []byte { return bytes.Replace(video, []byte(path), []byte("free"), 1) }
	for _, c := range []struct {
		name string
		in   []byte
		want []Track
		err  string
	}{
		{"picture and sound", initOf(video, trackOf(1, 2, 48000, "soun", "mp4a")),
			[]Track{{1, 90000, "vide", "avc1", 640, 360, ""}, {2, 48000, "soun", "mp4a", 0, 0, ""}}, ""},
		{"other boxes around", append(append(bx("ftyp"), bx("free")...), initOf(video)[12:]...), []Track{{1, 90000, "vide", "avc1", 640, 360, ""}}, ""},
		{"a long moov", append(bx("ftyp"), long("moov", video)...), []Track{{1, 90000, "vide", "avc1", 640, 360, ""}}, ""},
		{"nothing", nil, nil, "does not begin with ftyp"},
		{"no ftyp", initOf(video)[12:], nil, "does not begin with ftyp"},
		{"no moov", bx("ftyp"), nil, `0 boxes "moov"`},
		{"two moov", append(initOf(video), initOf(video)[12:]...), nil, `2 boxes "moov"`},
		{"no track", initOf(), nil, "no track"},
		{"cut short", initOf(video)[:100], nil, "init: box"},
		{"no timescale", initOf(trackOf(0, 1, 0, "vide", "avc1")), nil, "track 1: mdhd: no timescale"},
		{"no tkhd", initOf(without("tkhd")), nil, `track 1: 0 boxes "tkhd"`},
		{"no mdhd", initOf(without("mdhd")), nil, `track 1: 0 boxes "mdhd"`},
		{"no hdlr", initOf(without("hdlr")), nil, `track 1: 0 boxes "hdlr"`},
		{"no stsd", initOf(without("stsd")), nil, `track 1: 0 boxes "stsd"`},
		{"a short tkhd", initOf(bx("trak", bx("tkhd", u32(0)))), nil, "track 1: tkhd is cut short"},
	} {
		got, err := ParseInit(c.in)
		if c.err == "" {
			if err != nil || !slices.Equal(got.Tracks, c.want) {
				t.Errorf("%s: got %+v, %v, want %+v", c.name, got.Tracks, err, c.want)
			}
		} else if err == nil || !strings.Contains(err.Error(), c.err) {
			t.Errorf("%s: got %v, want %s", c.name, err, c.err)
		}
		if again := CheckInit(c.in); (again == nil) != (err == nil) {
			t.Errorf("%s: CheckInit says %v, ParseInit %v", c.name, again, err)
		}
	}
}

func TestVideo(t *testing.T) {
	in := Init{Tracks: []Track{{ID: 1, Timescale: 90000, Handler: "soun"}, {ID: 2, Timescale: 600, Handler: "vide"}, {ID: 3, Timescale: 90000, Handler: "vide"}}}
	if got := in.Video(90000); got != 3 {
		t.Errorf("got %d, want 3", got)
	}
	if got := in.Video(1); got != 0 {
		t.Errorf("got %d, want none", got)
	}
}

func moofOf(sequence uint32, trafs ...[]byte) []byte {
	return bx("moof", append([][]byte{bx("mfhd", u32(0, sequence))}, trafs...)...)
}

func trafOf(tfhd, tfdt []byte, truns ...[]byte) []byte {
	return bx("traf", append([][]byte{bx("tfhd", tfhd), bx("tfdt", tfdt)}, truns...)...)
}

func TestParseFragment(t *testing.T) {
	const notSync = sampleNotSync
	at5, at64 := u32(0, 5), append(u32(1<<24), u64(1<<40)...)
	for _, c := range []struct {
		name string
		in   []byte
		want []TrackRun
		err  string
	}{
		{"defaults in tfhd", moofOf(9, trafOf(u32(tfhdDuration|tfhdFlags, 1, 100, notSync), at5, bx("trun", u32(0, 3)))),
			[]TrackRun{{1, 5, 300, 3, false}}, ""},
		{"64 bits of time", moofOf(9, trafOf(u32(tfhdDuration, 1, 100), at64, bx("trun", u32(0, 3)))),
			[]TrackRun{{1, 1 << 40, 300, 3, true}}, ""},
		{"all that tfhd may have", moofOf(9, trafOf(append(append(u32(tfhdBaseOffset|tfhdDescription|tfhdDuration|tfhdSize|tfhdFlags, 1), u64(7)...), u32(1, 100, 10, notSync)...), at5,
			bx("trun", u32(0, 2)))), []TrackRun{{1, 5, 200, 2, false}}, ""},
		{"the first sample's own flags", moofOf(9, trafOf(u32(tfhdDuration|tfhdFlags, 1, 100, notSync), at5, bx("trun", u32(trunOffset|trunFirstFlags, 2, 88, 0)))),
			[]TrackRun{{1, 5, 200, 2, true}}, ""},
		{"all per sample", moofOf(9, trafOf(u32(tfhdDuration, 1, 100), at5,
			bx("trun", u32(trunDuration|trunSize|trunFlags|trunComposition, 2, 30, 1, notSync, 0, 40, 1, 0, 0)))),
			[]TrackRun{{1, 5, 70, 2, false}}, ""},
		{"two runs", moofOf(9, trafOf(u32(tfhdDuration, 1, 100), at5, bx("trun", u32(0, 1)), bx("trun", u32(trunFirstFlags, 1, notSync)))),
			[]TrackRun{{1, 5, 200, 2, true}}, ""},
		{"two tracks", moofOf(9, trafOf(u32(tfhdDuration, 1, 100), at5, bx("trun", u32(0, 1))), trafOf(u32(tfhdDuration, 2, 10), at5)),
			[]TrackRun{{1, 5, 100, 1, true}, {TrackID: 2, DecodeTime: 5}}, ""},
		{"no track", moofOf(9), nil, ""},
		{"nothing", nil, nil, "not one moof"},
		{"two", append(moofOf(1), moofOf(2)...), nil, "not one moof"},
		{"another box", bx("mdat"), nil, "not one moof"},
		{"no mfhd", bx("moof"), nil, `0 boxes "mfhd"`},
		{"a short mfhd", bx("moof", bx("mfhd", u32(0))), nil, "mfhd is cut short"},
		{"no tfhd", moofOf(9, bx("traf")), nil, `fragment 9: 0 boxes "tfhd"`},
		{"no tfdt", moofOf(9, bx("traf", bx("tfhd", u32(0, 1)))), nil, `fragment 9: 0 boxes "tfdt"`},
		{"a short tfhd", moofOf(9, trafOf(u32(tfhdDuration, 1), at5)), nil, "tfhd is cut short"},
		{"a short tfdt", moofOf(9, trafOf(u32(0, 1), at64[:8])), nil, "tfdt is cut short"},
		{"a short trun", moofOf(9, trafOf(u32(0, 1), at5, bx("trun", u32(trunSize, 2, 1)))), nil, "trun is cut short"},
		{"samples without end", moofOf(9, trafOf(u32(0, 1), at5, bx("trun", u32(0, 1<<32-1)))), nil, "samples, at most"},
		{"samples without end in two", moofOf(9, trafOf(u32(0, 1), at5, bx("trun", u32(0, maxSamples)), bx("trun", u32(0, 1)))), nil, "samples, at most"},
	} {
		got, err := ParseFragment(c.in)
		if c.err == "" {
			if err != nil || got.Sequence != 9 || !slices.Equal(got.Tracks, c.want) {
				t.Errorf("%s: got %+v, %v, want %+v", c.name, got, err, c.want)
			}
		} else if err == nil || !strings.Contains(err.Error(), c.err) {
			t.Errorf("%s: got %v, want %s", c.name, err, c.err)
		}
	}
}

func TestSetSequence(t *testing.T) {
	moof := moofOf(9, trafOf(u32(0, 1), u32(0, 5)))
	if err := SetSequence(moof, 1<<31); err != nil {
		t.Fatal(err)
	}
	if want := moofOf(1<<31, trafOf(u32(0, 1), u32(0, 5))); !bytes.Equal(moof, want) {
		t.Error("more or less has changed than the number")
	}
	for _, in := range [][]byte{nil, bx("mdat"), bx("moof"), bx("moof", bx("mfhd", u32(0)))} {
		if SetSequence(bytes.Clone(in), 1) == nil {
			t.Errorf("%q: taken for a fragment", in)
		}
	}
}

func TestCheckSegment(t *testing.T) {
	pair := append(moofOf(9), bx("mdat", []byte("media"))...)
	for _, c := range []struct {
		name string
		in   []byte
		want int
		err  string
	}{
		{"one fragment", pair, 1, ""},
		{"two, with what may stand before", append(append(append(bx("styp"), bx("prft")...), pair...), append(bx("emsg"), pair...)...), 2, ""},
		{"nothing", nil, 0, "does not end with an mdat"},
		{"no fragment", bx("styp"), 0, "does not end with an mdat"},
		{"no mdat", moofOf(9), 0, "does not end with an mdat"},
		{"two moof", append(moofOf(9), pair...), 0, "moof without its mdat"},
		{"an mdat first", append(bx("mdat"), pair...), 0, "mdat without its moof"},
		{"an init", append(initOf(), pair...), 0, `box "ftyp" does not belong`},
		{"cut short", pair[:len(pair)-1], 0, "bytes are left"},
		{"one byte too many", append(bytes.Clone(pair), 0), 0, "too few"},
		{"a bad fragment", append(bx("moof"), bx("mdat")...), 0, `0 boxes "mfhd"`},
		{"a page", []byte("<html>not found</html>"), 0, "segment: box"},
	} {
		got, err := CheckSegment(c.in)
		if len(got) != c.want || (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
			t.Errorf("%s: got %d fragments, %v, want %d, %q", c.name, len(got), err, c.want, c.err)
		}
	}
}

func FuzzParseInit(f *testing.F) {
	f.Add([]byte(nil))
	f.Add(initOf(trackOf(0, 1, 90000, "vide", "avc1"), trackOf(1, 2, 48000, "soun", "mp4a")))
	f.Add(append(bx("ftyp"), long("moov", trackOf(0, 1, 90000, "vide", "avc1"))...))
	f.Add(initOf(bx("trak", bx("tkhd", u32(0)))))
	f.Fuzz(func(t *testing.T, in []byte) {
		before := bytes.Clone(in)
		got, err := ParseInit(in)
		if !bytes.Equal(in, before) {
			t.Fatal("it wrote to what it reads")
		}
		if err != nil {
			return
		}
		for _, track := range got.Tracks {
			if track.Timescale == 0 || track.Width < 0 || track.Height < 0 {
				t.Fatalf("track %+v", track)
			}
		}
	})
}

func FuzzParseFragment(f *testing.F) {
	f.Add([]byte(nil))
	f.Add(moofOf(9, trafOf(u32(tfhdDuration|tfhdFlags, 1, 100, 0), u32(0, 5), bx("trun", u32(0, 3)))))
	f.Add(moofOf(9, trafOf(u32(0, 1), append(u32(1<<24), u64(1<<40)...), bx("trun", u32(trunDuration|trunSize|trunFlags|trunComposition, 1, 30, 1, 0, 0)))))
	f.Add(moofOf(9, trafOf(u32(0, 1), u32(0, 5), bx("trun", u32(0, 1<<32-1)))))
	f.Fuzz(func(t *testing.T, in []byte) {
		got, err := ParseFragment(in)
		if err != nil {
			return
		}
		for _, run := range got.Tracks {
			if run.Samples < 0 || run.Samples > maxSamples {
				t.Fatalf("run %+v", run)
			}
		}
		if err := SetSequence(in, got.Sequence+1); err != nil {
			t.Fatalf("a fragment whose number cannot be set: %v", err)
		}
		again, err := ParseFragment(in)
		if err != nil || again.Sequence != got.Sequence+1 || !reflect.DeepEqual(again.Tracks, got.Tracks) {
			t.Fatalf("after its number was set: got %+v, %v, want %+v", again, err, got)
		}
	})
}

func FuzzCheckSegment(f *testing.F) {
	pair := append(moofOf(9), bx("mdat", []byte("media"))...)
	f.Add([]byte(nil))
	f.Add(pair)
	f.Add(append(append(bx("styp"), pair...), pair...))
	f.Add(pair[:len(pair)-1])
	f.Fuzz(func(t *testing.T, in []byte) {
		got, err := CheckSegment(in)
		if (err == nil) != (len(got) > 0) {
			t.Fatalf("%d fragments, %v", len(got), err)
		}
		if err != nil {
			return
		}
		// What is whole is not whole without its last byte, nor with one more.
		if _, err := CheckSegment(in[:len(in)-1]); err == nil {
			t.Fatal("a segment cut short is taken for whole")
		}
		if _, err := CheckSegment(append(bytes.Clone(in), 0)); err == nil {
			t.Fatal("a segment with a byte too many is taken for whole")
		}
	})
}
