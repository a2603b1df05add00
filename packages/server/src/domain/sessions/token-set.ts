import type { LiveSession } from '../../store/store.js';
import type { Domain, TokenSet } from '../domain.js';
import { formatRefreshToken, type RefreshTokenContent } from './refresh-token.js';

/** The tokens for a session at a generation. The same generation gives the same refresh token, every time. */
export async function createTokenSet(
  { accessTokens, refreshTokenKeys, settings }: Domain,
  { userId, scope }: LiveSession,
  { sessionId, generation }: RefreshTokenContent,
): Promise<TokenSet> {
  return {
    accessToken: await accessTokens.issue({ userId, sessionId, scope }),
    refreshToken: formatRefreshToken(refreshTokenKeys, { sessionId, generation }),
    tokenType: 'Bearer',
    expiresIn: settings.accessTokenLifetime / 1000,
    scope,
  };
}
