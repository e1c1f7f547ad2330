// Package proxy is what a drill knows of the proxy in front of the packagers: the API of
// the platform's own one, and the process of another one, which a command runs.
package proxy
