// Package cors lets the pages of other sites play (CORS).
package cors
