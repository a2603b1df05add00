import { expect, test } from 'vitest';
import { createSeries } from '../domain/usage/series.js';
import { renderUsage } from './usage-metrics.js';

test('whatever a name holds, it stays within its label', () => {
  const operations = createSeries(10);
  for (const name of ['a"} 1\nfake{x="', 'back\\slash', '🦊']) operations.of(name, true).requests++;
  const text = renderUsage('latchkey_', { callers: createSeries(10), operations, lost: { requests: 0 } } as never);
  const lines = text.split('\n').filter((line) => line.startsWith('latchkey_operation_requests_total'));
  expect(lines).toEqual([
    'latchkey_operation_requests_total{operation="a\\"} 1\\nfake{x=\\""} 1',
    'latchkey_operation_requests_total{operation="back\\\\slash"} 1',
    'latchkey_operation_requests_total{operation="🦊"} 1',
  ]);
});
