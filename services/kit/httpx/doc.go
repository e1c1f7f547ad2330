// Package httpx makes the HTTP clients by which services ask each other, and reads their
// answers whole and within limits.
package httpx
