import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

/** The address of an upstream that is started later, because it needs to know ours. Ends after the test. */
export async function reserveUpstream(): Promise<{ readonly url: string; lead(url: string): void }> {
  const sockets = new Set<Socket>();
  let target = '';
  const server = createServer((near) => {
    const far = target === '' ? undefined : connect(Number(new URL(target).port), '127.0.0.1');
    if (!far) return near.destroy();
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => sockets.delete(socket));
    }
    near.pipe(far).pipe(near);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`,
    lead(url) {
      target = url;
    },
  };
}
