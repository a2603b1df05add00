import type { SplitPlan } from './plan.js';

/** An answer as GraphQL §7 has it, ready to be written as JSON. */
export interface Answer {
  readonly errors?: readonly unknown[];
  readonly data?: Readonly<Record<string, unknown>> | null;
  readonly extensions?: Readonly<Record<string, unknown>>;
}

/**
 * The two parts of an answer as one, with the keys in the order of the caller's document. Where one side's
 * data is null because something at its root was null that must not be, the whole is null (GraphQL §6.4.4).
 */
export function mergeAnswers(plan: SplitPlan, own: Answer, upstream: Answer): Answer {
  const errors = [...(own.errors ?? []), ...(upstream.errors ?? [])];
  const data = own.data && upstream.data ? mergeData(plan, own.data, upstream.data) : null;
  return {
    ...(errors.length > 0 && { errors }),
    data,
    ...(upstream.extensions && { extensions: upstream.extensions }),
  };
}

function mergeData(
  plan: SplitPlan,
  own: Readonly<Record<string, unknown>>,
  upstream: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  // No prototype: "__proto__" is a fine alias.
  const data: Record<string, unknown> = Object.create(null);
  for (const { key, owner } of plan.fields) {
    const side = owner === 'upstream' ? upstream : own;
    // A skipped field has no key.
    if (Object.hasOwn(side, key)) data[key] = side[key];
  }
  return data;
}
