import type { TokenSet } from '../../domain/domain.js';
import { type SignInCredentials, signIn } from '../../domain/sessions/sign-in.js';
import type { Context } from '../context.js';

export function resolveSignIn(
  _: unknown,
  { credentials }: { credentials: SignInCredentials },
  { domain, origin }: Context,
): Promise<TokenSet> {
  return signIn(domain, credentials, origin());
}
