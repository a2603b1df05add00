import net from 'node:net';
import tls from 'node:tls';
import type { Target } from './types.js';

/** A socket to the target, which calls `onread` instead of emitting data; TLS where the URL says so. */
export function connect({ url, keepAliveDelay, session, onSession }: Target, onread: net.OnReadOpts): net.Socket {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const common = { host, onread };
  const socket =
    url.protocol === 'https:'
      ? tls.connect({
          ...common,
          port: Number(url.port || 443),
          servername: net.isIP(host) ? '' : host,
          ALPNProtocols: ['http/1.1'],
          session: session(),
        })
      : net.connect({ ...common, port: Number(url.port || 80) });
  // Node 20 does not look at `noDelay` among the options of a TLS connection.
  return socket.on('session', onSession).setNoDelay(true).setKeepAlive(true, keepAliveDelay);
}
