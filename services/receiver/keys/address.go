package keys

import (
	"fmt"
	"net"
	"net/url"
	"strconv"
	"time"

	"livestream-tui/services/kit/signals"
	"livestream-tui/services/kit/text"
)

// Places are where the receiver takes encoders in.
type Places struct {
	// Host is the name or address by which encoders reach it.
	Host string
	// RTMP and RTMPS are ports; zero means that there is none.
	RTMP, RTMPS int
}

// App is the first part of the path of RTMP addresses.
const App = "live"

// defaultLatency is that of an SRT input that gives none.
const defaultLatency = 200 * time.Millisecond

// Endpoint is where the encoder of one input has to send.
type Endpoint struct {
	Signal string `json:"signal"`
	Input  string `json:"input"`
	Kind   string `json:"kind"`
	// Server and Key are what OBS and other encoders ask for; Key is empty where there is
	// none. Secure is Server over TLS, empty where there is none.
	Server string `json:"server,omitempty"`
	Secure string `json:"secure_server,omitempty"`
	Key    string `json:"stream_key,omitempty"`
	// URL is all of it in one. What the receiver opens by itself is without credentials.
	URL string `json:"url"`
	// Masked is URL without secrets.
	Masked string `json:"-"`
}

// EndpointOf is where the encoder of an input has to send, or what the receiver opens.
func (p Places) EndpointOf(signal string, in signals.Input, key string) Endpoint {
	e := Endpoint{Signal: signal, Input: in.Name, Kind: in.Kind()}
	switch {
	case in.RTMP != nil:
		e.Server = p.server("rtmp", p.RTMP)
		if p.RTMPS != 0 {
			e.Secure = p.server("rtmps", p.RTMPS)
		}
		if p.RTMP == 0 {
			e.Server = e.Secure
		}
		e.Key = key
		e.URL, e.Masked = e.Server+"/"+key, e.Server+"/"+text.Masked
	case in.SRT != nil:
		latency := in.SRT.Latency
		if latency == 0 {
			latency = defaultLatency
		}
		// OBS and FFmpeg count it in microseconds.
		base := fmt.Sprintf("srt://%s?mode=caller&latency=%d", net.JoinHostPort(p.Host, strconv.Itoa(in.SRT.Port)), latency.Microseconds())
		e.URL, e.Masked = base, base
		if key != "" {
			e.URL += "&passphrase=" + url.QueryEscape(key)
			e.Masked += "&passphrase=" + text.Masked
		}
		e.Server = e.URL
	case in.UDP != "":
		e.URL = "udp://" + p.reachable(in.UDP)
		e.Server, e.Masked = e.URL, e.URL
	default:
		e.Masked = text.WithoutSecrets("", in.URL)
		e.URL = e.Masked // nobody sends there
	}
	return e
}

func (p Places) server(scheme string, port int) string {
	return fmt.Sprintf("%s://%s/%s", scheme, net.JoinHostPort(p.Host, strconv.Itoa(port)), App)
}

// reachable is an address to send to: one that names no host, or any, has ours.
func (p Places) reachable(address string) string {
	host, port, err := net.SplitHostPort(address)
	if ip := net.ParseIP(host); err == nil && (host == "" || ip != nil && ip.IsUnspecified()) {
		return net.JoinHostPort(p.Host, port)
	}
	return address
}

// HostOf is the host to show for an address that the receiver listens on: the address itself,
// or for any address the machine's first one that others reach, else the loopback address.
func HostOf(bind string) string {
	if ip := net.ParseIP(bind); ip == nil || !ip.IsUnspecified() {
		return bind
	}
	list, err := net.InterfaceAddrs()
	if err != nil {
		return "127.0.0.1" // the machine does not tell
	}
	for _, wide := range []bool{false, true} { // IPv4 first
		for _, a := range list {
			n, ok := a.(*net.IPNet)
			if ok && n.IP.IsGlobalUnicast() && (n.IP.To4() == nil) == wide {
				return n.IP.String()
			}
		}
	}
	return "127.0.0.1"
}
