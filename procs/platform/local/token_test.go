package local

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"

	"livestream-tui/layouts"
	"livestream-tui/procs"
	"livestream-tui/procs/platform"
	"livestream-tui/procs/platform/platformtest"
	"livestream-tui/procs/preflight"
	"livestream-tui/services/kit/token"
)

func TestATokenLetsPlayForAShift(t *testing.T) {
	l := platformOf(t, platformtest.Supervisor{})
	if has, err := l.Token(t.Context(), "live01"); err != nil || has != "" {
		t.Errorf("everybody may play: got %q, %v, want no token", has, err)
	}
	var log strings.Builder
	l.log = hclog.New(&hclog.LoggerOptions{Output: &log})
	if err := l.playback.UnmarshalText([]byte("k:0123456789abcdef")); err != nil {
		t.Fatal(err)
	}
	has, err := l.Token(t.Context(), "live01")
	if err != nil {
		t.Fatal(err)
	}
	soon := time.Now().Add(platform.TokenLasts)
	for _, c := range []struct {
		name, signal string
		at           time.Time
		want         error
	}{
		{"a minute before its end", "live01", soon.Add(-time.Minute), nil},
		{"after its end", "live01", soon.Add(time.Second), token.ErrExpired},
		{"for another signal", "live02", soon.Add(-time.Minute), token.ErrInvalid},
	} {
		if got := l.playback.Check([]byte(has), []byte(c.signal), c.at); got != c.want {
			t.Errorf("%s: got %v, want %v", c.name, got, c.want)
		}
	}
	if !strings.Contains(log.String(), "live01") || strings.Contains(log.String(), has) {
		t.Errorf("the log is %q, want it to say for which signal, without the token", log.String())
	}
	if has, err := l.Token(t.Context(), "../live02"); err == nil || has != "" {
		t.Errorf("no signal's name: got %q, %v", has, err)
	}
}

// certificateFor writes a certificate for names, and its key.
func certificateFor(t *testing.T, names ...string) (cert, key string) {
	t.Helper()
	secret, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	made := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: names, NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, made, made, secret.Public(), secret)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := x509.MarshalPKCS8PrivateKey(secret)
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	cert, key = filepath.Join(folder, "cert.pem"), filepath.Join(folder, "key.pem")
	for path, block := range map[string]*pem.Block{cert: {Type: "CERTIFICATE", Bytes: der}, key: {Type: "PRIVATE KEY", Bytes: raw}} {
		if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return cert, key
}

func TestThePageIsWhereABrowserAcceptsIt(t *testing.T) {
	own, ownKey := certificateFor(t, "localhost", "live.example.com")
	public, publicKey := certificateFor(t, "*.example.com", "live.example.com")
	wild, wildKey := certificateFor(t, "*.example.com")
	for _, c := range []struct {
		name string
		env  []string
		want string
	}{
		{"plain", nil, "http://localhost:8002"},
		{"no page", []string{"PROXY_PAGE=false"}, ""},
		{"a certificate for this host", []string{"PROXY_TLS_CERT=" + own, "PROXY_TLS_KEY=" + ownKey}, "https://localhost:8002"},
		{"a certificate for another name", []string{"PROXY_TLS_CERT=" + public, "PROXY_TLS_KEY=" + publicKey}, "https://live.example.com:8002"},
		{"a certificate for no one name", []string{"PROXY_TLS_CERT=" + wild, "PROXY_TLS_KEY=" + wildKey}, "https://localhost:8002"},
		{"a certificate that cannot be read", []string{"PROXY_TLS_CERT=/none", "PROXY_TLS_KEY=/none"}, "https://localhost:8002"},
		{"by ACME", []string{"PROXY_ACME_HOSTS=live.example.com,www.example.com"}, "https://live.example.com:8002"},
	} {
		l := newLocal(layouts.Layout{Processes: []layouts.Process{{Name: "edge", Service: "proxy"}}}, nil, "", hclog.NewNullLogger())
		l.showAccess([]procs.Spec{{Name: "edge", Env: c.env}}, []preflight.Endpoint{{Process: "edge", Service: "proxy", Host: "localhost", Port: 8002}})
		if got := l.Now().PageURL; got != c.want || l.Now().Tokens {
			t.Errorf("%s: got %q, tokens %t, want %q", c.name, got, l.Now().Tokens, c.want)
		}
	}
}
