import { describe, expect, test } from 'vitest';
import { createEnded, createEventQueue, createLater, createSingle } from './events.js';

function queue() {
  let size = 0;
  let closings = 0;
  const created = createEventQueue({
    sizeChanged: (by) => {
      size += by;
    },
    closed: () => {
      closings++;
    },
  });
  return Object.assign(created, { size: () => size, closings: () => closings });
}

describe('a queue of events', () => {
  test('gives what was put in, in order, and then its end for ever', async () => {
    const events = queue();
    events.push('1');
    events.push('22');
    events.end();
    events.push('not any more');
    expect(events.size()).toBe(3);
    expect([await events.next(), await events.next(), await events.next(), await events.next()]).toEqual([
      '1',
      '22',
      undefined,
      undefined,
    ]);
    expect(events.size()).toBe(0);
  });

  test('gives to who is waiting, without counting it', async () => {
    const events = queue();
    const next = events.next();
    events.push('1');
    expect(events.size()).toBe(0);
    expect(await next).toBe('1');
  });

  test('tells of an error once, after what came before it', async () => {
    const events = queue();
    events.push('1');
    events.end(new Error('lost'));
    expect(await events.next()).toBe('1');
    await expect(events.next()).rejects.toThrow('lost');
    expect(await events.next()).toBeUndefined();
  });

  test('that is closed frees what waits, wakes its reader, and says so once', async () => {
    const events = queue();
    events.push('1');
    events.close();
    events.close();
    events.push('2');
    events.end(new Error('late'));
    expect({ size: events.size(), closings: events.closings() }).toEqual({ size: 0, closings: 1 });
    expect(await events.next()).toBeUndefined();
    const other = queue();
    const next = other.next();
    other.close();
    expect(await next).toBeUndefined();
  });

  test('that has ended says nothing when it is closed', () => {
    const events = queue();
    events.end();
    events.close();
    expect(events.closings()).toBe(0);
  });
});

describe('a stream of one answer', () => {
  test('gives it, and is at its end', async () => {
    const stream = createSingle(async () => 'x');
    expect([await stream.next(), await stream.next()]).toEqual(['x', undefined]);
  });

  test('that is closed aborts what makes the answer, or never begins', async () => {
    let signal: AbortSignal | undefined;
    const stream = createSingle(async (given) => {
      signal = given;
      return 'x';
    });
    void stream.next();
    stream.close();
    expect(signal?.aborted).toBe(true);
    let isRun = false;
    const unread = createSingle(async () => {
      isRun = true;
      return 'x';
    });
    unread.close();
    expect(await unread.next()).toBeUndefined();
    expect(isRun).toBe(false);
  });
});

describe('a stream that is there later', () => {
  test('is what was opened then', async () => {
    const stream = createLater(Promise.resolve('x'), (given) => createSingle(async () => given));
    expect([await stream.next(), await stream.next()]).toEqual(['x', undefined]);
  });

  test('is closed with it', async () => {
    const events = queue();
    const stream = createLater(Promise.resolve(), () => events);
    const next = stream.next();
    await Promise.resolve();
    stream.close();
    expect([await next, events.closings()]).toEqual([undefined, 1]);
  });

  test('that is closed before is never opened', async () => {
    let openings = 0;
    const stream = createLater(Promise.resolve(), () => {
      openings++;
      return createEnded();
    });
    stream.close();
    expect(await stream.next()).toBeUndefined();
    expect(openings).toBe(0);
  });

  test('tells what went wrong before it was there', async () => {
    await expect(createLater(Promise.reject(new Error('lost')), createEnded).next()).rejects.toThrow('lost');
    const refusing = createLater(Promise.resolve(), () => {
      throw new Error('refused');
    });
    await expect(refusing.next()).rejects.toThrow('refused');
  });
});
