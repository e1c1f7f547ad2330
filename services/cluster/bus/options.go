package bus

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nkeys"
)

// How an engine that has gone is noticed and tried again.
const (
	pingInterval   = 500 * time.Millisecond
	pingsLost      = 2
	connectTimeout = time.Second
	// flushTimeout bounds a write to an engine that does not read.
	flushTimeout = time.Second
	// After all engines were tried, they are tried again after retryLeast to retryMost.
	retryLeast = 100 * time.Millisecond
	retryMost  = 250 * time.Millisecond
)

// errLater is why the first try of a connection fails: Dial does not wait for it.
var errLater = errors.New("not tried yet")

// options are those of a connection of that name.
func (c *Config) options(name string, dialer nats.CustomDialer) ([]nats.Option, error) {
	list := []nats.Option{
		nats.Name(c.Machine + "/" + name),
		nats.SetCustomDialer(dialer),
		nats.Timeout(connectTimeout), nats.FlusherTimeout(flushTimeout),
		nats.PingInterval(pingInterval), nats.MaxPingsOutstanding(pingsLost),
		nats.RetryOnFailedConnect(true), nats.MaxReconnects(-1), nats.IgnoreAuthErrorAbort(),
		nats.CustomReconnectDelay(func(int) time.Duration { return retryLeast + rand.N(retryMost-retryLeast) }),
		// Messages are lost while there is no engine, and not sent later.
		nats.ReconnectBufSize(-1),
		// The settings name every engine, in an order that counts.
		nats.DontRandomize(), nats.IgnoreDiscoveredServers(), nats.SkipHostLookup(),
	}
	if c.EngineKey != "" {
		seed, err := os.ReadFile(c.EngineKey)
		if err != nil {
			return nil, fmt.Errorf("ENGINE_KEY: %w", err)
		}
		sign, public, err := signer(seed)
		if err != nil {
			return nil, fmt.Errorf("ENGINE_KEY: %s: %w", c.EngineKey, err)
		}
		list = append(list, nats.Nkey(public, sign))
	}
	if c.EngineCA != "" {
		roots, err := Roots(c.EngineCA)
		if err != nil {
			return nil, fmt.Errorf("ENGINE_CA: %w", err)
		}
		list = append(list, nats.Secure(&tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS13}))
	}
	return list, nil
}

// signer returns what signs by a seed, and its public key.
func signer(seed []byte) (nats.SignatureHandler, string, error) {
	pair, err := nkeys.ParseDecoratedUserNKey(seed)
	if err != nil {
		return nil, "", err
	}
	public, err := pair.PublicKey()
	return pair.Sign, public, err
}

// PublicKey returns the public key of the nkey seed in a file.
func PublicKey(path string) (string, error) {
	seed, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	_, public, err := signer(seed)
	if err != nil {
		return "", fmt.Errorf("%s: %w", path, err)
	}
	return public, nil
}

// Roots returns the certificates of a file in PEM.
func Roots(path string) (*x509.CertPool, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(b) {
		return nil, fmt.Errorf("%s has no certificate", path)
	}
	return pool, nil
}

// laterDialer fails until it is ready, so that the connection's first try, which its maker
// would wait for, is made in the background.
type laterDialer struct {
	net.Dialer
	ready chan struct{}
}

// Dial implements nats.CustomDialer.
func (d *laterDialer) Dial(network, address string) (net.Conn, error) {
	select {
	case <-d.ready:
		return d.Dialer.Dial(network, address)
	default:
		return nil, errLater
	}
}
