package certificate

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/asn1"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

// authority is one that issues by ACME (RFC 8555), as far as a client can tell: it does not
// check signatures. It offers one kind of challenge.
type authority struct {
	t      *testing.T
	server *httptest.Server
	kind   string
	check  func(host, token string) error // carries out the challenge
	key    *ecdsa.PrivateKey
	root   *x509.Certificate

	mu     sync.Mutex
	orders int    // guarded by mu
	host   string // of the order; guarded by mu
	valid  bool   // the challenge was met; guarded by mu
	chain  []byte // issued; guarded by mu
}

const challengeToken = "a-token-of-the-authority"

func newAuthority(t *testing.T, kind string) *authority {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	made := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().AddDate(1, 0, 0),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, made, made, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	root, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	a := &authority{t: t, kind: kind, key: key, root: root}
	a.server = httptest.NewTLSServer(a)
	t.Cleanup(a.server.Close)
	return a
}

// ServeHTTP answers a client; every answer has the nonce of the next request.
func (a *authority) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	defer a.mu.Unlock()
	at := func(path string) string { return a.server.URL + path }
	w.Header().Set("Replay-Nonce", "nonce")
	w.Header().Set("Content-Type", "application/json")
	status, pending := "pending", map[bool]string{true: "valid", false: "pending"}[a.valid]
	if a.valid {
		status = "ready"
	}
	if a.chain != nil {
		status = "valid"
	}
	order := map[string]any{"status": status, "authorizations": []string{at("/authz")}, "finalize": at("/finalize"), "certificate": at("/cert")}
	challenge := map[string]any{"type": a.kind, "url": at("/challenge"), "token": challengeToken, "status": pending}
	switch r.URL.Path {
	case "/dir":
		a.answer(w, http.StatusOK, map[string]any{"newNonce": at("/nonce"), "newAccount": at("/account"), "newOrder": at("/order"), "revokeCert": at("/no"), "keyChange": at("/no")})
	case "/nonce":
	case "/account":
		w.Header().Set("Location", at("/account/1"))
		a.answer(w, http.StatusCreated, map[string]any{"status": "valid"})
	case "/order":
		var asked struct{ Identifiers []struct{ Value string } }
		a.payload(r, &asked)
		a.orders++
		a.host, a.valid, a.chain = asked.Identifiers[0].Value, false, nil
		w.Header().Set("Location", at("/order/1"))
		order["status"] = "pending"
		a.answer(w, http.StatusCreated, order)
	case "/order/1":
		a.answer(w, http.StatusOK, order)
	case "/authz":
		a.answer(w, http.StatusOK, map[string]any{"status": pending, "identifier": map[string]string{"type": "dns", "value": a.host}, "challenges": []any{challenge}})
	case "/challenge":
		if err := a.check(a.host, challengeToken); err != nil {
			a.t.Errorf("the challenge is not met: %v", err)
		}
		a.valid = true
		challenge["status"] = "valid"
		a.answer(w, http.StatusOK, challenge)
	case "/finalize":
		var asked struct{ CSR string }
		a.payload(r, &asked)
		a.issue(asked.CSR)
		order["status"] = "valid"
		w.Header().Set("Location", at("/order/1"))
		a.answer(w, http.StatusOK, order)
	case "/cert":
		w.Header().Set("Content-Type", "application/pem-certificate-chain")
		_, _ = w.Write(a.chain)
	default:
		http.NotFound(w, r)
	}
}

func (a *authority) answer(w http.ResponseWriter, status int, v any) {
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // the client reports it
}

// payload decodes what a signed request says.
func (a *authority) payload(r *http.Request, v any) {
	var signed struct{ Payload string }
	if err := json.NewDecoder(r.Body).Decode(&signed); err != nil {
		a.t.Error(err)
	}
	b, err := base64.RawURLEncoding.DecodeString(signed.Payload)
	if err == nil {
		err = json.Unmarshal(b, v)
	}
	if err != nil {
		a.t.Error(err)
	}
}

func (a *authority) issue(request string) {
	der, err := base64.RawURLEncoding.DecodeString(request)
	if err != nil {
		a.t.Error(err)
		return
	}
	csr, err := x509.ParseCertificateRequest(der)
	if err != nil {
		a.t.Error(err)
		return
	}
	made := &x509.Certificate{SerialNumber: big.NewInt(2), DNSNames: csr.DNSNames, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().AddDate(0, 3, 0)}
	leaf, err := x509.CreateCertificate(rand.Reader, made, a.root, csr.PublicKey, a.key)
	if err != nil {
		a.t.Error(err)
	}
	a.chain = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: leaf})
}

// overTLS carries out tls-alpn-01 (RFC 8737).
func overTLS(address string) func(host, token string) error {
	return func(host, _ string) error {
		c, err := tls.Dial("tcp", address, &tls.Config{ServerName: host, NextProtos: []string{"acme-tls/1"}, InsecureSkipVerify: true}) //nolint:gosec // a challenge is self-signed
		if err != nil {
			return err
		}
		defer func() { _ = c.Close() }()
		for _, e := range c.ConnectionState().PeerCertificates[0].Extensions {
			if e.Id.Equal(asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 1, 31}) {
				return nil
			}
		}
		return fmt.Errorf("the certificate for %s has no challenge in it", host)
	}
}

// overHTTP carries out http-01 (RFC 8555, 8.3).
func overHTTP(h http.Handler) func(host, token string) error {
	return func(host, token string) error {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "http://"+host+"/.well-known/acme-challenge/"+token, nil))
		if b, _ := io.ReadAll(w.Body); w.Code != http.StatusOK || !strings.HasPrefix(string(b), token+".") {
			return fmt.Errorf("got %d, %s", w.Code, b)
		}
		return nil
	}
}
