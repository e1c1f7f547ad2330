// Package doctor checks everything that the platform needs on this machine, and says how
// to get what is missing.
package doctor
