package engine_test

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nkeys"

	"livestream-tui/services/cluster"
	"livestream-tui/services/cluster/bus"
	"livestream-tui/services/cluster/clustertest"
	"livestream-tui/services/cluster/store/kv"
	"livestream-tui/services/engine"
	"livestream-tui/services/kit/servicetest"
)

// secrets are the files of a cluster.
type secrets struct{ ca, cert, certKey, machine, edge string }

func writePEM(t *testing.T, path, kind string, b []byte) {
	t.Helper()
	if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: b}), 0o600); err != nil {
		t.Fatal(err)
	}
}

func makeSecrets(t *testing.T, address string) secrets {
	t.Helper()
	folder := t.TempDir()
	in := func(name string) string { return filepath.Join(folder, name) }
	s := secrets{in("ca.pem"), in("cert.pem"), in("key.pem"), in("machine.nk"), in("edge.nk")}
	template := func(name string) *x509.Certificate {
		return &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	}
	authority := template("ca")
	authority.IsCA, authority.BasicConstraintsValid, authority.KeyUsage = true, true, x509.KeyUsageCertSign
	caPublic, caKey, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	ca, err := x509.CreateCertificate(rand.Reader, authority, authority, caPublic, caKey)
	if err != nil {
		t.Fatal(err)
	}
	public, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	own := template("machine")
	own.IPAddresses = []net.IP{net.ParseIP(address)}
	cert, err := x509.CreateCertificate(rand.Reader, own, authority, public, caKey)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	writePEM(t, s.ca, "CERTIFICATE", ca)
	writePEM(t, s.cert, "CERTIFICATE", cert)
	writePEM(t, s.certKey, "PRIVATE KEY", pkcs8)
	for _, path := range []string{s.machine, s.edge} {
		pair, err := nkeys.CreateUser()
		if err != nil {
			t.Fatal(err)
		}
		seed, err := pair.Seed()
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, seed, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

func (s secrets) into(c *engine.Config) {
	c.Cert, c.CertKey, c.CA, c.Key, c.EdgeKey = s.cert, s.certKey, s.ca, s.machine, s.edge
}

func dial(t *testing.T, c engine.Config, key, ca string) *bus.Conn {
	t.Helper()
	url := fmt.Sprintf("nats://%s:%d", c.ControlBindAddress, c.Port)
	conn, err := bus.Dial(bus.Config{EngineURL: url, Engines: []string{url}, EngineKey: key, EngineCA: ca, Machine: "a"}, "test", hclog.NewNullLogger())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

// Three engines with certificates and keys: machines may do anything, edges only listen, and
// nobody else gets in.
func TestWhoMayDoWhat(t *testing.T) {
	list := clustertest.EngineConfigs(t, 3)
	s := makeSecrets(t, list[0].ControlBindAddress)
	var engines []*engine.Service
	for i := range list {
		s.into(&list[i])
		e, _, _ := run(t, list[i])
		engines = append(engines, e)
	}
	for _, e := range engines {
		servicetest.Await(t, "the engines find each other", ready(e))
	}
	machine := dial(t, list[0], s.machine, s.ca)
	edge := dial(t, list[1], s.edge, s.ca)
	servicetest.Await(t, "both are connected", func() bool { return machine.Connected() && edge.Connected() })
	store := kv.Open(machine, 3)
	defer store.Close()
	servicetest.Await(t, "a machine writes", func() bool {
		_, err := store.Put(context.Background(), "store", []byte("x"), nil)
		return err == nil
	})
	var fronts, others, forged, written atomic.Int32
	subscribe := func(b *bus.Conn, pattern string, count *atomic.Int32) {
		t.Helper()
		if err := b.Subscribe(t.Context(), pattern, func(cluster.Msg) { count.Add(1) }); err != nil {
			t.Fatal(err)
		}
	}
	subscribe(edge, cluster.SubjectFrontier+">", &fronts)
	subscribe(edge, cluster.SubjectPlatform+">", &others)
	subscribe(machine, cluster.SubjectFrontier+"forged", &forged)
	subscribe(machine, cluster.SubjectPlatform+">", &written)
	servicetest.Await(t, "an edge hears of segments, and a machine of all", func() bool {
		publish := func(b *bus.Conn, subject string) {
			if err := b.Publish(subject, nil); err != nil {
				t.Fatal(err)
			}
		}
		publish(machine, cluster.SubjectPlatform+"a")
		publish(edge, cluster.SubjectFrontier+"forged")
		publish(machine, cluster.SubjectFrontier+"p")
		return fronts.Load() > 10 && written.Load() > 10
	})
	if others.Load() > 0 {
		t.Error("an edge hears what is not for it")
	}
	if forged.Load() > 0 {
		t.Error("an edge is heard")
	}
	stranger := dial(t, list[0], "", s.ca)
	unknown := dial(t, list[0], makeSecrets(t, "127.0.0.1").machine, s.ca)
	distrustful := dial(t, list[0], s.machine, makeSecrets(t, "127.0.0.1").ca)
	plain, err := nats.Connect(fmt.Sprintf("nats://%s:%d", list[0].ControlBindAddress, list[0].Port))
	if err == nil {
		plain.Close()
		t.Error("a connection without TLS and without a key is taken")
	}
	for name, conn := range map[string]*bus.Conn{"without a key": stranger, "with another cluster's key": unknown, "that trusts another authority": distrustful} {
		servicetest.Await(t, "a connection "+name+" is refused", func() bool {
			err := conn.NATS().LastError()
			return err != nil && (strings.Contains(err.Error(), "uthorization") || strings.Contains(err.Error(), "certificate"))
		})
		if conn.Connected() {
			t.Errorf("a connection %s is made", name)
		}
	}
}

// An engine of another cluster is no peer.
func TestARouteNeedsTheCertificateOfTheCluster(t *testing.T) {
	list := clustertest.EngineConfigs(t, 3)
	s, strange := makeSecrets(t, list[0].ControlBindAddress), makeSecrets(t, list[0].ControlBindAddress)
	s.into(&list[0])
	s.into(&list[1])
	strange.into(&list[2])
	var engines []*engine.Service
	for _, c := range list {
		e, _, _ := run(t, c)
		engines = append(engines, e)
	}
	servicetest.Await(t, "two of three are ready", func() bool { return ready(engines[0])() && ready(engines[1])() })
	if st := engines[2].Status(); st.State != cluster.EngineAlone || len(st.Missing) != 2 {
		t.Errorf("the strange engine: got %+v", st)
	}
	if got := strings.Join(engines[0].Status().Missing, ","); got != "c" {
		t.Errorf("got %s missing, want c", got)
	}
}
