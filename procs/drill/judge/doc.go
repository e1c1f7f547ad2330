// Package judge decides from what the players saw whether a fault went unnoticed.
package judge
