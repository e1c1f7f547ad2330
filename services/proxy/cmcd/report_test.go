package cmcd

import (
	"net/url"
	"strings"
	"testing"
	"time"
)

func TestReports(t *testing.T) {
	for _, c := range []struct {
		name, text string
		want       Report // of numbers, 0 stands for what was not said
	}{
		{"as hls.js says it", `bl=21300,br=3200,cid="live01",d=2000,mtp=48100,nor="1.m4s",ot=v,sf=h,sid="6e2fb550",st=l,su,tb=6000`,
			Report{Buffer: 21300 * time.Millisecond, Bitrate: 3.2e6, Throughput: 48.1e6, Startup: true, Object: tokenOf([]byte("v"))}},
		{"a stall", `bs,sid="6e2fb550"`, Report{Starved: true}},
		{"flags in words", `bs=true,su=false,sid="6e2fb550"`, Report{Starved: true}},
		{"spaces", ` bl=100 , sid="6e2fb550" `, Report{Buffer: 100 * time.Millisecond}},
		{"version 2", `v=2,sid="6e2fb550",ltc=2500,msd=900,sta=p,bl=(3000;v 1200;a),br=(3200;v 128;a)`,
			Report{Latency: 2500 * time.Millisecond, Start: 900 * time.Millisecond, State: tokenOf([]byte("p")), Buffer: 1200 * time.Millisecond, Bitrate: 128e3}},
		{"an event", `e=ps,sta=r,sid="6e2fb550",ts=1700000000000`, Report{Event: true, State: rebuffering}},
		{"keys of others", `com.example-x="a,b=\"c\"",sid="6e2fb550",xyz=(1 2)`, Report{}},
		{"a comma within a string", `cid="a,b",sid="6e2fb550"`, Report{}},
	} {
		for _, way := range []string{"field", "argument"} {
			r := said()
			var err error
			if way == "field" {
				err = parse(&r, []byte(c.text))
			} else {
				err = parseEscaped(&r, []byte(url.PathEscape(c.text)), new([reportMost]byte))
			}
			if err != nil || string(r.Session) != "6e2fb550" {
				t.Errorf("%s as %s: got session %q, %v", c.name, way, r.Session, err)
			}
			r.Session, r.Content = nil, nil
			r.Buffer, r.Latency, r.Start = max(r.Buffer, 0), max(r.Latency, 0), max(r.Start, 0)
			r.Bitrate, r.Throughput = max(r.Bitrate, 0), max(r.Throughput, 0)
			if got, want := r, c.want; got.Buffer != want.Buffer || got.Latency != want.Latency || got.Start != want.Start || got.Bitrate != want.Bitrate ||
				got.Throughput != want.Throughput || got.Starved != want.Starved || got.Startup != want.Startup || got.Object != want.Object || got.State != want.State || got.Event != want.Event {
				t.Errorf("%s as %s: got %+v, want %+v", c.name, way, got, want)
			}
		}
	}
}

func TestWhatCannotBeReadIsRefused(t *testing.T) {
	for _, text := range []string{
		"", ",", "bl", "bl=", "bl=x", "bl=-1", "bl=1e300", "bl=NaN", "bl=9999999999999999999", `bl="1"`, "=1", "bl=1,,br=1", "bl=1,", `sid="a`, `sid="a"b`, `sid=""`,
		`sid="` + strings.Repeat("a", 65) + `"`, "su=maybe", "bl=(1", "bl=()", "sid=1", "a b", strings.Repeat("a,", 3000) + "a",
	} {
		r := said()
		if err := parse(&r, []byte(text)); err == nil {
			t.Errorf("%.60q: got %+v, want an error", text, r)
		}
	}
	for _, text := range []string{"br%3", "br%zz", "%"} {
		r := said()
		if err := parseEscaped(&r, []byte(text), new([reportMost]byte)); err == nil {
			t.Errorf("%q: got %+v, want an error", text, r)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(`bl=21300,br=(3200;v 1),cid="l\"x",sid="6e2fb550",su`))
	f.Add([]byte(`{"sid":"a","bl":[1,2],"sta":"r","e":"ps"}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		r := said()
		if err := parse(&r, b); err == nil && (len(r.Session) > sessionMost || r.Buffer < -1 || r.Bitrate < -1) {
			t.Errorf("got %+v", r)
		}
		_ = parseEvents(b, func(r Report, err error) {
			if err == nil && (len(r.Session) > sessionMost || r.Latency < -1 || r.Throughput < -1) {
				t.Errorf("got %+v", r)
			}
		})
	})
}
