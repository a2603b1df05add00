import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, Socket } from 'node:net';
import { expect, onTestFinished, test, vi } from 'vitest';
import { createSubscriber } from './subscriber.js';

// That TCP then finds out is measured in a network that was cut: 13 s after the last byte with an interval of 3 s.
test.each([
  [12_000, 12_000],
  // Node.js knows whole seconds, and would take less for no time at all.
  [100, 1_000],
])(
  'with an interval of %i ms TCP looks for the host of an upstream that sends no events after %i ms',
  async (keepAlive, expected) => {
    const asked = vi.spyOn(Socket.prototype, 'setKeepAlive');
    onTestFinished(() => asked.mockRestore());
    const server = createServer((_request, response) =>
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write('event: next\ndata: {"data":null}\n\n'),
    );
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const settings = { url: `${origin}/graphql`, timeout: 5_000, buffer: 65_536, keepAlive };
    const subscriber = createSubscriber('sse', settings, { origin: 'http://elsewhere', breaker: {} as never });
    onTestFinished(async () => {
      await subscriber.close();
      server.close();
    });
    const line = subscriber.openLine();
    expect(await line.subscribe('{"query":"subscription { ticks }"}', []).next()).toBe('{"data":null}');
    expect(asked.mock.calls).toEqual([[true, expected]]);
    line.close();
  },
);
