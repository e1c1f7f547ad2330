// Access is the playback token in the page's address. The page hands it on by itself: in a
// frame of another site browsers keep cookies from it. It is for the signal of the page.

const own = location.pathname.match(/^\/(?:watch|embed)\/([\w-]+)$/)?.[1];
const token = new URLSearchParams(location.search).get('playback') ?? '';

// admitted is the path of what belongs to a signal, with the token where it is for that.
export function admitted(path, signal) {
  return token && signal === own ? `${path}?playback=${encodeURIComponent(token)}` : path;
}

// refusal says why the proxy does not let a signal play here.
export function refusal(signal) {
  if (!token || signal !== own) return `${signal} plays only with a token: open it by a link that has one`;
  const ends = 1000 * Number(token.split('.')[1]); // ID.EXPIRY.MAC
  return ends <= Date.now() ? 'The link has expired: ask for a new one' : `The link's token is not valid for ${signal}`;
}
