import { expect } from 'vitest';
import type { Config } from '../src/config/schema.js';
import { type Gate, startGate } from './gate.js';
import type { AskOptions, TestAnswer } from './harness.js';
import { companyRules, startCompanies } from './policy-upstream.js';
import type { ScriptedUpstream } from './scripted-upstream.js';

/** A caller of the tests: `nobody` has no token, `plain` one without a scope. */
export type Who = 'nobody' | 'plain' | 'hr' | 'money' | 'admin';

const scopes = { hr: 'hr:read', money: 'money:read', admin: 'admin money:read' } as const;

export interface PolicyGate extends Gate<ScriptedUpstream> {
  ask(query: string, who: Who, options?: Omit<AskOptions, 'token'>): Promise<TestAnswer>;
  /** What the upstream was sent last. */
  sent(): { query: string; variables?: Record<string, unknown> };
  /** How often the upstream was asked. */
  asked(): number;
}

/** A gate before the API of policy-upstream.ts, with a caller for each scope. */
export async function startPolicyGate(config: Partial<Config> = {}, sdl?: string): Promise<PolicyGate> {
  const gate = await startGate(startCompanies(sdl), { policy: companyRules, ...config });
  const tokens: Partial<Record<Who, string>> = { plain: gate.token };
  for (const [name, scope] of Object.entries(scopes) as [Who, string][]) {
    await gate.server.addUser(`${name}@example.com`, scope);
    tokens[name] = (await gate.server.signIn(`${name}@example.com`)).accessToken;
  }
  return {
    ...gate,
    ask(query, who, options = {}) {
      const token = tokens[who];
      return gate.server.ask(query, { ...options, ...(token !== undefined && { token }) });
    },
    sent: () => JSON.parse(gate.upstream.requests.at(-1)?.body ?? '{}'),
    asked: () => gate.upstream.requests.length,
  };
}

/** An answer in a form to compare: each error as its path and code. */
export function told({ status, body }: TestAnswer) {
  const errors = (body.errors ?? []) as { path?: (string | number)[]; extensions?: { code: string } }[];
  return {
    status,
    data: body.data,
    errors: errors.map(({ path, extensions }) => `${path?.join('.') ?? '-'} ${extensions?.code}`),
  };
}

/** Expects a refusal of the whole, and that the upstream heard nothing. */
export async function expectRefused(gate: PolicyGate, query: string, who: Who, status: number, code: string) {
  const before = gate.asked();
  const answer = await gate.ask(query, who);
  expect(told(answer)).toEqual({ status, data: undefined, errors: [`- ${code}`] });
  expect(gate.asked()).toBe(before);
  return answer;
}
