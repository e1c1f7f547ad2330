// Package cache holds objects by key, within a limit of memory.
package cache
