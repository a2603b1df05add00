import { type SignOutResult, signOut } from '../../domain/sessions/sign-out.js';
import { type Context, requireClaims } from '../context.js';

export function resolveSignOut(
  _: unknown,
  { everywhere }: { everywhere: boolean },
  context: Context,
): Promise<SignOutResult> {
  return signOut(context.domain, requireClaims(context), { everywhere }, context.origin());
}
