// Package film decodes the live picture with FFmpeg and renders it in cells.
package film
