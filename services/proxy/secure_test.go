package proxy

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"livestream-tui/services/kit/service"
)

// pairFiles writes a certificate and its key, and returns their paths.
func pairFiles(t *testing.T) (cert, key string) {
	t.Helper()
	secret, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	made := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{"localhost"}, NotAfter: time.Now().AddDate(1, 0, 0)}
	der, err := x509.CreateCertificate(rand.Reader, made, made, secret.Public(), secret)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(secret)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	cert, key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	for path, block := range map[string]*pem.Block{cert: {Type: "CERTIFICATE", Bytes: der}, key: {Type: "PRIVATE KEY", Bytes: private}} {
		if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return cert, key
}

func TestTheSettingsOfTLS(t *testing.T) {
	cert, key := pairFiles(t)
	for _, c := range []struct {
		name string
		env  service.Environment
		want string // in the error; empty for none
	}{
		{"both files", service.Environment{"PROXY_TLS_CERT": cert, "PROXY_TLS_KEY": key, "PROXY_TLS_REDIRECT": "true"}, ""},
		{"hosts", service.Environment{"PROXY_ACME_HOSTS": "live.example,www.live.example", "PROXY_ACME_EMAIL": "a@b", "PROXY_ACME_URL": "https://ca.example/dir"}, ""},
		{"no key", service.Environment{"PROXY_TLS_CERT": cert}, "PROXY_TLS_KEY="},
		{"no certificate", service.Environment{"PROXY_TLS_KEY": key}, "PROXY_TLS_CERT="},
		{"no such certificate", service.Environment{"PROXY_TLS_CERT": cert + "x", "PROXY_TLS_KEY": key}, "PROXY_TLS_CERT="},
		{"no such key", service.Environment{"PROXY_TLS_CERT": cert, "PROXY_TLS_KEY": key + "x"}, key + "x: no such file"},
		{"the wrong way round", service.Environment{"PROXY_TLS_CERT": key, "PROXY_TLS_KEY": cert}, "PROXY_TLS_CERT="},
		{"files and hosts", service.Environment{"PROXY_TLS_CERT": cert, "PROXY_TLS_KEY": key, "PROXY_ACME_HOSTS": "live.example"}, "PROXY_ACME_HOSTS="},
		{"an address as a host", service.Environment{"PROXY_ACME_HOSTS": "127.0.0.1"}, "PROXY_ACME_HOSTS="},
		{"a URL as a host", service.Environment{"PROXY_ACME_HOSTS": "https://live.example"}, "PROXY_ACME_HOSTS="},
		{"an authority without TLS", service.Environment{"PROXY_ACME_HOSTS": "live.example", "PROXY_ACME_URL": "http://ca"}, "PROXY_ACME_URL="},
		{"a redirect without a certificate", service.Environment{"PROXY_TLS_REDIRECT": "true"}, "PROXY_TLS_REDIRECT="},
		{"a key of tokens that is too short", service.Environment{"PLAYBACK_KEYS": "a:short-secret"}, "PLAYBACK_KEYS="},
	} {
		c.env["HOME"] = "/nowhere"
		got, err := ConfigFromEnv(c.env)
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: got %v, want %q", c.name, err, c.want)
		}
		if err != nil && strings.Contains(err.Error(), "short-secret") {
			t.Errorf("%s: it shows the secret: %v", c.name, err)
		}
		if c.want == "" && got.Scheme() != "https" {
			t.Errorf("%s: got %s", c.name, got.Scheme())
		}
	}
}

func TestTheRedirectToTLS(t *testing.T) {
	cert, key := pairFiles(t)
	inBubble(t, 1, func(t *testing.T, p *platform) {
		ask := func(method, target, from string, secure bool) *http.Response {
			r := httptest.NewRequest(method, target, nil)
			r.Host, r.RemoteAddr = "live.example:8002", from
			if secure {
				r.TLS = &tls.ConnectionState{}
			}
			w := httptest.NewRecorder()
			p.handler.ServeHTTP(w, r)
			return w.Result()
		}
		const away, here = "192.0.2.1:1000", "127.0.0.1:1000"
		for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodOptions} {
			res := ask(method, live+"?a=b%20c", away, false)
			if res.StatusCode != http.StatusPermanentRedirect || res.Header.Get("Location") != "https://live.example:8002"+live+"?a=b%20c" || res.Header.Get("Access-Control-Allow-Origin") != "*" {
				t.Errorf("%s: got %d, %v, want a redirect", method, res.StatusCode, res.Header)
			}
		}
		for name, res := range map[string]*http.Response{
			"with TLS": ask(http.MethodGet, live, away, true), "from this machine": ask(http.MethodGet, live, here, false),
		} {
			if res.StatusCode != http.StatusOK {
				t.Errorf("%s: got %d, want it served", name, res.StatusCode)
			}
		}
		for from, want := range map[string]bool{away: false, here: true, "[::1]:1": true} {
			if got := p.service.Plain(connFrom(from)); got != want {
				t.Errorf("plain requests from %s are answered: got %t, want %t", from, got, want)
			}
		}
	}, func(p *platform) { p.config.TLS = TLS{Cert: cert, Key: key, Redirect: true} })
}

// fromConn is a connection of which only the address is known.
type fromConn struct {
	net.Conn
	at net.Addr
}

func (c fromConn) RemoteAddr() net.Addr { return c.at }

func connFrom(address string) net.Conn {
	return fromConn{at: net.TCPAddrFromAddrPort(netip.MustParseAddrPort(address))}
}
