import type { ServerResponse } from 'node:http';

/**
 * Ends a response whose header is written and whose whole body is `text`, with one system call from one string. `end(text)`
 * alone gathers it with an empty last piece into a list of two, which Node copies into a buffer made for it.
 */
export function endAtOnce(response: ServerResponse, text: string, encoding: 'utf8' | 'latin1'): void {
  const { socket } = response;
  // Without a socket it waits for its turn on the connection, or its caller is gone.
  if (socket) {
    socket.cork();
    response.write(text, encoding);
    socket.uncork();
    response.end();
  } else response.end(text, encoding);
}
