package identity

import (
	"crypto/ed25519"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"slices"
	"time"
)

// Certificates are valid at any time that a clock may show, so a machine whose clock is wrong
// joins all the same, and can be told that it is.
var (
	notBefore = time.Date(1970, 1, 1, 0, 0, 0, 0, time.UTC)
	notAfter  = time.Date(2120, 1, 1, 0, 0, 0, 0, time.UTC)
)

// caKey is the key that signs the certificates of all machines.
func (i Identity) caKey() ed25519.PrivateKey {
	return ed25519.NewKeyFromSeed(i.derived(labelCA, ed25519.SeedSize))
}

func (i Identity) caTemplate() *x509.Certificate {
	return &x509.Certificate{
		SerialNumber: big.NewInt(1),
		Subject:      pkix.Name{CommonName: "livestream-tui " + i.Cluster},
		NotBefore:    notBefore, NotAfter: notAfter,
		KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature, BasicConstraintsValid: true, IsCA: true,
		SubjectKeyId: keyID(i.caKey()),
	}
}

// keyID names a key in certificates.
func keyID(k ed25519.PrivateKey) []byte {
	sum := sha256.Sum256(k.Public().(ed25519.PublicKey))
	return sum[:20]
}

// authority is the certificate of the cluster as DER: the same bytes on every machine.
func (i Identity) authority() []byte {
	if i.Edge != nil {
		return i.Edge.CA
	}
	template, key := i.caTemplate(), i.caKey()
	der, err := x509.CreateCertificate(nil, template, template, key.Public(), key)
	if err != nil {
		panic(err) // the template is ours
	}
	return der
}

// certificate makes the certificate and the key of this machine as PEM: the same bytes each time
// for the same name and address.
func (i Identity) certificate() (cert, key []byte, err error) {
	place := i.Machine + " " + i.Address
	own := ed25519.NewKeyFromSeed(i.derived(labelCert+place, ed25519.SeedSize))
	serial := sha256.Sum256([]byte(place))
	template := &x509.Certificate{
		SerialNumber: new(big.Int).SetBytes(serial[1:16]),
		Subject:      pkix.Name{CommonName: i.Machine, Organization: []string{"livestream-tui " + i.Cluster}},
		NotBefore:    notBefore, NotAfter: notAfter,
		KeyUsage: x509.KeyUsageDigitalSignature, BasicConstraintsValid: true,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
		SubjectKeyId: keyID(own),
		DNSNames:     []string{i.Machine, "localhost"},
		IPAddresses:  []net.IP{net.IPv4(127, 0, 0, 1).To4(), net.IPv6loopback},
	}
	if ip := net.ParseIP(i.Address); ip == nil {
		template.DNSNames = append(template.DNSNames, i.Address)
	} else if !slices.ContainsFunc(template.IPAddresses, ip.Equal) {
		template.IPAddresses = append(template.IPAddresses, ip)
	}
	der, err := x509.CreateCertificate(nil, template, i.caTemplate(), own.Public(), i.caKey())
	if err != nil {
		return nil, nil, err
	}
	private, err := x509.MarshalPKCS8PrivateKey(own)
	return block("CERTIFICATE", der), block("PRIVATE KEY", private), err
}

func block(kind string, der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
}
