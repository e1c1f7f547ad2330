package certificate

import (
	"context"
	"crypto/tls"
	"net/http"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/crypto/acme"
	"golang.org/x/crypto/acme/autocert"

	"livestream-tui/services/kit/service"
)

// Issued are certificates that an authority issues by ACME, when a client first names a
// host, and renews 30 days before they end. Safe for concurrent use.
type Issued struct {
	manager *autocert.Manager
	hosts   []string
	quiet   *service.Quiet
}

// Options are the options of Issued.
type Options struct {
	// Hosts are the names that certificates are asked for.
	Hosts []string
	// Email is for messages of the authority; empty for none.
	Email string
	// Directory is the URL of the authority's directory; empty for Let's Encrypt's.
	Directory string
	// State is the folder in which the account's key and the certificates are kept, those
	// of all incarnations.
	State string
	// Client asks the authority; nil for the default.
	Client *http.Client
	Quiet  *service.Quiet
}

// Issue returns certificates for hosts. The operator accepts the authority's terms by
// setting the hosts.
func Issue(o Options) *Issued {
	m := &autocert.Manager{
		Prompt: autocert.AcceptTOS, HostPolicy: autocert.HostWhitelist(o.Hosts...), Email: o.Email,
		Cache: autocert.DirCache(filepath.Join(o.State, "acme")),
	}
	if o.Directory != "" || o.Client != nil {
		m.Client = &acme.Client{DirectoryURL: o.Directory, HTTPClient: o.Client}
	}
	return &Issued{manager: m, hosts: o.Hosts, quiet: o.Quiet}
}

// TLS is the settings of a server with these certificates. It answers the authority's
// challenges over TLS (RFC 8737).
func (i *Issued) TLS() *tls.Config {
	c := settings()
	c.NextProtos = append(c.NextProtos, acme.ALPNProto)
	c.GetCertificate = func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
		made, err := i.manager.GetCertificate(hello)
		if err != nil && slices.Contains(i.hosts, strings.TrimSuffix(strings.ToLower(hello.ServerName), ".")) {
			i.quiet.Warn("no certificate", "host", hello.ServerName, "reason", err.Error())
		}
		return made, err
	}
	return c
}

// Challenges answers the authority's challenges without TLS (RFC 8555, 8.3), and leaves
// every other request to next.
func (i *Issued) Challenges(next http.Handler) http.Handler { return i.manager.HTTPHandler(next) }

// Run does nothing until ctx is cancelled: certificates are renewed as clients come.
func (i *Issued) Run(ctx context.Context) { <-ctx.Done() }
