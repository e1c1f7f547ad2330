package engine

import (
	"crypto/tls"
	"fmt"
	"net/url"
	"path/filepath"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"livestream-tui/services/cluster"
	"livestream-tui/services/cluster/bus"
)

// How an engine notices that another, or a machine, has gone, and how much it keeps.
const (
	clientPing    = 2 * time.Second
	routePing     = 500 * time.Millisecond
	pingsLost     = 2
	writeDeadline = 2 * time.Second
	storeMost     = 256 << 20
	clusterName   = "livestream-tui"
)

// folder is where all that engines of this machine keep is.
func (c *Config) folder() string { return filepath.Join(c.State, "engine") }

// options are those of the server. The error is a file that cannot be used.
func (c *Config) options() (*server.Options, error) {
	o := &server.Options{
		ServerName: c.name(), Host: c.ControlBindAddress, Port: int(c.Port),
		NoSigs: true, DisableJetStreamBanner: true,
		PingInterval: clientPing, MaxPingsOut: pingsLost, WriteDeadline: writeDeadline,
		JetStream: true, StoreDir: filepath.Join(c.folder(), c.members()),
		JetStreamMaxMemory: storeMost, JetStreamMaxStore: storeMost,
		// A machine that loses its power has what it has acknowledged.
		SyncAlways: true,
	}
	var config *tls.Config
	if c.Cert != "" {
		certificate, err := tls.LoadX509KeyPair(c.Cert, c.CertKey)
		if err != nil {
			return nil, fmt.Errorf("ENGINE_CERT, ENGINE_CERT_KEY: %w", err)
		}
		roots, err := bus.Roots(c.CA)
		if err != nil {
			return nil, fmt.Errorf("ENGINE_CA: %w", err)
		}
		config = &tls.Config{Certificates: []tls.Certificate{certificate}, RootCAs: roots, ClientCAs: roots, MinVersion: tls.VersionTLS13}
		o.TLSConfig = config
		o.TLSTimeout = writeDeadline.Seconds()
	}
	if others := c.others(); len(others) > 0 {
		o.Cluster = server.ClusterOpts{
			Name: clusterName, Host: c.ControlBindAddress, Port: int(c.RoutePort), NoAdvertise: true,
			PingInterval: routePing, MaxPingsOut: pingsLost, WriteDeadline: writeDeadline,
		}
		if config != nil {
			mutual := config.Clone()
			mutual.ClientAuth = tls.RequireAndVerifyClientCert
			o.Cluster.TLSConfig = mutual
			o.Cluster.TLSTimeout = writeDeadline.Seconds()
		}
		// Its certificate has the address that peers know it by, and not every one that it has.
		for _, p := range c.Peers {
			if p.Machine == c.Machine {
				o.Cluster.Advertise = p.Address
			}
		}
		for _, p := range others {
			o.Routes = append(o.Routes, &url.URL{Scheme: "nats", Host: p.Address})
		}
	}
	var err error
	o.Nkeys, err = c.users()
	return o, err
}

// users are who may connect; none means that whoever reaches the engine may.
func (c *Config) users() ([]*server.NkeyUser, error) {
	if c.Key == "" {
		return nil, nil
	}
	public, err := bus.PublicKey(c.Key)
	if err != nil {
		return nil, fmt.Errorf("ENGINE_KEY: %w", err)
	}
	list := []*server.NkeyUser{{Nkey: public}}
	if c.EdgeKey == "" {
		return list, nil
	}
	if public, err = bus.PublicKey(c.EdgeKey); err != nil {
		return nil, fmt.Errorf("ENGINE_EDGE_KEY: %w", err)
	}
	return append(list, &server.NkeyUser{Nkey: public, Permissions: &server.Permissions{
		Publish:   &server.SubjectPermission{Deny: []string{">"}},
		Subscribe: &server.SubjectPermission{Allow: []string{cluster.SubjectFrontier + ">", cluster.SubjectBeat + ">"}},
	}}), nil
}
