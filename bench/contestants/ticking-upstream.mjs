// An API with a subscription, as fast as Node can be: every subscriber gets the same tick ten times a second, over
// graphql-transport-ws written by hand. Introspection is executed.
import { createServer } from 'node:http';
import { buildSchema, graphql } from 'graphql';
import { WebSocketServer } from 'ws';
import { announce, readBody } from '../lib/contestant.mjs';
import { tickSdl } from '../lib/sample.mjs';

const schema = buildSchema(tickSdl);
const server = createServer((request, response) =>
  readBody(request, (body) => {
    const { query, variables } = body.length > 0 ? JSON.parse(body) : { query: '{ __typename }' };
    graphql({ schema, source: query, variableValues: variables }).then((result) => {
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(result));
    });
  }),
);
const subscribed = new Map();
const sockets = new WebSocketServer({ server, handleProtocols: () => 'graphql-transport-ws' });
sockets.on('connection', (socket) => {
  socket.on('error', () => undefined).on('close', () => subscribed.delete(socket));
  socket.on('message', (data) => {
    const { type, id } = JSON.parse(data);
    if (type === 'connection_init') socket.send('{"type":"connection_ack"}');
    else if (type === 'ping') socket.send('{"type":"pong"}');
    else if (type === 'subscribe') subscribed.set(socket, id);
    else if (type === 'complete') subscribed.delete(socket);
  });
});
setInterval(() => {
  for (const [socket, id] of subscribed) {
    const at = performance.timeOrigin + performance.now();
    socket.send(`{"id":"${id}","type":"next","payload":{"data":{"tick":{"at":${at},"text":"${'x'.repeat(100)}"}}}}`);
  }
}, 100);
await announce(server);
