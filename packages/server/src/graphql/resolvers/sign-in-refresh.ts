import type { TokenSet } from '../../domain/domain.js';
import { type RefreshCredentials, refresh } from '../../domain/sessions/refresh.js';
import type { Context } from '../context.js';

export function resolveSignInRefresh(
  _: unknown,
  { credentials }: { credentials: RefreshCredentials },
  { domain, origin }: Context,
): Promise<TokenSet> {
  return refresh(domain, credentials, origin());
}
