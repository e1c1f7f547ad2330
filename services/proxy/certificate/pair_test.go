package certificate

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hashicorp/go-hclog"
)

// files are a certificate and its key as PEM.
type files struct{ cert, key []byte }

// issue makes a certificate that ends at a time.
func issue(t *testing.T, serial int64, ends time.Time) files {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	made := &x509.Certificate{SerialNumber: big.NewInt(serial), DNSNames: []string{"live.example"}, NotBefore: ends.AddDate(-1, 0, 0), NotAfter: ends}
	der, err := x509.CreateCertificate(rand.Reader, made, made, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return files{pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret})}
}

// shelf is a folder with both files.
type shelf struct {
	t         *testing.T
	cert, key string
	log       bytes.Buffer
	pair      *Pair
}

func newShelf(t *testing.T, f files) *shelf {
	t.Helper()
	dir := t.TempDir()
	s := &shelf{t: t, cert: filepath.Join(dir, "cert.pem"), key: filepath.Join(dir, "key.pem")}
	s.write(f.cert, f.key)
	var err error
	if s.pair, err = Open(s.cert, s.key, hclog.New(&hclog.LoggerOptions{Output: &s.log})); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *shelf) write(cert, key []byte) {
	s.t.Helper()
	for path, b := range map[string][]byte{s.cert: cert, s.key: key} {
		if err := os.WriteFile(path, b, 0o600); err != nil {
			s.t.Fatal(err)
		}
	}
}

// serial is the number of the certificate that a client gets.
func (s *shelf) serial() int64 {
	s.t.Helper()
	here, there := net.Pipe()
	defer here.Close()
	server := tls.Server(there, s.pair.TLS())
	go func() {
		_ = server.Handshake() // the client reports it
		_ = server.Close()
	}()
	client := tls.Client(here, &tls.Config{ServerName: "live.example", InsecureSkipVerify: true}) //nolint:gosec // it looks at the certificate itself
	if err := client.Handshake(); err != nil {
		s.t.Fatal(err)
	}
	return client.ConnectionState().PeerCertificates[0].SerialNumber.Int64()
}

// said returns what was logged since it was last asked.
func (s *shelf) said() string {
	b, _ := io.ReadAll(&s.log) // a buffer does not fail
	return string(b)
}

func TestAChangedPairIsUsed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		now := time.Now()
		one, two := issue(t, 1, now.AddDate(0, 2, 0)), issue(t, 2, now.AddDate(0, 3, 0))
		s := newShelf(t, one)
		if n := s.serial(); n != 1 {
			t.Fatalf("got certificate %d", n)
		}
		s.write(two.cert, one.key) // half of it is written
		s.pair.look(now)
		if text := s.said(); s.serial() != 1 || text != "" {
			t.Errorf("half of it: got certificate %d, %q, want the first one and no word", s.serial(), text)
		}
		s.write(two.cert, two.key)
		s.pair.look(now)
		if text := s.said(); s.serial() != 2 || !strings.Contains(text, "[INFO]") {
			t.Errorf("got certificate %d, %q, want the second", s.serial(), text)
		}
		s.pair.look(now)
		if text := s.said(); text != "" {
			t.Errorf("nothing has changed, and it says %q", text)
		}
	})
}

func TestABrokenPairIsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		now := time.Now()
		one, two := issue(t, 1, now.AddDate(0, 2, 0)), issue(t, 2, now.AddDate(0, 3, 0))
		for name, broken := range map[string]files{
			"a key of another": {two.cert, one.key}, "no PEM": {[]byte("x"), one.key}, "empty": {nil, nil}, "half a key": {one.cert, one.key[:100]},
		} {
			s := newShelf(t, one)
			s.write(broken.cert, broken.key)
			for range 4 {
				s.pair.look(now)
			}
			text := s.said()
			if s.serial() != 1 || strings.Count(text, "[ERROR]") != 1 || strings.Contains(text, "PRIVATE") {
				t.Errorf("%s: got certificate %d, %q, want the first one and one error", name, s.serial(), text)
			}
			s.write(one.cert, one.key)
			s.pair.look(now)
			s.write(broken.cert, broken.key)
			s.pair.look(now)
			if text := s.said(); text != "" {
				t.Errorf("%s, again, seen once: got %q", name, text)
			}
			s.pair.look(now)
			if text := s.said(); strings.Count(text, "[ERROR]") != 1 {
				t.Errorf("%s, again: got %q, want an error", name, text)
			}
		}
		s := newShelf(t, one)
		if err := os.Remove(s.key); err != nil {
			t.Fatal(err)
		}
		s.pair.look(now)
		s.pair.look(now)
		if text := s.said(); s.serial() != 1 || !strings.Contains(text, s.key) {
			t.Errorf("no key: got certificate %d, %q", s.serial(), text)
		}
	})
}

func TestTheEndOfACertificateIsAnnounced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ends := time.Now().AddDate(0, 2, 0)
		s := newShelf(t, issue(t, 1, ends))
		for _, c := range []struct {
			at   time.Time
			want string
		}{
			{ends.Add(-15 * 24 * time.Hour), ""},
			{ends.Add(-14 * 24 * time.Hour), "expires soon"},
			{ends.Add(-14*24*time.Hour + time.Hour), ""},
			{ends.Add(-13 * 24 * time.Hour), "expires soon"},
			{ends, "has expired"},
		} {
			s.pair.warn(c.at)
			if text := s.said(); c.want == "" && text != "" || !strings.Contains(text, c.want) {
				t.Errorf("%s before: got %q, want %q", ends.Sub(c.at), text, c.want)
			}
		}
	})
}

func TestAPairThatCannotBeUsedIsNotOpened(t *testing.T) {
	good := issue(t, 1, time.Now().AddDate(0, 2, 0))
	s := newShelf(t, good)
	if _, err := Open(s.cert, s.key+"x", hclog.NewNullLogger()); err == nil || !strings.Contains(err.Error(), s.key+"x") {
		t.Errorf("no key: got %v", err)
	}
	s.write(good.cert, good.key[:100])
	if _, err := Open(s.cert, s.key, hclog.NewNullLogger()); err == nil || strings.Contains(err.Error(), string(good.key[30:60])) {
		t.Errorf("half a key: got %v", err)
	}
}
