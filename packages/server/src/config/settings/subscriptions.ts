import type { Setting } from '../setting.js';
import { bytes, duration, integer, oneOf, streamUrl } from '../types.js';

const group = 'Subscriptions';

export const subscriptionsSettings = {
  upstreamSubscriptions: {
    group,
    type: oneOf('ws', 'sse', 'off'),
    default: 'ws',
    about:
      'How the upstream takes subscriptions: over a WebSocket (graphql-transport-ws), as server-sent events (graphql-sse, distinct connections), or not at all.',
  },
  upstreamSubscriptionUrl: {
    group,
    type: streamUrl,
    unset: 'the upstream',
    about: 'Where the upstream takes subscriptions, if that is not its GraphQL endpoint.',
  },
  connectionsPerCaller: {
    group,
    type: integer(1, 1_000_000),
    default: 1000,
    about:
      'How many WebSockets and event streams a user may have open on a node; for callers without a token, how many one address (IPv6: one /64) may.',
  },
  subscriptionsPerCaller: {
    group,
    type: integer(1, 1_000_000),
    default: 2000,
    about: 'How many operations a caller may have running on its WebSockets and event streams of a node.',
  },
  connectionInitTimeout: {
    group,
    type: duration('100ms', '5m'),
    default: '5s',
    about: 'How long a caller may take to send connection_init after its WebSocket is open.',
  },
  subscriptionBuffer: {
    group,
    type: bytes('16KiB', '64MiB'),
    default: '1MiB',
    about: 'How much may wait for a caller that reads slowly before the upstream is no longer read.',
  },
  subscriptionKeepAlive: {
    group,
    type: duration('100ms', '10m'),
    default: '12s',
    about:
      'How often an open stream is given a sign of life, and a peer that gives none for as long is cut off. An upstream that sends server-sent events cannot be asked for one: after as long without a byte TCP looks whether its host is there.',
  },
} as const satisfies Record<string, Setting>;
