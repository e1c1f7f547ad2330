// Package service runs a service of the platform: its settings, log, listeners, health
// routes and metrics, and its orderly end. A service is built on it like this:
//
//  1. Config is a struct whose fields carry env, envDefault and doc tags; it holds
//     Topology or Paths when it needs one of their settings.
//  2. ConfigFromEnv fills it with Parse and its own rules, and returns Problems.Err.
//  3. New(Config, Kit) returns a Service: Address, Routes, Ready and Run.
//  4. Routes answers with WriteJSON and WriteError, and reads with ReadPost.
//  5. Run works until its context is cancelled and waits for what it started.
//  6. It implements Answerer, Drainer, MemoryLimiter, ControlRouter or AdminRouter
//     when it needs what these add; a compile-time guard says so.
//  7. The table of services has a line for it: from there Run runs it, CommonFromEnv reads
//     the settings that all services have, and NewKit makes its log and its metrics.
package service
