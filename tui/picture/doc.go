// Package picture decodes live pictures with FFmpeg, arranges them and draws them in cells.
package picture
