// Package forward passes a request straight through to the first packager that answers it,
// as a plain proxy with a backup does, and keeps nothing.
package forward
