package proxy

import (
	"context"
	"crypto/tls"
	"errors"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"path"
	"strings"

	"github.com/gorilla/mux"
	"github.com/hashicorp/go-hclog"

	"livestream-tui/services/kit/report"
	"livestream-tui/services/kit/service"
	"livestream-tui/services/proxy/certificate"
	"livestream-tui/services/proxy/cors"
)

// TLS is the settings of HTTPS. Without a certificate there is none.
type TLS struct {
	// Cert and Key are the paths of PEM files, set both or neither. With them PROXY_PORT
	// answers TLS as well as plain HTTP.
	Cert string `env:"PROXY_TLS_CERT" doc:"PEM file of the proxy's certificate and its chain; with it, PROXY_PORT answers https:// beside http://, and HTTP/2"`
	Key  string `env:"PROXY_TLS_KEY" doc:"PEM file of the key of PROXY_TLS_CERT; both files are read again when they change"`
	// Hosts are the names that certificates are issued for by ACME; empty for no ACME.
	Hosts []string `env:"PROXY_ACME_HOSTS" doc:"host names that the proxy gets its certificate for by ACME, comma-separated, in place of the two files; port 443 or 80 of these hosts must lead to PROXY_PORT"`
	// Email is for messages of the authority; empty for none.
	Email string `env:"PROXY_ACME_EMAIL" doc:"address for messages of the ACME authority (default: none)"`
	// Directory is the URL of the authority's directory; empty for Let's Encrypt's.
	Directory string `env:"PROXY_ACME_URL" doc:"directory of the ACME authority, an https:// URL (default: Let's Encrypt)"`
	// Redirect is whether requests without TLS are answered with a redirect, unless they
	// come from this machine: the platform's own viewer plays without TLS.
	Redirect bool `env:"PROXY_TLS_REDIRECT" envDefault:"false" doc:"whether the proxy redirects http:// to https://, except for clients on this machine"`
}

// check adds what is wrong with the settings to problems.
func (t TLS) check(p *service.Problems) {
	files := t.Cert != "" || t.Key != ""
	p.Require(t.Key == "" || t.Cert != "", "PROXY_TLS_CERT", "", "must be set where PROXY_TLS_KEY is")
	p.Require(t.Cert == "" || t.Key != "", "PROXY_TLS_KEY", "", "must be set where PROXY_TLS_CERT is")
	if t.Cert != "" && t.Key != "" {
		if _, err := certificate.Open(t.Cert, t.Key, hclog.NewNullLogger()); err != nil {
			name, value := "PROXY_TLS_CERT", t.Cert
			if file := (*fs.PathError)(nil); errors.As(err, &file) && file.Path == t.Key {
				name, value = "PROXY_TLS_KEY", t.Key
			}
			p.Add(name, value, err.Error()+"; allowed are the PEM files of a certificate and of its key")
		}
	}
	p.Require(!files || len(t.Hosts) == 0, "PROXY_ACME_HOSTS", strings.Join(t.Hosts, ","), "the certificate is that of PROXY_TLS_CERT; allowed is one of the two")
	for _, host := range t.Hosts {
		p.Require(isHost(host), "PROXY_ACME_HOSTS", strings.Join(t.Hosts, ","), "allowed are host names, separated by commas")
	}
	u, err := url.Parse(t.Directory)
	p.Require(t.Directory == "" || err == nil && u.Scheme == "https" && u.Host != "", "PROXY_ACME_URL", t.Directory, "allowed is an https:// URL")
	p.Require(!t.Redirect || files || len(t.Hosts) > 0, "PROXY_TLS_REDIRECT", t.Redirect, "there is no certificate: set PROXY_TLS_CERT and PROXY_TLS_KEY, or PROXY_ACME_HOSTS")
}

// isHost reports whether an authority may issue a certificate for a name.
func isHost(name string) bool {
	return strings.Contains(name, ".") && !strings.ContainsAny(name, "/:*@ ") && net.ParseIP(name) == nil
}

// issuer is where the certificate comes from.
type issuer interface {
	TLS() *tls.Config
	Run(ctx context.Context)
}

// newIssuer returns nil where there is no TLS.
func newIssuer(c Config, k service.Kit, quiet *service.Quiet) (issuer, error) {
	switch t := c.TLS; {
	case len(t.Hosts) > 0:
		return certificate.Issue(certificate.Options{Hosts: t.Hosts, Email: t.Email, Directory: t.Directory, State: c.Paths.State, Quiet: quiet}), nil
	case t.Cert != "":
		pair, err := certificate.Open(t.Cert, t.Key, k.Log)
		if err != nil {
			return nil, err
		}
		return pair, nil
	}
	return nil, nil //nolint:nilnil // no TLS, which is no error
}

// TLS is what TLS is served with; nil for none.
func (s *Service) TLS() *tls.Config {
	if s.issuer == nil {
		return nil
	}
	return s.issuer.TLS()
}

// Plain reports whether a connection without TLS is answered as one with it.
func (s *Service) Plain(c net.Conn) bool {
	return !s.config.TLS.Redirect || isLocal(c.RemoteAddr().String())
}

func isLocal(address string) bool {
	host, _, err := net.SplitHostPort(address)
	return err == nil && net.ParseIP(host).IsLoopback()
}

// secureRoutes adds the challenges of the authority, and the redirect.
func (s *Service) secureRoutes(r *mux.Router) {
	if issued, ok := s.issuer.(*certificate.Issued); ok {
		r.PathPrefix("/.well-known/acme-challenge/").Handler(issued.Challenges(http.NotFoundHandler()))
	}
	if s.config.TLS.Redirect {
		r.MatcherFunc(func(r *http.Request, _ *mux.RouteMatch) bool { return r.TLS == nil && !isLocal(r.RemoteAddr) }).HandlerFunc(redirect)
	}
}

// redirect sends a client to the same place with TLS. The status keeps the method, and
// the header lets players of other sites' pages follow.
func redirect(w http.ResponseWriter, r *http.Request) {
	cors.OpenTo(w.Header(), r)
	http.Redirect(w, r, "https://"+r.Host+r.URL.RequestURI(), http.StatusPermanentRedirect)
}

// invited lets a browser that comes to the page of a signal with a token play there.
func (s *Service) invited(page http.Handler) http.Handler {
	if s.guard == nil {
		return page
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if signal := path.Base(r.URL.Path); report.IsSignal(signal) {
			s.guard.Invite(w, r, signal)
		}
		page.ServeHTTP(w, r)
	})
}
