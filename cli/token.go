package cli

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"livestream-tui/services/kit/report"
	"livestream-tui/services/kit/service"
	"livestream-tui/services/kit/token"
	"livestream-tui/services/proxy"
)

// tokenFlags are the flags of the command token.
type tokenFlags struct {
	lasts        time.Duration
	base         string
	cookie, page bool
}

func tokenCommand(a *app) *cobra.Command {
	var o tokenFlags
	cmd := &cobra.Command{
		Use: "token SIGNAL", Short: "print a URL with a playback token", Args: oneSignal, ValidArgsFunction: a.completeSignals,
		Long: "Prints a URL that lets whoever has it play SIGNAL for a while. The token is signed with the first key of\n" +
			"PLAYBACK_KEYS, which the proxy must have too. It cannot be taken back, except with its key.",
		RunE: func(_ *cobra.Command, args []string) error { return a.token(args[0], o) },
	}
	f := cmd.Flags()
	f.DurationVar(&o.lasts, "for", time.Hour, "the token expires after this `DURATION`")
	f.StringVar(&o.base, "base", "", "the proxy's `URL` as players see it; PROXY_PORT on localhost without it")
	f.BoolVar(&o.cookie, "cookie", false, "a URL that sets a cookie, with which the player's other requests carry no token in their URLs")
	f.BoolVar(&o.page, "page", false, "the URL of the proxy's page, which plays with a cookie")
	return cmd
}

// oneSignal refuses anything but the name of one signal.
func oneSignal(_ *cobra.Command, args []string) error {
	if len(args) != 1 {
		return fmt.Errorf("token takes the name of one signal, and has %d", len(args))
	}
	return nil
}

// token prints a URL with a token for a signal.
func (a *app) token(signal string, o tokenFlags) error {
	c, err := proxy.ConfigFromEnv(a.env)
	if err != nil {
		return err
	}
	base := service.URLs{fmt.Sprintf("%s://localhost:%d", c.Scheme(), c.ProxyPort)}
	if o.base != "" {
		if err := base.UnmarshalText([]byte(o.base)); err != nil || len(base) != 1 {
			return usagef("--base %q: allowed is one base URL, such as https://live.example.com", o.base)
		}
	}
	switch {
	case !report.IsSignal(signal):
		return usagef("signal %q: allowed are names of letters, digits, _ and -", signal)
	case o.lasts < time.Second:
		return usagef("--for %s: allowed is 1s or more", o.lasts)
	case o.cookie && o.page:
		return usagef("--cookie and --page: allowed is one of the two")
	case len(c.Keys) == 0:
		return errors.New("PLAYBACK_KEYS is not set: everybody may play, and there is no key to sign a token with")
	}
	path, argument := "/"+signal+"/playlist.m3u8", token.Argument
	switch {
	case o.page:
		path = "/watch/" + signal
	case o.cookie:
		argument = token.CookieArgument
	}
	_, err = fmt.Fprintf(a.out, "%s%s?%s=%s\n", strings.Join(base, ""), path, argument, c.Keys.Sign(signal, time.Now().Add(o.lasts)))
	return err
}
