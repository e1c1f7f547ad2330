package certificate

import (
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/hashicorp/go-hclog"

	"livestream-tui/services/kit/service"
)

// serving answers handshakes until the test ends, and returns where.
func serving(t *testing.T, config *tls.Config) string {
	t.Helper()
	l, err := tls.Listen("tcp", "127.0.0.1:0", config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				_, _ = io.Copy(io.Discard, c) // the client reports an error
				_ = c.Close()
			}()
		}
	}()
	return l.Addr().String()
}

// shake connects with TLS to a host at an address, and trusts a.
func shake(a *authority, address, host string) error {
	trusted := x509.NewCertPool()
	trusted.AddCert(a.root)
	c, err := tls.Dial("tcp", address, &tls.Config{ServerName: host, RootCAs: trusted, NextProtos: []string{"h2"}, MinVersion: tls.VersionTLS12})
	if err != nil {
		return err
	}
	return c.Close()
}

func TestACertificateIsIssuedAndKept(t *testing.T) {
	for _, kind := range []string{"tls-alpn-01", "http-01"} {
		t.Run(kind, func(t *testing.T) {
			a, state := newAuthority(t, kind), t.TempDir()
			var log strings.Builder
			open := func() *Issued {
				return Issue(Options{
					Hosts: []string{"live.example"}, Directory: a.server.URL + "/dir", State: state, Client: a.server.Client(),
					Quiet: service.NewQuiet(hclog.New(&hclog.LoggerOptions{Output: &log}), service.QuietPeriod),
				})
			}
			issued := open()
			address := serving(t, issued.TLS())
			a.check = overTLS(address)
			if kind == "http-01" {
				a.check = overHTTP(issued.Challenges(http.NotFoundHandler()))
			}
			for range 2 {
				if err := shake(a, address, "live.example"); err != nil {
					t.Fatal(err)
				}
			}
			if err := shake(a, address, "other.example"); err == nil {
				t.Error("another host: got a certificate")
			}
			if err := shake(a, serving(t, open().TLS()), "live.example"); err != nil {
				t.Errorf("the next incarnation: %v", err)
			}
			if a.orders != 1 || log.Len() > 0 {
				t.Errorf("%d certificates were ordered, want one; the log has %s", a.orders, &log)
			}
		})
	}
}

func TestNoCertificateIsLogged(t *testing.T) {
	var log strings.Builder
	dead, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = dead.Close() // nothing answers there
	a := newAuthority(t, "tls-alpn-01")
	issued := Issue(Options{
		Hosts: []string{"live.example"}, Directory: "https://" + dead.Addr().String() + "/dir", State: t.TempDir(), Client: a.server.Client(),
		Quiet: service.NewQuiet(hclog.New(&hclog.LoggerOptions{Output: &log}), service.QuietPeriod),
	})
	hello := &tls.ClientHelloInfo{ServerName: "live.example", CipherSuites: []uint16{tls.TLS_AES_128_GCM_SHA256}}
	if _, err := issued.TLS().GetCertificate(hello); err == nil {
		t.Fatal("got a certificate")
	}
	if text := log.String(); !strings.Contains(text, "no certificate") || !strings.Contains(text, "live.example") {
		t.Errorf("the log has %q, want the host that has none", text)
	}
}
