// Package httpx makes the HTTP clients that services use for requests to each other, and
// reads responses whole and within limits.
package httpx
