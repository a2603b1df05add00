import { revokeSession } from '../../domain/sessions/revoke-session.js';
import type { SignOutResult } from '../../domain/sessions/sign-out.js';
import { type Context, requireClaims } from '../context.js';

export function resolveRevokeSession(_: unknown, { id }: { id: string }, context: Context): Promise<SignOutResult> {
  return revokeSession(context.domain, requireClaims(context), id, context.origin());
}
