package sandbox

import (
	"strconv"
	"strings"
	"testing"

	"livestream-tui/layouts"
	"livestream-tui/procs/platform/local"
	"livestream-tui/services/kit/signals"
)

func TestLiveInputsOfASandboxHavePortsOfTheirOwn(t *testing.T) {
	layout, err := layouts.Load("live")
	if err != nil {
		t.Fatal(err)
	}
	layout.Signals[0].Inputs[1].SRT.Port = 8890
	layout.Signals[0].Inputs = append(layout.Signals[0].Inputs, signals.Input{Name: "third", UDP: ":5000"}, signals.Input{Name: "film", URL: "/film.mp4"})
	o := local.Options{Layout: layout, Env: map[string]string{"SRT_PORT": "8890", "RTMP_PORT": "1935", "LIVE_BIND_ADDRESS": "0.0.0.0", "INPUT_STREAM_PATH": "/films"}}
	s, err := New(&o, t.TempDir(), false)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Remove(); err != nil {
			t.Error(err)
		}
	})
	in := s.Signals[0].Inputs
	srt, third := in[1].SRT.Port, strings.TrimPrefix(in[2].UDP, loopback+":")
	ports := map[string]bool{strconv.Itoa(s.ProxyPort): true, strconv.Itoa(srt): true, third: true, o.Env["RTMP_PORT"]: true}
	for _, p := range o.Layout.Processes {
		if p.PortVariable != "" {
			ports[o.Env[p.PortVariable]] = true
		}
	}
	if want := 4 + 6; len(ports) != want || ports["8890"] || ports["1935"] || ports["5000"] {
		t.Errorf("got the ports %v, want %d of its own", ports, want)
	}
	if in[3].URL != "/film.mp4" || strconv.Itoa(s.Places.RTMP) != o.Env["RTMP_PORT"] {
		t.Errorf("got %+v at %+v", in, s.Places)
	}
	if layout.Signals[0].Inputs[1].SRT.Port != 8890 {
		t.Error("the layout itself was changed")
	}
	if o.Env["LIVE_BIND_ADDRESS"] != "" || !strings.HasPrefix(o.Env["INPUT_STREAM_PATH"], s.Root) {
		t.Errorf("got %v, want encoders on loopback alone, and no films", o.Env)
	}
	receiver := o.Layout.Processes[0].Environment
	if got := receiver[layouts.SignalsVariable]; !strings.Contains(got, `"port":`+strconv.Itoa(srt)) {
		t.Errorf("the receiver is given %s, want port %d in it", got, srt)
	}
}
