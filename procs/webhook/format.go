package webhook

import (
	"encoding/json"
	"strings"
	"time"
)

// format is how a receiver wants to be told.
type format struct {
	name string
	body func(Alert) any
	// forgets is set for a receiver that must be told again and again what lasts.
	forgets bool
}

// formats is the table of formats. A new one is a row here.
func formats() []format {
	return []format{
		{"json", func(a Alert) any { return a }, false},
		{"slack", slackBody, false},
		{"discord", discordBody, false},
		{"alertmanager", alertmanagerBody, true},
	}
}

// formatNames are the names of the formats, for messages.
func formatNames() string {
	var names []string
	for _, f := range formats() {
		names = append(names, f.name)
	}
	return strings.Join(names, ", ")
}

// encode returns the body of a POST.
func (f format) encode(a Alert) ([]byte, error) { return json.Marshal(f.body(a)) }

// line is an alert as a line for a chat.
func line(a Alert) string {
	sign := "\U0001F7E1" // yellow
	switch {
	case a.Phase == Ends || a.Kind == StillOn:
		sign = "\U0001F7E2" // green
	case a.Severity == Critical:
		sign = "\U0001F534" // red
	case a.Severity == Info:
		sign = "\U0001F535" // blue
	}
	words := sign + " " + a.Text + " (" + a.Host + ")"
	if a.Dropped > 0 {
		words += ", and alerts before it were lost"
	}
	return words
}

// slackBody is the body for an incoming webhook of Slack, where three characters are
// special: https://docs.slack.dev/messaging/formatting-message-text.
func slackBody(a Alert) any {
	return map[string]any{"text": strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(line(a))}
}

// discordMost is how many characters a message of Discord may have.
const discordMost = 2000

// discordBody is the body for a webhook of Discord. Nobody is mentioned, whatever a file's
// name may be.
func discordBody(a Alert) any {
	words := []rune(line(a))
	return map[string]any{"content": string(words[:min(len(words), discordMost)]), "allowed_mentions": map[string]any{"parse": []string{}}}
}

// managed is an alert for the Alertmanager of Prometheus, by its API version 2. It counts as
// over at its EndsAt.
type managed struct {
	Labels      map[string]string `json:"labels"`
	Annotations map[string]string `json:"annotations"`
	StartsAt    time.Time         `json:"startsAt"`
	EndsAt      time.Time         `json:"endsAt"`
}

// alertmanagerBody is the body for /api/v2/alerts. The labels of an alert and of the one that
// ends it are the same.
func alertmanagerBody(a Alert) any {
	labels := map[string]string{"alertname": string(a.Condition), "instance": a.Host, "layout": a.Layout, "severity": string(severityOf(a.Condition))}
	if a.Signal != "" {
		labels["signal"] = a.Signal
	}
	if a.Subject != "" {
		labels["subject"] = a.Subject
	}
	m := managed{Labels: labels, Annotations: map[string]string{"summary": a.Text}, StartsAt: a.Since, EndsAt: a.Until}
	if m.StartsAt.IsZero() {
		m.StartsAt = a.Time
	}
	if a.Phase == Ends {
		m.EndsAt = a.Time
	}
	return []managed{m}
}

// severityOf returns the severity of a condition while it lasts.
func severityOf(condition Kind) Severity {
	for _, c := range conditions() {
		if c.begins == condition {
			return c.severity
		}
	}
	return Info
}
