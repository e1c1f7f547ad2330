// Package follow loads a media playlist repeatedly (RFC 8216, 6.3.4).
package follow
