package certificate

import (
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"os"
	"sync/atomic"
	"time"

	"github.com/hashicorp/go-hclog"

	"livestream-tui/services/kit/event"
)

const (
	// lookEvery is how often the files are looked at.
	lookEvery = 2 * time.Second
	// expiresSoon is how long before its end a certificate is warned of, and remindEvery how
	// often. An authority that issues for 90 days renews 30 days before the end.
	expiresSoon = 14 * 24 * time.Hour
	remindEvery = 12 * time.Hour
	// refusedEvery is how often the log says that a new pair is still refused.
	refusedEvery = 10 * time.Minute
)

// Pair is a certificate and its key in two files. Safe for concurrent use, Run apart.
type Pair struct {
	cert, key string // paths
	log       hclog.Logger
	current   atomic.Pointer[tls.Certificate]

	// Used by Run.
	used     content  // of current
	doubtful *content // what could not be used when it was last looked at; nil when it could
	refused  event.Recurring
	expiry   event.Recurring
}

// content is what both files held.
type content struct{ cert, key []byte }

func (c content) equal(d content) bool {
	return bytes.Equal(c.cert, d.cert) && bytes.Equal(c.key, d.key)
}

// Open reads the pair of the PEM files at two paths. The error names the path. Run learns
// of changes.
func Open(cert, key string, log hclog.Logger) (*Pair, error) {
	p := &Pair{cert: cert, key: key, log: log, refused: event.Recurring{Every: refusedEvery}, expiry: event.Recurring{Every: remindEvery}}
	now, err := p.read()
	if err != nil {
		return nil, err
	}
	made, err := p.parse(now)
	if err != nil {
		return nil, err
	}
	p.used = now
	p.current.Store(made)
	return p, nil
}

func (p *Pair) read() (content, error) {
	cert, err := os.ReadFile(p.cert)
	if err != nil {
		return content{}, err
	}
	key, err := os.ReadFile(p.key)
	return content{cert, key}, err
}

// parse is the certificate in the files. Its errors hold nothing of the key.
func (p *Pair) parse(c content) (*tls.Certificate, error) {
	made, err := tls.X509KeyPair(c.cert, c.key)
	if err != nil {
		return nil, fmt.Errorf("%s and %s: %w", p.cert, p.key, err)
	}
	return &made, nil
}

// TLS is the settings of a server with this certificate, the current one at each
// handshake.
func (p *Pair) TLS() *tls.Config {
	c := settings()
	c.GetCertificate = func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return p.current.Load(), nil }
	return c
}

// settings are those of every server: HTTP/2 where the client knows it, and no small
// records, each of which would cost a call of the system.
func settings() *tls.Config {
	return &tls.Config{NextProtos: []string{"h2", "http/1.1"}, MinVersion: tls.VersionTLS12, DynamicRecordSizingDisabled: true}
}

// Run reads the files again when they change, and warns of a certificate that ends soon,
// until ctx is cancelled. A pair that cannot be used is refused with an error in the log,
// and the last good one stays.
func (p *Pair) Run(ctx context.Context) {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		now := time.Now()
		p.look(now)
		p.warn(now)
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// look takes what the files hold now. What cannot be used counts once it is seen twice:
// one of the two files may just have been written.
func (p *Pair) look(now time.Time) {
	is, err := p.read()
	if err == nil && is.equal(p.used) {
		p.doubtful = nil
		p.refused.EndExcept()
		return
	}
	var made *tls.Certificate
	if err == nil {
		made, err = p.parse(is)
	}
	if err == nil {
		p.used, p.doubtful = is, nil
		p.current.Store(made)
		p.refused.EndExcept()
		p.log.Info("the certificate has changed", "ends", made.Leaf.NotAfter.UTC().Format(time.RFC3339))
		return
	}
	if p.doubtful == nil || !is.equal(*p.doubtful) {
		p.doubtful = &is
		return
	}
	if _, due := p.refused.Seen(err.Error(), now); due {
		p.log.Error("the new certificate is refused, the one before it stays in use", "reason", err.Error())
	}
}

// warn warns of a certificate that ends soon.
func (p *Pair) warn(now time.Time) {
	end := p.current.Load().Leaf.NotAfter
	text := "the certificate has expired: clients refuse it"
	switch left := end.Sub(now); {
	case left > expiresSoon:
		p.expiry.EndExcept()
		return
	case left > 0:
		text = "the certificate expires soon"
	}
	if _, due := p.expiry.Seen(text, now); due {
		p.log.Warn(text, "ends", end.UTC().Format(time.RFC3339))
	}
}
