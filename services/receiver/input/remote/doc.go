// Package remote takes inputs from wherever FFmpeg can: cameras over RTSP, HLS, files, which
// are played again and again. Pictures are copied; sound that is neither AAC nor Opus becomes
// AAC. What has credentials in its URL is given to FFmpeg by its standard input, since the
// list of processes shows arguments to every user of the machine.
package remote
