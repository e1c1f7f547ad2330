package identity

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nkeys"
)

// pool has the certificate of an identity's cluster.
func pool(t *testing.T, i Identity) *x509.CertPool {
	t.Helper()
	b, err := os.ReadFile(i.CAPath())
	if err != nil {
		t.Fatal(err)
	}
	p := x509.NewCertPool()
	if !p.AppendCertsFromPEM(b) {
		t.Fatal("ca.pem has no certificate")
	}
	return p
}

// pair is the certificate of a machine with its key.
func pair(t *testing.T, i Identity) tls.Certificate {
	t.Helper()
	c, err := tls.LoadX509KeyPair(i.CertPath(), i.CertKeyPath())
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// shake has a client read a byte from a server, and returns why that fails. A client learns only
// when it reads that the server does not trust it (RFC 8446, 2).
func shake(t *testing.T, client, server *tls.Config) error {
	t.Helper()
	l, err := tls.Listen("tcp", "127.0.0.1:0", server)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		c, err := l.Accept()
		if err != nil {
			return // the test is over
		}
		_, _ = c.Write([]byte{1}) // the client sees what fails
		_, _ = c.Read(make([]byte, 1))
		_ = c.Close()
	}()
	c, err := tls.Dial("tcp", l.Addr().String(), client)
	if err != nil {
		return err
	}
	defer c.Close()
	_, err = c.Read(make([]byte, 1))
	return err
}

func TestMachinesOfOneClusterTrustEachOther(t *testing.T) {
	a, stranger := first(t), first(t)
	b, err := FromToken(filepath.Join(t.TempDir(), "cluster"), tokenOf(t, a, false), "b", "b.example.com")
	if err != nil {
		t.Fatal(err)
	}
	decades := func() time.Time { return time.Date(2099, 1, 1, 0, 0, 0, 0, time.UTC) }
	noClock := func() time.Time { return time.Date(1970, 1, 1, 0, 1, 0, 0, time.UTC) }
	for _, c := range []struct {
		name           string
		client, server Identity
		host           string
		time           func() time.Time
		ok             bool
	}{
		{"b calls a by its address", b, a, "10.0.0.1", nil, true},
		{"a calls b by its host name", a, b, "b.example.com", nil, true},
		{"a calls b by its name", a, b, "b", nil, true},
		{"a calls itself", a, a, "127.0.0.1", nil, true},
		{"a clock without a battery", b, a, "10.0.0.1", noClock, true},
		{"in decades", b, a, "10.0.0.1", decades, true},
		{"a is not at that address", b, a, "10.0.0.2", nil, false},
		{"a machine of another cluster calls", stranger, a, "10.0.0.1", nil, false},
	} {
		server := &tls.Config{Certificates: []tls.Certificate{pair(t, c.server)}, ClientCAs: pool(t, c.server), ClientAuth: tls.RequireAndVerifyClientCert, Time: c.time}
		client := &tls.Config{Certificates: []tls.Certificate{pair(t, c.client)}, RootCAs: pool(t, c.server), ServerName: c.host, Time: c.time}
		if err := shake(t, client, server); (err == nil) != c.ok {
			t.Errorf("%s: got %v, want trust %t", c.name, err, c.ok)
		}
	}
	if err := shake(t, &tls.Config{RootCAs: pool(t, stranger), ServerName: "10.0.0.1"}, &tls.Config{Certificates: []tls.Certificate{pair(t, a)}}); err == nil {
		t.Error("a machine of another cluster trusts a")
	}
}

func TestTheCertificateOfAClusterNeverChanges(t *testing.T) {
	i := Identity{Machine: "a", Address: "10.0.0.1", Cluster: "fixed", Secret: make([]byte, secretSize)}
	const want = "abd6ce871033"
	if got := i.Fingerprint(); got != want {
		t.Errorf("got %s, want %s: machines of different versions would not trust each other", got, want)
	}
	parsed, err := x509.ParseCertificate(i.authority())
	if err != nil || parsed.CheckSignatureFrom(parsed) != nil || !parsed.IsCA {
		t.Errorf("got %v, want a certificate that signs itself", err)
	}
	cert, _, err := i.certificate()
	if err != nil {
		t.Fatal(err)
	}
	again, _, _ := i.certificate()
	if string(cert) != string(again) {
		t.Error("the certificate of a machine is another each time")
	}
	if b, rest := pem.Decode(cert); b == nil || len(rest) != 0 {
		t.Error("want one certificate")
	}
}

func TestTheEngineReadsTheSeeds(t *testing.T) {
	i := first(t)
	seen := map[string]bool{}
	for _, path := range []string{i.MachineKeyPath(), i.EdgeKeyPath()} {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		k, err := nkeys.ParseDecoratedNKey(b)
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		public, err := k.PublicKey()
		if err != nil || !strings.HasPrefix(public, "U") || seen[public] {
			t.Errorf("%s: got %s, %v, want the key of a user of its own", path, public, err)
		}
		seen[public] = true
	}
}
