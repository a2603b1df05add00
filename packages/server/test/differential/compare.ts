import type { Answered, Asked } from './ask.js';

interface Parsed {
  data?: unknown;
  errors?: { message?: string; extensions?: { code?: string } }[];
}

function parse(text: string): Parsed {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}

/**
 * What the gate refuses by itself, before it asks anybody: what it cannot read it cannot forward. The upstream has to
 * refuse the same operation, in its own words and with its own status.
 */
const refusals = new Set(['GRAPHQL_PARSE_FAILED', 'OPERATION_NOT_FOUND', 'METHOD_NOT_ALLOWED', 'DOCUMENT_TOO_COSTLY']);

/** Introspection and a lone `__typename` are answered by the gate: with the same data, or errors of its own words. */
const ownAnswers = new Set(['GRAPHQL_VALIDATION_FAILED', 'BAD_USER_INPUT', 'NOT_ACCEPTABLE']);

const hasNoData = ({ data, errors }: Parsed) => (data ?? null) === null && (errors?.length ?? 0) > 0;

/** What differs in the two answers and may not; undefined if nothing does. */
export function differenceOf(direct: Answered, gated: Answered, wasForwarded: boolean): string | undefined {
  const [theirs, ours] = [parse(direct.text), parse(gated.text)];
  if (!wasForwarded) {
    const code = ours.errors?.[0]?.extensions?.code ?? '';
    if (refusals.has(code) || ownAnswers.has(code)) {
      if (gated.status < 400 && !/^application\/json/.test(gated.type ?? ''))
        return 'the gate refuses with a status of success';
      return hasNoData(theirs) || direct.status >= 400
        ? undefined
        : `the gate refuses (${code}) what the upstream runs`;
    }
    if (code !== '') return `the gate refuses with ${code}`;
    return JSON.stringify(ours.data) === JSON.stringify(theirs.data)
      ? undefined
      : 'the data that the gate answers itself';
  }
  if (direct.status !== gated.status) return 'status';
  if (direct.type !== gated.type) return 'content type';
  return direct.text === gated.text ? undefined : 'body';
}

/** For the reader of a failed test. */
export function describe(what: string, asked: Asked, direct: Answered, gated: Answered): string {
  const answer = ({ status, type, text }: Answered) => `${status} ${type}\n${text.slice(0, 3_000)}`;
  const { method, headers, text } = asked;
  return `${what}\n--- ${method} ${JSON.stringify(headers)}\n${text}\n--- directly: ${answer(direct)}\n--- through the gate: ${answer(gated)}\n`;
}
