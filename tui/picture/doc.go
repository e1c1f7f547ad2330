// Package picture decodes the live picture with FFmpeg and draws it in cells.
package picture
