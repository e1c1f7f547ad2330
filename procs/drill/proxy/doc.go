// Package proxy connects a drill to the proxy in front of the packagers: to the API of the
// platform's own proxy, or to another proxy, which it runs by a command.
package proxy
