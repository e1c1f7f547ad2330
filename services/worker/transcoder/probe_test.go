package transcoder

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestParseProbe(t *testing.T) {
	s, err := parseProbe([]byte(`{"streams":[
		{"index":0,"codec_type":"video","codec_name":"mjpeg","height":600,"disposition":{"attached_pic":1}},
		{"index":1,"codec_type":"audio","codec_name":"aac","channels":2,"start_time":"0.5","disposition":{"default":0}},
		{"index":2,"codec_type":"video","codec_name":"h264","height":1080,"avg_frame_rate":"30000/1001","r_frame_rate":"30/1","field_order":"tt","duration":"8.5","disposition":{"default":1}},
		{"index":3,"codec_type":"audio","channels":6,"channel_layout":"5.1(side)","disposition":{"default":1}},
		{"index":4,"codec_type":"data"}],"format":{"duration":"9.0","start_time":"0.25"}}`))
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Pictures) != 1 || s.Pictures[0].Index != 2 || !s.Pictures[0].Interlaced || s.Pictures[0].Rate != (ratio{30000, 1001}) {
		t.Errorf("got pictures %+v, want the one that is no cover", s.Pictures)
	}
	if len(s.Sounds) != 2 || s.Sounds[0].Index != 3 || s.Sounds[1].Index != 1 {
		t.Errorf("got sounds %+v, want the default one first", s.Sounds)
	}
	if s.Duration != 9*time.Second || s.Start != 250*time.Millisecond || s.Pictures[0].Duration != 8500*time.Millisecond {
		t.Errorf("got %s from %s, picture %s", s.Duration, s.Start, s.Pictures[0].Duration)
	}
}

func TestParseProbeTellsWhatIsNoFilm(t *testing.T) {
	video := `{"streams":[{"codec_type":"video","disposition":{}}],"format":`
	for doc, want := range map[string]string{
		`{"streams":[{"codec_type":"audio"}]}`: "it has no video track",
		`{`:                                    "ffprobe's answer",
		video + `{"duration":"100000"}}`:       "at most 86400 s are allowed",
		video + `{"duration":"nan"}}`:          "",
		video + `{"duration":"1790000010","start_time":"1790000000"}}`: "",
	} {
		_, err := parseProbe([]byte(doc))
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: got %v, want %q", doc, err, want)
		}
	}
}

func TestOrderOfFields(t *testing.T) {
	for _, c := range []struct {
		name                     string
		track                    track
		top, bottom, progressive int
		want                     fieldOrder
	}{
		{"progressive", track{}, 0, 0, 50, ""},
		{"top field first", track{}, 40, 0, 10, "tff"},
		{"bottom field first", track{}, 0, 50, 0, "bff"},
		{"the frames know better than the container", track{Interlaced: true}, 0, 0, 50, ""},
		{"only the container speaks", track{Interlaced: true}, 0, 0, 0, "auto"},
		{"nothing speaks", track{}, 0, 0, 0, ""},
	} {
		if got := c.track.fields(c.top, c.bottom, c.progressive); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

func TestChainOfFilters(t *testing.T) {
	base := picture{Rate: pal, Height: 180, Long: 1920, Short: 1080, Linear: true}
	with := func(change func(*picture)) string {
		p := base
		change(&p)
		return p.chain()
	}
	for _, c := range []struct{ name, chain, want, never string }{
		{"a small picture without colours is of BT.601", base.chain(), "in_color_matrix=bt601:out_color_matrix=bt709", "zscale"},
		{"a large one is of BT.709", with(func(p *picture) { p.Height = 1080 }), "in_color_matrix=bt709:", "zscale"},
		{"PQ is mapped", with(func(p *picture) { p.Colour = colour{"tv", "bt2020nc", "smpte2084", "bt2020"} }), "tin=smpte2084:min=bt2020nc:pin=bt2020:p=bt2020:t=linear:npl=203,format=gbrpf32le,zscale=p=bt709,tonemap=", "bwdif"},
		{"HLG without its other tags is mapped", with(func(p *picture) { p.Colour = colour{Transfer: "arib-std-b67"} }), "tin=arib-std-b67:min=bt2020nc:pin=bt2020", "bwdif"},
		{"BT.2020 without HDR needs no mapping of light", with(func(p *picture) { p.Colour = colour{"tv", "bt2020nc", "bt2020-10", "bt2020"} }), "zscale=t=bt709", "tonemap"},
		{"HDR without the filters", with(func(p *picture) { p.Colour, p.Linear = colour{"tv", "bt2020nc", "smpte2084", "bt2020"}, false }), "in_color_matrix=bt2020", "zscale"},
		{"fields become pictures before the rate is made constant", with(func(p *picture) { p.Fields, p.Rate = "tff", ratio{50, 1} }), "bwdif=mode=send_field:parity=tff:deint=all,fps=50", "zscale"},
		{"half a frame late is shown early", with(func(p *picture) { p.Late = 20 * time.Millisecond }), "setpts=PTS+(-0.0200000)/TB", "zscale"},
		{"a second and a half late", with(func(p *picture) { p.Late = 1520 * time.Millisecond }), "setpts=PTS+(0.0000000)/TB", "zscale"},
	} {
		if !strings.Contains(c.chain, c.want) || strings.Contains(c.chain, c.never) {
			t.Errorf("%s: got %s, want %s and never %s", c.name, c.chain, c.want, c.never)
		}
	}
}

func TestParsePackets(t *testing.T) {
	p := parsePackets("100.000000,0.040000\n100.080000,0.040000\nN/A,0.040000\n100.040000,0.040000,\n400.000000,10.000000\n")
	if p.start != 100*time.Second || p.end != 410*time.Second || len(p.times) != 3 {
		t.Errorf("got from %s to %s, %d times, want from 100 s to 410 s, and the three of the beginning", p.start, p.end, len(p.times))
	}
	if p := parsePackets("N/A,N/A\n"); len(p.times) != 0 {
		t.Errorf("got %d times of nothing", len(p.times))
	}
}

func TestTextIsNoFilm(t *testing.T) {
	for content, want := range map[string]bool{
		"#EXTM3U\n#EXTINF:10,\n/etc/passwd\n#EXT-X-ENDLIST\n": true,
		"\xef\xbb\xbfÉté\n":        true,
		"":                         false,
		"\x00\x00\x00\x18ftypmp42": false,
		"YUV4MPEG2 W2 H2 F25:1\nFRAME\n\x10\x10\x80": false,
	} {
		file := filepath.Join(t.TempDir(), "film.mp4")
		if err := os.WriteFile(file, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
		if got := isText(file); got != want {
			t.Errorf("%q: got %v, want %v", content, got, want)
		}
	}
}
