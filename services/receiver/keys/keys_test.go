package keys

import (
	"maps"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"livestream-tui/services/kit/signals"
)

var list = signals.List{{Name: "stage", Inputs: []signals.Input{
	{Name: "main", RTMP: &signals.RTMP{}},
	{Name: "own", RTMP: &signals.RTMP{Key: "chosen-key"}},
	{Name: "backup", SRT: &signals.SRT{Port: 9000, Latency: time.Second}},
	{Name: "open", SRT: &signals.SRT{Port: 9001, Passphrase: signals.NoPassphrase}},
	{Name: "secret", SRT: &signals.SRT{Port: 9002, Passphrase: "0123 456&89"}},
	{Name: "wire", UDP: ":5000"},
	{Name: "group", UDP: "239.1.1.1:5000"},
	{Name: "camera", URL: "rtsp://user:hidden@camera/1"},
}}}

func TestKeysAreMadeOnceByWhoeverComesFirst(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "state")
	made := make([]Keys, 8)
	var all sync.WaitGroup
	for i := range made {
		all.Go(func() {
			k, err := Open(folder, list)
			if err != nil {
				t.Error(err)
			}
			made[i] = k
		})
	}
	all.Wait()
	for _, k := range made {
		if !maps.Equal(k["stage"], made[0]["stage"]) {
			t.Fatalf("got %v and %v, want the same keys", k, made[0])
		}
	}
	k := made[0]["stage"]
	if len(k) != 2 || len(k["main"]) != length || len(k["backup"]) != length || k["main"] == k["backup"] {
		t.Errorf("got %v, want keys of main and backup", k)
	}
	info, err := os.Stat(filepath.Join(folder, fileName))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("got %v, %v, want a file that only its owner reads", info, err)
	}
	more := append(signals.List{{Name: "talk", Inputs: []signals.Input{{Name: "main", RTMP: &signals.RTMP{}}}}}, list[1:]...)
	got, err := Open(folder, more)
	if err != nil || len(got["talk"]) != 1 || !maps.Equal(got["stage"], k) {
		t.Errorf("another layout: got %v, %v, want its keys beside the old ones", got, err)
	}
}

func TestABadFileOfKeysIsNotOverwrittenAndNotQuoted(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, fileName)
	const bad = `{"stage":{"main":"secret-key",}}`
	if err := os.WriteFile(path, []byte(bad), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := Open(folder, list)
	if err == nil || !strings.Contains(err.Error(), path) || strings.Contains(err.Error(), "secret") {
		t.Errorf("got %v, want an error that names the file and no key", err)
	}
	if b, err := os.ReadFile(path); err != nil || string(b) != bad {
		t.Errorf("got %q, %v, want the file as it was", b, err)
	}
}

func TestWhereEncodersSend(t *testing.T) {
	k := Keys{"stage": {"main": "made-key", "backup": "made-passphrase"}}
	p := Places{Host: "studio.example", RTMP: 1935, RTMPS: 443}
	for _, c := range []struct{ input, server, key, url, masked string }{
		{"main", "rtmp://studio.example:1935/live", "made-key", "rtmp://studio.example:1935/live/made-key", "rtmp://studio.example:1935/live/********"},
		{"own", "rtmp://studio.example:1935/live", "chosen-key", "rtmp://studio.example:1935/live/chosen-key", "rtmp://studio.example:1935/live/********"},
		{"backup", "srt://studio.example:9000?mode=caller&latency=1000000&passphrase=made-passphrase", "", "", "srt://studio.example:9000?mode=caller&latency=1000000&passphrase=********"},
		{"open", "srt://studio.example:9001?mode=caller&latency=200000", "", "", "srt://studio.example:9001?mode=caller&latency=200000"},
		{"secret", "srt://studio.example:9002?mode=caller&latency=200000&passphrase=0123+456%2689", "", "", "srt://studio.example:9002?mode=caller&latency=200000&passphrase=********"},
		{"wire", "udp://studio.example:5000", "", "", "udp://studio.example:5000"},
		{"group", "udp://239.1.1.1:5000", "", "", "udp://239.1.1.1:5000"},
		{"camera", "", "", "rtsp://********@camera/1", "rtsp://********@camera/1"},
	} {
		for _, in := range list[0].Inputs {
			if in.Name != c.input {
				continue
			}
			if c.url == "" {
				c.url = c.server
			}
			got := p.EndpointOf("stage", in, k.Of("stage", in))
			if got.Server != c.server || got.Key != c.key || got.URL != c.url || got.Masked != c.masked {
				t.Errorf("%s: got %+v", c.input, got)
			}
			if (in.RTMP != nil) != (got.Secure == "rtmps://studio.example:443/live") {
				t.Errorf("%s: got the secure server %q", c.input, got.Secure)
			}
		}
	}
}

func TestTheHostThatIsShown(t *testing.T) {
	for bind, want := range map[string]string{"127.0.0.1": "127.0.0.1", "localhost": "localhost", "192.0.2.7": "192.0.2.7", "::1": "::1"} {
		if got := HostOf(bind); got != want {
			t.Errorf("%s: got %s, want %s", bind, got, want)
		}
	}
	for _, all := range []string{"0.0.0.0", "::"} {
		if got := HostOf(all); got == "" || got == all {
			t.Errorf("%s: got %q, want an address of this machine", all, got)
		}
	}
}
