package service

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// childTLS is a folder with cert.pem and key.pem, with which the child serves TLS.
const childTLS = "RUNNER_TEST_TLS"

// TLS implements Securer.
func (handedChild) TLS() *tls.Config {
	dir := os.Getenv(childTLS)
	if dir == "" {
		return nil
	}
	pair, err := tls.LoadX509KeyPair(filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem"))
	if err != nil {
		panic(err)
	}
	return &tls.Config{Certificates: []tls.Certificate{pair}, NextProtos: []string{"h2", "http/1.1"}, MinVersion: tls.VersionTLS12}
}

// Plain implements Securer.
func (handedChild) Plain(net.Conn) bool { return true }

// writePair writes a certificate for 127.0.0.1 and its key, and returns the folder and a
// client's settings.
func writePair(t *testing.T) (dir string, trust *tls.Config) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	made := &x509.Certificate{SerialNumber: big.NewInt(1), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, made, made, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	dir = t.TempDir()
	cert := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	for name, b := range map[string][]byte{"cert.pem": cert, "key.pem": pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret})} {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	trusted := x509.NewCertPool()
	trusted.AppendCertsFromPEM(cert)
	return dir, &tls.Config{RootCAs: trusted, ServerName: "127.0.0.1", MinVersion: tls.VersionTLS12}
}

// TestAfterAHandOverTLSConnectionsEndWithAResponse holds for TLS what others hold
// without: connections that are kept get one more answer, the last.
func TestAfterAHandOverTLSConnectionsEndWithAResponse(t *testing.T) {
	dir, trust := writePair(t)
	l := listening(t)
	h := hand(t, l, "LISTEN_FDS=1", "HANDOVER_TIMEOUT=1h", childTLS+"="+dir)
	base := "https://" + l.Addr().String()
	two := &http.Client{Timeout: patience, Transport: &http.Transport{TLSClientConfig: trust.Clone(), ForceAttemptHTTP2: true}}
	t.Cleanup(two.CloseIdleConnections)
	if _, pid := get(t, two, base+"/pid"); pid != fmt.Sprint(h.cmd.Process.Pid) {
		t.Fatalf("HTTP/2: got %q", pid)
	}
	c, err := tls.Dial("tcp", l.Addr().String(), trust)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	in := bufio.NewReader(c)
	ask := func(path string) (*http.Response, string) {
		t.Helper()
		if _, err := io.WriteString(c, "GET "+path+" HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
		res, err := http.ReadResponse(in, nil)
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		return res, string(b)
	}
	if res, body := ask("/ready"); body != "ready" || res.Close {
		t.Fatalf("HTTP/1.1: got %v", res)
	}

	h.handOver()
	if got := h.next(); got != "handed over" {
		t.Fatalf("got %q", got)
	}
	next := hand(t, l, "LISTEN_FDS=1", childTLS+"="+dir)
	if res, body := ask("/ready"); body != "ready" || !res.Close {
		t.Errorf("HTTP/1.1: got %v, %q, want the last answer", res, body)
	}
	if _, err := in.ReadByte(); err != io.EOF {
		t.Errorf("HTTP/1.1: got %v after it, want a clean end", err)
	}
	seen := map[string]bool{}
	for end := time.Now().Add(patience); !seen[fmt.Sprint(next.cmd.Process.Pid)] && time.Now().Before(end); {
		_, pid := get(t, two, base+"/pid") // each is answered
		seen[pid] = true
	}
	if !seen[fmt.Sprint(next.cmd.Process.Pid)] {
		t.Errorf("HTTP/2: got answers of %v, want the next one's in the end", seen)
	}
	if got := h.next(); got != "work ended" {
		t.Errorf("got %q", got)
	}
	if err := h.cmd.Wait(); err != nil {
		t.Errorf("got %v, want a clean end", err)
	}
}
