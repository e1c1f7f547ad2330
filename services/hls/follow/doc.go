// Package follow loads a media playlist again and again (RFC 8216, 6.3.4).
package follow
