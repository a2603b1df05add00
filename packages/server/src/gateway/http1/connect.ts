import net from 'node:net';
import tls from 'node:tls';
import type { Target } from './types.js';

/** A socket to the target, which calls `onread` instead of emitting data; TLS where the URL says so. */
export function connect({ url, keepAliveDelay, session, onSession }: Target, onread: net.OnReadOpts): net.Socket {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const common = { host, noDelay: true, onread };
  if (url.protocol !== 'https:') {
    return net.connect({ ...common, port: Number(url.port || 80) }).setKeepAlive(true, keepAliveDelay);
  }
  const socket = tls.connect({
    ...common,
    port: Number(url.port || 443),
    servername: net.isIP(host) ? '' : host,
    ALPNProtocols: ['http/1.1'],
    session: session(),
  });
  return socket.on('session', onSession).setKeepAlive(true, keepAliveDelay);
}
