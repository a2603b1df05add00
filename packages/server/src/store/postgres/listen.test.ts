import { expect, onTestFinished, test, vi } from 'vitest';
import type { Connection } from './connection.js';
import { createListener } from './listen.js';

test('a server that knows no LISTEN is left with no connection behind each attempt', async () => {
  const [open, end] = [vi.fn(), vi.fn(async () => undefined)];
  const refuse = async () => Promise.reject(new Error('LISTEN is not supported'));
  const connection: Connection = { query: refuse, run: refuse, onNotification: () => undefined, end };
  const listener = createListener({ open: open.mockResolvedValue(connection), heartbeat: 1_000, log: undefined });
  onTestFinished(() => listener.close());
  listener.watchChanges(() => undefined);
  await vi.waitFor(() => expect(open).toHaveBeenCalledTimes(2));
  await vi.waitFor(() => expect(end).toHaveBeenCalledTimes(2));
});
