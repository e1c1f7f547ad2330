package receiver

import (
	"errors"
	"reflect"
	"testing"
	"time"

	"livestream-tui/services/kit/service"
	"livestream-tui/services/kit/signals"
)

func TestConfigFromEnv(t *testing.T) {
	home := service.Environment{"HOME": "/h"}
	c, err := ConfigFromEnv(home)
	if err != nil {
		t.Fatal(err)
	}
	if c.Address() != "127.0.0.1:8010" || c.LiveBind != "127.0.0.1" || c.LossAfter != time.Second || c.ReturnAfter != 5*time.Second || len(c.Signals) != 0 {
		t.Errorf("got %+v", c)
	}
	if p := c.Places(); p.Host != "127.0.0.1" || p.RTMP != 1935 || p.RTMPS != 0 {
		t.Errorf("got %+v", p)
	}
	for _, c := range []struct {
		name string
		env  service.Environment
		want []string // variables
	}{
		{"no signals", service.Environment{"SIGNALS": "stage"}, []string{"SIGNALS"}},
		{"a signal without inputs", service.Environment{"SIGNALS": `[{"name":"stage"}]`}, []string{"SIGNALS"}},
		{"a loss at once", service.Environment{"INPUT_LOSS_AFTER": "50ms"}, []string{"INPUT_LOSS_AFTER"}},
		{"a signal's loss at once", service.Environment{"SIGNALS": `[{"name":"stage","inputs":[{"name":"main","rtmp":{}}],"loss_after":1}]`}, []string{"SIGNALS"}},
		{"a return in the past", service.Environment{"INPUT_RETURN_AFTER": "-1s"}, []string{"INPUT_RETURN_AFTER"}},
		{"a name instead of an address", service.Environment{"LIVE_BIND_ADDRESS": "studio"}, []string{"LIVE_BIND_ADDRESS"}},
		{"a machine's name that is none, and an engine that is none", service.Environment{"MACHINE": "A b", "ENGINE_URL": "http://a"}, []string{"MACHINE", "ENGINE_URL"}},
		{"RTMPS without a certificate", service.Environment{"RTMPS_PORT": "443"}, []string{"RTMP_TLS_CERT", "RTMP_TLS_KEY"}},
		{"a certificate without RTMPS", service.Environment{"RTMP_TLS_CERT": "a", "RTMP_TLS_KEY": "b"}, []string{"RTMP_TLS_CERT", "RTMP_TLS_KEY"}},
		{"ports that are none", service.Environment{"RTMP_PORT": "0", "SRT_PORT": "x", "RECEIVER_PORT": "70000"}, []string{"RECEIVER_PORT", "RTMP_PORT", "SRT_PORT"}},
	} {
		env := service.Environment{"HOME": "/h"}
		for k, v := range c.env {
			env[k] = v
		}
		_, err := ConfigFromEnv(env)
		var bad *service.ConfigError
		var got []string
		if errors.As(err, &bad) {
			for _, p := range bad.Problems {
				got = append(got, p.Variable)
			}
		}
		if !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: got problems of %v, want %v", c.name, got, c.want)
		}
	}
}

func TestEachSRTInputHasAPort(t *testing.T) {
	c, err := ConfigFromEnv(service.Environment{"HOME": "/h", "SRT_PORT": "9000", "SIGNALS": `[
		{"name":"a","inputs":[{"name":"main","srt":{}},{"name":"backup","srt":{"port":9001}}]},
		{"name":"b","inputs":[{"name":"main","srt":{}},{"name":"camera","udp":":5000"}]}]`})
	if err != nil {
		t.Fatal(err)
	}
	var got []int
	for _, s := range c.Signals {
		for _, in := range s.Inputs {
			if in.SRT != nil {
				got = append(got, in.SRT.Port)
			}
		}
	}
	if want := []int{9000, 9001, 9002}; !reflect.DeepEqual(got, want) {
		t.Errorf("got the ports %v, want %v", got, want)
	}
}

func TestEveryKindOfInputCanBeMade(t *testing.T) {
	for _, in := range []signals.Input{{RTMP: &signals.RTMP{}}, {SRT: &signals.SRT{}}, {UDP: ":1"}, {URL: "film.mp4"}} {
		if kinds[in.Kind()] == nil {
			t.Errorf("no input of the kind %q can be made", in.Kind())
		}
	}
}
