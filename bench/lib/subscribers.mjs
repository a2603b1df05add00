// The subscribers: a process of its own with a WebSocket each, which counts what arrives and how late.
import { WebSocket } from 'ws';

process.on('message', async ({ port, token, count, seconds, query }) => {
  const state = { events: 0, delays: [], isCounting: false, broken: '' };
  const startedAt = performance.now();
  const sockets = [];
  // A few at a time, as a crowd that comes back after a restart would be held by its own back-off.
  for (let i = 0; i < count; i += 50) {
    const some = Array.from({ length: Math.min(50, count - i) }, () => subscribe({ port, token, query }, state));
    sockets.push(...(await Promise.all(some)));
  }
  const established = performance.now() - startedAt;
  state.isCounting = true;
  setTimeout(() => {
    const { events, delays, broken } = state;
    delays.sort((a, b) => a - b);
    const at = (share) => delays[Math.floor(delays.length * share)];
    process.send({ events, established, p50: at(0.5), p99: at(0.99), broken });
    for (const socket of sockets) socket.terminate();
  }, seconds * 1000);
});
process.once('disconnect', () => process.exit());
process.send({});

/** Resolves when its first event has come. */
function subscribe({ port, token, query }, state) {
  return new Promise((resolve) => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/graphql`, 'graphql-transport-ws');
    socket.on('error', (error) => {
      state.broken ||= error.message;
      resolve(socket);
    });
    socket.on('open', () => {
      socket.send(JSON.stringify({ type: 'connection_init', payload: { Authorization: `Bearer ${token}` } }));
    });
    socket.on('message', (data) => {
      const { type, payload } = JSON.parse(data);
      if (type === 'connection_ack') socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload: { query } }));
      else if (type === 'ping') socket.send('{"type":"pong"}');
      else if (type === 'next' && payload.data) {
        resolve(socket);
        if (!state.isCounting) return;
        state.events++;
        state.delays.push(performance.timeOrigin + performance.now() - payload.data.tick.at);
      } else state.broken ||= String(data);
    });
  });
}
