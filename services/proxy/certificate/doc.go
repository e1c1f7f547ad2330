// Package certificate has the proxy's certificate: a pair of files that may change, or one
// that an authority issues by ACME (RFC 8555).
package certificate
